"""In bsuite's own words: trained networks act in bsuite's NumPy environments, logged and scored by bsuite.

Its score counts mistakes while learning; these networks have learned before they are scored: their scores do not belong
on its leaderboard.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import bsuite
import dm_env
import matplotlib as mpl
import numpy as np
import pandas as pd
from bsuite.experiments.memory_len import sweep
from bsuite.logging import csv_load

with mpl.rc_context():  # it changes how every figure looks
    from bsuite.experiments.memory_len import analysis

from hetsnn.networks.spiking import Architecture

EPISODES = 100  # a network does the same in every episode with the same cue


class Agent:
    """A spiking network in NumPy: Eq. 2 as printed, a step per observation, the action read out at every step."""

    def __init__(self, variables: dict, architecture: Architecture) -> None:
        self.weights_in = np.asarray(variables["synapse"]["input"]) * np.float32(architecture.gain)
        self.weights_out = np.asarray(variables["synapse"]["output"])
        self.properties = {name: np.asarray(value) for name, value in variables["neuron"].items()}
        self.leak = np.float32(1.0 / architecture.tau_readout)
        self.always = np.ones(int(architecture.bias), np.float32)  # the bias is an input that is always 1
        self.reset_to_rest = architecture.reset == "rest"
        self.reset()

    def reset(self) -> None:
        """Start an episode."""
        p = self.properties
        self.v_reset = p["v_rest"] if self.reset_to_rest else np.zeros_like(p["v_rest"])
        self.voltage, self.trace = self.v_reset.copy(), np.zeros_like(self.v_reset)

    def action(self, observation: np.ndarray) -> int:
        """The action after one more observation, of any shape."""
        seen = np.append(observation.ravel(), self.always)
        p, current = self.properties, seen @ self.weights_in
        before = self.voltage + (p["r_m"] * current - self.voltage + p["v_rest"]) / p["tau_m"]
        spikes = before >= p["v_th"]
        self.voltage = np.where(spikes, self.v_reset, before)
        self.trace = (1 - self.leak) * self.trace + self.leak * spikes
        return int(np.argmax(self.trace @ self.weights_out))


def play(agent: Agent, environment: dm_env.Environment, episodes: int) -> float:
    """Mean return of an agent over some episodes."""
    total = 0.0
    for _ in range(episodes):
        agent.reset()
        step = environment.reset()
        while not step.last():
            step = environment.step(agent.action(step.observation))
            total += step.reward
    return total / episodes


def score(agents: Mapping[int, Agent], episodes: int = EPISODES) -> tuple[float, pd.DataFrame]:
    """The `memory_len` score of a family of agents, one per memory length, and the last line of each log.

    Args:
        agents: by memory length; lengths that are not in bsuite's sweep are left out.
        episodes: that each acts in its environment.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number, setting in enumerate(sweep.SETTINGS):
            if setting["memory_length"] in agents:
                environment = bsuite.load_and_record_to_csv(f"memory_len/{number}", str(Path(folder)), overwrite=True)
                play(agents[setting["memory_length"]], environment, episodes)
        log, _ = csv_load.load_bsuite(folder)
    return float(analysis.score(log)), log.sort_values("episode").groupby("memory_length", as_index=False).last()

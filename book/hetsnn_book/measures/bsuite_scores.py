"""Scores by bsuite: trained networks act in bsuite's own NumPy environments; bsuite logs and scores them.

bsuite counts mistakes during learning, but these networks are scored after learning, so their scores do not belong on
its leaderboard.
"""

from collections.abc import Mapping
from typing import Any

import bsuite
import dm_env
import matplotlib as mpl
import numpy as np
import pandas as pd
from bsuite.experiments.memory_len import sweep
from bsuite.logging import logging_utils
from bsuite.logging.base import Logger
from bsuite.utils.wrappers import Logging

with mpl.rc_context():  # the import changes matplotlib's settings
    from bsuite.experiments.memory_len import analysis

from hetsnn.networks.spiking import Architecture

EPISODES = 100  # enough, since a network repeats its actions in every episode with the same cue


class Agent:
    """Spiking network in NumPy: Eq. 2 as printed, one step and one action per observation.

    A step after the same observations since `reset` is not computed again.
    """

    def __init__(self, variables: dict, architecture: Architecture) -> None:
        self.weights_in = np.asarray(variables["synapse"]["input"]) * np.float32(architecture.gain)
        self.weights_out = np.asarray(variables["synapse"]["output"])
        self.properties = {name: np.asarray(value) for name, value in variables["neuron"].items()}
        self.leak = np.float32(1.0 / architecture.tau_readout)
        self.always = np.ones(int(architecture.bias), np.float32)  # the bias is an input that is always 1
        self.reset_to_rest = architecture.reset == "rest"
        # History and next observation -> the number of the longer history, the state after it, the action.
        self.known: dict[tuple[int, bytes], tuple[int, np.ndarray, np.ndarray, int]] = {}
        self.reset()

    def reset(self) -> None:
        """Start an episode."""
        self.history = 0
        p = self.properties
        self.v_reset = p["v_rest"] if self.reset_to_rest else np.zeros_like(p["v_rest"])
        self.voltage, self.trace = self.v_reset.copy(), np.zeros_like(self.v_reset)

    def action(self, observation: np.ndarray) -> int:
        """Return the action after one more observation, of any shape."""
        key = self.history, observation.tobytes()
        if key not in self.known:
            self.known[key] = len(self.known) + 1, *self._step(observation)
        self.history, self.voltage, self.trace, action = self.known[key]
        return action

    def _step(self, observation: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Return voltage and trace after one more observation, and the action."""
        seen = np.append(observation.ravel(), self.always)
        p, current = self.properties, seen @ self.weights_in
        before = self.voltage + (p["r_m"] * current - self.voltage + p["v_rest"]) / p["tau_m"]
        spikes = before >= p["v_th"]
        trace = (1 - self.leak) * self.trace + self.leak * spikes
        return np.where(spikes, self.v_reset, before), trace, int(np.argmax(trace @ self.weights_out))


class _Rows(Logger):
    """Log lines of bsuite in memory; bsuite's logger to CSV writes its whole file anew for each line."""

    bsuite_id = ""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def write(self, data: Mapping[str, Any]) -> None:
        self.rows.append({"bsuite_id": self.bsuite_id, **data})


def play(agent: Agent, environment: dm_env.Environment, episodes: int) -> float:
    """Return the mean return of an agent over some episodes."""
    total = 0.0
    for _ in range(episodes):
        agent.reset()
        step = environment.reset()
        while not step.last():
            step = environment.step(agent.action(step.observation))
            total += step.reward
    return total / episodes


def score(agents: Mapping[int, Agent], episodes: int = EPISODES) -> tuple[float, pd.DataFrame]:
    """Return the `memory_len` score of a family of agents, one per memory length, and the last line of each log.

    Args:
        agents: agents by memory length; lengths outside bsuite's sweep are left out.
        episodes: episodes of each agent.
    """
    rows = _Rows()
    for number, setting in enumerate(sweep.SETTINGS):
        if setting["memory_length"] in agents:
            rows.bsuite_id = f"memory_len/{number}"
            environment = Logging(bsuite.load("memory_len", setting), rows)  # by its number it prints a line
            play(agents[setting["memory_length"]], environment, episodes)
    log = logging_utils.join_metadata(pd.DataFrame(rows.rows))
    return float(analysis.score(log)), log.sort_values("episode").groupby("memory_length", as_index=False).last()

"""Settings for the memory task: the same random trials for both sides, on seeds that are not reported.

Half of the trials are bare: with no bias and a memoryless read-out, a network has no constant drive, and only its
hidden neurons can remember.
"""

from dataclasses import fields
from itertools import product

import numpy as np
import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.memory import SIDES, Setting

NAME, VERSION, SCORE, GENOMES = "memory_search", 1, "reward", False
CHAPTER = "memory_contest"
TRIALS, BARE_TRIALS = 64, 64
LENGTHS = (10, 25, 50)
FIRST_SEED, SEEDS = 1000, 4
SETTINGS = [field.name for field in fields(Setting)]


KINDS = ("best", "bare")  # the winner of all trials, the winner of the bare trials


def trials() -> list[Setting]:
    """Draw random settings: mixed ones, of which half have a bias and half a leaky read-out, then bare ones."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    def trial(largest_gain: float, bias: bool, leaky: bool) -> Setting:
        return Setting(
            tau_m=log_uniform(1.2, 60.0),
            gain=log_uniform(0.3, largest_gain),
            bias=bias,
            tau_readout=log_uniform(1.2, 60.0) if leaky else 1.0,
            margin_scale=float(rng.choice([0.0, 0.01, 0.1, 1.0])),
            sigma=log_uniform(0.03, 1.0),
            learning_rate=log_uniform(0.01, 0.2),
        )

    mixed = [trial(10.0, bool(i % 2), bool(i // 2 % 2)) for i in range(TRIALS)]
    # A falling clock leaves little drive at the end of an episode, so bare networks may have larger gains.
    return mixed + [trial(30.0, bias=False, leaky=False) for _ in range(BARE_TRIALS)]


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial at each length and tuning seed, on both sides."""
    # The smaller profiles have trials without a bias, which share a compiled program.
    unbiased = [trial for trial in trials() if not trial.bias]
    middle = TRIALS // 2  # as many mixed trials as this have none
    tried = {"smoke": unbiased[:4], "quick": unbiased[middle - 4 : middle + 4], "paper": trials()}[profile]
    lengths = {"smoke": (5,), "quick": (10,), "paper": LENGTHS}[profile]
    seeds = range(FIRST_SEED, FIRST_SEED + {"smoke": 4, "quick": 2, "paper": SEEDS}[profile])
    return tuple(
        setting.run((NAME, VERSION), profile, evolved, length, seed)
        for evolved, setting, length, seed in product(SIDES, tried, lengths, seeds)
    )


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per side and trial, best first: mean reward, reward under noise of 1e-3, share of flat generations.

    The higher reward under noise breaks ties.
    """
    return (
        frame.groupby(["evolved", *SETTINGS], as_index=False)[["reward", "reward_noise_0.001", "flat_share"]]
        .mean()
        .sort_values(["evolved", "reward", "reward_noise_0.001"], ascending=[True, False, False], ignore_index=True)
    )


def ranking(frame: pd.DataFrame, evolved: str, kind: str) -> list[Setting]:
    """Return the settings of a side, best first; the lower tau_m breaks remaining ties.

    Args:
        frame: runs of settings at tuning seeds.
        evolved: the side, "neuron" or "weight".
        kind: one of `KINDS`.
    """
    table = summary(frame)
    table = table[(table["evolved"] == evolved) & ((kind == "best") | is_bare(table))]
    return [Setting(*row) for row in table[SETTINGS].itertuples(index=False)]


def is_bare(frame: pd.DataFrame) -> pd.Series:
    """Return True for rows of networks without a bias and with a memoryless read-out."""
    return (frame["tau_readout"] == 1.0) & ~frame["bias"].astype(bool)

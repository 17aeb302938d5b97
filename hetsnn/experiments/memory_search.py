"""The best setting of each side on the memory task: the same random trials for both, on seeds that are not reported."""

from dataclasses import fields
from itertools import product

import numpy as np
import pandas as pd

from hetsnn.experiments.memory import SIDES, Setting
from hetsnn.runs import Run

NAME, PROTOCOL, SCORE, GENOMES = "memory_search", 1, "reward", False
TRIALS = 64
LENGTHS = (10, 25, 50)
FIRST_SEED, SEEDS = 1000, 4
SETTINGS = [field.name for field in fields(Setting)]


def trials() -> list[Setting]:
    """Random settings: every other one without a bias, every other pair with a memoryless read-out."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    return [
        Setting(
            tau_m=log_uniform(1.2, 60.0),
            gain=log_uniform(0.3, 10.0),
            bias=bool(i % 2),
            tau_readout=log_uniform(1.2, 60.0) if i // 2 % 2 else 1.0,
            margin_scale=float(rng.choice([0.0, 0.01, 0.1, 1.0])),
            sigma=log_uniform(0.03, 1.0),
            learning_rate=log_uniform(0.01, 0.2),
        )
        for i in range(TRIALS)
    ]


def runs(profile: str) -> tuple[Run, ...]:
    """Each trial at each length and tuning seed, on both sides."""
    tried = {"smoke": trials()[:7:2], "quick": trials()[:16], "paper": trials()}[profile]
    lengths = {"smoke": (5,), "quick": (10,), "paper": LENGTHS}[profile]
    seeds = range(FIRST_SEED, FIRST_SEED + {"smoke": 4, "quick": 2, "paper": SEEDS}[profile])
    return tuple(
        setting.run((NAME, PROTOCOL), profile, evolved, length, seed)
        for evolved, setting, length, seed in product(SIDES, tried, lengths, seeds)
    )


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per side and trial, best first: mean reward, its share under noise of 1e-3, share of flat generations."""
    return (
        frame.groupby(["evolved", *SETTINGS], as_index=False)[["reward", "reward_noise_0.001", "flat_share"]]
        .mean()
        .sort_values(["evolved", "reward", "reward_noise_0.001"], ascending=[True, False, False], ignore_index=True)
    )


KINDS = ("best", "no bias")


def winner(frame: pd.DataFrame, evolved: str, kind: str) -> Setting:
    """The trial of a side with the highest mean reward: of all, or of the barest.

    "no bias" means no bias and a memoryless read-out: no constant drive, no memory but the hidden neurons'.

    Ties go to the higher reward under membrane noise.

    Args:
        frame: the search's runs.
        evolved: "neuron" or "weight".
        kind: one of `KINDS`.
    """
    table = summary(frame)
    table = table[table["evolved"] == evolved]
    if kind == "no bias":
        table = table[(table["tau_readout"] == 1.0) & ~table["bias"]]
    return Setting(**{name: table.iloc[0][name].item() for name in SETTINGS})

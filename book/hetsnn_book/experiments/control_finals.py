"""Finals of the robots' search, on new tuning seeds: each side's setting, and how long a training must be.

The best setting of the search meets the best three settings that an earlier search found for the same side; that search
had other ranges, one seed, and no stages. Where the best setting lies at an edge of its range, a setting past that edge
joins them. The highest return on the hopper wins. The budget follows from the learning curves of the winners, on the
hopper and the walker.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.control_search import (
    SEARCHES,
    SIDES,
    SMALLER,
    Setting,
    at_an_edge,
    control_run,
    provisional,
    setting_of,
    winners,
)

NAME, VERSION, SCORE, GENOMES = "control_finals", 1, "reward", False
CHAPTER = "control"
FIRST_SEED, SEEDS = 3900, 4
LONGEST = 250  # generations
RISE = 0.05  # of a population's return over the last fifth of its generations, at most, in a training that is whole
ROBOTS = SEARCHES["hopper"].robots
BEST, PAST = "best of the search", "best of the search, past the edge"
FACTOR = 2.0  # by which that setting lies further out


def _setting(sigma: float, learning_rate: float, tau_m: float, gain: float, signed: bool = False) -> Setting:
    named = {"sigma": sigma, "learning_rate": learning_rate, "tau_m": tau_m, "gain": gain}
    return named | {"readout_scale": 1.0, "tau_readout": 2.0, "signed": signed}


# Highest returns on the hopper of 64 random settings a side, one seed, 192 generations.
EARLIER: dict[Side, tuple[Setting, ...]] = {
    "neuron": (
        _setting(0.13, 0.087, 5.4, 4.8, True),
        _setting(0.15, 0.065, 2.0, 1.7),
        _setting(0.15, 0.043, 14.0, 5.3),
    ),
    "weight": (_setting(0.17, 0.067, 1.6, 0.55), _setting(0.047, 0.033, 14.0, 6.1), _setting(0.025, 0.011, 12.0, 6.4)),
}
# The winner's place among the finalists of its side, chosen by `ranking`; a test compares it with the published finals.
FINAL: dict[Side, int] = {"neuron": 3, "weight": 0}


def finalists(side: Side) -> tuple[Setting, ...]:
    """Return the best setting of a side's search, those of the earlier search, and one past the edge of the best.

    There is none before the search is whole.
    """
    best = winners(ROBOTS[0])
    return (best[side], *EARLIER[side], *past(best[side])) if best else ()


def past(setting: Setting) -> tuple[Setting, ...]:
    """Return a setting with all values at an edge moved out by `FACTOR`; none where no value lies at an edge."""
    edges = at_an_edge(setting)
    return (setting | {name: setting[name] * FACTOR**end for name, end in edges.items()},) if edges else ()


def settled(robot: str) -> dict[Side, Setting]:
    """Return the setting of each side for a robot; empty until its search and its finals are whole."""
    if robot not in ROBOTS:
        return winners(robot)
    return {side: finalists(side)[FINAL[side]] for side in SIDES} if set(FINAL) == set(SIDES) else {}


def runs(profile: str) -> tuple[Run, ...]:
    """Return all finalists on the hopper, then the winners on the walker; else a setting of neurons."""
    named, seeds = (NAME, VERSION), range(FIRST_SEED, FIRST_SEED + SEEDS)
    if profile != "paper":
        neurons, budget = SMALLER[profile]
        setting = settled(ROBOTS[0]).get("neuron", provisional())
        return tuple(
            control_run(named, ROBOTS[0], "neuron", setting, seed, budget, n_parameters=4 * neurons)
            for seed in seeds[:2]
        )
    cases = [
        *((ROBOTS[0], side, setting) for side in SIDES for setting in finalists(side)),
        *((robot, side, setting) for robot in ROBOTS[1:] for side, setting in settled(robot).items()),
    ]
    return tuple(
        control_run(named, robot, side, setting, seed, {"generations": LONGEST})
        for (robot, side, setting), seed in product(cases, seeds)
    )


def labels(run: Run) -> dict[str, Any]:
    """Return the name of a run's setting: the search's best, one past it, or its place in the earlier search."""
    places = [place for place, of in enumerate(finalists(run.training.genome.evolved)) if of == setting_of(run)]
    return {"setting": named()[places[0]] if places else BEST}


def named() -> tuple[str, ...]:
    """Return the names of `finalists`, in their order."""
    return (BEST, *(f"earlier search, place {place}" for place in (1, 2, 3)), PAST)


def last_returns(frame: pd.DataFrame, side: Side) -> pd.DataFrame:
    """Return the mean return of the population in the last generation on the hopper, a row per seed, by setting."""
    rows = frame[(frame["environment"] == ROBOTS[0]) & (frame["evolved"] == side)]
    return rows.assign(last=rows["curve_mean"].map(lambda curve: curve[-1])).pivot_table("last", "seed", "setting")


def ranking(frame: pd.DataFrame, side: Side) -> list[int]:
    """Return places among the finalists of a side, best first, by their mean last return."""
    means = last_returns(frame, side).mean()
    return [named().index(str(name)) for name in means.sort_values(ascending=False, kind="stable").index]


def of_winners(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the setting that won on each side."""
    best = {side: last_returns(frame, side).mean().idxmax() for side in frame["evolved"].unique()}
    return frame[frame["setting"] == frame["evolved"].map(best)]


def rises(curves: np.ndarray) -> np.ndarray:
    """Return the relative rise over the last fifth of each beginning of a curve, NaN where that has too few points.

    The rise is that of a line fitted to the last fifth, divided by the mean there.

    Args:
        curves: mean return of the population, shape (seeds, points).

    Returns:
        The mean over seeds, for the curves up to each point.
    """
    found = np.full(curves.shape[1], np.nan)
    for end in range(10, curves.shape[1] + 1):
        late = curves[:, end - end // 5 : end]
        slope = np.polyfit(np.arange(late.shape[1]), late.T, 1)[0]
        found[end - 1] = (slope * late.shape[1] / np.abs(late.mean(1))).mean()
    return found


def declared(frame: pd.DataFrame) -> int:
    """Return the fewest generations from which on no winner's return rises by more than `RISE`; else `LONGEST`.

    A training without an end in sight, of either side on either robot, makes it `LONGEST`. A shorter training equals
    the beginning of a longer one.

    Args:
        frame: the frame of this experiment.
    """
    groups = of_winners(frame).groupby(["environment", "evolved"])
    every = [np.stack(group["curve_mean"].to_list()) for _, group in groups]
    rising = np.any([~(rises(curves) <= RISE) for curves in every], axis=0)
    points = len(rising)
    first = points - int(np.argmax(rising[::-1])) if rising.any() else 10  # after the last point that still rises
    return LONGEST if first >= points else (first + 1) * LONGEST // points

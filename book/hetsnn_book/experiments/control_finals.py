"""Finals of the robots' search, on new tuning seeds: each side's setting, and how long a training must be.

On the hopper, the best setting of the search meets the best three settings that an earlier search found for the same
side; that search had other ranges, one seed, and no stages. Where the best setting of any search lies at an edge of its
range, it meets a setting past that edge. The highest return wins. The budget follows from the learning curves of the
winners, on the hopper and the walker.
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
    search_of,
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


def place(of: int) -> str:
    """Return the name of a setting by its place in the earlier search, from 1."""
    return f"earlier search, place {of}"


# Highest returns on the hopper of 64 random settings a side, one seed, 192 generations.
EARLIER: dict[tuple[str, Side], tuple[Setting, ...]] = {
    ("hopper", "neuron"): (
        _setting(0.13, 0.087, 5.4, 4.8, True),
        _setting(0.15, 0.065, 2.0, 1.7),
        _setting(0.15, 0.043, 14.0, 5.3),
    ),
    ("hopper", "weight"): (
        _setting(0.17, 0.067, 1.6, 0.55),
        _setting(0.047, 0.033, 14.0, 6.1),
        _setting(0.025, 0.011, 12.0, 6.4),
    ),
}
# Each winner among several finalists of a search and side, chosen by `ranking`; a test repeats it.
FINAL: dict[tuple[str, Side], str] = {
    ("hopper", "neuron"): place(3),
    ("hopper", "weight"): BEST,
    ("ant", "neuron"): BEST,
}


def finalists(search: str, side: Side) -> dict[str, Setting]:
    """Return the settings that meet, by name: the search's best, an earlier search's, and one past the best's edge.

    There is none before the search is whole, and one where nothing is left to decide.
    """
    best = winners(search)
    if not best:
        return {}
    earlier = {place(i): of for i, of in enumerate(EARLIER.get((search, side), ()), start=1)}
    beyond = past(best[side])
    return {BEST: best[side]} | earlier | ({PAST: beyond} if beyond != best[side] else {})


def past(setting: Setting) -> Setting:
    """Return a setting with all values at an edge moved out by `FACTOR`."""
    return setting | {name: setting[name] * FACTOR**end for name, end in at_an_edge(setting).items()}


def settled(robot: str) -> dict[Side, Setting]:
    """Return the setting of each side for a robot; empty until its search and its finals are whole."""
    search = search_of(robot)
    meeting = {side: finalists(search, side) for side in SIDES}
    if any(not of or (len(of) > 1 and (search, side) not in FINAL) for side, of in meeting.items()):
        return {}
    return {side: of[FINAL.get((search, side), BEST)] for side, of in meeting.items()}


def runs(profile: str) -> tuple[Run, ...]:
    """Return the finalists on the robot of their search, and the winners on the walker; else a setting of neurons."""
    named, seeds = (NAME, VERSION), range(FIRST_SEED, FIRST_SEED + SEEDS)
    if profile != "paper":
        neurons, budget = SMALLER[profile]
        setting = settled(ROBOTS[0]).get("neuron", provisional())
        return tuple(
            control_run(named, ROBOTS[0], "neuron", setting, seed, budget, n_parameters=4 * neurons)
            for seed in seeds[:2]
        )
    meeting = {(search, side): finalists(search, side).values() for search in SEARCHES for side in SIDES}
    contests = {of: settings for of, settings in meeting.items() if len(settings) > 1}
    cases = [
        *((search, side, setting) for (search, side), settings in contests.items() for setting in settings),
        *((robot, side, setting) for robot in ROBOTS[1:] for side, setting in settled(robot).items()),
    ]
    return tuple(
        control_run(named, robot, side, setting, seed, {"generations": LONGEST})
        for (robot, side, setting), seed in product(cases, seeds)
    )


def labels(run: Run) -> dict[str, Any]:
    """Return the name of a run's setting among the finalists of its side."""
    meeting = finalists(search_of(run.training.task.environment), run.training.genome.evolved)
    return {"setting": next((name for name, of in meeting.items() if of == setting_of(run)), BEST)}


def last_returns(frame: pd.DataFrame, search: str, side: Side) -> pd.DataFrame:
    """Return the population's mean return in the last generation of a search's finals, a row per seed, by setting."""
    rows = frame[(frame["environment"] == search) & (frame["evolved"] == side)]
    return rows.assign(last=rows["curve_mean"].map(lambda curve: curve[-1])).pivot_table("last", "seed", "setting")


def ranking(frame: pd.DataFrame, search: str, side: Side) -> list[str]:
    """Return the finalists of a search and side, best first, by their mean last return."""
    means = last_returns(frame, search, side).mean()
    return [str(name) for name in means.sort_values(ascending=False, kind="stable").index]


def of_winners(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs on hopper and walker of the setting that won on each side."""
    pair = frame[frame["environment"].isin(ROBOTS)]
    best = {side: ranking(pair, ROBOTS[0], side)[0] for side in pair["evolved"].unique()}
    return pair[pair["setting"] == pair["evolved"].map(best)]


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

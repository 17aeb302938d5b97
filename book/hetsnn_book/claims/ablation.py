"""Claims of Tables 2 and S2: which properties have to evolve.

Rewards are compared in units of what all four properties together earn above standing still in that cell: a robot with
one variant of the networks, in which every row of Table 2 was run. What Eq. 2 decides needs no training: v_th and
v_rest alone are mirror images of each other, so a difference between them is one of coordinates or bounds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.control import LEAD
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect, estimate, mean, table
from hetsnn_book.claims.verdicts import CONTRADICTS, NO_VERDICT, NOT_MEASURED
from hetsnn_book.experiments.ablation import ROBOT
from hetsnn_book.experiments.control import ENVIRONMENTS
from hetsnn_book.measures.seeds import by_seed
from hetsnn_book.words import title

ALL = "tau_m+v_th+v_rest+r_m"
SINGLES = ("tau_m", "v_th", "v_rest", "r_m")
MAIN, TWIN = "main", "twin"  # variants; twins have v_rest in the place of v_th, and are rows of the same table
UNIT = "of what the best row earns above standing still"
FEWEST_SEEDS = 3
FEWEST_CELLS = 2  # another size of the hopper's networks, or another robot
MINOR = 0.5  # the other properties' influence is minor if none earns half of what tau_m earns
CELL = {"environment": "robot", "hidden": "neurons", "variant": "networks"}

Means = dict[str, Any]  # mean gains above standing still, by what evolves


def rows_of(group: pd.DataFrame) -> pd.DataFrame | None:
    """Return the gains of Table 2's rows in a cell, a row per seed, a column for what evolves; None unless whole.

    Without v_rest its twin v_th stands for both.
    """
    group = group[group["properties"].isin([*SINGLES, ALL])]
    rows = by_seed(group.assign(gain=group["reward"] - group["still"]), ["properties"], "gain")
    needed = {ALL, *SINGLES} - {"v_rest"}
    return rows if needed <= set(rows) and len(rows) >= FEWEST_SEEDS else None


def effect_of(rows: pd.DataFrame, statistic: Callable[[Means], Any]) -> Effect:
    """Return a statistic of the rows' mean gains, in units of the best row's; no evidence if no row beats standing."""
    best = rows[rows.mean().idxmax()]
    gain = mean(best)

    def scaled(means: np.ndarray) -> Any:
        return statistic(dict(zip(rows, np.moveaxis(means, -1, 0), strict=True))) / gain.effect

    return estimate([rows], scaled, blind=gain.low <= 0)


def over_runner_up(first: str, rivals: tuple[str, ...]) -> Callable[[Means], Any]:
    """Return the lead of a row over the best of its rivals, which is positive only if it leads all of them."""
    return lambda means: means[first] - np.maximum.reduce([means[name] for name in rivals if name in means])


def _beyond_half(means: Means) -> Any:
    """Return how far the best of the other single properties stays below half of what tau_m earns."""
    others = [means[name] for name in SINGLES[1:] if name in means]
    return MINOR * means["tau_m"] - np.maximum.reduce(others)


def _mirrored(means: Means) -> Any:
    """Return the lead of v_rest alone over v_th alone."""
    return means["v_rest"] - means["v_th"] if "v_rest" in means else np.full_like(means["v_th"], np.nan)


def _in_cells(statistic: Callable[[Means], Any]) -> Callable[[pd.DataFrame], Measured]:
    """Return a measurement of an effect in every cell that has all rows of Table 2.

    All cells have settings that were tuned with all four properties evolving, so they are no sample of settings.
    """

    def measure(frame: pd.DataFrame) -> Measured:
        if "still" not in frame:  # results of an earlier version
            return Measured(lacking="waits for Table 2's rows with the searched settings")
        frame = frame.assign(variant=frame["variant"].replace(TWIN, MAIN))

        def effect(group: pd.DataFrame) -> Effect | None:
            rows = rows_of(group)
            return None if rows is None else effect_of(rows, statistic)

        cells = table(frame, {column: name for column, name in CELL.items() if column in frame}, effect)
        main = cells[cells["networks"] == MAIN]
        if ROBOT not in set(main["robot"]):
            return Measured(lacking=f"waits for Table 2's rows on the {title(ROBOT)}")
        absent = [title(robot) for robot in ENVIRONMENTS if robot not in set(main["robot"])]
        return Measured(best=cells, note=f"{NOT_MEASURED}: {', '.join(absent)}" if absent else "")

    return measure


def _subsets(frame: pd.DataFrame) -> Measured:
    if "still" not in frame or frame.empty:
        return Measured(lacking="waits for the subsets with the searched settings")
    counts = frame[frame["variant"].isin([MAIN, TWIN])].groupby("environment")["properties"].nunique()
    texts = [f"{count} of 15 subsets on the {title(robot)}" for robot, count in counts.items()]
    return Measured(lacking="nothing to compare with; ours: " + ", ".join(texts), unjudged=NO_VERDICT)


ALGEBRA = (
    "v_th alone and v_rest alone are mirror images, since only v_th - v_rest enters Eq. 2: their rows can differ by "
    "coordinates, bounds or another reset, not by the neurons"
)
CLAIMS = (
    Claim(
        "Tab. 2, Sec. 4.3",
        "Networks do best where all four properties evolve.",
        ("ablation",),
        Criterion(LEAD, UNIT),
        _in_cells(over_runner_up(ALL, SINGLES)),
        fewest=FEWEST_CELLS,
    ),
    Claim(
        "Tab. 2, Sec. 4.3",
        "Of the single properties the membrane time constant does most.",
        ("ablation",),
        Criterion(LEAD, UNIT),
        _in_cells(over_runner_up(SINGLES[0], SINGLES[1:])),
        fewest=FEWEST_CELLS,
    ),
    Claim(
        "Tab. 2, Sec. 4.3",
        "The other properties have a minor influence, less than half of the time constant's.",
        ("ablation",),
        Criterion(0.0, UNIT),
        _in_cells(_beyond_half),
        fewest=FEWEST_CELLS,
    ),
    Claim(
        "Tab. 2, Sec. 4.3",
        "The threshold alone does least, by far; the resting potential alone nearly as much as the time constant.",
        ("ablation",),
        Criterion(LEAD, UNIT),
        _in_cells(_mirrored),
        fewest=1,
        settled=(CONTRADICTS, ALGEBRA),
    ),
    Claim(
        "Tab. S2, Sec. 4.3",
        "Other subsets of the properties, whose numbers in the paper are lost.",
        ("ablation",),
        Criterion(LEAD, UNIT),
        _subsets,
    ),
)

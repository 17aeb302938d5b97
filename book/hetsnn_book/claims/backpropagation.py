"""Claims of Sec. 3.2 and Fig. 5: backpropagation beside evolution."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn_book.claims.verdicts import NOT_MEASURED, Rule, verdict
from hetsnn_book.experiments import cartpole, cartpole_search, descent, descent_search


def _ahead(cases: dict[str, tuple[pd.Series, pd.Series]], unit: str) -> tuple[str, str]:
    """Judge in several cases whether one side is ahead of the other by more than the interval."""
    if any(min(map(len, sides)) < 2 for sides in cases.values()):
        return NOT_MEASURED, ""
    intervals = {case: mean_interval(*sides) for case, sides in cases.items()}
    holds = [low > 0 for _, low, _ in intervals.values()]
    evidence = ", ".join(
        f"{mean:{unit}} [{low:{unit}}, {high:{unit}}] at {case}" for case, (mean, low, high) in intervals.items()
    )
    return verdict(holds), evidence


def _evolution_ahead_on_memory(reset: str) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        frame = frame.assign(method=descent_search.method_of(frame))
        frame = frame[frame["surrogate"].isin(["arctan", np.nan])]
        cases = {}
        for side, (first, last) in product(descent_search.SIDES, ((12, 30), (40, 100))):
            rows = frame[(frame["evolved"] == side) & frame["length"].between(first, last)]
            tuned = rows["width"] == descent.WINNERS[reset, side]["width"]  # leaves out the runs with other widths
            evolved, descended = rows["method"] == "ES", (rows["method"] == reset) & tuned
            cases[f"lengths {first} to {last} ({side}s)"] = (rows[evolved]["reward"], rows[descended]["reward"])
        judged, evidence = _ahead(cases, "+z.2f")
        return judged, evidence and f"reward by ES minus BP: {evidence}"

    return judge


def _on_cartpole(
    first: tuple[str, str], second: tuple[str, str], limits: tuple[int, ...], score: Callable[[pd.DataFrame], pd.Series]
) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        sides = frame.set_index([cartpole_search.method_of(frame), "evolved", "limit"]).sort_index()
        cases = {
            f"{limit:,}": tuple(score(sides[sides.index == (*side, limit)]) for side in (first, second))
            for limit in limits
        }
        judged, evidence = _ahead(cases, "+z.0f")
        return judged, evidence and f"{'-'.join(first)} minus {'-'.join(second)}: {evidence}"

    return judge


def _reward(rows: pd.DataFrame) -> pd.Series:
    return rows["reward"]


def _early(rows: pd.DataFrame) -> pd.Series:
    """Return the mean return over the first third of the episodes."""
    return rows["curve_mean"].map(lambda curve: np.mean(curve[: len(curve) // 3]))


CLAIMS = (
    Rule(
        "Sec. 3.2",
        "With the reset attached backpropagation is unstable on long sequences, so that evolution does better.",
        "descent",
        _evolution_ahead_on_memory("BP, reset attached"),
    ),
    Rule(
        "Sec. 3.2",
        "With the reset detached gradients decay, which limits long-term memory, so that evolution does better.",
        "descent",
        _evolution_ahead_on_memory("BP, reset detached"),
    ),
    Rule(
        "Fig. 5, Sec. 4.6",
        "Weights of homogeneous networks: backpropagation learns faster than evolution (first third of the episodes).",
        "cartpole",
        _on_cartpole(("BP", "weight"), ("ES", "weight"), cartpole.LIMITS, _early),
    ),
    Rule(
        "Fig. 5, Sec. 4.6",
        "Weights: as the sequences lengthen backpropagation falls short of the optimum, which evolution reaches.",
        "cartpole",
        _on_cartpole(("ES", "weight"), ("BP", "weight"), cartpole.LIMITS[2:], _reward),
    ),
    Rule(
        "Fig. 5, Sec. 4.6",
        "Neurons of networks with fixed weights: backpropagation cannot train them as well as evolution does.",
        "cartpole",
        _on_cartpole(("ES", "neuron"), ("BP", "neuron"), cartpole.LIMITS, _reward),
    ),
)

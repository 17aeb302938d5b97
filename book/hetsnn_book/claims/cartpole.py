"""Claims of Fig. 5: evolution and backpropagation on CartPole.

Returns are compared in units of the limit, the best possible return. Specifications are all pairs of the methods'
random settings, drawn before any result; the tuned best are each method's winner on fresh seeds, at every limit.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.pairs import crossed, draws
from hetsnn_book.claims.specifications import Effect, difference, table, weaker
from hetsnn_book.experiments import cartpole, cartpole_search

UNIT = "of the limit"
LEAD = 0.05  # smallest effect of interest, of the limit
REACHED = 0.5  # of the limit
ES, BP = "ES", "BP"
SEARCHED = sorted({name for method in (ES, BP) for name in cartpole_search.trials(method)[0]})
PAIR = {
    "sigma": "search width",
    "learning_rate of ES": "learning rate of evolution",
    "learning_rate of BP": "learning rate of backpropagation",
    "batch": "batch",
    "surrogate": "surrogate",
    "width": "surrogate width",
    "detach_reset": "reset detached",
    "discount": "discount",
    "temperature": "temperature",
}

Values = Callable[[pd.DataFrame], pd.Series]  # runs -> a number per run


def _return(rows: pd.DataFrame) -> pd.Series:
    return rows["reward"] / rows["limit"]


def _return_or_needed(rows: pd.DataFrame) -> pd.Series:
    """Return evolution's return, and for backpropagation the return above which a lead is one near the optimum.

    A lead of `LEAD` over it is a return of at least 1 - `LEAD`.
    """
    return _return(rows).where(rows["method"] == ES, 1.0 - 2 * LEAD)


def _early(rows: pd.DataFrame) -> pd.Series:
    """Return the mean return over the first third of the episodes."""
    return rows["curve_mean"].map(lambda curve: np.mean(curve[: len(curve) // 3])) / rows["limit"]


def _doublings(rows: pd.DataFrame) -> np.ndarray:
    """Return the binary logarithm of the share of the budget in which half of the limit is reached.

    A run that never reaches it counts as if it took twice the budget.
    """

    def share(curve: np.ndarray, limit: float | int) -> float:
        reached = np.flatnonzero(np.asarray(curve) >= REACHED * limit)
        return float(reached[0] + 1) / len(curve) if len(reached) else 2.0

    return np.log2([share(curve, limit) for curve, limit in zip(rows["curve_mean"], rows["limit"], strict=True)])


def _lead(first: str, second: str, values: Values) -> Callable[[pd.DataFrame], Effect | None]:
    def effect(group: pd.DataFrame) -> Effect | None:
        one, other = (group[group["method"] == method] for method in (first, second))
        return None if one.empty or other.empty else difference(values(one), values(other))

    return effect


def _measured(
    side: str, first: str, second: str, values: Values, limits: Sequence[int] = cartpole.LIMITS
) -> Callable[[pd.DataFrame, pd.DataFrame], Measured]:
    def measure(search: pd.DataFrame, main: pd.DataFrame) -> Measured:
        effect = _lead(first, second, values)
        tried, tuned = (
            frame[frame["evolved"] == side].assign(method=cartpole_search.method_of) for frame in (search, main)
        )
        cells = table(tuned[tuned["limit"].isin(limits)], {"limit": "limit"}, effect)
        pairs = crossed(tried.assign(value=values(tried)), (first, second), SEARCHED).rename(columns=PAIR)
        return Measured(pairs, cells, draws((first, second)))

    return measure


def _reached_by_evolution_alone(search: pd.DataFrame, main: pd.DataFrame) -> Measured:
    """Measure both parts of the claim, evolution's lead and its nearness to the optimum: the weaker counts."""
    parts = [
        _measured("weight", ES, BP, values, cartpole.LIMITS[2:])(search, main)
        for values in (_return, _return_or_needed)
    ]
    return Measured(
        weaker(*(part.specifications for part in parts)), weaker(*(part.best for part in parts)), parts[0].units
    )


BOTH = ("cartpole_search", "cartpole")
CLAIMS = (
    Claim(
        "Fig. 5, Sec. 4.6",
        "Weights of homogeneous networks: backpropagation learns faster than evolution (first third of the episodes).",
        BOTH,
        Criterion(LEAD, UNIT, pointwise=True),
        _measured("weight", BP, ES, _early),
    ),
    Claim(
        "Fig. 5, Sec. 4.6",
        "Weights: as the sequences lengthen backpropagation falls short of the optimum, which evolution reaches.",
        BOTH,
        Criterion(LEAD, UNIT, pointwise=True),
        _reached_by_evolution_alone,
    ),
    Claim(
        "Fig. 5, Sec. 4.6",
        "Neurons of networks with fixed weights: backpropagation cannot train them as well as evolution does.",
        BOTH,
        Criterion(LEAD, UNIT, pointwise=True),
        _measured("neuron", ES, BP, _return),
    ),
    Claim(
        "Fig. 5, Sec. 4.6",
        "Neurons of networks with fixed weights: evolution needs fewer episodes than backpropagation.",
        BOTH,
        Criterion(0.5, "doublings of the episodes to half of the limit", pointwise=True),
        _measured("neuron", BP, ES, _doublings),
    ),
)

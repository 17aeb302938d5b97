"""Claims of Sec. 3.2 and 3.3: backpropagation beside evolution on the memory task.

Specifications are the search's random settings, which were drawn before any result: every setting of evolution beside
every setting of backpropagation, on both sides. The tuned best are the winners of each method on fresh seeds.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.pairs import crossed, draws
from hetsnn_book.claims.specifications import (
    COLUMNS,
    Effect,
    difference,
    estimate,
    in_units,
    table,
    weaker,
)
from hetsnn_book.experiments import descent, descent_search
from hetsnn_book.measures import directions, peak_bytes
from hetsnn_book.measures.directions import GRADIENTS, POPULATION
from hetsnn_book.measures.seeds import by_seed

METHODS = ("ES", "BP")
ATTACHED, DETACHED = "BP, reset attached", "BP, reset detached"
SHORT, *_, LONG = descent_search.LENGTHS
BANDS = {"lengths 12 to 30": (12, 30), "lengths 40 to 100": (40, 100)}
FACTOR, LOSS = 0.3, 0.1  # smallest effects: a factor of two, in powers of ten; of reward
OVERFLOW = 38.0  # decimal exponent of the largest number in single precision
SETTINGS = {"side": "side", "width": "surrogate width", "learning_rate": "learning rate"}
PAIR = {
    "evolved": "side",
    "sigma": "search width",
    "learning_rate of ES": "learning rate of evolution",
    "width": "surrogate width",
    "learning_rate of BP": "learning rate of backpropagation",
}


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(method=descent_search.method_of(frame), side=frame["evolved"])


def _winners(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with the winners' own widths and surrogate."""
    runs = _named(frame)
    own = [
        method == "ES" or (surrogate == "arctan" and width == descent.WINNERS[method, side]["width"])
        for method, side, surrogate, width in zip(
            runs["method"], runs["side"], runs["surrogate"], runs["width"], strict=True
        )
    ]
    return runs[own]


def _growth(group: pd.DataFrame, method: str) -> Effect | None:
    """Return by how many powers of ten the first gradients grow from the shorter length to the longer."""
    rows = group[(group["method"] == method) & group["length"].isin([SHORT, LONG])]
    first = rows["curve_norm"].map(lambda curve: curve[0])
    logs = by_seed(rows.assign(norm=np.log10(first.clip(1e-38)).clip(upper=OVERFLOW)), ["length"], "norm")
    return None if logs.shape[1] < 2 else estimate([logs], lambda mean: mean[..., 1] - mean[..., 0])


def _grows(search: pd.DataFrame, main: pd.DataFrame) -> Measured:
    effect = partial(_growth, method=ATTACHED)
    tried = _named(search)
    return Measured(
        table(tried[tried["method"] == ATTACHED], SETTINGS, effect), table(_winners(main), {"side": "side"}, effect)
    )


def _compared(first: str, second: str) -> Callable[[pd.DataFrame], Effect | None]:
    """Return the lead of one method over another, averaged over the lengths of a group within each seed."""

    def effect(group: pd.DataFrame) -> Effect | None:
        one, other = (group[group["method"] == method] for method in (first, second))
        if one.empty or other.empty:
            return None
        return difference(by_seed(one, ["length"]), by_seed(other, ["length"]))

    return effect


def _in_bands(main: pd.DataFrame, effect: Callable[[pd.DataFrame], Effect | None], bands: list[str]) -> pd.DataFrame:
    runs = _winners(main)
    lengths = pd.concat([runs[runs["length"].between(*BANDS[name])].assign(lengths=name) for name in bands])
    return table(lengths, {"side": "side", "lengths": "lengths"}, effect)


def _suffers(search: pd.DataFrame, main: pd.DataFrame) -> Measured:
    """Measure both parts of the claim, the decay of gradients with length and the loss of reward: the weaker counts."""
    loss, growth = _compared(ATTACHED, DETACHED), partial(_growth, method=DETACHED)
    tried = _named(search)
    tried = tried[tried["method"] != "ES"]
    losses = table(tried[tried["length"] == LONG], SETTINGS, loss), _in_bands(main, loss, [*BANDS])
    growths = table(tried, SETTINGS, growth), table(_winners(main), {"side": "side"}, growth)
    specifications, best = (
        weaker(in_units(lost, LOSS), in_units(grown, -FACTOR)) for lost, grown in zip(losses, growths, strict=True)
    )
    return Measured(specifications, best)


def _evolution_ahead(method: str) -> Callable[[pd.DataFrame, pd.DataFrame], Measured]:
    def measure(search: pd.DataFrame, main: pd.DataFrame) -> Measured:
        tried = _named(search)
        tried = tried[(tried["length"] == LONG) & tried["method"].isin(["ES", method])]
        tried = tried.assign(method=tried["method"].replace(method, "BP"), value=tried["reward"])
        pairs = crossed(tried, METHODS, ["sigma", "width", "learning_rate"], ["evolved"]).rename(columns=PAIR)
        return Measured(pairs, _in_bands(main, _compared("ES", method), [*BANDS]), draws(METHODS))

    return measure


def spared(needed: pd.DataFrame) -> Measured:
    """Measure by how many doublings a gradient needs more memory than a population.

    Args:
        needed: peak memory, as `measures.peak_bytes.bytes_table` returns it.
    """
    case = ["steps", "neurons", "episodes"]
    both = needed.pivot_table("bytes", case, "method").dropna()
    effects = both.assign(effect=np.log2(both["BP"] / both["ES"]), low=np.nan, high=np.nan, seeds=1, blind=False)
    return Measured(
        effects.reset_index()[[*case, *COLUMNS]],
        note="no trajectory is recomputed; at a batch of the population's size",
    )


def pointed(directions: pd.DataFrame) -> Measured:
    """Measure by how much evolution's cosine with the direction of descent exceeds backpropagation's.

    Specifications cross side, length, reset, surrogate and its width. Evolution has a population of 128, as in the
    trainings: two pairs of perturbations, which cost as much as one backpropagated gradient, cannot lead in hundreds of
    dimensions.

    Args:
        directions: cosines by seed, as `measures.directions.quality_table` returns them.
    """
    population = directions[directions["estimate"] == POPULATION]
    gradients = directions[directions["estimate"].isin(GRADIENTS)].rename(columns={"estimate": "reset"})
    where = ["evolved", "length", "seed"]
    both = gradients.merge(population[[*where, "cosine"]], on=where, suffixes=(" of BP", " of ES"))
    settings = {
        "evolved": "side",
        "length": "length",
        "reset": "reset",
        "surrogate": "surrogate",
        "width": "surrogate width",
    }

    def ahead(group: pd.DataFrame) -> Effect:
        return estimate([group[["cosine of ES", "cosine of BP"]]], lambda mean: mean[..., 0] - mean[..., 1])

    return Measured(
        table(both, settings, ahead),
        note="the direction is that of the smoothed loss, which evolution estimates without bias",
    )


REWARD = "of reward"
BOTH = ("descent_search", "descent")
CLAIMS = (
    Claim(
        "Sec. 3.2, App. A.1",
        "With the reset attached, backpropagated gradients grow with the length of the sequence and can diverge.",
        BOTH,
        Criterion(FACTOR, f"powers of ten from length {SHORT} to {LONG}", pointwise=True),
        _grows,
    ),
    Claim(
        "Sec. 3.2",
        "With the reset detached gradients decay exponentially, and memory suffers.",
        BOTH,
        Criterion(1.0, "times the smallest effect, in the weaker part", pointwise=True),
        _suffers,
    ),
    Claim(
        "Sec. 3.2",
        "With the reset attached backpropagation is unstable on long sequences, so that evolution does better.",
        BOTH,
        Criterion(LOSS, REWARD, pointwise=True),
        _evolution_ahead(ATTACHED),
    ),
    Claim(
        "Sec. 3.2",
        "With the reset detached memory is limited on long sequences, so that evolution does better.",
        BOTH,
        Criterion(LOSS, REWARD, pointwise=True),
        _evolution_ahead(DETACHED),
    ),
    Claim(
        "Sec. 3.3",
        "Evolution spares the memory that backpropagation's stored trajectories cost.",
        (),
        Criterion(1.0, "doublings of memory", pointwise=True),
        lambda: spared(peak_bytes.published()),
        shown="backprop_instability",
    ),
    Claim(
        "Sec. 3.3",
        "Evolution estimates the direction of descent with less error than backpropagation through time.",
        (),
        Criterion(0.1, "of the cosine with the direction of descent"),
        lambda: pointed(directions.published()),
        shown="backprop_instability",
    ),
)

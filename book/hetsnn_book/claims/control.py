"""Claims of Table 1: robots.

Rewards are compared above standing still, in units of what the better tuned side earns above standing still on that
robot, at the smallest size. So robots count alike, and a robot that stands scores 0.

Specifications are the settings of the search's first stage, drawn before any result and tried on both sides alike, and
the other physics. The tuned best of both sides is Table 1 on fresh seeds. A side whose joints cannot move is not
compared, nor is a robot on which neither tuned side clearly earns more than standing still.
"""

from collections.abc import Callable

import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect, difference, estimate, mean, table, together
from hetsnn_book.claims.verdicts import NOT_MEASURED
from hetsnn_book.experiments.control import ENVIRONMENTS, NEURONS, SEEDS
from hetsnn_book.measures.seeds import by_seed, per_doubling
from hetsnn_book.words import title

FIRST = ("hopper", "walker2d")  # a verdict needs these robots at the smallest size, on both sides
SIDES = ("neuron", "weight")
SIZES = sorted(NEURONS)
UNIT = "of what the better side earns above standing still at the smallest size"
LEAD = 0.1  # smallest effect of interest: a tenth of what the better side earns above standing still
PER_DOUBLING = 0.05  # smallest effect of a doubling of the size; Table 1's neurons gain 0.03 to 0.3
CAN_MOVE = 0.05  # mean |action|, of 1 at most
SETTINGS = {  # searched ones, by the names that readers see
    "sigma": "search width",
    "learning_rate": "learning rate",
    "tau_m": "initial tau_m",
    "gain": "gain",
    "readout_scale": "output scale",
    "tau_readout": "read-out",
    "signed": "sign of R free",
}


def compared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the cells in which both sides can move their joints and have enough seeds."""
    if not {"still", "action", "physics", "size"} <= set(frame.columns):  # results of an earlier version
        return frame[:0]
    cells = frame.groupby(["environment", "physics", "size", "evolved"]).agg(
        action=("action", "mean"), seeds=("seed", "nunique")
    )
    whole = cells[(cells["action"] >= CAN_MOVE) & (cells["seeds"] >= SEEDS)].reset_index()
    both = whole.groupby(["environment", "physics", "size"]).filter(lambda cell: len(cell) == len(SIDES))
    return frame.merge(both[["environment", "physics", "size"]].drop_duplicates())


def scales(frame: pd.DataFrame) -> pd.Series:
    """Return by robot what the better tuned side earns above standing still, where it clearly earns more."""
    small = frame[(frame["size"] == SIZES[0]) & (frame["physics"] == "spring")]
    found = {}
    for environment, group in small.groupby("environment"):
        means = group.groupby("evolved")["reward"].mean()
        best = group[group["evolved"] == means.idxmax()]
        gain = mean(best["reward"] - best["still"])
        if gain.low > 0:
            found[environment] = gain.effect
    return pd.Series(found, dtype=float)


def _ready(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, str]:
    """Return the comparable runs of Table 1, the scale of each robot, and what is lacking for a verdict."""
    runs = compared(frame)
    found = scales(runs) if len(runs) else pd.Series(dtype=float)
    missing = [robot for robot in FIRST if robot not in found]
    lacking = f"waits for both sides of {' and '.join(map(title, missing))} at {SIZES[0]:,} neurons" if missing else ""
    return runs[runs["environment"].isin(found.index)], found, lacking


def _missing(runs: pd.DataFrame) -> str:
    there = set(runs[runs["physics"] == "spring"].groupby(["environment", "size"]).groups)
    texts = []
    for environment in ENVIRONMENTS:
        sizes = [f"{size:,}" for size in SIZES if (environment, size) not in there]
        texts += [f"{title(environment)} at {', '.join(sizes)}"] if sizes else []
    return f"{NOT_MEASURED}, or not comparable: {'; '.join(texts)}" if texts else ""


def neuron_minus_weight(group: pd.DataFrame, scale: float) -> Effect | None:
    """Return the lead of neurons in one cell; it is no evidence if neither side earns more than standing still."""
    neuron, weight = (group[group["evolved"] == side] for side in SIDES)
    if neuron.empty or weight.empty:
        return None
    gains = [(side["reward"] - side["still"]).mean() for side in (neuron, weight)]
    return difference(neuron["reward"], weight["reward"], scale=scale, blind=bool(max(gains) <= LEAD * scale))


def _sides(control: pd.DataFrame, search: pd.DataFrame) -> Measured:
    runs, scale, lacking = _ready(control)
    if lacking or "stage" not in search:
        return Measured(lacking=lacking or "waits for the search's first stage")
    tried = search[(search["stage"] == 1) & search["environment"].isin(scale.index)]
    tried = tried.assign(physics="spring", trial=tried["trial"].astype(str))
    tuned, other = (runs[(runs["physics"] == "spring") == spring] for spring in (True, False))
    other = other.assign(trial="tuned at " + other["size"].astype(str) + " on " + other["environment"])

    def effect(group: pd.DataFrame) -> Effect | None:
        return neuron_minus_weight(group, scale[group["environment"].iloc[0]])

    specifications = table(
        together(tried, other),
        {"trial": "trial", "environment": "robot", "physics": "physics"},
        effect,
    )
    settings = tried[tried["evolved"] == SIDES[0]].drop_duplicates("trial").set_index("trial")
    for column, name in SETTINGS.items():
        if column in settings:
            specifications[name] = specifications["trial"].map(settings[column])
    cells = table(tuned, {"environment": "robot", "size": "size"}, effect)
    return Measured(specifications, cells, ("trial",), _missing(runs))


def _with_size(side: str) -> Callable[[pd.DataFrame], Measured]:
    def measure(control: pd.DataFrame) -> Measured:
        runs, scale, lacking = _ready(control)
        if lacking:
            return Measured(lacking=lacking)
        runs = runs[runs["evolved"] == side]

        def slope(group: pd.DataFrame) -> Effect | None:
            sizes = by_seed(group, ["size"])
            if sizes.shape[1] < 2:
                return None
            along = per_doubling(sizes.columns)
            return estimate([sizes], lambda means: means @ along / scale[group["environment"].iloc[0]])

        # Every size has the tuned settings, so the cells are no sample of settings.
        cells = table(runs, {"environment": "robot", "physics": "physics"}, slope)
        return Measured(best=cells, note=_missing(runs))

    return measure


WITH_SIZE = f"{UNIT}, per doubling of the size"
CLAIMS = (
    Claim(
        "Tab. 1, Sec. 4.2",
        "On robots, evolved neurons do as well as evolved weights, or better.",
        ("control", "control_search"),
        Criterion(-LEAD, UNIT, pointwise=True),
        _sides,
    ),
    Claim(
        "Tab. 1, Sec. 4.2",
        "On robots, evolved neurons do better than evolved weights (in 13 of the paper's 16 cells).",
        ("control", "control_search"),
        Criterion(LEAD, UNIT, pointwise=True),
        _sides,
    ),
    Claim(
        "Tab. 1, Sec. 4.2",
        "Networks whose neurons evolve get better with size.",
        ("control",),
        Criterion(PER_DOUBLING, WITH_SIZE),
        _with_size("neuron"),
        fewest=len(FIRST),
    ),
    Claim(
        "Tab. 1, Sec. 4.2",
        "Networks whose weights evolve do not depend on size.",
        ("control",),
        Criterion(PER_DOUBLING, WITH_SIZE, within=True),
        _with_size("weight"),
        fewest=len(FIRST),
    ),
)

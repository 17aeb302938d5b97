"""Claims of Fig. 2: the memory task.

Specifications are the map's grid of initial tau_m, gain, bias and read-out, the search's random settings, which were
drawn before any result, and the paper-like setting with both clocks; each on both sides alike. With four to fifty
seeds of rewards that are mostly 0 or 1 they are judged by their means. The tuned best are the contest's winners, with
50 fresh seeds. A search in which all candidates tie is blind: it shows nothing about what networks remember.
"""

from collections.abc import Callable

import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect, difference, estimate, table, together
from hetsnn_book.experiments import memory_contest
from hetsnn_book.experiments.memory import readout_kind
from hetsnn_book.measures.seeds import by_seed

LENGTHS = (10, 25, 50)
BLIND = 0.99  # share of generations without a search signal
NOTICED = 0.2  # reward below which nothing was remembered
SETTING = ["tau_m", "gain", "bias", "tau_readout", "margin_scale", "sigma", "learning_rate", "rising_clock"]
NAMES = {
    "setting": "setting",
    "tau_m": "initial tau_m",
    "gain": "gain",
    "bias": "bias",
    "readout": "read-out",
    "fitness": "fitness",
    "sigma": "search width",
    "learning_rate": "learning rate",
    "clock": "clock",
}
BY_LENGTH = NAMES | {"length": "length"}
RESULTS = ["reward", "reward_hidden_forgotten", "reward_readout_forgotten"]
CLOCKS = {True: "rising", False: "falling"}
UNIT = "of reward"


def settings(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of all settings at the compared lengths, with the settings' names."""
    runs = together(*frames)
    runs = runs.loc[runs["length"].isin(LENGTHS), [*SETTING, "evolved", "length", "seed", "flat_share", *RESULTS]]
    return runs.assign(
        setting=runs.groupby(SETTING).ngroup(),
        bias=runs["bias"].map({True: "yes", False: "no"}),
        readout=readout_kind(runs["tau_readout"]),
        fitness=(runs["margin_scale"] > 0).map({True: "margin", False: "reward"}),
        clock=runs["rising_clock"].map(CLOCKS),
        blind=(runs["flat_share"] >= BLIND) & (runs["reward"] < 1),
    )


def blind(*sides: pd.DataFrame) -> bool:
    """Return True if the search was blind for at least half of the seeds on a side."""
    return any(side["blind"].mean() >= 0.5 for side in sides)


def _best(contest: pd.DataFrame, effect: Callable[[pd.DataFrame], Effect | None], *by: str) -> pd.DataFrame:
    """Return the effect between the sides' winners of all settings, by columns such as the length."""
    winners = [memory_contest.winner_runs(contest, side, "best") for side in ("neuron", "weight")]
    runs = pd.concat(winners).assign(blind=False)
    return table(runs[runs["length"].isin(LENGTHS)], {name: name for name in by}, effect)


def _measured(
    effect: Callable[[pd.DataFrame], Effect | None], names: dict[str, str], *by: str
) -> Callable[..., Measured]:
    def measure(grid: pd.DataFrame, search: pd.DataFrame, paper_like: pd.DataFrame, contest: pd.DataFrame) -> Measured:
        return Measured(
            table(settings(grid, search, paper_like), names, effect), _best(contest, effect, *by), units=("setting",)
        )

    return measure


def _neuron_at_25(group: pd.DataFrame) -> Effect | None:
    rows = group[(group["evolved"] == "neuron") & (group["length"] == 25)]
    if rows.empty:
        return None
    return estimate([rows["reward"]], lambda mean: mean[..., 0], blind=blind(rows))


def _fall(group: pd.DataFrame) -> Effect | None:
    """Return how far the reward of evolved weights falls from the shortest compared length to the longest."""
    rows = group[(group["evolved"] == "weight") & group["length"].isin([LENGTHS[0], LENGTHS[-1]])]
    rewards = by_seed(rows, ["length"])
    if rewards.shape[1] < 2:
        return None
    nothing = rewards[LENGTHS[0]].mean() <= NOTICED
    long = rows[rows["length"] == LENGTHS[-1]]
    return estimate([rewards], lambda mean: mean[..., 0] - mean[..., 1], blind=blind(long) or nothing)


def _lead(group: pd.DataFrame) -> Effect | None:
    neuron, weight = (group[group["evolved"] == side] for side in ("neuron", "weight"))
    if neuron.empty or weight.empty:
        return None
    return difference(neuron["reward"], weight["reward"], blind=blind(neuron, weight))


def _in_neurons(group: pd.DataFrame) -> Effect | None:
    """Return how much more reward is left if the read-out forgets before the answer than if the neurons forget."""
    rows = group[group["evolved"] == "neuron"]
    if rows.empty:
        return None
    left = rows[["reward_readout_forgotten", "reward_hidden_forgotten"]]
    nothing = rows["reward"].mean() <= NOTICED
    return estimate([left], lambda mean: mean[..., 0] - mean[..., 1], blind=blind(rows) or nothing)


EXPERIMENTS = ("memory_map", "memory_search", "memory", "memory_contest")
CLAIMS = (
    Claim(
        "Fig. 2, Sec. 4.1",
        "Networks whose neurons evolve keep a mean reward of about 0.9 at memory length 25.",
        EXPERIMENTS,
        Criterion(0.8, UNIT, pointwise=True),  # about: at most 0.1 less
        _measured(_neuron_at_25, NAMES, "rising_clock"),
        shown="memory",
    ),
    Claim(
        "Fig. 2, Sec. 4.1",
        "The reward of networks whose weights evolve falls sharply as the memory lengthens.",
        EXPERIMENTS,
        Criterion(0.2, f"{UNIT} lost from length 10 to 50", pointwise=True),
        _measured(_fall, NAMES, "rising_clock"),
        shown="memory",
    ),
    Claim(
        "Fig. 2, Sec. 4.1",
        "At long delays networks whose neurons evolve remember better than networks whose weights evolve.",
        EXPERIMENTS,
        Criterion(0.1, UNIT, pointwise=True),
        _measured(_lead, BY_LENGTH, "length"),
    ),
    Claim(
        "Sec. 4.1",
        "The memory is in the hidden neurons, since nothing is recurrent.",
        EXPERIMENTS,
        Criterion(0.1, f"{UNIT} more lost if the neurons forget than if the read-out does", pointwise=True),
        _measured(_in_neurons, BY_LENGTH, "length"),
        shown="memory",
    ),
)

"""Claims of the abstract and the title, across tasks."""

import numpy as np
import pandas as pd

from hetsnn_book.claims.ablation import ALL, MAIN, SINGLES, TWIN, UNIT, effect_of, over_runner_up, rows_of
from hetsnn_book.claims.claim import Claim, Measured, by_cell, effect_format
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.factorial import APART, apart
from hetsnn_book.claims.memory import LENGTHS, NAMES, blind, settings
from hetsnn_book.claims.specifications import Effect, difference, estimate, mean, table, together
from hetsnn_book.experiments import cartpole, cartpole_search, memory_contest
from hetsnn_book.experiments.factorial_search import OWN, scored
from hetsnn_book.measures.seeds import by_seed

LEAD = 0.1
GENERIC = ("shared", "output scale alone")  # networks of which every neuron is alike
DRAWN = ["tau_m", "gain", "sigma", "learning_rate"]
TRIED = {  # settings of the factorial's search
    "setting": "setting",
    "contest": "task",
    "span": "length",
    "tau_m": "initial tau_m",
    "gain": "gain",
    "bias": "bias",
    "tau_readout": "read-out",
    "fitness": "fitness",
    "sigma": "search width",
    "learning_rate": "learning rate",
}


def _lead_grows(group: pd.DataFrame) -> Effect | None:
    """Return how much the lead of neurons grows from the shortest length to the longest, of the best reward."""
    ends = [group["steps"].min(), group["steps"].max()]
    rows = group[group["steps"].isin(ends)]
    sides = [rows[rows["evolved"] == side] for side in ("neuron", "weight")]
    rewards = [by_seed(side, ["steps"], "score") if len(side) else pd.DataFrame() for side in sides]
    if ends[0] == ends[1] or min(table.shape[1] for table in rewards) < 2:
        return None
    return estimate(rewards, lambda one, other: np.diff(one - other)[..., 0], blind=blind(*sides))


def _longer_is_better(
    grid: pd.DataFrame, search: pd.DataFrame, paper_like: pd.DataFrame, contest: pd.DataFrame, pole: pd.DataFrame
) -> Measured:
    """Measure on the memory task and on CartPole, trained by evolution, whether neurons lead more on longer ones."""
    tried = settings(grid, search, paper_like)
    winners = pd.concat([memory_contest.winner_runs(contest, side, "best") for side in ("neuron", "weight")])
    winners = winners[winners["length"].isin(LENGTHS)].assign(task="memory", blind=False)
    memory = [frame.assign(steps=frame["length"], score=frame["reward"]) for frame in (tried, winners)]
    pole = pole[cartpole_search.method_of(pole) == "ES"]
    pole = pole[pole["limit"].isin([cartpole.LIMITS[0], cartpole.LIMITS[-1]])]
    pole = pole.assign(task="CartPole", blind=False, steps=pole["limit"], score=pole["reward"] / pole["limit"])
    specifications = table(memory[0].assign(task="memory"), {"task": "task"} | NAMES, _lead_grows)
    tuned = together(*(table(frame, {"task": "task"}, _lead_grows) for frame in (memory[1], pole)))
    return Measured(specifications, tuned, ("setting",))


def _tau_m_matters(properties: pd.DataFrame, ablation: pd.DataFrame) -> Measured:
    """Measure the lead of tau_m over the other single properties on the memory task and on robots, each tuned once."""
    named = properties.assign(
        properties=["+".join(np.array(SINGLES)[np.array(widths) > 0]) for widths in properties["widths"]]
    )

    lead = over_runner_up(SINGLES[0], SINGLES[1:])

    def on_memory(group: pd.DataFrame) -> Effect:
        rows = by_seed(group[group["properties"].isin(SINGLES)], ["properties"])
        return estimate([rows], lambda means: lead(dict(zip(rows, np.moveaxis(means, -1, 0), strict=True))))

    def on_robots(group: pd.DataFrame) -> Effect | None:
        rows = rows_of(group)
        return None if rows is None else effect_of(rows, lead)

    memory = table(named.assign(task="memory, length " + named["length"].astype(str)), {"task": "task"}, on_memory)
    if "still" not in ablation:  # results of an earlier version
        return Measured(best=memory, note="without robots, which wait for Table 2's rows")
    robots = ablation[ablation["variant"].isin([MAIN, TWIN])]
    cells = together(memory, table(robots.assign(task=robots["environment"]), {"task": "task"}, on_robots))
    return Measured(best=cells)


def _trials(search: pd.DataFrame) -> pd.DataFrame:
    """Return the effect in each random setting of the factorial's search, on each task and length."""
    tried = scored(search[search["cell"].isin(APART)])
    tried = tried.assign(
        setting=tried.groupby(DRAWN).ngroup(),  # several tasks share their draws
        bias=tried["bias"].map({True: "yes", False: "no"}),
        fitness=(pd.to_numeric(tried["margin_scale"]).fillna(0.0) > 0).map({True: "margin", False: "reward"}),
    )

    def lead(group: pd.DataFrame) -> Effect | None:
        one, other = (group[group["cell"] == cell]["score"] for cell in (OWN, APART[0]))
        if one.empty or other.empty:
            return None
        return difference(one, other, blind=max(one.mean(), other.mean()) <= LEAD)

    return table(tried, TRIED, lead)


def _alike(search: pd.DataFrame, tasks: pd.DataFrame, ablation: pd.DataFrame) -> Measured:
    """Measure the lead of neurons that evolve apart over neurons that evolve alike, on frozen weights.

    Specifications are the random settings of the factorial's search; its winners are the tuned best. On robots nothing
    is tuned for neurons that stay alike, so these are told beside them.
    """
    found = apart(tasks).rename(columns={"contest": "task", "span": "length"})
    specifications = _trials(search)
    if "still" not in ablation or not set(GENERIC) <= set(ablation["variant"]):
        return Measured(specifications, found, ("setting",), note="robots wait for networks of neurons that stay alike")
    runs = ablation.assign(gain=ablation["reward"] - ablation["still"])
    all_four = runs[(runs["variant"] == MAIN) & (runs["properties"] == ALL)]
    pairs = pd.concat(
        [pd.concat([all_four, runs[runs["variant"] == other]]).assign(against=other) for other in GENERIC]
    )

    def effect(group: pd.DataFrame) -> Effect | None:
        own = group["variant"] == MAIN
        one, other = group[own]["gain"], group[~own]["gain"]
        if one.empty or other.empty:
            return None
        best = max(one, other, key=lambda gains: gains.mean())
        gain = mean(best)
        return difference(one, other, scale=gain.effect, blind=not gain.low > 0)

    robots = table(pairs, {"environment": "robot", "hidden": "neurons", "against": "alike"}, effect)
    told = by_cell(robots[~robots["blind"].astype(bool)], effect_format(0.0))
    note = f"on robots neurons apart lead, in their own setting and in units of their gain above standing still: {told}"
    return Measured(specifications, found, ("setting",), note=note if told else "")


CLAIMS = (
    Claim(
        "Abstract",
        "Neurons lead the more the longer the sequences are, across tasks.",
        ("memory_map", "memory_search", "memory", "memory_contest", "cartpole"),
        Criterion(LEAD, "of the best reward, from the shortest to the longest", pointwise=True),
        _longer_is_better,
        shown="results",
    ),
    Claim(
        "Abstract",
        "The membrane time constant is the crucial property, across tasks.",
        ("memory_properties", "ablation"),
        Criterion(LEAD, UNIT),
        _tau_m_matters,
        shown="results",
    ),
    Claim(
        "Title, Sec. 5",
        "It is heterogeneity that computes: networks of neurons that stay alike earn less.",
        ("factorial_search", "factorial", "ablation"),
        Criterion(LEAD, "of the best reward", pointwise=True),
        _alike,
    ),
)

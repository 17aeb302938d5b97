"""The paper's claims as rules over results: each gets a verdict, whichever way it falls."""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from hetsnn import experiments
from hetsnn.experiments import cartpole, cartpole_search, descent, descent_search
from hetsnn.experiments.memory import READOUTS
from hetsnn.results import Store
from hetsnn.statistics import mean_interval

REPRODUCED, IN_PART, NOT_REPRODUCED, NOT_MEASURED = "reproduced", "in part", "not reproduced", "not measured yet"


class Claim(NamedTuple):
    """One statement of the paper, in our words, and the rule that judges it."""

    where: str
    claim: str
    experiment: str
    judge: Callable[[pd.DataFrame], tuple[str, str]]  # a paper-profile frame -> verdict, evidence


def verdicts(profile: str, store: Store | None = None) -> pd.DataFrame:
    """A row per claim: `where`, `claim`, `verdict`, `evidence`; without results the verdict is "not measured yet"."""
    rows, store = [], store or Store.default()
    for claim in CLAIMS:
        frame = experiments.read(claim.experiment, profile, store)
        verdict, evidence = claim.judge(frame) if len(frame) else (NOT_MEASURED, "")
        rows.append({"where": claim.where, "claim": claim.claim, "verdict": verdict, "evidence": evidence})
    return pd.DataFrame(rows)


def _rewards(frame: pd.DataFrame, evolved: str, readout: str, length: int) -> np.ndarray:
    chosen = (frame["evolved"] == evolved) & (frame["length"] == length) & ~frame["rising_clock"]
    return frame[chosen & (frame["tau_readout"] == READOUTS[readout])]["reward"].to_numpy()


def _over_readouts(holds: Callable[[str], tuple[bool | None, str]]) -> tuple[str, str]:
    """A verdict from a rule that is asked for each read-out, which the paper leaves open."""
    answers = {readout: holds(readout) for readout in READOUTS}
    known = [answer for answer, _ in answers.values() if answer is not None]
    evidence = "; ".join(f"{readout} read-out: {text}" for readout, (_, text) in answers.items())
    if len(known) < len(answers):
        return NOT_MEASURED, evidence
    return REPRODUCED if all(known) else IN_PART if any(known) else NOT_REPRODUCED, evidence


def _neuron_at_25(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[bool | None, str]:
        rewards = _rewards(frame, "neuron", readout, 25)
        if len(rewards) < 2:
            return None, NOT_MEASURED
        mean, low, high = mean_interval(rewards)
        return high >= 0.9, f"mean reward {mean:.2f} [{low:.2f}, {high:.2f}] over {len(rewards)} seeds"

    return _over_readouts(holds)


def _neuron_above_weight(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[bool | None, str]:
        texts, better = [], []
        for length in (10, 25, 50):
            ours, theirs = (_rewards(frame, side, readout, length) for side in ("neuron", "weight"))
            if min(len(ours), len(theirs)) < 2:
                return None, NOT_MEASURED
            difference, low, high = mean_interval(ours, theirs)
            better.append(low > 0)
            texts.append(f"{difference:+.2f} [{low:.2f}, {high:.2f}] at {length}")
        return all(better), "neuron minus weight " + ", ".join(texts)

    return _over_readouts(holds)


def _weight_decreases(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[bool | None, str]:
        early, late = (_rewards(frame, "weight", readout, length) for length in (1, 25))
        if min(len(early), len(late)) < 2:
            return None, NOT_MEASURED
        fall, low, high = mean_interval(early, late)
        return low > 0.2, f"mean reward falls by {fall:.2f} [{low:.2f}, {high:.2f}] from length 1 to 25"

    return _over_readouts(holds)


def _ahead(cases: dict[str, tuple[pd.Series, pd.Series]], unit: str) -> tuple[str, str]:
    """A verdict from several cases: whether one side is ahead of the other by more than the interval."""
    if any(min(map(len, sides)) < 2 for sides in cases.values()):
        return NOT_MEASURED, ""
    found = {case: mean_interval(*sides) for case, sides in cases.items()}
    held = [low > 0 for _, low, _ in found.values()]
    evidence = ", ".join(
        f"{mean:{unit}} [{low:{unit}}, {high:{unit}}] at {case}" for case, (mean, low, high) in found.items()
    )
    return REPRODUCED if all(held) else IN_PART if any(held) else NOT_REPRODUCED, evidence


def _evolution_ahead_on_memory(reset: str) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        frame = frame.assign(method=descent_search.method_of(frame))
        own = (frame["method"] == "ES") | (frame["width"] == descent.WINNERS[reset, "neuron"]["width"])
        frame = frame[own & frame["surrogate"].isin(["arctan", np.nan])]
        cases = {}
        for side, (first, last) in product(descent_search.SIDES, ((12, 30), (40, 100))):
            rows = frame[(frame["evolved"] == side) & frame["length"].between(first, last)]
            sides = tuple(rows[rows["method"] == method]["reward"] for method in ("ES", reset))
            cases[f"lengths {first} to {last} ({side}s)"] = (sides[0], sides[1])
        verdict, evidence = _ahead(cases, "+.2f")
        return verdict, evidence and f"reward by ES minus BP: {evidence}"

    return judge


def _on_cartpole(
    ours: tuple[str, str], theirs: tuple[str, str], limits: tuple[int, ...], score: Callable[[pd.DataFrame], pd.Series]
) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        sides = frame.set_index([cartpole_search.method_of(frame), "evolved", "limit"]).sort_index()
        cases = {
            f"{limit:,}": tuple(score(sides[sides.index == (*side, limit)]) for side in (ours, theirs))
            for limit in limits
        }
        verdict, evidence = _ahead(cases, "+.0f")
        return verdict, evidence and f"{'-'.join(ours)} minus {'-'.join(theirs)}: {evidence}"

    return judge


def _reward(rows: pd.DataFrame) -> pd.Series:
    return rows["reward"]


def _early(rows: pd.DataFrame) -> pd.Series:
    """Mean return over the first third of the episodes."""
    return rows["curve_mean"].map(lambda curve: np.mean(curve[: len(curve) // 3]))


CLAIMS = (
    Claim(
        "Fig. 2, Sec. 4.1",
        "Networks whose neurons evolve keep a mean reward of about 0.9 at memory length 25.",
        "memory",
        _neuron_at_25,
    ),
    Claim(
        "Fig. 2, Sec. 4.1",
        "The reward of networks whose weights evolve falls sharply as the memory lengthens.",
        "memory",
        _weight_decreases,
    ),
    Claim(
        "Fig. 2, Sec. 4.1",
        "At long delays networks whose neurons evolve remember better than networks whose weights evolve.",
        "memory",
        _neuron_above_weight,
    ),
    Claim(
        "Sec. 3.2",
        "With the reset attached backpropagation is unstable on long sequences, so that evolution does better.",
        "descent",
        _evolution_ahead_on_memory("BP, reset attached"),
    ),
    Claim(
        "Sec. 3.2",
        "With the reset detached gradients decay, which limits long-term memory, so that evolution does better.",
        "descent",
        _evolution_ahead_on_memory("BP, reset detached"),
    ),
    Claim(
        "Fig. 5, Sec. 4.6",
        "Weights of homogeneous networks: backpropagation learns faster than evolution (first third of the episodes).",
        "cartpole",
        _on_cartpole(("BP", "weight"), ("ES", "weight"), cartpole.LIMITS, _early),
    ),
    Claim(
        "Fig. 5, Sec. 4.6",
        "Weights: as the sequences lengthen backpropagation falls short of the optimum, which evolution reaches.",
        "cartpole",
        _on_cartpole(("ES", "weight"), ("BP", "weight"), cartpole.LIMITS[2:], _reward),
    ),
    Claim(
        "Fig. 5, Sec. 4.6",
        "Neurons of networks with fixed weights: backpropagation cannot train them as well as evolution does.",
        "cartpole",
        _on_cartpole(("ES", "neuron"), ("BP", "neuron"), cartpole.LIMITS, _reward),
    ),
)

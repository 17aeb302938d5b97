"""The paper's claims as rules over results: each gets a verdict, whichever way it falls."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from hetsnn import experiments
from hetsnn.experiments import biology
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


def _over_readouts(holds: Callable[[str], tuple[list[bool], str]]) -> tuple[str, str]:
    """A verdict from a rule that is asked for each read-out, since the paper leaves it open."""
    answers = {readout: holds(readout) for readout in READOUTS}
    known = [answer for each, _ in answers.values() for answer in each]
    evidence = "; ".join(f"{readout} read-out: {text}" for readout, (_, text) in answers.items())
    if not all(each for each, _ in answers.values()):
        return NOT_MEASURED, evidence
    return _verdict(pd.Series(known)), evidence


def _neuron_at_25(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[list[bool], str]:
        rewards = _rewards(frame, "neuron", readout, 25)
        if len(rewards) < 2:
            return [], NOT_MEASURED
        mean, low, high = mean_interval(rewards)
        # "About 0.9" is at least 0.8, and enough seeds to know.
        return [low >= 0.8], f"mean reward {mean:.2f} [{low:.2f}, {high:.2f}] over {len(rewards)} seeds"

    return _over_readouts(holds)


def _neuron_above_weight(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[list[bool], str]:
        texts, better = [], []
        for length in (10, 25, 50):
            ours, theirs = (_rewards(frame, side, readout, length) for side in ("neuron", "weight"))
            if min(len(ours), len(theirs)) < 2:
                return [], NOT_MEASURED
            difference, low, high = mean_interval(ours, theirs)
            better.append(low > 0)
            texts.append(f"{difference:+.2f} [{low:.2f}, {high:.2f}] at {length}")
        return better, "neuron minus weight " + ", ".join(texts)

    return _over_readouts(holds)


def _weight_decreases(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[list[bool], str]:
        early, late = (_rewards(frame, "weight", readout, length) for length in (1, 25))
        if min(len(early), len(late)) < 2:
            return [], NOT_MEASURED
        fall, low, high = mean_interval(early, late)
        return [low > 0.2], f"mean reward falls by {fall:.2f} [{low:.2f}, {high:.2f}] from length 1 to 25"

    return _over_readouts(holds)


def _networks(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Time constants of evolved and drifting networks, if there are all lengths and learning rates of both settings."""
    networks = biology.measured(frame)
    cells = networks.groupby(["readout", "tau_coordinates", "learning_rate", "shuffled", "length"]).size()
    whole = 2 * 2 * 2 * len(biology.LEARNING_RATES) * len(biology.LENGTHS)
    return networks if len(cells) == whole and cells.min() > 1 else None


def _like_real_neurons(frame: pd.DataFrame) -> tuple[str, str]:
    """Claimed only where evolved networks are closer to the cells than drift is, at all learning rates."""
    networks = _networks(frame)
    if networks is None:
        return NOT_MEASURED, ""
    found = biology.selection(networks)
    closer = found["low"] > 0
    cases = closer.groupby([found[name] for name in ("readout", "tau_coordinates", "species")]).all()
    return _verdict(cases), (
        f"clearly closer to the cells than drift in {closer.sum()} of {len(closer)} comparisons, farther in "
        f"{(found['high'] < 0).sum()}; at all learning rates in {cases.sum()} of {len(cases)} settings"
    )


def _grows_with_length(of: str) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        networks = _networks(frame)
        if networks is None:
            return NOT_MEASURED, ""
        found = biology.trends(networks)
        evolved, drift = (found[(found["of"] == of) & (found["shuffled"] == shuffled)] for shuffled in (False, True))
        most = evolved.loc[evolved["low"].idxmax()]
        return _verdict(evolved["low"] > 0), (
            f"grows with the length in {(evolved['low'] > 0).sum()} of {len(evolved)} settings, most clearly with the "
            f"{most['readout']} read-out and rate {most['learning_rate']:g}: {most['slope']:+.3f} "
            f"[{most['low']:.3f}, {most['high']:.3f}] per doubling; under drift in {(drift['low'] > 0).sum()}"
        )

    return judge


def _verdict(holds: pd.Series) -> str:
    return REPRODUCED if holds.all() else IN_PART if holds.any() else NOT_REPRODUCED


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
        "Fig. 3, Sec. 4.4",
        "Evolved time constants are distributed much like those of real neurons.",
        "biology",
        _like_real_neurons,
    ),
    Claim("Fig. 3, Sec. 4.4", "A longer memory lengthens the time constants.", "biology", _grows_with_length("median")),
    Claim(
        "Fig. 3, Sec. 4.4",
        "For short memories the time constants are more concentrated.",
        "biology",
        _grows_with_length("log_sd"),
    ),
)

"""Claims of Fig. 2: the memory task."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn_book.claims.verdicts import NOT_MEASURED, Rule, verdict
from hetsnn_book.experiments.memory import READOUTS


def _rewards(frame: pd.DataFrame, evolved: str, readout: str, length: int) -> np.ndarray:
    chosen = (frame["evolved"] == evolved) & (frame["length"] == length) & ~frame["rising_clock"]
    return frame[chosen & (frame["tau_readout"] == READOUTS[readout])]["reward"].to_numpy()


def _over_readouts(holds: Callable[[str], tuple[list[bool], str]]) -> tuple[str, str]:
    """Return the verdict of a rule over both read-outs, since the paper does not specify the read-out."""
    judged = {readout: holds(readout) for readout in READOUTS}
    evidence = "; ".join(f"{readout} read-out: {text}" for readout, (_, text) in judged.items())
    if not all(cases for cases, _ in judged.values()):
        return NOT_MEASURED, evidence
    return verdict(case for cases, _ in judged.values() for case in cases), evidence


def _neuron_at_25(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[list[bool], str]:
        rewards = _rewards(frame, "neuron", readout, 25)
        if len(rewards) < 2:
            return [], NOT_MEASURED
        mean, low, high = mean_interval(rewards)
        # "About 0.9" is read as an interval above 0.8.
        return [low >= 0.8], f"mean reward {mean:.2f} [{low:.2f}, {high:.2f}] over {len(rewards)} seeds"

    return _over_readouts(holds)


def _neuron_above_weight(frame: pd.DataFrame) -> tuple[str, str]:
    def holds(readout: str) -> tuple[list[bool], str]:
        texts, better = [], []
        for length in (10, 25, 50):
            neuron, weight = (_rewards(frame, side, readout, length) for side in ("neuron", "weight"))
            if min(len(neuron), len(weight)) < 2:
                return [], NOT_MEASURED
            difference, low, high = mean_interval(neuron, weight)
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


CLAIMS = (
    Rule(
        "Fig. 2, Sec. 4.1",
        "Networks whose neurons evolve keep a mean reward of about 0.9 at memory length 25.",
        "memory",
        _neuron_at_25,
    ),
    Rule(
        "Fig. 2, Sec. 4.1",
        "The reward of networks whose weights evolve falls sharply as the memory lengthens.",
        "memory",
        _weight_decreases,
    ),
    Rule(
        "Fig. 2, Sec. 4.1",
        "At long delays networks whose neurons evolve remember better than networks whose weights evolve.",
        "memory",
        _neuron_above_weight,
    ),
)

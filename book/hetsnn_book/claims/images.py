"""Claims of Tab. 3 and Fig. 4: image classification."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn_book.claims.verdicts import NOT_MEASURED, Rule, verdict
from hetsnn_book.experiments.images import TITLES, table
from hetsnn_book.experiments.images_search import DATASETS, HIDDEN
from hetsnn_book.experiments.images_stages import stage_table


def _accuracies(frame: pd.DataFrame, dataset: str, side: str, size: int) -> np.ndarray:
    rows = (frame["dataset"] == dataset) & (frame["evolved"] == side) & (frame["hidden"] == HIDDEN[side][size])
    return 100 * frame[rows]["accuracy"].to_numpy()


def _ahead(first: str, second: str, size: int) -> Callable[[pd.DataFrame], tuple[str, str]]:
    """Return a rule that holds if the first side is more accurate than the second at a size, beyond the interval."""

    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        holds, texts = [], []
        for dataset in DATASETS:
            of_first, of_second = (_accuracies(frame, dataset, side, size) for side in (first, second))
            if min(len(of_first), len(of_second)) < 2:
                return NOT_MEASURED, ""
            difference, low, high = mean_interval(of_first, of_second)
            holds.append(bool(low > 0))
            texts.append(f"{difference:+.1f} [{low:.1f}, {high:.1f}] points on {TITLES[dataset]}")
        return verdict(holds), f"{first}s minus {second}s: {', '.join(texts)}"

    return judge


def _as_accurate(side: str) -> Callable[[pd.DataFrame], tuple[str, str]]:
    """Return a rule that holds at a size if the interval reaches the paper's accuracy, a single number."""

    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        rows = table(frame, "paper")
        rows = rows[(rows["evolved"] == side) & (rows["seeds"] > 1) & rows["paper"].notna()]
        if rows.empty:
            return NOT_MEASURED, ""
        texts = [
            f"{row.mean:.1f} [{row.low:.1f}, {row.high:.1f}] against {row.paper:.2f} ({TITLES[row.dataset]}, "
            f"{row.n_parameters:,} parameters)"
            for row in rows.itertuples()
        ]
        return verdict(rows["high"] >= rows["paper"]), "; ".join(texts)

    return judge


def _first_and_last(frame: pd.DataFrame, side: str) -> tuple[pd.Series, pd.Series] | None:
    stages = stage_table(frame[frame["evolved"] == side])
    return None if len(stages) < 2 or stages.iloc[0]["generation"] > 1 else (stages.iloc[0], stages.iloc[-1])


def _falls_silent(frame: pd.DataFrame) -> tuple[str, str]:
    """Judge whether nearly all neurons spike at first, and most never spike at the end."""
    stages = _first_and_last(frame, "neuron")
    if stages is None:
        return NOT_MEASURED, ""
    first, last = stages
    return verdict([bool(first["silent_share"] < 0.1 and last["silent_share"] > 0.5)]), (
        f"{first['silent_share']:.0%} of the neurons never fire at generation {first['generation']}, "
        f"{last['silent_share']:.0%} at {last['generation']:,}; spikes for an image: "
        f"{first['spikes']:.0f}, then {last['spikes']:.0f}"
    )


def _fires_more(frame: pd.DataFrame) -> tuple[str, str]:
    stages = _first_and_last(frame, "weight")
    if stages is None:
        return NOT_MEASURED, ""
    first, last = stages
    return verdict([bool(last["spikes"] > first["spikes"])]), (
        f"spikes for an image: {first['spikes']:.1f} at generation {first['generation']}, {last['spikes']:.1f} at "
        f"{last['generation']:,}"
    )


CLAIMS = (
    Rule(
        "Tab. 3, Sec. 4.5",
        "Networks whose neurons evolve, with frozen random weights, reach the accuracies of Tab. 3.",
        "images",
        _as_accurate("neuron"),
    ),
    Rule(
        "Tab. 3, Sec. 4.5",
        "With about 4,000 parameters evolved neurons classify better than evolved weights.",
        "images",
        _ahead("neuron", "weight", 0),
    ),
    Rule(
        "Tab. 3, Sec. 4.5",
        "With about 33,000 parameters evolved weights have caught up and are ahead.",
        "images",
        _ahead("weight", "neuron", 3),
    ),
    Rule(
        "Fig. 4, Sec. 4.5",
        "Where neurons evolve, nearly all fire at first and most are silent at last.",
        "images_stages",
        _falls_silent,
    ),
    Rule("Fig. 4, Sec. 4.5", "Where weights evolve, firing rates rise.", "images_stages", _fires_more),
)

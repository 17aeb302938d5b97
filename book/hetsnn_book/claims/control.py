"""Claims of Tables 1 and 2, judged on runs of the declared budget, once half of a table's settings are finished."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval, slope_interval
from hetsnn_book.claims.verdicts import NOT_MEASURED, Claim, verdict
from hetsnn_book.experiments.control import ENVIRONMENTS, NEURONS, SEEDS

TABLE_2 = ("tau_m", "v_th", "r_m", "tau_m+v_th+v_rest+r_m")


def _judged(holds: list[bool], evidence: str, wanted: int) -> tuple[str, str]:
    """Return the verdict once at least half of the wanted cases have been judged, and the evidence."""
    return verdict(holds) if holds and 2 * len(holds) >= wanted else NOT_MEASURED, evidence


def _declared(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["budget"] == "declared"]


def _comparable(frame: pd.DataFrame) -> tuple[str, str]:
    """Judge in each setting of the table whether the neurons' side is not clearly worse."""
    texts, holds = [], []
    for (environment, size), group in _declared(frame).groupby(["environment", "size"]):
        neuron, weight = (group[group["evolved"] == side]["reward"] for side in ("neuron", "weight"))
        if min(len(neuron), len(weight)) >= SEEDS:
            difference, low, high = mean_interval(neuron, weight)
            holds.append(high > 0)
            texts.append(f"{environment} at {size:,}: {difference:+.0f} [{low:.0f}, {high:.0f}]")
    settings = len(ENVIRONMENTS) * len(NEURONS)
    evidence = f"{len(holds)} of {settings} settings, neuron minus weight: " + "; ".join(texts) if holds else ""
    return _judged(holds, evidence, settings)


def _with_size(evolved: str, grows: bool) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        texts, holds = [], []
        for environment, group in _declared(frame[frame["evolved"] == evolved]).groupby("environment"):
            if all((group["size"] == size).sum() >= SEEDS for size in NEURONS):
                slope, low, high = slope_interval(np.log2(group["size"]), group["reward"])
                holds.append(low > 0 if grows else low <= 0 <= high)
                texts.append(f"{environment} {slope:+.0f} [{low:.0f}, {high:.0f}]")
        return _judged(holds, "per doubling: " + "; ".join(texts) if holds else "", len(ENVIRONMENTS))

    return judge


def _rows(frame: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Return the rewards of Table 2's rows for each robot that has all rows; v_th stands for its twin v_rest, too."""
    rewards: dict[str, dict[str, np.ndarray]] = {}
    for environment, group in frame[frame["variant"] == "main"].groupby("environment"):
        rows = {name: group[group["properties"] == name]["reward"].to_numpy() for name in TABLE_2}
        if min(map(len, rows.values())) >= SEEDS:
            rewards[str(environment)] = rows
    return rewards


def _above(first: str, others: tuple[str, ...]) -> Callable[[pd.DataFrame], tuple[str, str]]:
    """Return a rule that holds on a robot if the first row is not clearly below any other."""

    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        texts, holds = [], []
        for environment, rows in _rows(frame).items():
            gaps = {name: mean_interval(rows[first], rows[name]) for name in others}
            holds.append(all(high > 0 for _, _, high in gaps.values()))
            texts.append(
                f"{environment}: " + ", ".join(f"{mean:+.0f} over {name}" for name, (mean, _, _) in gaps.items())
            )
        return _judged(holds, "; ".join(texts), len(ENVIRONMENTS))

    return judge


def _worst_is_threshold(frame: pd.DataFrame) -> tuple[str, str]:
    """Judge for each robot whether evolving v_th alone is clearly below evolving tau_m alone and r_m alone."""
    texts, holds = [], []
    for environment, rows in _rows(frame).items():
        gaps = {name: mean_interval(rows[name], rows["v_th"]) for name in ("tau_m", "r_m")}
        holds.append(all(low > 0 for _, low, _ in gaps.values()))
        texts.append(
            f"{environment}: " + ", ".join(f"{name} {mean:+.0f} above v_th" for name, (mean, _, _) in gaps.items())
        )
    return _judged(holds, "; ".join(texts), len(ENVIRONMENTS))


CLAIMS = (
    Claim(
        "Tab. 1, Sec. 4.2",
        "On robots, evolved neurons do as well as evolved weights, or better.",
        "control",
        _comparable,
    ),
    Claim(
        "Tab. 1, Sec. 4.2", "Networks whose neurons evolve get better with size.", "control", _with_size("neuron", True)
    ),
    Claim(
        "Tab. 1, Sec. 4.2",
        "Networks whose weights evolve do not depend on size.",
        "control",
        _with_size("weight", False),
    ),
    Claim(
        "Tab. 2, Sec. 4.3",
        "Networks do best where all four properties evolve.",
        "ablation",
        _above("tau_m+v_th+v_rest+r_m", ("tau_m", "v_th", "r_m")),
    ),
    Claim(
        "Tab. 2, Sec. 4.3",
        "Of the single properties the membrane time constant does most.",
        "ablation",
        _above("tau_m", ("v_th", "r_m")),
    ),
    Claim("Tab. 2, Sec. 4.3", "The threshold alone does least, by far.", "ablation", _worst_is_threshold),
)

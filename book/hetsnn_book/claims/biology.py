"""Claims of Fig. 3: time constants of networks and of real neurons."""

from collections.abc import Callable

import pandas as pd

from hetsnn_book.claims.verdicts import NOT_MEASURED, Rule, verdict
from hetsnn_book.experiments import biology
from hetsnn_book.measures import time_constants


def _networks(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Return the time constants of all networks, or None unless every setting has two networks at each length."""
    networks = time_constants.measured(frame)
    cells = networks.groupby(["readout", "tau_coordinates", "learning_rate", "shuffled", "length"]).size()
    whole = 2 * 2 * 2 * len(biology.LEARNING_RATES) * len(biology.LENGTHS)
    return networks if len(cells) == whole and cells.min() > 1 else None


def _like_real_neurons(frame: pd.DataFrame) -> tuple[str, str]:
    """Judge whether evolved networks are closer to the cells than drifting ones, at all learning rates."""
    networks = _networks(frame)
    if networks is None:
        return NOT_MEASURED, ""
    found = time_constants.selection(networks)
    closer = found["low"] > 0
    cases = closer.groupby([found[name] for name in ("readout", "tau_coordinates", "species")]).all()
    return verdict(cases), (
        f"clearly closer to the cells than drift in {closer.sum()} of {len(closer)} comparisons, farther in "
        f"{(found['high'] < 0).sum()}; at all learning rates in {cases.sum()} of {len(cases)} settings"
    )


def _grows_with_length(statistic: str) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        networks = _networks(frame)
        if networks is None:
            return NOT_MEASURED, ""
        found = time_constants.trends(networks)
        evolved, drift = (
            found[(found["of"] == statistic) & (found["shuffled"] == shuffled)] for shuffled in (False, True)
        )
        most = evolved.loc[evolved["low"].idxmax()]
        return verdict(evolved["low"] > 0), (
            f"grows with the length in {(evolved['low'] > 0).sum()} of {len(evolved)} settings, most clearly with the "
            f"{most['readout']} read-out and rate {most['learning_rate']:g}: {most['slope']:+.3f} "
            f"[{most['low']:.3f}, {most['high']:.3f}] per doubling; under drift in {(drift['low'] > 0).sum()}"
        )

    return judge


CLAIMS = (
    Rule(
        "Fig. 3, Sec. 4.4",
        "Evolved time constants are distributed much like those of real neurons.",
        "biology",
        _like_real_neurons,
    ),
    Rule("Fig. 3, Sec. 4.4", "A longer memory lengthens the time constants.", "biology", _grows_with_length("median")),
    Rule(
        "Fig. 3, Sec. 4.4",
        "For short memories the time constants are more concentrated.",
        "biology",
        _grows_with_length("log_sd"),
    ),
)

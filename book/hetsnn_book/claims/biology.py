"""Claims of Fig. 3: time constants of networks and of real neurons."""

from collections.abc import Callable

import pandas as pd

from hetsnn_book.claims.verdicts import NOT_MEASURED, Claim, verdict
from hetsnn_book.experiments import biology


def _networks(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Return the time constants of all networks, or None unless every setting has two networks at each length."""
    networks = biology.measured(frame)
    cells = networks.groupby(["readout", "tau_coordinates", "learning_rate", "shuffled", "length"]).size()
    whole = 2 * 2 * 2 * len(biology.LEARNING_RATES) * len(biology.LENGTHS)
    return networks if len(cells) == whole and cells.min() > 1 else None


def _like_real_neurons(frame: pd.DataFrame) -> tuple[str, str]:
    """Judge whether evolved networks are closer to the cells than drifting ones, at all learning rates."""
    networks = _networks(frame)
    if networks is None:
        return NOT_MEASURED, ""
    table = biology.selection(networks)
    closer = table["low"] > 0
    cases = closer.groupby([table[name] for name in ("readout", "tau_coordinates", "species")]).all()
    return verdict(cases), (
        f"clearly closer to the cells than drift in {closer.sum()} of {len(closer)} comparisons, farther in "
        f"{(table['high'] < 0).sum()}; at all learning rates in {cases.sum()} of {len(cases)} settings"
    )


def _grows_with_length(statistic: str) -> Callable[[pd.DataFrame], tuple[str, str]]:
    def judge(frame: pd.DataFrame) -> tuple[str, str]:
        networks = _networks(frame)
        if networks is None:
            return NOT_MEASURED, ""
        table = biology.trends(networks)
        table = table[table["of"] == statistic]
        evolved, drift = (table[table["shuffled"] == shuffled] for shuffled in (False, True))
        clearest = evolved.loc[evolved["low"].idxmax()]
        return verdict(evolved["low"] > 0), (
            f"grows with the length in {(evolved['low'] > 0).sum()} of {len(evolved)} settings, most clearly with the "
            f"{clearest['readout']} read-out and rate {clearest['learning_rate']:g}: {clearest['slope']:+.3f} "
            f"[{clearest['low']:.3f}, {clearest['high']:.3f}] per doubling; under drift in {(drift['low'] > 0).sum()}"
        )

    return judge


CLAIMS = (
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

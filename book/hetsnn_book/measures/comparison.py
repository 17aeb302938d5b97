"""Regenerated results beside published ones: the same settings and seeds, perhaps on another machine.

Trainings are chaotic: one flipped spike reorders ranks, and two machines soon differ seed by seed. What has to agree is
the mean over seeds of each setting, and, since a setting has few seeds, the mean over all settings, too.
"""

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.999  # per setting, since there are many
COLUMNS = ("seeds", "published", "regenerated", "difference", "tolerance", "agrees")
ALL = "all"  # the last row, in each column of a setting


def compare(published: pd.DataFrame, regenerated: pd.DataFrame, settings: list[str], score: str) -> pd.DataFrame:
    """A row per setting that both frames have, and one for all: mean scores, their difference, whether it is tolerated.

    The tolerance is the half width of the normal interval of a difference of means at `CONFIDENCE`, their variances
    apart, and what one seed can move the mean by.

    Args:
        published: a row per run, with the columns of `settings` and `score`.
        regenerated: likewise.
        settings: columns that tell settings apart, seeds left out.
        score: the column that is compared.
    """
    both = pd.concat([published[settings], regenerated[settings]])
    varying = [name for name in settings if len(set(both[name].astype(str))) > 1] or settings[:1]
    ours, theirs = (
        {key: group[score].to_numpy() for key, group in f.groupby(varying)} for f in (regenerated, published)
    )
    keys = sorted(ours.keys() & theirs.keys())
    pairs = [(ours[key], theirs[key]) for key in keys]
    rows = [(*np.atleast_1d(np.array(key, object)), *_agreement([pair])) for key, pair in zip(keys, pairs, strict=True)]
    rows += [(*[ALL] * len(varying), *_agreement(pairs))] if pairs else []
    return pd.DataFrame(rows, columns=[*varying, *COLUMNS])


def _agreement(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[int, float, float, float, float, bool]:
    """Of new and old scores of some settings: a row's `COLUMNS`, each setting having the same weight."""
    new, old = (np.mean([pair[i].mean() for pair in pairs]) for i in (0, 1))
    error = np.sqrt(sum(x.var(ddof=1) / len(x) for pair in pairs for x in pair if len(x) > 1)) / len(pairs)
    seed = max(np.ptp(np.concatenate(pair)) / min(map(len, pair)) for pair in pairs) / len(pairs)
    tolerance = stats.norm.ppf(0.5 + CONFIDENCE / 2) * error + seed
    agrees = bool(abs(new - old) <= tolerance + 1e-6)
    return sum(len(pair[0]) for pair in pairs), old, new, new - old, tolerance, agrees

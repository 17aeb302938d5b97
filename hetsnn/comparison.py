"""Regenerated results beside published ones: the same settings and seeds, perhaps on another machine.

Trainings are chaotic: one flipped spike reorders ranks, and two machines soon differ seed by seed. What has to agree is
the mean over seeds of each setting.
"""

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.999  # per setting, since there are many
COLUMNS = ("seeds", "published", "regenerated", "difference", "tolerance", "agrees")


def compare(published: pd.DataFrame, regenerated: pd.DataFrame, settings: list[str], score: str) -> pd.DataFrame:
    """A row per setting that both frames have: mean scores, their difference, and whether it is within the tolerance.

    The tolerance is the half width of Welch's interval for a difference of means at `CONFIDENCE`, and what one seed of
    the setting can move the mean by.

    Args:
        published: a row per run, with the columns of `settings` and `score`.
        regenerated: likewise.
        settings: columns that tell settings apart, seeds left out.
        score: the column that is compared.
    """
    varying = [name for name in settings if len(set(published[name].astype(str))) > 1] or settings[:1]
    ours, theirs = (
        {key: group[score].to_numpy() for key, group in f.groupby(varying)} for f in (regenerated, published)
    )
    rows = []
    for key in sorted(ours.keys() & theirs.keys()):
        new, old = ours[key], theirs[key]
        both = np.concatenate([new, old])
        error = np.sqrt(sum(x.var(ddof=1) / len(x) if len(x) > 1 else 0.0 for x in (new, old)))
        quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, max(1, len(both) - 2))
        tolerance = quantile * error + np.ptp(both) / min(len(new), len(old))
        difference = new.mean() - old.mean()
        agrees = bool(abs(difference) <= tolerance + 1e-6)
        rows.append(
            (*np.atleast_1d(np.array(key, object)), len(new), old.mean(), new.mean(), difference, tolerance, agrees)
        )
    return pd.DataFrame(rows, columns=[*varying, *COLUMNS])

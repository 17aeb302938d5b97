"""Comparison of regenerated and published results, for the same settings and seeds, possibly on another machine.

Trainings are chaotic: one flipped spike reorders ranks, so single seeds soon differ between machines. The mean over
seeds must agree for each setting, and, since a setting has few seeds, so must the mean over all settings.
"""

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.999  # per setting; high, because there are many settings
COLUMNS = ("seeds", "published", "regenerated", "difference", "tolerance", "agrees")
LACKING = "-"  # entry of a setting that a method does not have, as gradients have no population
ALL = "all"  # entry of the last row in each setting's column


def compare(published: pd.DataFrame, regenerated: pd.DataFrame, settings: list[str], score: str) -> pd.DataFrame:
    """Return a row per setting of both frames, and one for all: mean scores, their difference, and its tolerance.

    The tolerance is the half width of the normal interval of a difference of means at `CONFIDENCE`, with unequal
    variances, plus the shift of the mean that one seed can cause.

    Args:
        published: published results, a row per run, with the columns of `settings` and `score`.
        regenerated: regenerated results, with the same columns.
        settings: columns that distinguish settings, without the seed.
        score: column to compare.
    """
    both = pd.concat([published[settings], regenerated[settings]])
    varying = [name for name in settings if len(set(both[name].astype(str))) > 1] or settings[:1]
    new, old = (_by_setting(frame, varying, score) for frame in (regenerated, published))
    keys = [key for key in old if key in new]
    pairs = [(new[key], old[key]) for key in keys]
    rows = [(*key, *_agreement([pair])) for key, pair in zip(keys, pairs, strict=True)]
    rows += [(*[ALL] * len(varying), *_agreement(pairs))] if pairs else []
    return pd.DataFrame(rows, columns=[*varying, *COLUMNS])


def _by_setting(frame: pd.DataFrame, varying: list[str], score: str) -> dict[tuple, np.ndarray]:
    """Return the scores of each setting, in the frame's order; a setting that a method lacks is `LACKING`."""
    keys = frame[varying].astype(object).where(frame[varying].notna(), LACKING)
    groups = frame[score].groupby([keys[name] for name in varying], sort=False)
    return {key if isinstance(key, tuple) else (key,): group.to_numpy() for key, group in groups}


def _agreement(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[int, float, float, float, float, bool]:
    """Return a row's `COLUMNS` from pairs of new and old scores, a pair per setting; settings have equal weight."""
    new, old = (np.mean([pair[i].mean() for pair in pairs]) for i in (0, 1))
    error = np.sqrt(sum(x.var(ddof=1) / len(x) for pair in pairs for x in pair if len(x) > 1)) / len(pairs)
    seed = max(np.ptp(np.concatenate(pair)) / min(map(len, pair)) for pair in pairs) / len(pairs)
    tolerance = stats.norm.ppf(0.5 + CONFIDENCE / 2) * error + seed
    agrees = bool(abs(new - old) <= tolerance + 1e-6)
    return sum(len(pair[0]) for pair in pairs), old, new, new - old, tolerance, agrees

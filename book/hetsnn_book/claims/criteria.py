"""Criteria: when an effect counts, in one specification and in several cells that are judged together.

An effect counts if its whole 95 % interval lies above the smallest effect of interest. Two sides count as equal if the
interval lies between minus and plus the smallest effect: two one-sided tests at 2.5 %. An interval that happens to
hold 0 shows nothing. An effect fails if its whole interval lies where it does not count. An interval that spans the
smallest effect decides nothing: it is evidence neither for a claim nor against it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from hetsnn_book.claims.specifications import LEVEL, NUMBERS, PARTS


@dataclass(frozen=True)
class Criterion:
    """A smallest effect of interest, and how effects are compared with it."""

    smallest: float  # may be negative, for "not clearly worse"
    unit: str
    within: bool = False  # equivalence: the interval lies between -smallest and +smallest
    # Specifications of few seeds are judged by their effects alone, so that the share does not depend on how few; then
    # no single specification is evidence. The tuned best is judged by its interval all the same.
    pointwise: bool = False

    @property
    def bounds(self) -> tuple[float, ...]:
        """Return the effects at which the judgement turns."""
        return (-self.smallest, self.smallest) if self.within else (self.smallest,)

    @property
    def counts(self) -> str:
        """Return in words which effects count."""
        return f"within ±{self.smallest:g}" if self.within else f"above {self.smallest:+g}"

    @property
    def opposite(self) -> str:
        """Return in words what makes an effect the reverse of a claim, see `reversed`."""
        if self.within:
            return f"whole interval beyond {self.smallest:g}"
        return f"whole interval below {min(self.smallest, 0.0):g}"

    def judgeable(self, cells: pd.DataFrame) -> np.ndarray:
        """Return True for the rows that can be judged: not blind, and with an interval unless `pointwise`."""
        return (cells["effect" if self.pointwise else "low"].notna() & ~cells["blind"].astype(bool)).to_numpy()

    def holds(self, cells: pd.DataFrame) -> np.ndarray:
        """Return for each row whether its own effect counts; ties with the smallest effect do not."""
        low, high = (cells["effect" if self.pointwise else end] for end in ("low", "high"))
        above = (low > (-self.smallest if self.within else self.smallest)).to_numpy()
        return above & (high < self.smallest).to_numpy() if self.within else above

    def reversed(self, cells: pd.DataFrame) -> np.ndarray:
        """Return for each row whether its interval lies clearly on the other side of the criterion."""
        if self.within:
            return ((cells["low"] > self.smallest) | (cells["high"] < -self.smallest)).to_numpy()
        return (cells["high"] < min(self.smallest, 0.0)).to_numpy()

    def hold_jointly(self, cells: pd.DataFrame) -> np.ndarray:
        """Return for each row whether its effect counts, corrected for the number of rows by Holm's method."""
        return holm(self.p_values(cells)) <= LEVEL

    def fail_jointly(self, cells: pd.DataFrame) -> np.ndarray:
        """Return for each row whether its effect clearly does not count, corrected for the number of rows."""
        return holm(self.p_values(cells, against=True)) <= LEVEL

    def p_values(self, cells: pd.DataFrame, *, against: bool = False) -> np.ndarray:
        """Return one-sided p-values, from the distance to the interval's end by Student's t; 1 without an interval.

        Intervals must be those of `hetsnn.statistics.joint_interval`, which are Student's t: an end of another kind of
        interval is no multiple of a standard error. Of two parts both must count, and either may fail.

        Args:
            cells: a row per effect, with its interval.
            against: test that effects do not count, of which a known tie with the smallest effect is certain.
        """
        if PARTS[0][0] in cells:
            parts = (cells[[*names]].set_axis(NUMBERS, axis=1) for names in PARTS)
            p_values = [self.p_values(part, against=against) for part in parts]
            return np.minimum(2 * np.minimum(*p_values), 1.0) if against else np.maximum(*p_values)
        effect, seeds = cells["effect"].to_numpy(float), cells["seeds"].to_numpy(float)
        margin = self.smallest - np.abs(effect) if self.within else effect - self.smallest
        width = (cells["high"] - cells["low"]).to_numpy(float)
        freedom = np.maximum(seeds - 1, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = width / 2 / stats.t.ppf(1 - LEVEL, freedom)
            p = stats.t.sf((-margin if against else margin) / error, freedom)
        tie = 0.0 if against else 1.0
        return np.where(np.isnan(width), 1.0, np.where(np.isnan(p), tie, p))


def differs(cells: pd.DataFrame) -> np.ndarray:
    """Return for each row whether its effect lies clearly on either side of 0, corrected by Holm's method.

    Args:
        cells: a row per effect, with an interval as `Criterion.p_values` needs it.
    """
    mirrored = cells.assign(effect=-cells["effect"], low=-cells["high"], high=-cells["low"])
    return holm(np.minimum(*(Criterion(0.0, "").p_values(table) for table in (cells, mirrored)))) <= LEVEL


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number.

    Source: Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(order))
    corrected[order] = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    return np.minimum(corrected, 1.0)

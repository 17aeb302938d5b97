"""How far a training has learned: how much its curve still rises at the end."""

import numpy as np


def rise_at_end(curve: np.ndarray) -> float:
    """Return the relative rise of a curve over its last fifth; NaN if that has a single point.

    The rise is that of a line fitted to the last fifth, divided by the mean there.
    """
    late = curve[len(curve) - len(curve) // 5 :]
    if len(late) < 2:
        return np.nan
    slope = np.polyfit(np.arange(len(late)), late, 1)[0]
    return float(slope * len(late) / abs(late.mean()))

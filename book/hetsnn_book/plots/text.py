"""Numbers as text: with the spread over seeds, with an interval."""

import numpy as np


def with_spread(mean: float, sd: float) -> str:
    """A mean and the standard deviation over seeds, or the mean alone where the deviation is NaN."""
    return f"{mean:,.0f}" if np.isnan(sd) else f"{mean:,.0f} ± {sd:,.0f}"


def interval(three: tuple[float, float, float], spec: str) -> str:
    """A number and its interval, or the number alone where the interval is NaN.

    Args:
        three: the number, the interval's lower and upper end.
        spec: format specification of each.
    """
    if np.isnan(three[1]):
        return f"{three[0]:{spec}}"
    return "{0:{3}} [{1:{3}}, {2:{3}}]".format(*three, spec)

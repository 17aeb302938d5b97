"""Numbers as text: with the spread over seeds, with an interval."""

import numpy as np


def with_spread(mean: float, sd: float) -> str:
    """Return a mean as text, with the standard deviation over seeds if there are several."""
    return f"{mean:,.0f}" if np.isnan(sd) else f"{mean:,.0f} ± {sd:,.0f}"


def interval(three: tuple[float, float, float], spec: str) -> str:
    """Return a number as text, with its interval if there is one."""
    if np.isnan(three[1]):
        return f"{three[0]:{spec}}"
    return "{0:{3}} [{1:{3}}, {2:{3}}]".format(*three, spec)

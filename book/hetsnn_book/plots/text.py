"""Numbers as text: with the spread over seeds, with an interval, with the answer that follows."""

import numpy as np
import pandas as pd

from hetsnn_book.words import CONTESTS


def with_spread(mean: float, sd: float) -> str:
    """Return a mean as text, with the standard deviation over seeds if there are several."""
    return f"{mean:,.0f}" if np.isnan(sd) else f"{mean:,.0f} ± {sd:,.0f}"


def interval(three: tuple[float, float, float], spec: str) -> str:
    """Return a number as text, with its interval if there is one."""
    if np.isnan(three[1]):
        return f"{three[0]:{spec}}"
    return "{0:{3}} [{1:{3}}, {2:{3}}]".format(*three, spec)


def answered(table: pd.DataFrame) -> pd.DataFrame:
    """Return answers to statements as a page shows them: a row per statement and contest.

    Args:
        table: answers with columns `statement`, `contest`, `effect`, `low`, `high`, `unit` and `answer`.
    """
    numbers = {name: table[name].map("{:+z.2f}".format) for name in ("effect", "low", "high")}
    named = {"statement": table["statement"], "task": table["contest"].map(CONTESTS)}
    return pd.DataFrame({**named, **numbers, "answer": table["answer"]})

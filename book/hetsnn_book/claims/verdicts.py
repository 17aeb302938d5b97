"""What a claim is, and what can be said of it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

REPRODUCED, IN_PART, NOT_REPRODUCED, NOT_MEASURED = "reproduced", "in part", "not reproduced", "not measured yet"


class Claim(NamedTuple):
    """One statement of the paper, in our words, and the rule that judges it."""

    where: str
    claim: str
    experiment: str
    judge: Callable[[pd.DataFrame], tuple[str, str]]  # a paper-profile frame -> verdict, evidence


def verdict(holds: Iterable[bool]) -> str:
    """Of a claim whose rule has been asked in several cases."""
    known = list(holds)
    return REPRODUCED if all(known) else IN_PART if any(known) else NOT_REPRODUCED

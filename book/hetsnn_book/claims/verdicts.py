"""Claims and verdicts."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

REPRODUCED, IN_PART, NOT_REPRODUCED, NOT_MEASURED = "reproduced", "in part", "not reproduced", "not measured yet"


class Claim(NamedTuple):
    """A statement of the paper, in our words, and the rule that judges it."""

    where: str
    claim: str
    experiment: str
    judge: Callable[[pd.DataFrame], tuple[str, str]]  # a paper-profile frame -> verdict, evidence


def verdict(holds: Iterable[bool]) -> str:
    """Return the verdict on a claim from the results of its rule in several cases."""
    cases = list(holds)
    return REPRODUCED if all(cases) else IN_PART if any(cases) else NOT_REPRODUCED

"""Verdicts: what the specifications and the tuned best of both sides say together.

A claim is robust if it holds in at least four fifths of the specifications, and where both sides are tuned. It is not
found if it fails where both sides are tuned, unless a setting other than those of the tuning decides: for one of its
values the claim holds in four fifths. Then, or if it holds for tuned sides alone, it depends on that setting.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

ROBUST, NOT_FOUND, CONTRADICTS = "robust", "not found", "contradicts Eq. 2"
NO_VERDICT = "measured, no verdict"
DEPENDS = "depends on"
MOST, HARDLY = 0.8, 0.2  # shares of specifications
# Settings that every tuning chooses, which therefore save no claim that fails where both sides are tuned.
KNOBS = ("learning rate", "search width", "batch", "discount", "temperature")
TUNING, UNNAMED = "tuning", "several settings"  # what decides where no setting is named


def verdict_of(share: float, best: bool | None, deciding: str, *, somewhere: bool) -> str:
    """Return the verdict on a claim.

    Args:
        share: share of the specifications in which the claim holds.
        best: whether it holds where both sides are tuned; None if there is no such comparison.
        deciding: the setting that decides where it holds; "" if none beats chance.
        somewhere: whether the claim is robust for a value of that setting, and tuning is not what sets it.
    """
    if share >= MOST:
        return ROBUST if best is not False else f"{DEPENDS} {TUNING}"
    if (share < HARDLY and not best) or (best is False and not somewhere):
        return NOT_FOUND
    return f"{DEPENDS} {deciding or (TUNING if share < HARDLY else UNNAMED)}"


REPRODUCED, IN_PART, NOT_REPRODUCED, NOT_MEASURED = "reproduced", "in part", "not reproduced", "not measured yet"


class Rule(NamedTuple):
    """A statement of the paper, in our words, and the rule that judges it."""

    where: str
    claim: str
    experiment: str
    judge: Callable[[pd.DataFrame], tuple[str, str]]  # a paper-profile frame -> verdict, evidence

    @property
    def experiments(self) -> tuple[str]:
        """Return the name of the experiment."""
        return (self.experiment,)


def verdict(holds: Iterable[bool]) -> str:
    """Return the verdict on a claim from the results of its rule in several cases."""
    cases = list(holds)
    return REPRODUCED if all(cases) else IN_PART if any(cases) else NOT_REPRODUCED

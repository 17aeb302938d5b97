"""Verdicts: what the specifications and the tuned best of both sides say together.

A claim is robust if it holds in at least four fifths of the specifications, and where both sides are tuned. It is not
found if it fails where both sides are tuned (or hardly holds, where nothing was tuned). It depends on a setting if the
setting explains where it holds, more than chance does, and either it holds where both sides are tuned, or in four
fifths of the specifications with one of the setting's values. Settings that every tuning chooses do not count for that.
Where neither the specifications nor the tuned best show that a claim fails, since intervals span the smallest effect,
there is no verdict.
"""

ROBUST, NOT_FOUND, CONTRADICTS = "robust", "not found", "contradicts Eq. 2"
NOT_MEASURED = "not measured yet"
NO_VERDICT = "measured, no verdict"
DEPENDS = "depends on"
SHAPES = {ROBUST: "●", DEPENDS: "◐", NOT_FOUND: "○", CONTRADICTS: "✕", NO_VERDICT: "□", NOT_MEASURED: "…"}
MOST, HARDLY = 0.8, 0.2  # shares of specifications
# Settings that every tuning chooses, which therefore save no claim that fails where both sides are tuned.
KNOBS = ("learning rate", "search width", "batch", "discount", "temperature")
TUNING, UNNAMED = "tuning", "several settings"  # what decides where no setting is named


def verdict_of(share: float, best: float | None, deciding: str, *, somewhere: bool, against: bool = True) -> str:
    """Return the verdict on a claim.

    Args:
        share: share of the specifications in which the claim holds.
        best: share of the cells where both sides are tuned in which it holds; None if there is no such comparison.
        deciding: the setting that decides where it holds; "" if none beats chance.
        somewhere: whether the claim is robust for a value of that setting, and tuning is not what sets it.
        against: whether there is evidence that it is not robust, see `hetsnn_book.claims.claim.failing`.
    """
    holds, fails = (best is not None and best >= MOST), (best is not None and best < MOST)
    if share >= MOST:
        disputed = f"{DEPENDS} {UNNAMED if best else TUNING}" if against else NO_VERDICT
        return disputed if fails else ROBUST
    if not holds and not somewhere and (fails or share < HARDLY):
        return NOT_FOUND if against else NO_VERDICT
    return f"{DEPENDS} {deciding or (TUNING if share < HARDLY else UNNAMED)}"


def kind(verdict: str) -> str:
    """Return a verdict without the setting that it names, a key of `SHAPES`."""
    return DEPENDS if verdict.startswith(DEPENDS) else verdict


def shaped(verdict: str) -> str:
    """Return a verdict as a shape and words."""
    return f"{SHAPES[kind(verdict)]} {verdict}"

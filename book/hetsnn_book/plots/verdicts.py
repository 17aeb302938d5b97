"""A chapter's answer: the table of its verdicts, and the specification curves of its claims."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hetsnn_book import figures
from hetsnn_book.claims.claim import Claim, Judgement, pooled
from hetsnn_book.plots import specification_curve
from hetsnn_book.plots.text import interval
from hetsnn_book.words import with_symbols

Judged = Sequence[tuple[Claim, Judgement]]


def one(judged: Judged, start: str) -> tuple[Claim, Judgement]:
    """Return the claim that begins with `start`, and its judgement.

    Raises:
        LookupError: no claim begins so, or several do.
    """
    found = [pair for pair in judged if pair[0].claim.startswith(start)]
    if len(found) != 1:
        raise LookupError(f"start must be that of one claim, got {start!r}, with which {len(found)} claims begin")
    return found[0]


def show_table(judged: Judged, name: str, place: str) -> None:
    """Put the verdicts on the claims of a place of the paper on the page: each with what it rests on."""
    rows = [(claim.claim, judgement.verdict, judgement.evidence) for claim, judgement in judged]
    table = pd.DataFrame(rows, columns=["the paper's claim", "verdict", "what we found"])
    figures.show_table(
        table.assign(**{"what we found": table["what we found"].map(with_symbols)}),
        name,
        data=table,
        caption=f"The claims of {place}, in our words, judged over specifications and where both sides are tuned "
        "({doc}`verdicts`).",
    )


def effect(judged: Judged, start: str, spec: str = "+.2f", *, where: Mapping[str, Any] | None = None) -> str | None:
    """Return the effect of a claim with its interval, as text; None where it is not measured.

    The effect is that of the tuned best, or the mean over specifications where nothing was tuned.

    Args:
        judged: claims with their judgements.
        start: the first words of the claim.
        spec: format of a number.
        where: values of settings, for the mean over the tuned cells that have all of them, or over the specifications
            where tuned cells do not have these settings; default: all.
    """
    judgement = one(judged, start)[1]
    if where is not None:
        cells = judgement.cells if set(where) <= set(judgement.cells) else judgement.specifications
        has = [(cells[name] == value).to_numpy() for name, value in where.items() if name in cells]
        chosen = cells[np.logical_and.reduce(has)] if len(has) == len(where) else cells[:0]
        return interval(pooled(chosen), spec) if len(chosen) else None
    measured = judgement.effect == judgement.effect
    return interval((judgement.effect, *judgement.interval), spec) if measured else None


def held(judged: Judged, start: str, where: Mapping[str, Any] | None = None, *, outside: bool = False) -> str | None:
    """Return in how many specifications a claim holds, as text; None where it is not measured.

    Args:
        judged: claims with their judgements.
        start: the first words of the claim.
        where: values of settings, to count the specifications that have all of them; default: all specifications.
        outside: count the other specifications instead.
    """
    found = one(judged, start)[1].specifications
    if found.empty:
        return None
    inside = np.logical_and.reduce([found[name] == value for name, value in (where or {}).items()], initial=True)
    holds = found["holds"][np.broadcast_to(inside != outside, len(found))]
    return f"{int(holds.sum())} of {len(holds)}"


def show_curve(judged: Judged, start: str, name: str, *, effect: str = "") -> None:
    """Put the specification curve of a claim on the page, or a line that says why there is none.

    A curve has two specifications at least.

    Args:
        judged: claims with their judgements.
        start: the first words of the claim.
        name: name of the figure.
        effect: what is measured, for the axis; default: the criterion's unit.
    """
    claim, judgement = one(judged, start)
    effect = effect or f"effect, {claim.criterion.unit}"
    found = judgement.specifications
    if len(found) < 2:
        yet = "a single one was measured; " if len(found) else ""
        print(f"{claim.claim} No curve of specifications yet: {yet}{judgement.evidence}.")
        return
    best = (judgement.effect, *judgement.interval) if judgement.tuned else None
    least, most = found["effect"].min(), found["effect"].max()
    figures.show(
        specification_curve.curve(
            judgement.curve(),
            judgement.settings,
            label=effect,
            bounds=claim.criterion.bounds,
            best=best,
            kind=judgement.kind,
        ),
        name,
        data=found,
        alt=f"Specification curve: {effect} in {len(found)} {judgement.kind}s, in order, from {least:.2f} to "
        f"{most:.2f}, above marks for each setting's value. {judgement.evidence}.",
        caption=f"*{claim.claim}* Above: {effect} in every {judgement.kind}; dotted: the smallest effect of interest"
        + (
            f"; green: {specification_curve.TUNED.get(judgement.kind, 'their mean')}, with the 95 % interval"
            if best
            else ""
        )
        + ". Below: the settings that made it; the numbers on the right are the shares in which the claim holds.",
    )

"""The paper's claims as rules over results, a file per chapter: each gets a verdict, whichever way it falls.

A module of this folder declares its claims as `CLAIMS`, and is found by its name.
"""

import importlib
import pkgutil
from typing import Any

import pandas as pd

from hetsnn.sweeps.store import Store
from hetsnn_book import experiments
from hetsnn_book.claims.claim import Claim, Judgement
from hetsnn_book.project import default_store


def every() -> tuple[Claim, ...]:
    """Return all claims, by the names of the modules that declare them."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(claim for module in modules for claim in getattr(module, "CLAIMS", ()))


def judged(
    profile: str, store: Store | None = None, chapter: str = "", where: str = ""
) -> list[tuple[Claim, Judgement]]:
    """Return the claims with their judgements.

    Args:
        profile: profile of the results.
        store: results; default: the user's and the published ones.
        chapter: name of the chapter that shows the claims; default: all claims.
        where: place in the paper; default: all places.
    """
    chosen = [claim for claim in every() if chapter in ("", claim.chapter) and where in ("", claim.where)]
    store = store or default_store()
    names = {name for claim in chosen for name in claim.experiments}
    frames = {name: experiments.read(name, profile, store) for name in sorted(names)}
    return [(claim, claim.judge(*(frames[name] for name in claim.experiments))) for claim in chosen]


def verdicts(profile: str, store: Store | None = None, chapter: str = "") -> pd.DataFrame:
    """Return a row per claim, with the arguments of `judged`.

    Columns are `where` and `claim`, the `chapter` that shows it, `specifications` (their number), `share` of them in
    which it holds, `share_interval`, `decided_by`, `effect` of the tuned best, its `interval`, the `cells`
    that it is the mean of, its `unit`, `verdict` and `evidence`; NaN, or "", where nothing is known.
    """
    return pd.DataFrame([row_of(claim, judgement) for claim, judgement in judged(profile, store, chapter)])


def row_of(claim: Claim, judgement: Judgement) -> dict[str, Any]:
    """Return what `verdicts` tells of a claim."""
    return {
        "where": claim.where,
        "claim": claim.claim,
        "chapter": claim.chapter,
        "specifications": len(judgement.specifications),
        "share": judgement.share,
        "share_interval": list(judgement.share_interval),
        "decided_by": judgement.decided_by,
        "effect": judgement.effect,
        "interval": list(judgement.interval),
        "cells": judgement.told_cells(),
        "unit": claim.criterion.unit,
        "verdict": judgement.verdict,
        "evidence": judgement.evidence,
    }

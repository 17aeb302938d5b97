"""The paper's claims as rules over results, a file per chapter: each gets a verdict, whichever way it falls.

A module of this folder declares its claims as `CLAIMS`, and is found by its name.
"""

import importlib
import pkgutil

import pandas as pd

from hetsnn.sweeps.store import Store
from hetsnn_book import experiments
from hetsnn_book.claims.verdicts import NOT_MEASURED, Claim
from hetsnn_book.project import default_store


def every() -> tuple[Claim, ...]:
    """Return all claims, by the names of the modules that declare them."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(claim for module in modules for claim in getattr(module, "CLAIMS", ()))


def verdicts(profile: str, store: Store | None = None) -> pd.DataFrame:
    """Return a row per claim: `where`, `claim`, `verdict`, `evidence`; without results, "not measured yet"."""
    rows, claims, store = [], every(), store or default_store()
    frames = {name: experiments.read(name, profile, store) for name in {claim.experiment for claim in claims}}
    for claim in claims:
        frame = frames[claim.experiment]
        verdict, evidence = claim.judge(frame) if len(frame) else (NOT_MEASURED, "")
        rows.append({"where": claim.where, "claim": claim.claim, "verdict": verdict, "evidence": evidence})
    return pd.DataFrame(rows)

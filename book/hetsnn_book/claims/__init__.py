"""The paper's claims as rules over results, a file per figure; each claim gets a verdict."""

import pandas as pd

from hetsnn.sweeps.store import Store
from hetsnn_book import experiments
from hetsnn_book.claims import backpropagation, biology, control, images, memory
from hetsnn_book.claims.verdicts import NOT_MEASURED
from hetsnn_book.project import default_store

CLAIMS = (*backpropagation.CLAIMS, *memory.CLAIMS, *control.CLAIMS, *biology.CLAIMS, *images.CLAIMS)


def verdicts(profile: str, store: Store | None = None) -> pd.DataFrame:
    """Return a row per claim: `where`, `claim`, `verdict`, `evidence`; without results it is "not measured yet"."""
    rows, store = [], store or default_store()
    frames = {name: experiments.read(name, profile, store) for name in {claim.experiment for claim in CLAIMS}}
    for claim in CLAIMS:
        frame = frames[claim.experiment]
        verdict, evidence = claim.judge(frame) if len(frame) else (NOT_MEASURED, "")
        rows.append({"where": claim.where, "claim": claim.claim, "verdict": verdict, "evidence": evidence})
    return pd.DataFrame(rows)

"""Names, colours and marks that several figures share."""

import re
from typing import Any

from hetsnn_book.figures import PALETTE

LABELS = {"neuron": "neurons evolve", "weight": "weights evolve"}
SYMBOLS = {"tau_m": r"$\tau_m$", "v_th": "$v_{th}$", "v_rest": "$v_{rest}$", "r_m": "$R$"}
ROBOTS = {"halfcheetah": "HalfCheetah", "ant": "Ant", "hopper": "Hopper", "walker2d": "Walker2d"}
BASELINE_STYLES: dict[str, dict[str, Any]] = {
    "nothing": {"color": "0.35", "ls": "--"},
    "random": {"color": PALETTE[4], "ls": ":"},
}
ESTIMATE_COLORS = {  # of gradients
    "BP, reset attached": PALETTE[1],
    "BP, reset detached": PALETTE[3],
    "ES, 2 pairs": PALETTE[9],
    "ES, 64 pairs": PALETTE[0],
    "ES": PALETTE[0],
}


def with_symbols(text: str) -> str:
    """Return words in which the names that properties have in code are the page's symbols."""
    return re.sub(rf"\b({'|'.join(SYMBOLS)})\b", lambda name: SYMBOLS[name[0]], text)

"""Names, colours and marks that several figures share."""

from typing import Any

from hetsnn_book.figures import PALETTE

LABELS = {"neuron": "neurons evolve", "weight": "weights evolve"}
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

"""Names, colours and marks that several figures share."""

from typing import Any

from hetsnn_book.figures import PALETTE

LABELS = {"neuron": "neurons evolve", "weight": "weights evolve"}
SYMBOLS = {"tau_m": r"$\tau_m$", "v_th": "$v_{th}$", "v_rest": "$v_{rest}$", "r_m": "$R$"}
ROBOTS = {"halfcheetah": "HalfCheetah", "ant": "Ant", "hopper": "Hopper", "walker2d": "Walker2d"}
BASELINE_STYLES: dict[str, dict[str, Any]] = {
    "nothing": {"color": "0.35", "ls": "--"},
    "random": {"color": PALETTE[4], "ls": ":"},
}
ESTIMATES = ("BP, reset attached", "BP, reset detached", "ES, 2 pairs", "ES, 64 pairs")  # of a gradient
ESTIMATE_COLORS = dict(
    zip((*ESTIMATES, "ES"), (PALETTE[1], PALETTE[3], PALETTE[9], PALETTE[0], PALETTE[0]), strict=True)
)

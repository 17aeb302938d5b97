"""Published results of the benchmarks, as tables and text.

The measurements themselves are in the project's `benchmarks/`.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hetsnn.files import listed, read
from hetsnn_book.project import PROJECT

PUBLISHED = PROJECT / "data" / "benchmarks"
COSTS = ("s", "s/generation", "MiB")  # units of which less is better


def published() -> dict[str, dict[str, Any]]:
    """Return the last published run of each benchmark, by its name."""
    found = {path.name.partition(".")[0]: read(path, json.loads) for path in listed(PUBLISHED, "*.*.json")}
    return {name: record for name, record in found.items() if record is not None}


def table(results: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows of a result as people read them."""
    return pd.DataFrame(
        [
            {
                "measured": one["name"],
                "value": quantity(one["value"], one["unit"]),
                "beside": one.get("peer", ""),
                "its value": quantity(one["peer_value"], one["unit"]) if "peer" in one else "",
                "times better": times(one["ratio"]) if "peer" in one else "",
            }
            for one in results
        ]
    )


def times(ratio: float) -> str:
    """Return a ratio in two digits, without a power of ten."""
    return f"{float(f'{ratio:.2g}'):,g}"


def quantity(value: float, unit: str) -> str:
    """Return a number with its unit, in three digits."""
    if unit in COSTS:
        return f"{value:.3g} {unit}"
    power = max(0, min(4, int(math.log10(value) // 3)))
    return f"{value / 1000**power:.3g} {('', 'k', 'M', 'G', 'T')[power]}{unit}"

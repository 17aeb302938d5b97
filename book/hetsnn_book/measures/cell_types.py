"""Membrane time constants of real neurons, from the Allen Cell Types Database.

Source: © 2015 Allen Institute for Brain Science, Allen Cell Types Database, celltypes.brain-map.org. Its terms forbid
redistribution of the table, so the project holds only a summary, `data/cell_types`;
`python -m hetsnn_book.measures.cell_types` computes it from the table.
"""

import hashlib
import io
import json
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.data import downloads
from hetsnn.errors import InputError
from hetsnn.statistics import FAMILIES, fit, scale_free
from hetsnn_book.project import PROJECT

SUMMARY = PROJECT / "data" / "cell_types" / "summary.json"
MAIN = "as in the paper"  # name of the main choice of cells
SPECIES = {"mouse": "Mus musculus", "human": "Homo Sapiens"}
TEXT = ("donor__species", "structure_parent__acronym", "structure__layer", "tag__dendrite_type")
# Numeric columns, their units, and a plausible range of the median that detects another unit.
UNITS = {"ef__tau": ("ms", 2, 200), "ef__vrest": ("mV", -100, -40), "ef__ri": ("MOhm", 10, 2000)}
PROBABILITIES = (np.arange(50) + 0.5) / 50  # probabilities of the published quantiles, a sample of 50 like the cells
BIN = 2.0  # bin width of the published histogram [ms]


def parse(content: bytes) -> pd.DataFrame:
    """Parse the table and check its column names, units, species, and that each cell is unique.

    Raises:
        InputError: the table is invalid.
    """
    names = ["specimen__id", "donor__id", *TEXT, *UNITS]
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str)
    except (ValueError, UnicodeDecodeError) as error:  # pandas raises ValueErrors
        raise InputError(f"the table of cells must be a CSV file: {str(error).splitlines()[0]}") from None
    missing = [name for name in names if name not in table]
    if missing:
        raise InputError(f"the table of cells must have a column {missing[0]!r}: its schema has changed")
    if table.empty:
        raise InputError("the table of cells must have rows, got only a header")
    for name in UNITS:
        numbers = pd.to_numeric(table[name], errors="coerce")
        wrong = table[name][numbers.isna() & table[name].notna()]
        if len(wrong):
            raise InputError(f"{name} of row {wrong.index[0] + 2} must be a number, got {wrong.iloc[0]!r}")
        table[name] = numbers
    for name, (unit, low, high) in UNITS.items():
        median = table[name].median() if table[name].notna().any() else np.nan
        if not low <= median <= high:
            raise InputError(
                f"the median of {name} must be between {low} and {high} {unit}, got {median:g}: the unit may differ"
            )
    if (table["ef__tau"] <= 0).any():
        row = (table["ef__tau"] <= 0).idxmax()
        raise InputError(f"ef__tau of row {row + 2} must be positive, got {table['ef__tau'][row]:g}")
    repeated = table["specimen__id"].duplicated()
    if repeated.any():
        raise InputError(f"specimen__id must be unique, got {table['specimen__id'][repeated].iloc[0]} twice")
    for species in SPECIES.values():
        if species not in set(table["donor__species"]):
            known = ", ".join(sorted(table["donor__species"].dropna().unique()))
            raise InputError(f"the table of cells must have cells of {species!r}, got only {known}")
    return table[names]


TABLE = downloads.DataFile(
    "allen/cell_types_specimen_details.csv",
    "28744252412094d0585c1801547802ff1573a35d7a30b79fc0ca1c5ef2dff5da",
    ("https://celltypes.brain-map.org/cell_types_specimen_details.csv",),
    "Allen Institute Terms of Use, noncommercial; © 2015 Allen Institute for Brain Science, Allen Cell Types Database, "
    "celltypes.brain-map.org",
    parse,
)


def groups(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the cells by species and choice: `MAIN`, and one alternative for each of its criteria.

    The paper names spiny cells of layer 4 of the mouse primary visual cortex, and of the human middle temporal gyrus.
    """
    table = table[(table["tag__dendrite_type"] == "spiny") & table["ef__tau"].notna()]
    area = table["structure_parent__acronym"]
    mouse = table[(table["donor__species"] == SPECIES["mouse"]) & (table["structure__layer"] == "4")]
    human = table[table["donor__species"] == SPECIES["human"]]
    wide = {
        ("mouse", "all visual areas"): mouse[area.reindex(mouse.index).str.startswith("VIS")],
        ("human", "all temporal areas"): human[area.reindex(human.index).isin(["MTG", "ITG", "TemL", "PLP"])],
    }
    chosen: dict[tuple[str, str], pd.DataFrame] = {}
    for (species, choice), cells in wide.items():
        main = cells[cells["structure_parent__acronym"] == {"mouse": "VISp", "human": "MTG"}[species]]
        logs = np.log(main["ef__tau"])
        low, high = logs.quantile([0.25, 0.75])
        inside = logs.between(low - 1.5 * (high - low), high + 1.5 * (high - low))
        by_age = main.iloc[np.argsort(main["specimen__id"].astype(int), kind="stable")]
        chosen[species, MAIN] = main
        chosen[species, choice] = cells
        chosen[species, "without outliers"] = main[inside]  # Tukey's fences, in log tau
        chosen[species, "one cell per donor"] = by_age.drop_duplicates("donor__id")  # the first measured cell
    return chosen


def summarize(content: bytes) -> dict[str, Any]:
    """Return the published summary of the table: group sizes, fits, quantiles and a histogram of tau_m [ms]."""
    rows = []
    for (species, choice), cells in groups(parse(content)).items():
        tau = cells["ef__tau"].to_numpy()
        rows.append(
            {"species": species, "choice": choice, "cells": len(cells), "donors": cells["donor__id"].nunique()}
            | {"median": np.median(tau), **{name: float(number) for name, number in scale_free(tau).items()}}
            | {"fits": [fit(tau, family) for family in FAMILIES]}
        )
        if choice == MAIN:  # quantiles of a small group would reveal single cells
            counts, edges = np.histogram(tau, np.arange(0, tau.max() + BIN, BIN))
            rows[-1] |= {"edges": edges.tolist(), "counts": counts.tolist()}
            rows[-1] |= {"quantiles": np.quantile(tau, PROBABILITIES).tolist()}
    digest = hashlib.sha256(content).hexdigest()
    return {"file": TABLE.name, "sha256": digest, "terms": TABLE.terms, "groups": rows}


def summary() -> pd.DataFrame:
    """Return the published summary, indexed by species and choice; `fits` is a list of results of `statistics.fit`."""
    return pd.DataFrame(json.loads(SUMMARY.read_text(encoding="utf-8"))["groups"]).set_index(["species", "choice"])


if __name__ == "__main__":
    text = json.dumps(summarize(downloads.read(TABLE)), indent=1, ensure_ascii=False)
    SUMMARY.write_text(text + "\n", encoding="utf-8")

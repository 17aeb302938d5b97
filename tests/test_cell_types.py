"""The table of cells: made up here, malformed in many ways, and the real one where it is at hand."""

import dataclasses
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hetsnn.data import downloads
from hetsnn.errors import InputError
from hetsnn_book.experiments.biology_starts import SIGMAS
from hetsnn_book.measures import cell_types
from hetsnn_book.measures.cell_types import MAIN, TABLE, groups, parse, summarize, summary


def cells(**changes: Any) -> pd.DataFrame:
    """Twelve cells: in each species four of the paper's choice, one elsewhere, one that is not spiny."""
    area = ["VISp"] * 4 + ["VISl", "VISp"] + ["MTG"] * 4 + ["ITG", "MTG"]
    table = {
        "specimen__id": range(100, 112),
        "donor__id": [1, 1, 2, 3, 3, 4, 5, 5, 5, 6, 7, 8],
        "donor__species": ["Mus musculus"] * 6 + ["Homo Sapiens"] * 6,
        "structure_parent__acronym": area,
        "structure__layer": ["4"] * 6 + ["3", "4", "5", "2", "3", "3"],
        "tag__dendrite_type": (["spiny"] * 5 + ["aspiny"]) * 2,
        "ef__tau": [20.0, 22.0, 18.0, 400.0, 30.0, 9.0, 25.0, 28.0, 35.0, 30.0, 20.0, 8.0],
        "ef__vrest": [-70.0] * 12,
        "ef__ri": [150.0] * 12,
    }
    return pd.DataFrame(table | changes)


def csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def replaced(name: str, value: Any, row: int = 3) -> bytes:
    table = cells().astype({name: object})
    table.loc[row, name] = value
    return csv(table)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must be a CSV"),
        (b"\xff\xfe\x00", "must be a CSV"),
        (b"a,b\n1,2,3\n1,2,3,4,5\n", "must be a CSV|must have a column"),
        (csv(cells().drop(columns="ef__tau")), "must have a column 'ef__tau'"),
        (csv(cells().rename(columns={"donor__species": "species"})), "must have a column 'donor__species'"),
        (csv(cells()[:0]), "must have rows"),
        (replaced("ef__tau", "fast"), "ef__tau of row 5 must be a number, got 'fast'"),
        (replaced("ef__ri", "1,000"), "ef__ri of row 5 must be a number, got '1,000'"),
        (replaced("ef__tau", -3.0), "ef__tau of row 5 must be positive, got -3"),
        (csv(cells(ef__tau=cells()["ef__tau"] / 1000)), "median of ef__tau must be between 2 and 200 ms, got 0.0235"),
        (csv(cells(ef__tau=np.nan)), "median of ef__tau must be between 2 and 200 ms, got nan"),
        (csv(cells(ef__vrest=-0.07)), "median of ef__vrest must be between -100 and -40 mV, got -0.07"),
        (csv(cells(ef__ri=1.5e8)), "MOhm"),
        (replaced("specimen__id", 100), "specimen__id must be unique, got 100 twice"),
        (csv(cells(donor__species="Mus musculus")), "must have cells of 'Homo Sapiens', got only Mus musculus"),
    ],
)
def test_malformed_tables_are_one_line(content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        parse(content)
    assert "\n" not in str(error.value)


def test_groups_are_the_papers_and_others() -> None:
    found = {key: list(group["specimen__id"].astype(int)) for key, group in groups(parse(csv(cells()))).items()}
    assert found == {
        ("mouse", MAIN): [100, 101, 102, 103],
        ("mouse", "all visual areas"): [100, 101, 102, 103, 104],
        ("mouse", "without outliers"): [100, 101, 102],
        ("mouse", "one cell per donor"): [100, 102, 103],
        ("human", MAIN): [106, 107, 108, 109],
        ("human", "all temporal areas"): [106, 107, 108, 109, 110],
        ("human", "without outliers"): [106, 107, 108, 109],
        ("human", "one cell per donor"): [106, 109],
    }


def test_cells_without_a_time_constant_do_not_count() -> None:
    table = parse(replaced("ef__tau", ""))
    assert len(groups(table)["mouse", MAIN]) == 3


def test_an_update_with_another_schema_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("HETSNN_DATA", str(tmp_path))
    (tmp_path / "allen").mkdir()
    (tmp_path / TABLE.name).write_bytes(csv(cells()))
    with pytest.warns(UserWarning, match="was updated"):
        downloads.read(TABLE)
    (tmp_path / TABLE.name).write_bytes(csv(cells().drop(columns="ef__tau")))
    with pytest.raises(InputError, match=r"allen/cell_types_specimen_details.csv from .*must have a column 'ef__tau'"):
        downloads.read(TABLE)


def test_starts_are_as_spread_as_the_cells() -> None:
    fits = summary()["fits"]
    for species in ("mouse", "human"):
        (lognormal,) = (row for row in fits[species, MAIN] if row["family"] == "lognormal")
        assert round(lognormal["shape"], 2) == SIGMAS[species]


def test_the_published_summary_holds_no_single_cell() -> None:
    for row in summary().itertuples():
        if isinstance(row.quantiles, list):
            assert row.cells >= 4 * len(row.quantiles)


@pytest.fixture(scope="module")
def content() -> bytes:
    if downloads.locate(TABLE) is None:
        pytest.skip("the table of cells is not on this machine: `hetsnn data fetch` gets it")
    return downloads.read(TABLE, download=False)


def test_the_published_summary_is_what_the_table_gives(content: bytes) -> None:
    computed = pd.DataFrame(json.loads(json.dumps(summarize(content)))["groups"]).set_index(["species", "choice"])
    published = summary()
    assert list(computed.index) == list(published.index)
    for name in ("cells", "donors", "median", "cv", "skewness", "log_sd"):
        np.testing.assert_allclose(computed[name], published[name], rtol=1e-9)
    for ours, theirs in zip(computed.itertuples(), published.itertuples(), strict=True):
        for one, other in zip(ours.fits, theirs.fits, strict=True):
            assert one.pop("family") == other.pop("family")
            np.testing.assert_allclose(list(one.values()), list(other.values()), rtol=1e-4)
        if isinstance(theirs.quantiles, list):
            np.testing.assert_allclose(ours.quantiles, theirs.quantiles, rtol=1e-9)
            assert ours.counts == theirs.counts
            assert sum(ours.counts) == ours.cells


def test_the_fits_are_scipys(content: bytes) -> None:
    """Group sizes and parameters, selected and fitted once more with nothing of ours."""
    raw = pd.read_csv(io.BytesIO(content))
    spiny = raw["tag__dendrite_type"].eq("spiny")
    chosen = {
        "mouse": raw["donor__species"].eq("Mus musculus") & raw["structure__acronym"].eq("VISp4") & spiny,
        "human": raw["structure__name"].str.contains("middle temporal gyrus") & spiny,
    }
    for species, mask in chosen.items():
        tau, row = raw["ef__tau"][mask], summary().loc[(species, MAIN)]
        assert (row["cells"], row["donors"]) == (len(tau), raw["donor__id"][mask].nunique())
        for fitted in row["fits"]:
            shape, _, scale = {"lognormal": stats.lognorm, "gamma": stats.gamma}[fitted["family"]].fit(tau, floc=0)
            np.testing.assert_allclose([fitted["shape"], fitted["scale"]], [shape, scale], rtol=1e-4)


def test_the_summary_is_of_the_table_that_is_pinned() -> None:
    stored = json.loads(cell_types.SUMMARY.read_text(encoding="utf-8"))
    assert (stored["file"], stored["sha256"]) == (TABLE.name, TABLE.sha256)
    assert dataclasses.asdict(TABLE)["terms"] == stored["terms"]

"""Tables on pages: at most six columns, long ones folded, wide ones as blocks on a phone."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from hetsnn_book import figures
from hetsnn_book.building import tables


def frame(*columns: str, rows: int = 2) -> pd.DataFrame:
    """A table whose first two columns, together, tell its rows apart."""
    keys = {columns[0]: [row % 2 for row in range(rows)], columns[1]: [row // 2 for row in range(rows)]}
    return pd.DataFrame(keys | dict.fromkeys(columns[2:], "1"))


def test_a_wide_table_becomes_several_that_begin_alike() -> None:
    parts = figures.split(frame(*"abcdefghijk", rows=4))
    assert ["".join(part.columns) for part in parts] == ["abcde", "abfgh", "abijk"]
    assert all(len(part) == 4 for part in parts)


@pytest.mark.parametrize("columns", ["ab", "abcdef"])
def test_a_narrow_table_stays_whole(columns: str) -> None:
    (part,) = figures.split(frame(*columns, rows=4))
    assert "".join(part.columns) == columns


def test_a_number_that_rounds_to_zero_has_no_minus() -> None:
    texts = ["-0.00 [-0.01, +0.02]", "1e-07", "-0.5", "10-0", "[-0.40, -0.000]", "-0"]
    assert [figures._text(text) for text in texts] == ["0.00 [-0.01, +0.02]", *texts[1:4], "[-0.40, 0.000]", "0"]
    assert figures._text(-0.001, ".2f") == "0.00"


def test_an_empty_table_is_split_too() -> None:
    assert [part.shape[1] for part in figures.split(frame(*"abcdefgh", rows=0))] == [5, 4]


TABLE = """<div class="cell_output"><div class="pst-scrollable-table-container"><table class="{kind}">
<caption><span class="caption-number">Table 3 </span>
<span class="caption-text">Runs of each: all. Later.</span></caption>
<thead><tr><th><p>name</p></th><th><p>result</p></th></tr></thead>
<tbody><tr><td><p>{word}</p></td><td><p>0.5</p></td></tr></tbody></table></div><p>continued</p></div>"""


def rendered(kind: str = "table", word: str = "a") -> BeautifulSoup:
    return BeautifulSoup(TABLE.format(kind=kind, word=word), "html.parser")


def test_a_long_table_is_folded_with_its_continuation() -> None:
    page = rendered("table folded")
    tables.fold_long(page)
    (fold,) = page.select(".cell_output > details")
    assert fold.summary is not None
    assert fold.summary.get_text() == "Table 3, 1 rows: Runs of each"
    assert "continued" in fold.get_text()
    tables.fold_long(other := rendered())
    assert not other.select("details")


def test_cells_of_a_wide_table_say_their_column() -> None:
    page = rendered(word="x" * 40)
    tables.stack_wide(page)
    assert page.table is not None
    assert page.table.get_attribute_list("class") == ["table stacks"]
    assert [label.get_text() for label in page.select("td > .stack-label")] == ["name", "result"]
    tables.stack_wide(narrow := rendered())
    assert not narrow.select(".stacks, .stack-label")


def test_an_empty_cell_needs_no_column_where_a_row_is_a_block() -> None:
    text = TABLE.format(kind="table", word="x" * 40).replace("<p>0.5</p>", "")
    page = BeautifulSoup(text, "html.parser")
    tables.stack_wide(page)
    assert [cell.get_attribute_list("class") for cell in page.select("td")] == [[], ["stack-empty"]]


def test_a_tables_continuation_looks_as_the_table_does() -> None:
    both = TABLE.format(kind="table", word="x" * 40).removesuffix("</div>")
    page = BeautifulSoup(both + "<table><thead><tr><th>a</th></tr></thead></table></div>", "html.parser")
    tables.stack_wide(page)
    assert len(page.select("table.stacks")) == 2


def test_long_names_break_after_a_sign() -> None:
    page = rendered(word="forward_reward_weight=1.25")
    tables.break_long_words(page)
    (cell, result) = page.select("td")
    assert str(cell.p) == "<p>forward_<wbr/>reward_<wbr/>weight=<wbr/>1.<wbr/>25</p>"
    assert result.get_text() == "0.5"

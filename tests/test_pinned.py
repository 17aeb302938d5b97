"""Pins on figures: what moves is named, what moves within the tolerance passes, what is accepted is as pinned."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from hetsnn.errors import InputError
from hetsnn_book.building import pinned
from hetsnn_book.project import PROJECT

REWARD = pd.DataFrame({"side": ["neuron"] * 2 + ["weight"] * 2, "length": [1, 2, 1, 2], "mean": [0.5, 0.25, 1, np.nan]})


def executed(folder: Path, data: pd.DataFrame = REWARD, said: str = "51 of 64 neurons, 0.75") -> list[pinned.Pin]:
    """The pins of a chapter with one figure and one number in a sentence."""
    figure = new_output(
        "display_data", {"image/png": ""}, metadata={"image/png": {"name": "reward", "caption": "Reward.", "alt": "."}}
    )
    glue = new_output(
        "display_data",
        {"application/papermill.record/text/plain": repr(said)},
        metadata={"scrapbook": {"name": "carriers", "mime_prefix": "application/papermill.record/"}},
    )
    nbformat.write(new_notebook(cells=[new_code_cell(outputs=[figure, glue])]), folder / "memory.ipynb")
    (folder / "figures").mkdir(exist_ok=True)
    data.to_csv(folder / "figures" / "reward.csv", index=False)
    return pinned.found(folder, ["memory"])


@pytest.fixture
def pins(tmp_path: Path) -> list[pinned.Pin]:
    pinned.write(executed(tmp_path), ["memory"], tmp_path / "pinned.jsonl")
    return pinned.read(tmp_path / "pinned.jsonl")


def changed(column: str, row: int, value: float | str) -> pd.DataFrame:
    data = REWARD.copy()
    data.loc[row, column] = value
    return data


def test_what_was_pinned_is_as_pinned(pins: list[pinned.Pin], tmp_path: Path) -> None:
    assert [pin.column for pin in pins] == ["carriers", "length", "mean", "side"]
    assert list(pinned.differences(pins, executed(tmp_path))) == []
    assert pinned.summary(pins) == {"figures": 1, "numbers in the text": 1}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (changed("mean", 0, 0.4), "column mean, row 1: 0.5 was pinned, got 0.4"),
        (changed("mean", 3, 0.4), "column mean, row 4: nothing was pinned, got 0.4"),
        (changed("mean", 2, np.inf), "column mean, row 3: 1 was pinned, got inf"),
        (changed("side", 2, "wieght"), "column side, row 3: 'weight' in 2 rows was pinned, got 'wieght' (and 1 more)"),
        (REWARD[:3], "column length: 4 rows were pinned, got 3"),
        (REWARD.drop(columns="mean"), "column mean: pinned, but no longer there"),
        (REWARD.assign(low=0.0), "column low: not pinned"),
    ],
)
def test_a_difference_names_figure_column_and_both_values(
    data: pd.DataFrame, said: str, pins: list[pinned.Pin], tmp_path: Path
) -> None:
    assert next(pinned.differences(pins, executed(tmp_path, data))) == f"memory, reward, {said}"


def test_a_number_may_move_by_the_tolerance_and_no_farther(pins: list[pinned.Pin], tmp_path: Path) -> None:
    # The column's median magnitude is 0.5: a thousandth of that is allowed to the smallest number, too.
    assert list(pinned.differences(pins, executed(tmp_path, changed("mean", 1, 0.25049)))) == []
    assert list(pinned.differences(pins, executed(tmp_path, changed("mean", 1, 0.25051)))) != []


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("51 of 64 neurons, 0.76", True),  # the last printed digit
        ("51 of 64 neurons, 0.77", False),
        ("52 of 64 neurons, 0.75", False),
        ("51 of 64 weights, 0.75", False),
        ("not measured yet", False),
    ],
)
def test_text_is_compared_exactly_and_its_numbers_as_printed(
    text: str, same: bool, pins: list[pinned.Pin], tmp_path: Path
) -> None:
    assert (list(pinned.differences(pins, executed(tmp_path, said=text))) == []) == same


def test_digits_inside_a_word_are_no_number(tmp_path: Path) -> None:
    old = executed(tmp_path, pd.DataFrame({"identity": ["60e6d0a231e09201", "48e999a1"]}))
    assert list(pinned.differences(old, old)) == []
    (line,) = pinned.differences(old, executed(tmp_path, pd.DataFrame({"identity": ["60e6d0a231e09202", "48e999a1"]})))
    assert "60e6d0a231e09202" in line


def test_one_number_of_a_long_column_is_seen(tmp_path: Path) -> None:
    data = pd.DataFrame({"x": np.linspace(1, 2, 5000)})
    old = executed(tmp_path, data)
    assert len(old[0].entries) == pinned.ENTRIES
    data.loc[4990, "x"] = 3.0
    (line,) = pinned.differences(old, executed(tmp_path, data))
    assert line == "memory, reward, column x, mean of rows 4976 to 5000: 1.9976 was pinned, got 2.0377"


def test_a_tolerance_that_was_set_by_hand_stays(pins: list[pinned.Pin], tmp_path: Path) -> None:
    path = tmp_path / "pinned.jsonl"
    path.write_text(path.read_text().replace("0.001", "0.5"))
    new = executed(tmp_path, changed("mean", 0, 0.4))
    assert list(pinned.differences(pinned.read(path), new)) == []
    pinned.write(new, ["memory"], path)
    assert {pin.tolerance for pin in pinned.read(path)} == {0.5}


def test_pins_of_other_chapters_stay(pins: list[pinned.Pin], tmp_path: Path) -> None:
    path = tmp_path / "pinned.jsonl"
    pinned.write([], ["images"], path)
    assert pinned.read(path) == pins
    pinned.write([], ["memory"], path)
    assert pinned.read(path) == []


def test_a_damaged_table_is_reported_with_the_line(pins: list[pinned.Pin], tmp_path: Path) -> None:
    path = tmp_path / "pinned.jsonl"
    path.write_text(path.read_text() + "<<<<<<<\n")
    with pytest.raises(InputError, match=r"line 5 of .*pinned\.jsonl must be a pin"):
        pinned.read(path)


def test_every_chapter_is_pinned() -> None:
    assert {pin.chapter for pin in pinned.read()} == set(pinned.executable(PROJECT))


def test_what_every_commit_changes_is_not_pinned() -> None:
    """A number of a commit, or of the day: the comparison would fail in CI at the next one."""
    words = [str(entry[0]) for pin in pinned.read() if pin.figure == pinned.GLUED for entry in pin.entries]
    assert len(words) > 500
    assert [word for word in words if re.fullmatch(r"[0-9a-f]{7,40}", word) and not word.isdecimal()] == []

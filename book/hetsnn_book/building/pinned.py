"""Pins on figures: the numbers behind every figure, and every number within a sentence, at `paper`.

`data/figures/pinned.jsonl` has a line for each column of each figure's CSV file, and one for each glued text. A line
carries its own tolerance; `hetsnn figures --accept` writes the table anew and keeps the tolerances that it finds.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise, zip_longest
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd

from hetsnn import folders
from hetsnn.errors import InputError
from hetsnn_book.building import chapters, pages
from hetsnn_book.project import PROJECT

TABLE = PROJECT / "data" / "figures" / "pinned.jsonl"
# A number may move by this share of itself, or of the median magnitude in its column, whichever is more.
TOLERANCE = 1e-3
DIGITS = 5  # that are kept of a number
ENTRIES = 200  # that are kept of a column; a longer one is cut into as many blocks of rows, kept by their means
GLUED = "in the text"  # the figure that glued texts are listed under
# A number in a text; digits inside a word, such as a run's identity, are none.
NUMBER = re.compile(r"(?<!\w)\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")


@dataclass(frozen=True)
class Pin:
    """The values of one column of a figure's data, or of one glued text."""

    chapter: str
    figure: str
    column: str
    rows: int
    entries: tuple[Any, ...]  # numbers (None: missing), or for text each run of equal entries with its length
    tolerance: float = TOLERANCE

    @property
    def key(self) -> tuple[str, str, str]:
        """Return the names by which two tables are compared."""
        return self.chapter, self.figure, self.column

    @property
    def name(self) -> str:
        """Return the name in messages."""
        return f"{self.chapter}, {self.figure}, column {self.column}"


def executable(root: Path) -> list[str]:
    """Return the names of the chapters, below a folder, that have figures to pin."""
    return [page.name for page in chapters.pages(root) if page.executable]


def without_own_results(folder: Path) -> None:
    """Make a folder the store of this process: it has the store's downloads and compiled programs, and no results."""
    store = folders.home()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("data", "compiled"):
        (store / name).mkdir(parents=True, exist_ok=True)
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(store / name, target_is_directory=True)
    os.environ[folders.HOME] = str(folder)


def found(folder: Path, names: Iterable[str]) -> list[Pin]:
    """Return the pins of executed chapters.

    Args:
        folder: folder of the executed notebooks, with their figures' data below it.
        names: names of the chapters.
    """
    pins: list[Pin] = []
    for chapter in sorted(names):
        notebook = nbformat.read(folder / f"{chapter}.ipynb", as_version=4)
        for figure in sorted(pages.figure_names(notebook)):
            data = pd.read_csv(folder / "figures" / f"{figure}.csv", low_memory=False)
            pins += [Pin(chapter, figure, name, len(data), _values(column)) for name, column in data.items()]
        glued = sorted(pages.glued(notebook).items())
        pins += [Pin(chapter, GLUED, name, 1, ((text, 1),)) for name, text in glued]
    return pins


def read(path: Path = TABLE) -> list[Pin]:
    """Return the pins in a table; none if it does not exist.

    Raises:
        InputError: a line is no pin.
    """
    if not path.is_file():
        return []
    pins = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            pin = json.loads(line)
            entries = tuple(tuple(entry) if isinstance(entry, list) else entry for entry in pin.pop("entries"))
            pins.append(Pin(**pin, entries=entries))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError(
                f"line {number} of {path} must be a pin, got {line[:40]!r}: remove it, then `hetsnn figures --accept`"
            ) from None
    return pins


def write(pins: Iterable[Pin], names: Iterable[str], path: Path = TABLE) -> None:
    """Put the pins of some chapters, by their names, into a table, in which other chapters' pins stay."""
    before = {pin.key: pin for pin in read(path)}
    here = set(names)
    kept = [pin for pin in before.values() if pin.chapter not in here]
    new = [Pin(**asdict(pin) | {"tolerance": before.get(pin.key, pin).tolerance}) for pin in pins]
    lines = [json.dumps(asdict(pin), ensure_ascii=False) for pin in sorted([*kept, *new], key=lambda pin: pin.key)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def differences(old: Iterable[Pin], new: Iterable[Pin]) -> Iterator[str]:
    """Yield a line for each difference: figure, column, place and both values."""
    before, after = ({pin.key: pin for pin in pins} for pins in (old, new))
    known = {key[:2] for key in before}
    for chapter, figure in sorted({key[:2] for key in after} - known):
        yield f"{chapter}, {figure}: not pinned"
    for key in sorted(key for key in before | after if key[:2] in known):
        one, other = before.get(key), after.get(key)
        if one is None:
            yield f"{after[key].name}: not pinned"
        elif other is None:
            yield f"{one.name}: pinned, but no longer there"
        elif one.rows != other.rows:
            yield f"{one.name}: {one.rows} rows were pinned, got {other.rows}"
        else:
            yield from _apart(one, other)


def _apart(one: Pin, other: Pin) -> Iterator[str]:
    """Yield the first of the values that differ, and how many more do."""
    scale = _scale(one.entries)
    places = [
        place
        for place, (old, new) in enumerate(zip_longest(one.entries, other.entries))
        if not _same(old, new, one.tolerance, scale)
    ]
    if places:
        first = places[0]
        old, new = (_shown(pin.entries[first : first + 1]) for pin in (one, other))
        more = f" (and {len(places) - 1} more)" if places[1:] else ""
        yield f"{one.name}, {_place(one, first)}: {old} was pinned, got {new}{more}"


def _same(old: Any, new: Any, tolerance: float, scale: float) -> bool:
    if isinstance(old, tuple) and isinstance(new, tuple):
        return old[1] == new[1] and _same_text(old[0], new[0], tolerance)
    if isinstance(old, float | int) and isinstance(new, float | int):
        if not (math.isfinite(old) and math.isfinite(new)):
            return old == new
        # Kept numbers are rounded, by half a unit of their last digit on either side.
        allowed = max(tolerance, 10.0 ** (1 - DIGITS)) * max(abs(old), scale)
        return abs(new - old) <= allowed
    return old is None and new is None


def _same_text(old: str, new: str, tolerance: float) -> bool:
    """Return True if texts differ at most in their numbers, by the tolerance or a unit of the last printed digit."""
    if NUMBER.sub("0", old) != NUMBER.sub("0", new):
        return False
    for one, other in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        a, b = (float(text.replace(",", "")) for text in (one, other))
        mantissa, _, power = one.partition("e")
        unit = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
        if abs(a - b) > max(tolerance * abs(a), 1.001 * unit if "." in mantissa else 0.0):
            return False
    return True


def _scale(values: Iterable[Any]) -> float:
    numbers = [abs(value) for value in values if isinstance(value, float | int) and math.isfinite(value)]
    return float(np.median(numbers)) if numbers else 0.0


def _place(pin: Pin, place: int) -> str:
    if pin.figure == GLUED:
        return "as printed"
    if pin.entries and isinstance(pin.entries[place if place < len(pin.entries) else 0], tuple):
        first = 1 + sum(value[1] for value in pin.entries[:place])
        return f"row {first}"
    if pin.rows <= ENTRIES:
        return f"row {place + 1}"
    bounds = _bounds(pin.rows)
    return f"mean of rows {bounds[place] + 1} to {bounds[place + 1]}"


def _shown(values: tuple[Any, ...]) -> str:
    if not values:
        return "nothing"
    (value,) = values
    if isinstance(value, tuple):
        return f"{value[0]!r}" + (f" in {value[1]} rows" if value[1] > 1 else "")
    return "nothing" if value is None else f"{value:.{DIGITS}g}"


def _bounds(rows: int) -> np.ndarray:
    return np.linspace(0, rows, ENTRIES + 1).astype(int)


def _values(column: pd.Series) -> tuple[Any, ...]:
    """Return the kept entries of a column."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        text = column.map(lambda entry: "" if pd.isna(entry) else str(entry))
        return tuple((entry, len(list(run))) for entry, run in groupby(text))
    numbers = column.to_numpy(float)
    if len(numbers) > ENTRIES:
        bounds = _bounds(len(numbers))
        numbers = np.array([_mean(numbers[a:b]) for a, b in pairwise(bounds)])
    return tuple(None if np.isnan(number) else float(f"{number:.{DIGITS}g}") for number in numbers)


def _mean(block: np.ndarray) -> float:
    return np.nan if np.isnan(block).all() else float(np.nanmean(block))


def summary(pins: Iterable[Pin]) -> Mapping[str, int]:
    """Return the number of pinned figures and of pinned texts."""
    keys = {pin.key for pin in pins}
    return {
        "figures": len({key[:2] for key in keys if key[1] != GLUED}),
        "numbers in the text": sum(key[1] == GLUED for key in keys),
    }

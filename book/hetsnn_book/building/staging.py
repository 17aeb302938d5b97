"""From the book's sources to notebooks to execute; all are checked before the first is executed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill

from hetsnn.errors import InputError
from hetsnn_book.building import inputs, pages

INPUTS = "inputs"  # key in an executed notebook's metadata: digests of everything that it depends on


@dataclass(frozen=True)
class Chapter:
    """A chapter to execute: its notebook as written, where it is executed, the digest of its source and settings."""

    name: str
    written: Path
    executed: Path
    parameters: Mapping[str, Any]
    source: str


def stage(root: Path, folder: Path, names: Iterable[str], parameters: Mapping[str, Any]) -> list[Chapter]:
    """Turn sources into notebooks, below `folder`, and check their parameters, all before anything is executed.

    Raises:
        InputError: a parameter that a chapter does not have.
    """
    (folder / "written").mkdir(parents=True, exist_ok=True)
    common = json.dumps([pages.versions(), parameters], sort_keys=True).encode()
    chapters = []
    for name in names:
        source = root / "book" / f"{name}.md"
        notebook = jupytext.read(source)
        notebook.cells.append(pages.machine_cell())
        written = folder / "written" / f"{name}.ipynb"
        nbformat.write(notebook, written)
        known = papermill.inspect_notebook(written)
        for parameter in parameters:
            if parameter not in known:
                has = ", ".join(known) or "none"
                raise InputError(f"parameter of chapter {name} must be one of {has}, got {parameter!r}")
        digest = hashlib.sha256(common + source.read_bytes()).hexdigest()
        chapters.append(Chapter(name, written, folder / f"{name}.ipynb", parameters, digest))
    return chapters


def unchanged(chapters: Iterable[Chapter], root: Path) -> list[Chapter]:
    """Return the chapters whose execution stands: source, settings and all that they read are as they were.

    Args:
        chapters: chapters of one profile.
        root: the book's folder.
    """
    known: dict[str, str | None] = {}
    return [chapter for chapter in chapters if _stands(chapter, root, known)]


def _stands(chapter: Chapter, root: Path, known: dict[str, str | None]) -> bool:
    if not is_executed(chapter.executed):
        return False
    notebook = nbformat.read(chapter.executed, as_version=4)
    data = [chapter.executed.parent / "figures" / f"{name}.csv" for name in pages.figure_names(notebook)]
    found = notebook.metadata[INPUTS]
    return (
        found["source"] == chapter.source
        and all(path.is_file() for path in data)
        and inputs.unchanged(found["read"], inputs.roots(root, chapter.parameters["profile"]), known)
    )


def is_executed(path: Path) -> bool:
    """Return whether a notebook has been executed to its end, by this version of the build."""
    if not path.is_file():
        return False
    try:
        return isinstance(nbformat.read(path, as_version=4).metadata.get(INPUTS), dict)
    except (ValueError, nbformat.ValidationError):  # cut short as it was written
        return False

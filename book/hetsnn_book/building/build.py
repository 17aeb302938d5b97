"""The book: chapters -> papermill -> executed notebooks -> jupyter-book.

`_build/book/PROFILE/` holds the executed notebooks (NAME.ipynb) and figures/*.csv. Its folder `pages/` holds the files
that Sphinx reads. `_build/html` is the rendered book. During the first build at `quick`, its pages show published
results until their chapters are computed. Later, only a successful build replaces it.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hetsnn import resources
from hetsnn.errors import InputError
from hetsnn_book.building import chapters as listed
from hetsnn_book.building import environment, preview, printing, site
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.execution import execute
from hetsnn_book.building.rendering import Book, render, write_notebooks
from hetsnn_book.building.staging import Chapter, stage, unchanged
from hetsnn_book.experiments import PROFILES
from hetsnn_book.project import PACKAGE, PROJECT, default_store, repository

COPY = "hetsnn-book"  # the folder of an installed package's book, in the working folder


def build(
    profile: str,
    chapters: Sequence[str] | None = None,
    execute_only: bool = False,
    *,
    pdf: bool = False,
    parameters: Mapping[str, Any] | None = None,
    root: Path | None = None,
) -> Path:
    """Execute the chapters that have changed, then render everything.

    Args:
        profile: Amount of computation, one of `experiments.PROFILES`; a parameter of every chapter.
        chapters: Chapters to execute, by default all. The others are rendered as an earlier build left them.
        execute_only: Stop before rendering.
        pdf: Print the pages, too, into a PDF that each of them links.
        parameters: Further parameters for each of these chapters.
        root: The folder with `_config.yml`; by default the working folder, else the folder of this package.

    Returns:
        The front page, or with `execute_only` the folder of executed notebooks.

    Raises:
        InputError: a profile, chapter or parameter is unknown, HETSNN_HOME or HETSNN_DATA names no folder, a setting of
            JAX or XLA would change numbers, or nothing here can print a PDF.
        BuildError: a chapter failed, its processes died, or the pages could not be rendered.
    """
    started, cpu = time.perf_counter(), resources.cpu_seconds()

    def took() -> str:
        minutes = (resources.cpu_seconds() - cpu) / 60
        return f"{time.perf_counter() - started:.0f} s, {minutes:.1f} CPU minutes"

    if profile not in PROFILES:
        raise InputError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    if pdf:
        printing.check()
    root = (_find_root() if root is None else root).absolute()
    address = repository()
    found = listed.pages(root)
    names = [page.name for page in found if page.executable]
    for name in chapters or ():
        if name not in names:
            raise InputError(f"chapter must be one of {', '.join(names)}, got {name!r}")
    folder = root / "_build" / "book" / profile
    variables = environment.make(root / "_build" / "environment", root, profile)
    if profile != "paper":  # there chapters only read
        default_store().check_writable()
    wanted = [name for name in names if chapters is None or name in chapters]
    book = Book(root, folder, found, address, variables, site.address(), pdf)
    settings = {"profile": profile, **(parameters or {})}
    changed = _changed(root, folder, wanted, settings)
    # The other profiles are done before anyone would have read a preview, which takes as long as a chapter.
    previewed = profile == "quick" and not execute_only and preview.wanted(book)
    if previewed:
        _execute_published([chapter.name for chapter in changed], book, settings)
    execute(changed, variables, meanwhile=preview.Preview(book) if previewed else lambda: None)
    if execute_only:
        print(f"Executed notebooks are in {folder} ({took()}).")
        return folder
    front = render(book)
    if address:
        write_notebooks(book)
    print(f"The book is at {front} (profile {profile}, {took()}).")
    return front


def _changed(root: Path, folder: Path, names: Sequence[str], settings: Mapping[str, Any]) -> list[Chapter]:
    """Return the chapters to execute, staged below a folder."""
    staged = stage(root, folder, names, settings)
    standing = unchanged(staged, root)
    for chapter in standing:
        print(f"{chapter.name}: unchanged")
    return [chapter for chapter in staged if chapter not in standing]


def _execute_published(names: Sequence[str], book: Book, settings: Mapping[str, Any]) -> None:
    """Execute those of the chapters that have published results with these, to be shown until they are computed.

    The pages are rendered early: a reader need not wait for the last of them.
    """
    names = [name for name in names if preview.has_published(name)]
    if not names:
        return
    print("First the published results, to be read while the chapters are computed:", flush=True)
    root = book.root
    changed = _changed(root, book.folder.with_name("paper"), names, {**settings, "profile": "paper"})
    variables = environment.make(root / "_build" / "environment", root, "paper")
    try:
        execute(changed, variables, meanwhile=preview.Preview(book))
    except BuildError as error:  # the chapters themselves are what was asked for
        print(f"published results are not shown: {error}", flush=True)
    print(f"Now the chapters with profile {settings['profile']}:", flush=True)


def _find_root() -> Path:
    """Return the folder of the book; an installed package puts a copy of its own into the working folder."""
    copy = Path.cwd() / COPY
    for folder in (Path.cwd(), copy, PROJECT):
        if (folder / "_config.yml").is_file() and (folder / "book").is_dir():
            if folder != PACKAGE:
                return folder
            shutil.copytree(folder / "book", copy / "book")
            shutil.copy(folder / "_config.yml", copy)
            return copy
    raise InputError("there is no book here: run this in the project's folder, where _config.yml lies")

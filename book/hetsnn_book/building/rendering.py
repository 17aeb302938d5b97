"""From executed notebooks to the rendered book: `_build/html`, and the notebooks that Colab opens."""

import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml

from hetsnn.errors import InputError
from hetsnn_book.building import colab, exercises, pages, printing, site
from hetsnn_book.building.chapters import Page, contents, table, with_table
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.goals import goals
from hetsnn_book.building.staging import is_executed
from hetsnn_book.project import PROJECT

COLAB = "https://colab.research.google.com"
EXERCISES = "exercises"  # folder of the notebooks to start from
SO_FAR = ".so-far"  # file that marks a book with missing chapters
PENDING = "This chapter is being computed. Reload this page later: it is replaced when the chapter is done.\n"
PUBLISHED = """\
:::{admonition} Published results
This page shows the published results while the chapter is being computed.
Reload this page later: it is replaced when the chapter is done.
:::"""


@dataclass(frozen=True)
class Book:
    """A book to render: its folder of executed chapters, and its pages in order."""

    root: Path
    folder: Path  # below it, `pages` is what Sphinx reads
    pages: Sequence[Page]  # in the book's order
    repository: str  # the project's public address, or ""
    variables: Mapping[str, str]  # the environment to render in
    site: str = ""  # the address that its pages will have, or ""
    pdf: bool = False  # whether the pages are also printed, and link what is printed

    @property
    def chapters(self) -> list[str]:
        """Names of the pages with code to execute."""
        return [page.name for page in self.pages if page.executable]

    def executed(self, name: str, *, so_far: bool) -> Path | None:
        """Return the executed notebook that a chapter's page is made from, or None if there is none.

        With `so_far`, a chapter that is not executed yet is shown with its published results, if a build has executed
        it with these.
        """
        own, published = (folder / f"{name}.ipynb" for folder in (self.folder, self.folder.with_name("paper")))
        return next((path for path in (own, *[published] * so_far) if is_executed(path)), None)


def render(book: Book, *, so_far: bool = False) -> Path:
    """Write what Sphinx reads, run it, and put the book in place; return its front page.

    Args:
        book: the book to render.
        so_far: allow missing chapters, whose pages say that they are being computed, with published results where
            there are any; and ignore faults.

    Raises:
        InputError: a chapter has not been executed.
        BuildError: the pages have a fault, or cannot be printed or put in place.
    """
    _write_pages(book, so_far=so_far)
    rendered = _run(book, strict=not so_far)
    if so_far:
        (rendered / SO_FAR).touch()
    else:
        pages.check(rendered)
        if book.pdf:
            printing.write(rendered, [page.name for page in book.pages], _config(book)["title"])
    place = book.root / "_build" / "html"
    replace_folder(place, rendered)
    return place / "index.html"


def write_notebooks(book: Book) -> None:
    """Write the notebooks that the Colab buttons open, the content of the repository's branch `notebooks`."""
    target = book.folder / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (target / EXERCISES).mkdir()
    for name in book.chapters:
        page = nbformat.read(book.folder / "pages" / f"{name}.ipynb", as_version=4)
        page.cells.pop()  # the colophon
        nbformat.write(colab.notebook(page, book.repository), target / f"{name}.ipynb")
    for path in (book.folder / "pages" / EXERCISES).glob("*.ipynb"):
        starter = nbformat.read(path, as_version=4)
        nbformat.write(colab.notebook(starter, book.repository), target / EXERCISES / path.name)
    replace_folder(book.root / "_build" / "notebooks", target)


def replace_folder(place: Path, new: Path) -> None:
    """Put a folder in a place, instead of anything that is there; the target of a link stays unchanged.

    Raises:
        BuildError: the present file or folder cannot be moved away.
    """
    aside = place.with_name(f".{place.name}.{uuid.uuid4().hex}.old")
    try:
        if place.is_symlink():
            place.unlink()
        elif place.exists():
            place.rename(aside)
        shutil.move(new, place)
    except OSError as error:
        raise BuildError(f"{place} cannot be replaced ({error.strerror}): remove it; what is new is in {new}") from None
    shutil.rmtree(aside, ignore_errors=True)


def _write_pages(book: Book, *, so_far: bool) -> None:
    """Write everything that Sphinx reads."""
    target = book.folder / "pages"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(book.root / "book" / "_static", target / "_static")
    (target / "figures").mkdir()
    names = {page.name for page in book.pages}
    for page in book.pages:
        name = page.name
        if not page.executable:
            continue
        executed = book.executed(name, so_far=so_far)
        if executed:
            note = "" if executed.parent == book.folder else PUBLISHED
            _write_page(book, page, executed, "\n\n".join(filter(None, [note, goals(page, names)])))
        elif so_far:
            (target / f"{name}.md").write_text(f"# {page.title}\n\n{PENDING}", encoding="utf-8")
        else:
            raise InputError(f"chapter {name} has not been executed with profile {book.folder.name}: build it too")
    rows = table(book.pages, for_readme=False)
    for page in book.pages:
        if not page.executable:
            text = (book.root / "book" / f"{page.name}.md").read_text(encoding="utf-8")
            (target / f"{page.name}.md").write_text(with_table(text, rows), encoding="utf-8")
    shutil.copy(book.root / "book" / "references.bib", target)
    (target / "_toc.yml").write_text(yaml.safe_dump(contents(book.pages)), encoding="utf-8")
    config = _config(book)
    if book.pdf and not so_far:
        printing.link(config)
    if book.repository:
        config["repository"] = {"url": book.repository, "branch": "notebooks", "path_to_book": ""}
        config["launch_buttons"]["colab_url"] = COLAB
        config["html"]["use_repository_button"] = True
    if book.site:
        site.configure(config, book.site)
        shutil.copy(PROJECT / site.CARD, target / "_static")
    (target / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _config(book: Book) -> dict[str, Any]:
    """Return Jupyter Book's settings of a book."""
    return yaml.safe_load((book.root / "_config.yml").read_text(encoding="utf-8"))


def _write_page(book: Book, of: Page, executed: Path, note: str) -> None:
    """Write a chapter's page, with a note below its title, the numbers behind its figures, and its starter notebook."""
    target, raw = book.folder / "pages", nbformat.read(executed, as_version=4)
    written = pages.page(raw, of.name, note)
    if started := exercises.starter(raw, of.title):
        (target / EXERCISES).mkdir(exist_ok=True)
        nbformat.write(started, target / EXERCISES / f"{of.name}.ipynb")
        written = exercises.with_links(written, of.name, _colab(book, f"{EXERCISES}/{of.name}"))
    nbformat.write(written, target / executed.name)
    for figure in pages.figure_names(raw):
        shutil.copy(executed.parent / "figures" / f"{figure}.csv", target / "figures")


def _colab(book: Book, notebook: str) -> str:
    """Return the address at which Colab opens a notebook of the branch `notebooks`; "" without a repository."""
    place = book.repository.removeprefix("https://github.com")
    return f"{COLAB}/github{place}/blob/notebooks/{notebook}.ipynb" if place else ""


def _run(book: Book, *, strict: bool) -> Path:
    """Run jupyter-book; show its output only if it fails."""
    output = book.folder / "rendered"
    shutil.rmtree(output, ignore_errors=True)
    # A page is a tree whose branches know their stems: to look for garbage among all pages took a fifth of the time.
    program = "import gc; gc.disable(); from jupyter_book.cli.main import main; main()"
    options = ["--path-output", str(output), "--all", *(["-n", "-W", "--keep-going"] if strict else [])]
    command = [sys.executable, "-c", program, "build", str(book.folder / "pages"), *options]
    variables = {**book.variables, "PYTHONUTF8": "1"}  # what it says holds more than ASCII
    result = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", env=variables)
    if result.returncode != 0:
        complaints = re.sub(r"\x1b\[[\d;]*m", "", result.stderr)
        print(complaints, file=sys.stderr)
        raise BuildError(f"the pages could not be rendered: {next(_faults(complaints), 'see above')}")
    return output / "_build" / "html"


def _faults(complaints: str) -> Iterator[str]:
    return (line for line in complaints.splitlines() if "WARNING" in line or "ERROR" in line)

"""The book: chapters -> papermill -> executed notebooks -> jupyter-book.

`_build/book/PROFILE/` holds what execution leaves (NAME.ipynb and figures/*.csv), its folder `pages/` what Sphinx
reads; `_build/html` is the rendered book, replaced only by a build that succeeded.
"""

import hashlib
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jupytext
import nbformat
import papermill
import yaml
from papermill.exceptions import PapermillExecutionError

import hetsnn
import hetsnn_book
from hetsnn.errors import BuildError, InputError
from hetsnn.sweeps import devices
from hetsnn_book.building import pages
from hetsnn_book.project import PROJECT, default_store

REPOSITORY = "HETSNN_REPOSITORY"  # the environment variable with the address that repository and Colab buttons open


@dataclass(frozen=True)
class Chapter:
    """A chapter to execute: its notebook as written, where it is executed, and the digest of all that it depends on."""

    name: str
    written: Path
    executed: Path
    parameters: Mapping[str, Any]
    inputs: str


def build(
    profile: str,
    chapters: Sequence[str] | None = None,
    execute_only: bool = False,
    *,
    parameters: Mapping[str, Any] | None = None,
    root: Path | None = None,
) -> Path:
    """Execute what has changed, then render everything.

    Args:
        profile: How much is computed, one of `experiments.PROFILES`; every chapter's parameter.
        chapters: Which to execute; by default all. Rendering takes the others as an earlier build left them.
        execute_only: Stop before rendering.
        parameters: Further parameters for each of these chapters.
        root: The folder with `_config.yml`; by default the working folder, else the one this package lies in.

    Returns:
        The front page, or with `execute_only` the folder of executed notebooks.

    Raises:
        InputError: an unknown profile, chapter or parameter.
        BuildError: a chapter failed, or the pages could not be rendered.
    """
    started = time.perf_counter()
    # Here, because this loads what trains, which the processes that execute chapters do without.
    from hetsnn_book.building import chapters as listed
    from hetsnn_book.experiments import PROFILES

    if profile not in PROFILES:
        raise InputError(f"unknown profile {profile!r}: choose one of {', '.join(PROFILES)}")
    root = _find_root() if root is None else root
    repository = _repository()
    found = listed.pages(root)
    names = [page.name for page in found if page.executable]
    for name in chapters or ():
        if name not in names:
            raise InputError(f"unknown chapter {name!r}: choose from {', '.join(names)}")
    if profile != "paper":  # there chapters only read
        default_store().check_writable()
    folder = root / "_build" / "book" / profile
    wanted = [name for name in names if chapters is None or name in chapters]
    _execute_changed(stage(root, folder, wanted, {"profile": profile, **(parameters or {})}))
    if execute_only:
        print(f"Executed notebooks are in {folder} ({time.perf_counter() - started:.0f} s).")
        return folder
    _write_pages(root, folder, names, repository)
    contents, rows = listed.contents(found), listed.table(found, for_readme=False)
    (folder / "pages" / "_toc.yml").write_text(yaml.safe_dump(contents), encoding="utf-8")
    for page in found:
        if not page.executable:
            text = (root / "book" / f"{page.name}.md").read_text(encoding="utf-8")
            (folder / "pages" / f"{page.name}.md").write_text(listed.with_table(text, rows), encoding="utf-8")
    front = _render(root, folder) / "index.html"
    if repository:
        _write_notebooks(root, folder, names, repository)
    print(f"The book is at {front} (profile {profile}, {time.perf_counter() - started:.0f} s).")
    return front


def _find_root() -> Path:
    for folder in (Path.cwd(), PROJECT):
        if (folder / "_config.yml").is_file() and (folder / "book").is_dir():
            return folder
    raise InputError("there is no book here: run this in the project's folder, where _config.yml lies")


def _repository() -> str:
    """The project's public address; none is built in, so that a copy's buttons open the copy."""
    address = os.environ.get(REPOSITORY, "")
    if address and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise InputError(f"{REPOSITORY} is {address!r}: it should look like https://github.com/OWNER/NAME")
    return address


def stage(root: Path, folder: Path, names: Iterable[str], parameters: Mapping[str, Any]) -> list[Chapter]:
    """Turn sources into notebooks, below `folder`, and check their parameters, all before anything is executed.

    Raises:
        InputError: a parameter that a chapter does not have.
    """
    (folder / "written").mkdir(parents=True, exist_ok=True)
    common = _digest_common(root, parameters["profile"])
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
                raise InputError(f"chapter {name} has no parameter {parameter!r}; its parameters: {has}")
        own = source.read_bytes() + json.dumps(parameters, sort_keys=True).encode()
        inputs = hashlib.sha256(common + own).hexdigest()
        chapters.append(Chapter(name, written, folder / f"{name}.ipynb", parameters, inputs))
    return chapters


def _digest_common(root: Path, profile: str) -> bytes:
    """What every chapter depends on: the package's source, published data, versions."""
    digest = hashlib.sha256(json.dumps(pages.versions()).encode())
    data = [root / "data" / name for name in ("results", "paper", "benchmarks", "cell_types")]
    code = [Path(hetsnn.__file__).parent, Path(hetsnn_book.__file__).parent, root / "benchmarks"]
    files = [path for folder in code for path in folder.rglob("*.py")]
    files += [path for folder in data for path in folder.rglob("*.*")]
    for path in sorted(files):
        digest.update(path.name.encode() + path.read_bytes())
    if profile == "paper":
        # Here chapters also show what this machine has computed so far. A result's name holds its content's digest.
        from hetsnn.files import home

        for path in sorted((home() / "results").rglob("*.parquet")):
            digest.update(path.name.encode())
    return digest.digest()


def _execute_changed(chapters: Sequence[Chapter]) -> None:
    """Execute side by side the chapters whose inputs have changed, a process each."""
    changed = [chapter for chapter in chapters if not _is_fresh(chapter)]
    for chapter in chapters:
        if chapter not in changed:
            print(f"{chapter.name}: unchanged")
    if not changed:
        return
    failures = []
    workers = min(len(changed), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(_execute, chapter, line): chapter for line, chapter in enumerate(changed)}
        for future in as_completed(futures):
            chapter = futures[future]
            error, seconds = future.result()
            if error:
                failures.append(f"chapter {chapter.name} failed: {error} (traceback in {chapter.executed})")
            print(f"{chapter.name}: {'failed' if error else 'executed'} in {seconds:.1f} s", flush=True)
    for failure in failures[:-1]:
        print(failure, file=sys.stderr)
    if failures:
        raise BuildError(failures[-1])
    for chapter in changed:
        lines = pages.log_lines(nbformat.read(chapter.executed, as_version=4))
        if lines:
            print(f"{chapter.name}: kept {lines} lines of log output off the page; they are in {chapter.executed}")


def _is_fresh(chapter: Chapter) -> bool:
    if not chapter.executed.is_file():
        return False
    notebook = nbformat.read(chapter.executed, as_version=4)
    data = [chapter.executed.parent / "figures" / f"{name}.csv" for name in pages.figure_names(notebook)]
    return notebook.metadata.get("inputs") == chapter.inputs and all(path.is_file() for path in data)


def _execute(chapter: Chapter, line: int) -> tuple[str, float]:
    """Execute one chapter; gives the error's last line (empty for none) and the seconds it took."""
    started = time.perf_counter()
    # Chapters share a machine, so none may take a GPU's whole memory in advance, as JAX does by default.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    # What a chapter compiles itself is kept, too; what sweeps compile is kept by them.
    from hetsnn.files import home

    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(home() / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")
    if chapter.parameters["profile"] == "smoke":  # nothing there runs for so long that optimising its code pays
        jax.config.update("jax_platforms", "cpu")  # of this process, which only asks; the kernel starts its own JAX
        flags = (f"--{name}={value}".lower() for name, value in devices.known().items())
        os.environ.setdefault("XLA_FLAGS", " ".join(flags))
    bar = {"desc": chapter.name, "position": line, "leave": False} if sys.stderr.isatty() else False
    error = ""
    try:
        notebook = papermill.execute_notebook(
            chapter.written,
            chapter.executed,
            parameters=dict(chapter.parameters),
            cwd=chapter.executed.parent,
            kernel_name="python3",
            progress_bar=bar,
            extra_arguments=["--log-level=CRITICAL"],  # the kernel's own messages are nobody's here
        )
        # Only now: a notebook without its digest is executed again, whatever stopped it.
        notebook.metadata["inputs"] = chapter.inputs
        nbformat.write(notebook, chapter.executed)
    except PapermillExecutionError as failure:
        error = f"{failure.ename}: {failure.evalue}".splitlines()[-1]
    except Exception as failure:  # a kernel that dies or does not start fails its chapter, not the others
        error = f"{type(failure).__name__}: {failure}".splitlines()[0]
    return error, time.perf_counter() - started


def _write_pages(root: Path, folder: Path, names: Sequence[str], repository: str) -> None:
    """Write what Sphinx reads, but for the pages that are only text and the table of contents."""
    target = folder / "pages"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "book" / "_static", target / "_static")
    (target / "figures").mkdir()
    for name in names:
        executed = folder / f"{name}.ipynb"
        if not executed.is_file():
            raise InputError(f"chapter {name} has not been executed with profile {folder.name}: build it too")
        raw = nbformat.read(executed, as_version=4)
        nbformat.write(pages.page(raw, name), target / executed.name)
        for figure in pages.figure_names(raw):
            shutil.copy(folder / "figures" / f"{figure}.csv", target / "figures")
    shutil.copy(root / "book" / "references.bib", target)
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    if repository:
        config["repository"] = {"url": repository, "branch": "notebooks", "path_to_book": ""}
        config["launch_buttons"]["colab_url"] = "https://colab.research.google.com"
        config["html"]["use_repository_button"] = True
    (target / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _render(root: Path, folder: Path) -> Path:
    """Run jupyter-book, strictly, and put its pages in place; what it says is shown only if it fails."""
    output = folder / "rendered"
    shutil.rmtree(output, ignore_errors=True)
    program = "from jupyter_book.cli.main import main; main()"
    options = ["--path-output", str(output), "-n", "-W", "--keep-going", "--all"]
    command = [sys.executable, "-c", program, "build", str(folder / "pages"), *options]
    result = subprocess.run(command, capture_output=True, check=False, text=True)
    if result.returncode != 0:
        complaints = re.sub(r"\x1b\[[\d;]*m", "", result.stderr)
        print(complaints, file=sys.stderr)
        warnings = [line for line in complaints.splitlines() if "WARNING" in line or "ERROR" in line]
        raise BuildError(f"the pages could not be rendered: {warnings[0] if warnings else 'see above'}")
    rendered = output / "_build" / "html"
    pages.check(rendered)
    book = root / "_build" / "html"
    shutil.rmtree(book, ignore_errors=True)
    shutil.move(rendered, book)
    return book


def _write_notebooks(root: Path, folder: Path, names: Sequence[str], repository: str) -> None:
    """Write what the Colab buttons open: the content of the repository's branch `notebooks`."""
    target = root / "_build" / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in names:
        page = nbformat.read(folder / "pages" / f"{name}.ipynb", as_version=4)
        nbformat.write(pages.colab(page, repository), target / f"{name}.ipynb")

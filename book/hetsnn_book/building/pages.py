"""From an executed notebook to a page of the book.

Executed notebooks hold parts that a reader should not see: parameter cells, log output, a record of the machine. And a
figure's caption and text alternative are in its output, where Sphinx does not look. `page` corrects both. `check`
searches the rendered pages for faults.
"""

import ast
import copy
import html.parser
import platform
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from hetsnn_book.building.errors import BuildError

PACKAGES = ("jax", "numpy", "scipy", "pandas", "flax", "optax", "evosax", "gymnax", "bsuite", "matplotlib", "seaborn")
MACHINE, INPUTS = (f"application/vnd.hetsnn.{what}+json" for what in ("machine", "inputs"))
HIDDEN_TAGS = {"parameters", "injected-parameters"}


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of the packages that are installed."""
    found = {"Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def record_machine() -> None:
    """Record in the notebook its machine and the files it read; `machine_cell` calls this in every chapter's kernel."""
    from IPython.display import display

    from hetsnn.sweeps.devices import describe
    from hetsnn_book.building import inputs

    display({MACHINE: {"device": describe(), "versions": versions()}, INPUTS: inputs.recorded()}, raw=True)


def machine_cell() -> NotebookNode:
    """Return the last cell of every executed chapter."""
    source = "from hetsnn_book.building import pages\n\npages.record_machine()"
    return new_code_cell(source, metadata={"tags": ["machine"]})


def take_inputs(notebook: NotebookNode) -> dict[str, str | None]:
    """Remove the record of read files from a notebook, and return it.

    Raises:
        BuildError: the notebook has no such record.
    """
    for _, output in _outputs(notebook):
        if INPUTS in output.get("data", {}):
            return output.data.pop(INPUTS)
    raise BuildError("the chapter must end with a record of the files that it has read, got none")


def figure_names(notebook: NotebookNode) -> list[str]:
    """Return the names of the figures and tables in a notebook, under which their numbers are stored."""
    return [meta["name"] for _, output in _outputs(notebook) for _, meta in _described(output)]


def glued(notebook: NotebookNode) -> dict[str, str]:
    """Return the texts that a notebook names for its prose, by `figures.glue`."""
    outputs = [output for _, output in _outputs(notebook) if "scrapbook" in output.get("metadata", {})]
    return {output.metadata.scrapbook.name: ast.literal_eval(next(iter(output.data.values()))) for output in outputs}


def log_lines(notebook: NotebookNode) -> int:
    """Return the number of lines that a notebook wrote to stderr."""
    return sum(output.text.count("\n") for _, output in _outputs(notebook) if output.get("name") == "stderr")


def page(notebook: NotebookNode, chapter: str, note: str = "") -> NotebookNode:
    """Return the notebook as the book shows it, with its profile and a note (MyST) below its title.

    A page that is the same under each profile names none.

    Raises:
        BuildError: an image has no text alternative, or shares its cell with another output; or the notebook
            has no record of its machine.
    """
    result = copy.deepcopy(notebook)
    result.cells = [cell for cell in result.cells if "machine" not in _tags(cell)]
    for index, cell in enumerate(result.cells, start=1):
        cell.metadata.pop("papermill", None)
        if cell.cell_type != "code":
            continue
        if HIDDEN_TAGS & set(_tags(cell)):
            cell.metadata.tags = [*_tags(cell), "remove-cell"]
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        _describe_outputs(cell, f"chapter {chapter}, cell {index}")
    below = "\n\n".join(filter(None, [_badge(notebook), note]))
    if below:
        first = next(cell for cell in result.cells if cell.cell_type == "markdown")
        first.source = re.sub(r"(?m)^# .+$", lambda title: f"{title[0]}\n\n{below}", first.source, count=1)
    result.cells.append(new_markdown_cell(_colophon(notebook, chapter)))
    # Papermill's record names files of this machine.
    result.metadata = {key: value for key, value in result.metadata.items() if key in ("kernelspec", "language_info")}
    return result


def check(folder: Path) -> None:
    """Check the rendered pages for faults.

    Raises:
        BuildError: a page loads something from another site, or an image has no text alternative.
    """
    for path in sorted(folder.rglob("*.html")):
        faults = _Faults()
        faults.feed(path.read_text(encoding="utf-8"))
        if faults.found:
            raise BuildError(f"page {path.relative_to(folder)}: {'; '.join(sorted(set(faults.found)))}")


class _Faults(html.parser.HTMLParser):
    """Collector of addresses that a browser would fetch from other sites, and of images without a text alternative."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        fetched = values.get("href") if tag == "link" else values.get("src")
        if fetched and re.match(r"(https?:)?//", fetched) and values.get("rel") not in ("canonical", "search"):
            self.found.append(f"<{tag}> would be fetched from {fetched}")
        if tag == "img" and not (values.get("alt") or "").strip():
            self.found.append(f"image {(values.get('src') or '')[:80]} has no text alternative")


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def _described(output: NotebookNode) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the kind and metadata of each output of `figures.show` or `figures.show_table`."""
    for kind, meta in output.get("metadata", {}).items():
        if isinstance(meta, dict) and {"name", "caption"} <= set(meta):
            yield kind, meta


def _describe_outputs(cell: NotebookNode, where: str) -> None:
    """Copy the metadata of a cell's outputs to the cell, where MyST-NB reads it."""
    shown = [out for out in cell.outputs if "data" in out and "scrapbook" not in out.metadata]
    options: dict[str, Any] = {}
    for output in shown:
        image = next((kind for kind in output.data if kind.startswith("image/")), None)
        if image and not output.metadata.get(image, {}).get("alt"):
            raise BuildError(f"{where}: an image has no text alternative; show it with hetsnn_book.figures.show")
        for kind, meta in _described(output):
            caption = f"{meta['caption']} {{download}}`Data (CSV) <figures/{meta['name']}.csv>`"
            if kind == image:
                options = {"image": {"alt": meta["alt"]}, "figure": {"caption": caption, "name": meta["name"]}}
            else:
                first, *further = output.data[kind].split("\n\n")
                option = ":class: folded\n" if "folded" in meta else ""
                table = f":::{{table}} {caption}\n:name: {meta['name']}\n{option}\n{first}\n:::"
                output.data = {kind: "\n\n".join([table, *further])}
                options = {"markdown_format": "myst"}
    if options:
        if len(shown) > 1:
            raise BuildError(f"{where}: a figure or table shares its cell with another output; give each its own cell")
        cell.metadata["mystnb"] = options


def _badge(notebook: NotebookNode) -> str:
    """Return the mark of a page's profile, in HTML; "" if no cell but those of parameters reads it."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code" and not HIDDEN_TAGS & set(_tags(cell))]
    if not any(re.search(r"\bprofile\b", source) for source in code):
        return ""
    profile = notebook.metadata.papermill["parameters"]["profile"]
    return f'<p class="profile"><a href="intro.html#how-to-run">profile {profile}</a></p>'


def _colophon(notebook: NotebookNode, chapter: str) -> str:
    """Return the last lines of a page: how it was made, and on which machine."""
    run = notebook.metadata.papermill
    when = datetime.fromisoformat(run["start_time"]).strftime("%d %B %Y, %H:%M UTC")
    machine = next((out.data[MACHINE] for _, out in _outputs(notebook) if MACHINE in out.get("data", {})), None)
    if machine is None:
        raise BuildError(f"chapter {chapter} was executed by an older version of this package: execute it again")
    packages = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"```{{container}} colophon\n"
        f"This page was executed on {when}, in {run['duration']:.0f} s, on {machine['device']}, "
        f"with {packages}. Download {{nb-download}}`the notebook <{chapter}.ipynb>`.\n"
        f"```"
    )

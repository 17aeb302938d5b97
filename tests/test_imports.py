"""The floors of the house: a module imports what stands on its own floor or below it, and no import is circular.

Each package that a module imports is declared: it does not come by chance with another package.
"""

import ast
import functools
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent

# From the ground up. A line is a floor; folders and files on one floor do not import each other.
FLOORS = (
    "hetsnn.errors",
    "hetsnn.folders hetsnn.mapping hetsnn.numbers hetsnn.numerics hetsnn.processes hetsnn.resources hetsnn.starting"
    " hetsnn.statistics",
    "hetsnn.files",
    "hetsnn.networks hetsnn.lanes",
    "hetsnn.data",
    "hetsnn.tasks",
    "hetsnn.training",
    "hetsnn.sweeps",
    "hetsnn",
    "hetsnn_book.words",
    "hetsnn_book.project",
    "hetsnn_book.paper hetsnn_book.figures hetsnn_book.declared hetsnn_book.archives",
    "hetsnn_book.experiments",
    "hetsnn_book.measures",
    "hetsnn_book.claims",
    "hetsnn_book.plots",
    "hetsnn_book.building",
    "benchmarks",
    "hetsnn_book.cli",
    "hetsnn_book hetsnn_book.__main__",
)
ROOMS = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}
# What the figures of several chapters import.
SHARED = ("axes", "styles", "text", "robots", "specification_curve", "time_constants")
FACES = ("hetsnn", "hetsnn_book")  # packages that show names of modules below; nothing in them imports their face


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    folders = {"hetsnn": PROJECT, "hetsnn_book": PROJECT / "book", "benchmarks": PROJECT}
    return {
        ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__"): path
        for name, base in folders.items()
        for path in (base / name).rglob("*.py")
        if "templates" not in path.parts
    }


MODULES = modules()


def imported(path: Path) -> Iterator[list[str]]:
    """The names that each import of a module may mean, imports inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ([alias.name] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports must name their package"
            yield from ([f"{node.module}.{alias.name}", str(node.module)] for alias in node.names)


def ours(path: Path) -> Iterator[str]:
    """The project's modules that a module imports."""
    for choices in imported(path):
        yield from [name for name in choices if name in MODULES][:1]


@functools.cache
def arrows() -> dict[str, set[str]]:
    """The modules of the project that each of its modules imports."""
    return {name: set(ours(path)) for name, path in MODULES.items()}


def room(module: str) -> str:
    """The folder or file of `FLOORS` that a module belongs to."""
    found = max((name for name in ROOMS if f"{module}.".startswith(f"{name}.")), key=len)
    assert found not in FACES or module in FACES, f"{module} has no floor yet: give it one in {Path(__file__).name}"
    return found


def test_imports_go_down_only() -> None:
    upwards = [
        f"{module} ({room(module)}) imports {other} ({room(other)})"
        for module, others in arrows().items()
        for other in others
        if room(other) != room(module) and ROOMS[room(other)] >= ROOMS[room(module)]
    ]
    assert upwards == []


def test_no_import_is_circular() -> None:
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(f"these modules import each other in a circle: {' -> '.join(error.args[1])}")


def test_figures_of_a_chapter_need_no_other_chapters_figures() -> None:
    folder = "hetsnn_book.plots"
    shared = {f"{folder}.{name}" for name in SHARED}
    assert shared <= MODULES.keys()
    assert [
        f"{module} imports {other}"
        for module, others in arrows().items()
        for other in others
        if module.startswith(f"{folder}.") and other.startswith(f"{folder}.") and other not in shared
    ] == []


def test_packages_that_are_imported_are_declared() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [text for texts in project["optional-dependencies"].values() for text in texts]
    declared = {canonicalize_name(Requirement(text).name) for text in (*project["dependencies"], *extras, "hetsnn")}
    distributions = packages_distributions()
    files = [
        *MODULES.values(),
        *(path for name in ("tests", "examples", "scripts") for path in PROJECT.glob(f"{name}/**/*.py")),
    ]
    missing = set()
    for path in files:
        for package in {choices[-1].partition(".")[0] for choices in imported(path)} - sys.stdlib_module_names:
            found = {canonicalize_name(name) for name in distributions.get(package, ())}
            if found and not found & declared:
                missing.add(f"{path.relative_to(PROJECT)} imports {package}: declare {', '.join(sorted(found))}")
    assert sorted(missing) == []

"""Where the project's own files lie, and the store on top of its published results.

A checkout has them in `data`; an installed package carries those that chapters read, `hetsnn_book/data`.
"""

from pathlib import Path

from hetsnn.errors import InputError
from hetsnn.folders import home
from hetsnn.sweeps.store import Store


def _project(package: Path) -> Path:
    """Return the folder with `data`: the checkout around the package, else the package itself."""
    checkout = package.parents[1]
    return checkout if (checkout / "pyproject.toml").is_file() and (checkout / "data").is_dir() else package


PACKAGE = Path(__file__).resolve().parent
PROJECT = _project(PACKAGE)


def default_store(*, published: bool = True) -> Store:
    """Return the user's store, on top of the project's published results unless told otherwise."""
    return Store(home(), PROJECT / "data" / "results" if published else None)


def published_only() -> Store:
    """Return a store that holds the project's published results alone."""
    return Store(PROJECT / "data", None)


def check_checkout() -> None:
    """Raise InputError where the package is installed without its checkout, whose files a command would write."""
    if PROJECT == PACKAGE:
        raise InputError(f"this command needs the project's checkout, got the installed package in {PACKAGE}")

"""Where the project's own files lie, and the store on top of its published results."""

from pathlib import Path

from hetsnn.files import home
from hetsnn.sweeps.store import Store

PROJECT = Path(__file__).resolve().parents[2]


def default_store(*, published: bool = True) -> Store:
    """Return the user's store, on top of the project's published results unless told otherwise."""
    return Store(home(), PROJECT / "data" / "results" if published else None)


def published_only() -> Store:
    """Return a store that holds the project's published results alone."""
    return Store(PROJECT / "data", None)

"""Folders of the project's own files, and the store on top of its published results.

A checkout has the files in `data`. An installed package has the files that chapters read in `hetsnn_book/data`.
"""

import os
import re
from pathlib import Path

from hetsnn.errors import InputError
from hetsnn.folders import home
from hetsnn.sweeps.store import Store

REPOSITORY = "HETSNN_REPOSITORY"  # the environment variable with the project's address, https://github.com/OWNER/NAME

SOME_LEFT = 75  # exit code: stopped cleanly, the next call goes on
OWN_FIRST = "HETSNN_OWN_FIRST"  # the environment variable that is 1 where recomputed results replace published ones


def _project(package: Path) -> Path:
    """Return the folder with `data`: the checkout around the package, else the package itself."""
    checkout = package.parents[1]
    return checkout if (checkout / "pyproject.toml").is_file() and (checkout / "data").is_dir() else package


PACKAGE = Path(__file__).resolve().parent
PROJECT = _project(PACKAGE)


def default_store(*, published: bool = True) -> Store:
    """Return the user's store, on top of the project's published results unless told otherwise."""
    own_first = os.environ.get(OWN_FIRST) == "1"
    return Store(home(), PROJECT / "data" / "results" if published else None, own_first)


def published_only() -> Store:
    """Return a store that holds the project's published results alone."""
    return Store(PROJECT / "data", None)


def repository() -> str:
    """Return the project's public address; no address is built in, so that the buttons of a copy open the copy.

    Raises:
        InputError: HETSNN_REPOSITORY is no address of a repository on GitHub.
    """
    address = os.environ.get(REPOSITORY, "")
    if address and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise InputError(f"{REPOSITORY} must look like https://github.com/OWNER/NAME, got {address!r}")
    return address


def check_checkout(action: str) -> None:
    """Raise InputError if there is no checkout for an action, such as "publishing"."""
    if PROJECT == PACKAGE:
        raise InputError(f"{action} needs the project's checkout, got the installed package in {PACKAGE}")

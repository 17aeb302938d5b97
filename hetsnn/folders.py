"""The folders of working files and of the user's own data, as the environment names them."""

import os
from pathlib import Path

import platformdirs

from hetsnn.errors import InputError

HOME, DATA = "HETSNN_HOME", "HETSNN_DATA"  # environment variables


def home() -> Path:
    """Return the folder of working files: the one that HETSNN_HOME names, else the user's cache."""
    return _named(HOME) or platformdirs.user_cache_path("hetsnn")


def own_data() -> Path | None:
    """Return the folder that HETSNN_DATA names, which is looked into before anything is downloaded.

    Raises:
        InputError: it is no folder.
    """
    folder = _named(DATA)
    if folder and not folder.is_dir():
        raise InputError(f"{DATA} must be a folder, got {folder}")
    return folder


def settle() -> None:
    """Make both folders absolute in the environment, so that they are the same for every process that starts from here.

    Raises:
        InputError: as `own_data`, or a folder's user has no known home.
    """
    for name, folder in ((HOME, home()), (DATA, own_data())):
        if folder:
            os.environ[name] = str(folder)


def _named(variable: str) -> Path | None:
    given = os.environ.get(variable)
    try:
        return Path(given).expanduser().absolute() if given else None
    except RuntimeError:  # nobody has this name, or no home is known
        raise InputError(f"{variable} must be a folder, got {given}: no home is known by this name") from None

"""Checksummed files that are written whole or not at all.

A file's name carries the SHA-256 of its content, which is compared before anything is read.
"""

import contextlib
import fnmatch
import hashlib
import os
import uuid
import warnings
import zipfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetsnn import processes
from hetsnn.errors import InputError


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make the folder; turn errors of writing into it into one line.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputError(
            f"cannot write to {folder} ({error.strerror}): give a folder with room and write permission as HETSNN_HOME"
        ) from None


def write(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    """Write `folder/stem.DIGEST.suffix`, whole or not at all, then remove what stood under the same stem before.

    Raises:
        InputError: the folder cannot be written.
    """
    path = folder / f"{stem}.{hashlib.sha256(content).hexdigest()}.{suffix}"
    with writing(folder):
        temporary = folder / f".{processes.me()}.{uuid.uuid4().hex}.part"
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    for old in folder.glob(f"{stem}.*.{suffix}"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def listed(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder whose names match a pattern, sorted; none if there is no such folder.

    The folder is listed even if it is missing, so that a recorder of what is read takes note of it.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise InputError(f"cannot read {folder} ({error.strerror}): give this user permission to") from None
    return [folder / name for name in sorted(fnmatch.filter(names, pattern))]


def whole(path: Path) -> bytes | None:
    """Return the content of a file that `write` wrote, or None where its SHA-256 is not the one in its name.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror}): give this user permission to, or remove it") from None
    return content if hashlib.sha256(content).hexdigest() == path.name.split(".")[-2] else None


def read(path: Path, parse: Callable[[bytes], Any] = bytes) -> Any:
    """Return the parsed content of a file that `write` wrote; None if the file is gone, damaged or foreign.

    A damaged or foreign file is set aside with a warning.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        content = whole(path)
    except FileNotFoundError:  # its owner has just replaced it
        return None
    if content is None:
        why = "damaged (its SHA-256 differs from its name)"
    else:
        try:
            return parse(content)
        except (pa.ArrowException, zipfile.BadZipFile, KeyError, TypeError, ValueError):
            why = "none of ours (its content is of another kind)"
    tries = (path.with_name(f"{path.name}.damaged{number or ''}") for number in count())
    aside = next(name for name in tries if not name.exists())
    try:
        path.rename(aside)
    except OSError:
        aside = path
    warnings.warn(f"{path} is {why}: set aside as {aside.name}", stacklevel=2)
    return None

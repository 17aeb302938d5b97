"""Public data: read from the user's own folder, or downloaded once, checked, and kept in the user's cache.

    $HETSNN_DATA/NAME                          read-only folder, searched first
    $HETSNN_HOME/data/STEM.DIGEST.SUFFIX       downloaded files

Every file is checked against its SHA-256. A download is stored under its digest, whole or not at all.
"""

import hashlib
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from hetsnn import files, folders
from hetsnn.errors import InputError

RETRIES = 2  # per address, after a pause
TIMEOUT = 30.0  # longest wait for the next byte [s]


@dataclass(frozen=True)
class DataFile:
    """A public file.

    Some public files are updated from time to time. With `check`, a file of another digest is accepted with a warning
    if its content passes the check; without, another digest is an error.
    """

    name: str  # path below the data folder
    sha256: str
    homes: tuple[str, ...]  # download addresses, in order of preference
    terms: str  # licence and citation
    check: Callable[[bytes], object] | None = None  # raises InputError for invalid content


def locate(file: DataFile) -> Path | None:
    """Return a file's path in the folder HETSNN_DATA, else in the cache; None if neither has it.

    Raises:
        InputError: HETSNN_DATA does not name a folder.
    """
    given = folders.own_data()
    if given and files.listed((given / file.name).parent, Path(file.name).name):
        return given / file.name
    folder, stem, suffix = _place(file)
    return next(iter(files.listed(folder, f"{stem}.{'*' if file.check else file.sha256}.{suffix}")), None)


def read(file: DataFile, *, download: bool = True) -> bytes:
    """Return the content of a file; download it if it is not on this machine.

    Raises:
        InputError: the file is altered or cut short, or cannot be downloaded.
    """
    path = locate(file)
    if path is not None:
        try:
            content = files.read(path) if path.parent == _place(file)[0] else path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot read {path} ({error.strerror})") from None
        if content is not None:
            return _checked(file, content, str(path))
    failures = []
    for home in file.homes if download else ():
        try:
            content = _checked(file, _download(home), home)
        except requests.RequestException as error:
            reason = type(error).__name__ if error.response is None else f"HTTP {error.response.status_code}"
            failures.append(f"{home}: {reason}")
        except OSError as error:  # of this machine, such as certificates that are gone
            failures.append(f"{home}: {str(error).splitlines()[0]}")
        except InputError as error:
            failures.append(str(error))
        else:
            files.write(*_place(file), content)
            return content
    raise InputError(
        f"cannot read {file.name} (SHA-256 {file.sha256}): {'; '.join(failures) or 'not on this machine'}; "
        "run `hetsnn data fetch`, or put the file into the folder that HETSNN_DATA names"
    )


def _place(file: DataFile) -> tuple[Path, str, str]:
    path = folders.home() / "data" / file.name
    return path.parent, path.stem, path.suffix[1:]


def _checked(file: DataFile, content: bytes, source: str) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        if file.check is None:
            raise InputError(
                f"{file.name} from {source} is altered or cut short: SHA-256 must be {file.sha256}, got {digest}"
            )
        try:
            file.check(content)
        except InputError as error:
            raise InputError(f"{file.name} from {source} (SHA-256 {digest}, expected {file.sha256}): {error}") from None
        warnings.warn(
            f"{file.name} from {source} was updated (SHA-256 {digest}, expected {file.sha256}) and passes the checks",
            stacklevel=3,
        )
    return content


def _download(home: str) -> bytes:
    """Download a file from an address, with retries; the caller checks its digest."""
    with warnings.catch_warnings(action="ignore"):  # in a notebook, pooch warns about missing progress bars
        import pooch
    pooch.get_logger().setLevel("WARNING")
    with tempfile.TemporaryDirectory() as folder:
        fetcher = pooch.create(folder, "", registry={"file": None}, urls={"file": home}, retry_if_failed=RETRIES)
        return Path(fetcher.fetch("file", downloader=pooch.HTTPDownloader(timeout=TIMEOUT))).read_bytes()

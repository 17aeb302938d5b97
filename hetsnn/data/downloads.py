"""Public data: taken from a folder of one's own or downloaded once, checked, kept in the user's cache.

    $HETSNN_DATA/NAME                          a read-only folder that is looked into first
    $HETSNN_HOME/data/STEM.DIGEST.SUFFIX       what was downloaded

Nothing is believed without its SHA-256: a download is kept whole, and under its digest, or not at all.
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

RETRIES = 2  # of each home, with a pause in between
TIMEOUT = 30.0  # without a byte [s]


@dataclass(frozen=True)
class DataFile:
    """A public file.

    Where the public original is updated now and then, `check` looks at its content: then another digest is told of in a
    warning, and the file is taken if it passes. Without `check` another digest is an error.
    """

    name: str  # below the folder of data
    sha256: str
    homes: tuple[str, ...]  # addresses, the first one first
    terms: str  # licence and citation
    check: Callable[[bytes], object] | None = None  # raises InputError


def locate(file: DataFile) -> Path | None:
    """Where a file lies on this machine: in the folder HETSNN_DATA, else in the cache; None if it is not here.

    Raises:
        InputError: HETSNN_DATA does not name a folder.
    """
    given = folders.own_data()
    if given and files.listed((given / file.name).parent, Path(file.name).name):
        return given / file.name
    folder, stem, suffix = _place(file)
    return next(iter(files.listed(folder, f"{stem}.{'*' if file.check else file.sha256}.{suffix}")), None)


def read(file: DataFile, *, download: bool = True) -> bytes:
    """The content of a file, downloaded if it is not here.

    Raises:
        InputError: it is altered or cut short, or not to be had.
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
        f"{file.name} (SHA-256 {file.sha256}) is not to be had: {'; '.join(failures) or 'it is not here'}; "
        "`hetsnn data fetch` downloads it, or put it into the folder that HETSNN_DATA names"
    )


def _place(file: DataFile) -> tuple[Path, str, str]:
    path = folders.home() / "data" / file.name
    return path.parent, path.stem, path.suffix[1:]


def _checked(file: DataFile, content: bytes, source: str) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        if file.check is None:
            raise InputError(
                f"{file.name} from {source} is altered or cut short: SHA-256 {digest}, expected {file.sha256}"
            )
        try:
            file.check(content)
        except InputError as error:
            raise InputError(f"{file.name} from {source} (SHA-256 {digest}, expected {file.sha256}): {error}") from None
        warnings.warn(
            f"{file.name} from {source} is an update (SHA-256 {digest}, known is {file.sha256}): it passes the checks",
            stacklevel=3,
        )
    return content


def _download(home: str) -> bytes:
    """What a home sends, tried again where it breaks off; its digest is looked at afterwards."""
    with warnings.catch_warnings(action="ignore"):  # in a notebook, of bars that are not shown
        import pooch
    pooch.get_logger().setLevel("WARNING")
    with tempfile.TemporaryDirectory() as folder:
        fetcher = pooch.create(folder, "", registry={"file": None}, urls={"file": home}, retry_if_failed=RETRIES)
        return Path(fetcher.fetch("file", downloader=pooch.HTTPDownloader(timeout=TIMEOUT))).read_bytes()

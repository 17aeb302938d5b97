"""Archives of older results, each attached to a release of the project.

The tree holds the results that its figures need. `data/archives.json` names the commits whose results were more, the
release that carries them as `NAME.tar`, and the archive's SHA-256. `make release` packs them from the history.
"""

import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from hetsnn.data import downloads
from hetsnn.data.downloads import DataFile
from hetsnn.errors import InputError
from hetsnn.folders import home
from hetsnn_book.project import PROJECT, REPOSITORY, repository


@dataclass(frozen=True)
class Archive:
    """The published results of one commit."""

    name: str  # results-VERSION
    commit: str
    release: str  # the tag of the release that carries it
    sha256: str
    about: str  # what the tree no longer has of it

    def file(self) -> DataFile:
        """Return the archive as a public file, of which a project without a known address has no copy to download."""
        address = repository()
        homes = (f"{address}/releases/download/{self.release}/{self.name}.tar",) if address else ()
        return DataFile(f"{self.name}.tar", self.sha256, homes, f"MIT licence; {self.about}")


def archives() -> list[Archive]:
    """Return the archives, newest first."""
    found = json.loads((PROJECT / "data" / "archives.json").read_text(encoding="utf-8"))
    return [Archive(**entry) for entry in reversed(found)]


def fetch(archive: Archive, *, download: bool = True) -> Path:
    """Unpack an archive below the store; return the folder that `hetsnn merge` takes.

    Raises:
        InputError: the archive is altered or cut short, or cannot be downloaded.
    """
    file = archive.file()
    if download and not file.homes and downloads.locate(file) is None:
        raise InputError(f"{REPOSITORY} must be the project's address on GitHub to download {archive.name}, got none")
    content = downloads.read(file, download=download)
    folder = home() / "data" / archive.name
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        packed.extractall(folder, filter="data")
    return folder / "data"

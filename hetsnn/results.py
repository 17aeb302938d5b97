"""The store: what runs leave, as checksummed files that are written whole or not at all.

    $HETSNN_HOME/results/EXPERIMENT/STEM.DIGEST.parquet     results, a row per run, a file per program
    $HETSNN_HOME/checkpoints/EXPERIMENT/STEM.DIGEST.npz     programs on their way
    data/results/EXPERIMENT/STEM.DIGEST.parquet             published results, in the project

A file's name carries the SHA-256 of its content, which is compared before anything is read. HETSNN_HOME defaults to
the user's cache.
"""

import hashlib
import io
import json
import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import platformdirs
import pyarrow as pa
import pyarrow.parquet as pq

from hetsnn.errors import InputError

PROJECT = Path(__file__).resolve().parents[1]


def home() -> Path:
    """Where working files lie."""
    return Path(os.environ.get("HETSNN_HOME") or platformdirs.user_cache_path("hetsnn"))


def write(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    """Write `folder/stem.DIGEST.suffix`, whole or not at all, then remove what stood under the same stem before.

    Raises:
        InputError: the folder cannot be written.
    """
    path = folder / f"{stem}.{hashlib.sha256(content).hexdigest()}.{suffix}"
    temporary = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise InputError(
            f"cannot write to {folder} ({error.strerror}): give a folder with room and write permission as HETSNN_HOME"
        ) from None
    for old in folder.glob(f"{stem}.*.{suffix}"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def read(path: Path) -> bytes | None:
    """The content of a file that `write` wrote; a damaged one is set aside with a warning, and gives None."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() == path.name.split(".")[-2]:
        return content
    aside = path.with_name(path.name + ".damaged")
    try:
        path.rename(aside)
    except OSError:
        aside = path
    warnings.warn(f"{path} is damaged (its SHA-256 differs from its name): set aside as {aside.name}", stacklevel=2)
    return None


@dataclass(frozen=True)
class Store:
    """Working results and checkpoints in `folder`, published results in `published` (None to do without)."""

    folder: Path
    published: Path | None

    @classmethod
    def default(cls, published: bool = True) -> "Store":
        """The user's store, on top of the project's published results unless told otherwise."""
        return cls(home(), PROJECT / "data" / "results" if published else None)

    @classmethod
    def published_only(cls) -> "Store":
        """Just the project's published results."""
        return cls(PROJECT / "data", None)

    def files(self, experiment: str) -> Iterator[Path]:
        """Result files of an experiment, published ones first."""
        for folder in (self.published, self.folder / "results"):
            if folder is not None:
                yield from sorted((folder / experiment).glob("*.*.parquet"))

    def rows(self, experiment: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """What is known of each finished run, indexed by identity; a run that was finished twice counts once."""
        names = None if columns is None else ["identity", *columns]
        frames = []
        for path in self.files(experiment):
            content = read(path)
            if content is not None:
                frame = pq.read_table(io.BytesIO(content), columns=names).to_pandas()
                frames.append(
                    frame.assign(published=path.is_relative_to(self.published))
                    if self.published
                    else frame.assign(published=False)
                )
        if not frames:
            return pd.DataFrame(columns=["identity", *(columns or ()), "published"]).set_index("identity")
        rows = pd.concat(frames, ignore_index=True).set_index("identity")
        return rows[~rows.index.duplicated()]

    def check_writable(self) -> None:
        """Raise InputError, before anything is computed, where results could not be written."""
        write(self.folder, "writable", "txt", b"").unlink()

    def save(self, experiment: str, stem: str, rows: pd.DataFrame) -> Path:
        """Write the results of a program."""
        return write(self.folder / "results" / experiment, stem, "parquet", to_parquet(rows))

    def publish(self, experiment: str, wanted: set[str], *, genomes: bool) -> list[Path]:
        """Write the wanted runs that are not published yet to the published folder; the paths of the new files.

        Genomes make up most of a file: they are left out where no figure needs them.
        """
        if self.published is None:
            raise InputError("nowhere to publish to: the store has no published folder")
        paths: list[Path] = []
        done: set[str] = set()
        for path in self.files(experiment):
            content = read(path)
            if content is None:
                continue
            rows = pq.read_table(io.BytesIO(content)).to_pandas()
            if not path.is_relative_to(self.published):
                rows_new = rows[rows["identity"].isin(wanted - done)]
                if not genomes:
                    rows_new = rows_new.drop(columns="genome")
                if len(rows_new):
                    # Named after its runs: what was published of the same program before stays beside it.
                    stem = hashlib.sha256(" ".join(rows_new["identity"]).encode()).hexdigest()[:16]
                    paths.append(write(self.published / experiment, stem, "parquet", to_parquet(rows_new)))
            done |= set(rows["identity"])
        return paths

    def save_checkpoint(self, experiment: str, stem: str, leaves: Sequence[np.ndarray], note: dict[str, Any]) -> Path:
        """Write a program's state, with a note that says what it is."""
        buffer = io.BytesIO()
        np.savez(buffer, *leaves, note=np.array(json.dumps(note)))
        return write(self.folder / "checkpoints" / experiment, stem, "npz", buffer.getvalue())

    def checkpoints(self, experiment: str) -> Iterator[tuple[dict[str, Any], list[np.ndarray]]]:
        """Notes and states of the programs that are on their way."""
        for path in sorted((self.folder / "checkpoints" / experiment).glob("*.*.npz")):
            content = read(path)
            if content is not None:
                with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                    leaves = [archive[f"arr_{i}"] for i in range(len(archive.files) - 1)]
                    yield json.loads(str(archive["note"])), leaves

    def drop_checkpoint(self, experiment: str, stem: str) -> None:
        """Remove the checkpoint of a program whose results are saved."""
        for path in (self.folder / "checkpoints" / experiment).glob(f"{stem}.*.npz"):
            path.unlink(missing_ok=True)


def to_parquet(rows: pd.DataFrame) -> bytes:
    """A frame as compressed columns; the same frame gives the same bytes."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=12)
    return buffer.getvalue()

"""The store: what runs leave, as checksummed files that are written whole or not at all.

    $HETSNN_HOME/results/EXPERIMENT/STEM.DIGEST.parquet     results, a row per run, a file per program
    $HETSNN_HOME/checkpoints/EXPERIMENT/STEM.DIGEST.npz     programs on their way
    $HETSNN_HOME/plans/EXPERIMENT/STEM.DIGEST.json          programs that are still to come, by their runs
    $HETSNN_HOME/locks/EXPERIMENT                           which process computes what, see `hetsnn.sweeps.locks`
    $HETSNN_HOME/compiled                                   compiled programs, kept by JAX
    data/results/EXPERIMENT/STEM.DIGEST.parquet             published results, in the project

A file's name carries the SHA-256 of its content, which is compared before anything is read. HETSNN_HOME defaults to
the user's cache.
"""

import contextlib
import hashlib
import io
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hetsnn.errors import InputError
from hetsnn.files import listed, read, whole, write
from hetsnn.processes import alive


@dataclass(frozen=True)
class Store:
    """Working results and checkpoints in `folder`, published results in `published` (None to do without)."""

    folder: Path
    published: Path | None

    def files(self, experiment: str) -> Iterator[Path]:
        """Result files of an experiment, published ones first."""
        for folder in (self.published, self.folder / "results"):
            if folder is not None:
                yield from listed(folder / experiment, "*.*.parquet")

    def rows(self, experiment: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """What is known of each finished run, indexed by identity; a run that was finished twice counts once."""
        frames = []
        for path in self.files(experiment):
            frame = read(path, lambda content: from_parquet(content, columns))
            if frame is not None:
                published = self.published is not None and path.is_relative_to(self.published)
                frames.append(frame.assign(published=published))
        if not frames:
            return pd.DataFrame(columns=["identity", *(columns or ()), "published"]).set_index("identity")
        rows = pd.concat(frames, ignore_index=True).set_index("identity")
        return rows[~rows.index.duplicated()]

    def known(self, experiment: str) -> set[str]:
        """Identities of the finished runs."""
        return set(self.rows(experiment, columns=[]).index)

    def check_writable(self) -> None:
        """Raise InputError, before anything is computed, where results could not be written."""
        write(self.folder, "writable", "txt", b"").unlink(missing_ok=True)  # another may have been faster

    def save(self, experiment: str, stem: str, rows: pd.DataFrame) -> Path:
        """Write the results of a program."""
        return write(self.folder / "results" / experiment, stem, "parquet", to_parquet(rows))

    def keep(self, experiment: str, rows: pd.DataFrame) -> None:
        """Write those results that are not here yet: what was finished elsewhere meanwhile stays as it is."""
        rows = rows[~rows["identity"].isin(self.known(experiment))]
        if len(rows):
            self.save(experiment, stem_of(rows["identity"]), rows)

    def publish(self, experiment: str, wanted: set[str], *, genomes: bool) -> list[Path]:
        """Write the wanted runs that are not published yet to the published folder; the paths of the new files.

        Genomes make up most of a file: they are left out where no figure needs them.
        """
        if self.published is None:
            raise InputError("nowhere to publish to: the store has no published folder")
        rows = self.rows(experiment, columns=[])
        working = Store(self.folder, None).files(experiment)
        return _copy(working, self.published / experiment, wanted - set(rows.index[rows["published"]]), genomes)

    def merge(self, other: Path) -> int:
        """Copy the results of another store that are not here yet; how many runs these are. The other stays as it is.

        Raises:
            InputError: there are no results.
        """
        folder = other / "results" if (other / "results").is_dir() else other
        found = {path.parent.name for path in folder.glob("*/*.*.parquet")}
        if not found:
            raise InputError(f"no results in {other}: give the folder that was another machine's HETSNN_HOME")
        count = 0
        for experiment in sorted(found):
            known, theirs = self.known(experiment), Store(folder, folder).known(experiment)
            _copy(Store(folder, folder).files(experiment), self.folder / "results" / experiment, theirs - known)
            count += len(theirs - known)
        return count

    def verify(self) -> Iterator[tuple[Path, bool]]:
        """Yield every file that carries a digest, and whether it is as it was written.

        Raises:
            InputError: a file that cannot be read.
        """
        folders = [self.folder / kind for kind in ("results", "checkpoints", "plans")]
        for folder in (self.published, *folders):
            for path in sorted(folder.glob("*/*.*.*")) if folder else ():
                if path.suffix in (".parquet", ".npz", ".json"):  # what has been set aside has another
                    yield path, whole(path) is not None

    def save_checkpoint(self, experiment: str, stem: str, leaves: Sequence[np.ndarray], note: dict[str, Any]) -> Path:
        """Write a program's state, with a note that says what it is."""
        buffer = io.BytesIO()
        np.savez(buffer, *leaves, note=np.array(json.dumps(note)))
        return write(self.folder / "checkpoints" / experiment, stem, "npz", buffer.getvalue())

    def checkpoints(self, experiment: str) -> Iterator[tuple[dict[str, Any], list[np.ndarray]]]:
        """Notes and states of the programs that are on their way."""
        for path in listed(self.folder / "checkpoints" / experiment, "*.*.npz"):
            found = read(path, _from_npz)
            if found is not None:
                yield found

    def drop_checkpoint(self, experiment: str, stem: str) -> None:
        """Remove the checkpoint of a program whose results are saved."""
        for path in (self.folder / "checkpoints" / experiment).glob(f"{stem}.*.npz"):
            path.unlink(missing_ok=True)

    def save_plan(self, experiment: str, programs: Sequence[Sequence[str]], devices: int) -> None:
        """Write which runs go together, so that a sweep that is killed goes on with the same programs."""
        content = json.dumps({"programs": programs, "devices": devices}).encode()
        write(self.folder / "plans" / experiment, stem_of(chain(*programs)), "json", content)

    def plans(self, experiment: str) -> Iterator[tuple[list[list[str]], int]]:
        """The programs, by the identities of their runs, and the number of devices that they are meant for."""
        for path in listed(self.folder / "plans" / experiment, "*.*.json"):
            found = read(path, lambda content: itemgetter("programs", "devices")(json.loads(content)))
            if found is not None:
                yield found

    def tidy(self, experiment: str) -> None:
        """Remove what finished and killed processes left of this experiment beside its results."""
        known = self.known(experiment)
        for note, _ in self.checkpoints(experiment):
            if set(note["runs"]) <= known:
                self.drop_checkpoint(experiment, stem_of(note["runs"]))
        for programs, _ in self.plans(experiment):
            if set(chain(*programs)) <= known:
                for path in (self.folder / "plans" / experiment).glob(f"{stem_of(chain(*programs))}.*.json"):
                    path.unlink(missing_ok=True)
        for path in self.folder.glob(f"*/{experiment}/.*.part"):
            with contextlib.suppress(OSError):
                if not alive(path.name.split(".")[1], time.time() - path.stat().st_mtime):
                    path.unlink()


def stem_of(identities: Iterable[str]) -> str:
    """What a file about these runs is called."""
    return hashlib.sha256(" ".join(identities).encode()).hexdigest()[:16]


def _copy(files: Iterable[Path], folder: Path, wanted: set[str], genomes: bool = True) -> list[Path]:
    """Write the wanted runs of some files to a folder, each once; the paths of the new files."""
    paths: list[Path] = []
    for path in files:
        rows = read(path, from_parquet)
        if rows is None:
            continue
        rows = rows[rows["identity"].isin(wanted)]
        if len(rows):
            wanted = wanted - set(rows["identity"])
            rows = rows if genomes else rows.drop(columns="genome")
            # Named after its runs: what is there of the same program already stays beside it.
            paths.append(write(folder, stem_of(rows["identity"]), "parquet", to_parquet(rows)))
    return paths


def _from_npz(content: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        leaves = [archive[f"arr_{i}"] for i in range(len(archive.files) - 1)]
        return json.loads(str(archive["note"])), leaves


def from_parquet(content: bytes, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The frame of a result file, or just some columns of it beside the identity.

    Raises:
        KeyError: it has no identities.
    """
    names = None if columns is None else ["identity", *columns]
    rows = pq.read_table(io.BytesIO(content), columns=names).to_pandas()
    return rows.astype({"identity": str})


def to_parquet(rows: pd.DataFrame) -> bytes:
    """A frame as compressed columns; the same frame gives the same bytes."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=12)
    return buffer.getvalue()

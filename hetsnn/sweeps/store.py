"""Store of results, checkpoints and plans, as checksummed files that are written whole or not at all.

    $HETSNN_HOME/results/EXPERIMENT/STEM.DIGEST.parquet     results, a row per run, a file per program
    $HETSNN_HOME/checkpoints/EXPERIMENT/STEM.DIGEST.npz     states of unfinished programs
    $HETSNN_HOME/plans/EXPERIMENT/STEM.DIGEST.json          runs of planned programs
    $HETSNN_HOME/locks/EXPERIMENT                           locks of processes, see `hetsnn.sweeps.locks`
    $HETSNN_HOME/compiled                                   compiled programs, cached by JAX
    data/results/EXPERIMENT/STEM.DIGEST.parquet             published results, in the project

A file's name contains the SHA-256 of its content, which is verified before reading. HETSNN_HOME defaults to the user's
cache.
"""

import contextlib
import hashlib
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hetsnn import numerics
from hetsnn.errors import InputError
from hetsnn.files import listed, read, whole, write
from hetsnn.processes import alive
from hetsnn.sweeps.locks import Locks
from hetsnn.sweeps.slim import same, slim


@dataclass(frozen=True)
class Store:
    """Working results and checkpoints in `folder`, published results in `published` (None for no published results).

    Of a run that is in both, the published result is read, unless the store is told to read its `own_first`.
    """

    folder: Path
    published: Path | None
    own_first: bool = False

    def files(self, experiment: str) -> Iterator[Path]:
        """Yield the result files of an experiment, published ones first unless told otherwise."""
        folders = (self.published, self.folder / "results")
        for folder in reversed(folders) if self.own_first else folders:
            if folder is not None:
                yield from listed(folder / experiment, "*.*.parquet")

    def rows(self, experiment: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a row per finished run, indexed by identity; a run that was finished twice has one row."""
        frames = []
        for path in self.files(experiment):
            frame = _results(path, columns)
            if frame is not None:
                frame["published"] = self.published is not None and path.is_relative_to(self.published)
                frames.append(frame)
        if not frames:
            return pd.DataFrame(columns=["identity", *(columns or ()), "published"]).set_index("identity")
        rows = pd.concat(frames, ignore_index=True).set_index("identity")
        return rows[~rows.index.duplicated()]

    def known(self, experiment: str) -> set[str]:
        """Return the identities of the finished runs."""
        return set(self.rows(experiment, columns=[]).index)

    def with_genome(self, experiment: str) -> set[str]:
        """Return the identities of the finished runs whose genomes are in the store."""
        rows = self.rows(experiment, columns=["genome"])
        return set(rows.index[rows["genome"].notna()]) if "genome" in rows else set()

    def check_writable(self) -> None:
        """Raise InputError if the store cannot be written; a sweep calls this before it computes anything."""
        write(self.folder, "writable", "txt", b"").unlink(missing_ok=True)  # another process may have removed it

    def save(self, experiment: str, stem: str, rows: pd.DataFrame) -> Path:
        """Write the results of a program."""
        return write(self.folder / "results" / experiment, stem, "parquet", to_parquet(rows))

    def keep(self, experiment: str, rows: pd.DataFrame) -> None:
        """Write the results of runs that are not in the store yet; existing results stay as they are."""
        rows = rows[~rows["identity"].isin(self.known(experiment))]
        if len(rows):
            self.save(experiment, stem_of(rows["identity"]), rows)

    def publish(self, experiment: str, wanted: set[str], *, current: set[str], genomes: set[str]) -> list[Path]:
        """Write the wanted runs that are not published yet to the published folder; return the new files' paths.

        Curves and genomes are rounded, see `hetsnn.sweeps.slim`. Published files that hold more than they should are
        written anew.

        Args:
            experiment: its name.
            wanted: identities of the runs to publish.
            current: identities of all runs of the experiment's version; others do not stay published.
            genomes: identities of the runs whose genomes are published.
        """
        if self.published is None:
            raise InputError("the store must have a published folder, got None")
        place, working = self.published / experiment, Store(self.folder, None)
        public = Store(self.published, self.published)
        # Published without a genome that is needed by now, and that is here: these runs are published anew.
        lacking = wanted & genomes & working.with_genome(experiment) & public.known(experiment)
        lacking -= public.with_genome(experiment)
        for path in listed(place, "*.*.parquet"):
            _shrink(path, current - lacking, genomes)
        return _copy(
            working.files(experiment), place, wanted - public.known(experiment), lambda rows: slim(rows, genomes)
        )

    def merge(self, other: Path) -> int:
        """Copy the runs of another store that are missing here; return their number. The other store is not changed.

        Raises:
            InputError: the other store has no results.
        """
        folder = other / "results" if (other / "results").is_dir() else other
        experiments = {path.parent.name for path in folder.glob("*/*.*.parquet")}
        if not experiments:
            raise InputError(f"no results in {other}: give the folder that was another machine's HETSNN_HOME")
        count = 0
        for experiment in sorted(experiments):
            new = Store(folder, folder).known(experiment) - self.known(experiment)
            _copy(Store(folder, folder).files(experiment), self.folder / "results" / experiment, new)
            count += len(new)
        return count

    def verify(self) -> Iterator[tuple[Path, bool]]:
        """Yield every checksummed file, with True if its content matches its digest.

        Raises:
            InputError: a file cannot be read.
        """
        folders = [self.folder / kind for kind in ("results", "checkpoints", "plans")]
        for folder in (self.published, *folders):
            for path in sorted(folder.glob("*/*.*.*")) if folder else ():
                if path.suffix in (".parquet", ".npz", ".json"):  # files that were set aside have another suffix
                    yield path, whole(path) is not None

    def save_checkpoint(self, experiment: str, stem: str, leaves: Sequence[np.ndarray], note: dict[str, Any]) -> Path:
        """Write a program's state, with a note of its runs and progress."""
        buffer = io.BytesIO()
        np.savez(buffer, *leaves, note=np.array(json.dumps(note)))
        return write(self.folder / "checkpoints" / experiment, stem, "npz", buffer.getvalue())

    def checkpoints(self, experiment: str) -> Iterator[tuple[dict[str, Any], list[np.ndarray]]]:
        """Yield the notes and states of unfinished programs."""
        for path in listed(self.folder / "checkpoints" / experiment, "*.*.npz"):
            checkpoint = read(path, _from_npz)
            if checkpoint is not None:
                yield checkpoint

    def drop_checkpoint(self, experiment: str, stem: str) -> None:
        """Remove the checkpoint of a program whose results are saved."""
        for path in (self.folder / "checkpoints" / experiment).glob(f"{stem}.*.npz"):
            path.unlink(missing_ok=True)

    def save_plan(self, experiment: str, programs: Sequence[Sequence[str]], devices: int) -> None:
        """Write the runs of each program, so that a killed sweep continues with the same programs."""
        content = json.dumps({"programs": programs, "devices": devices}).encode()
        write(self.folder / "plans" / experiment, stem_of(chain(*programs)), "json", content)

    def plans(self, experiment: str) -> Iterator[tuple[list[list[str]], int]]:
        """Yield programs, as identities of their runs, and the number of devices that they were planned for."""
        for path in listed(self.folder / "plans" / experiment, "*.*.json"):
            plan = read(path, lambda content: itemgetter("programs", "devices")(json.loads(content)))
            if plan is not None:
                yield plan

    def tidy(self, experiment: str) -> None:
        """Remove checkpoints and plans of finished runs, and locks and temporary files of killed processes."""
        known = self.known(experiment)
        Locks(self.folder / "locks" / experiment).tidy(known)
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
    """Return the stem of the name of a file about these runs."""
    return hashlib.sha256(" ".join(identities).encode()).hexdigest()[:16]


def _copy(
    files: Iterable[Path],
    folder: Path,
    wanted: set[str],
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows,
) -> list[Path]:
    """Write the wanted runs of some files to a folder, each once and changed; return the paths of the new files."""
    paths: list[Path] = []
    for path in files:
        rows = _results(path)
        if rows is None:
            continue
        rows = rows[rows["identity"].isin(wanted)]
        if len(rows):
            wanted = wanted - set(rows["identity"])
            # The name depends on the runs: a file with other runs of the same program stays beside this one.
            paths.append(write(folder, stem_of(rows["identity"]), "parquet", to_parquet(change(rows))))
    return paths


def _shrink(path: Path, current: set[str], genomes: set[str]) -> None:
    """Write a published file anew, or remove it, if it holds more than the current runs in published form."""
    rows = _results(path)
    if rows is None:
        return
    left = slim(rows[rows["identity"].isin(current)], genomes)
    if len(left) == len(rows) and left.columns.equals(rows.columns) and same(left, rows):
        return
    new = write(path.parent, stem_of(left["identity"]), "parquet", to_parquet(left)) if len(left) else None
    if new != path:
        path.unlink(missing_ok=True)  # writing removes earlier files of the same runs


def _results(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame | None:
    """Return the frame of a result file, or some columns of it; None if it is damaged.

    Raises:
        InputError: the file was made under other settings of JAX and XLA.
    """
    wanted = None if columns is None else dict.fromkeys([*columns, "record"])
    rows = read(path, lambda content: from_parquet(content, wanted))
    if rows is None:
        return None
    if "record" in rows:
        numerics.check_records(rows["record"], str(path))
    return rows if columns is None else rows[[name for name in ("identity", *columns) if name in rows]]


def _from_npz(content: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        leaves = [archive[f"arr_{i}"] for i in range(len(archive.files) - 1)]
        return json.loads(str(archive["note"])), leaves


def from_parquet(content: bytes, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Return the frame of a result file, or the identity and some columns of it, as far as it has them.

    Raises:
        KeyError: the file has no identities.
    """
    file = pq.ParquetFile(io.BytesIO(content))
    names = None if columns is None else [name for name in ("identity", *columns) if name in file.schema_arrow.names]
    rows = file.read(columns=names).to_pandas()
    rows["identity"] = rows["identity"].astype(str)
    return rows


def to_parquet(rows: pd.DataFrame) -> bytes:
    """Return a frame as a compressed parquet file; equal frames give equal bytes.

    The bytes of float32 arrays are sorted by their place, which saves more than a third of a genome.
    """
    table = pa.Table.from_pandas(rows, preserve_index=False)
    paths = {
        f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name: field.type
        for field in table.schema
    }
    vectors = [path for path, kind in paths.items() if kind == pa.list_(pa.float32())]
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        compression_level=12,
        use_dictionary=[path for path in paths if path not in vectors],
        use_byte_stream_split=vectors,
    )
    return buffer.getvalue()

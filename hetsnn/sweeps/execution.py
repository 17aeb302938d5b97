"""Execution of a program from its start or checkpoint, and the rows of its results."""

import datetime as dt
import importlib.metadata
import json
import platform
import time
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd
from tqdm import tqdm

from hetsnn import numerics
from hetsnn.sweeps import devices
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.programs import work
from hetsnn.sweeps.runs import Run, canonical, identity, stack
from hetsnn.sweeps.signals import Stop
from hetsnn.sweeps.store import Store, stem_of

CHUNK_SECONDS = 3.0  # computing time between two readings of the clock
CHECKPOINT_SECONDS = 30.0  # least time between two checkpoints
CHECKPOINT_SHARE = 0.02  # largest share of the time that checkpoints take
VERSIONS = ("hetsnn", "jax", "jaxlib", "flax", "evosax", "gymnax", "numpy")


def carry_out(program: Sequence[Run], executable: Executable, store: Store, stop: Stop, bar: tqdm) -> bool:
    """Compute a program from its checkpoint or from the start; return False if it stopped before its end."""
    names, trainings = [identity(run) for run in program], [run.training for run in program]
    experiment, stem = program[0].experiment, stem_of(names)
    note: dict[str, Any] = {
        "runs": names,
        "devices": len(jax.local_devices()),
        "generation": 0,
        "seconds": 0.0,
        "started": _now(),
    }
    fixed, state = executable.begin(jax.device_put(stack(trainings), executable.by_run))
    for stored, leaves in store.checkpoints(experiment):  # two if a process was killed while it replaced one
        same_program = stored["runs"] == names and stored["devices"] == note["devices"]
        if same_program and stored["generation"] > note["generation"]:
            note = stored
            state = jax.device_put(jax.tree.unflatten(jax.tree.structure(executable.state), leaves), executable.by_run)
    length, steps = trainings[0].method.length, sum(map(work, trainings))
    bar.update(steps * note["generation"] / length)
    rate, saving, saved = 0.0, 0.0, time.monotonic()  # seconds per generation and checkpoint; last checkpoint's time
    while True:
        first, now = note["generation"], time.monotonic()
        stopping = stop.due(saving + (rate if first < length else executable.finish_seconds))
        if first and (stopping or now - saved > max(CHECKPOINT_SECONDS, saving / CHECKPOINT_SHARE)):
            store.save_checkpoint(experiment, stem, [np.asarray(leaf) for leaf in jax.tree.leaves(state)], note)
            saved = time.monotonic()
            saving, now = saved - now, saved
        if stopping:
            return False
        if first == length:
            break
        seconds = min(CHUNK_SECONDS, stop.deadline - now - saving)
        last = min(length, first + max(1, int(seconds / rate))) if rate else first + 1
        state = jax.block_until_ready(executable.advance((fixed, state), np.int32(first), np.int32(last)))
        seconds = time.monotonic() - now
        rate = seconds / (last - first)
        note |= {"generation": last, "seconds": note["seconds"] + seconds}
        bar.update(steps * (last - first) / length)
    now = time.monotonic()
    outcome = jax.device_get(executable.finish((fixed, state)))
    executable.finish_seconds = time.monotonic() - now
    note["seconds"] += executable.finish_seconds
    store.keep(experiment, _rows(program, names, outcome, note, executable.compile_seconds))
    store.drop_checkpoint(experiment, stem)
    return True


def _rows(
    program: Sequence[Run], names: Sequence[str], outcome: dict[str, Any], note: dict[str, Any], compile_seconds: float
) -> pd.DataFrame:
    """Return a row per run without padding: identity, settings, record, final numbers, curve, genome."""
    record = {
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS}
        | {"python": platform.python_version()},
        "device": devices.describe(),
        "numerics": numerics.record(),
        "started": note["started"],
        "program_runs": len(set(names)),
        "program_seconds": round(note["seconds"], 3),
        "compile_seconds": round(compile_seconds, 3),
    }
    steps = sum(work(run.training) for run in program)
    rows = []
    for i, name in enumerate(names):
        if name not in names[:i]:
            row = {
                "identity": name,
                "run": json.dumps(canonical(program[i]), sort_keys=True),
                "record": json.dumps(record),
            }
            row["seconds"] = note["seconds"] * work(program[i].training) / steps
            # Arrays are stored as lists.
            row |= {
                key: np.ravel(value[i]).tolist() if value[i].ndim else value[i].item()
                for key, value in outcome["final"].items()
            }
            for kind in ("curve", "observation"):
                row |= {f"{kind}_{key}": value[i] for key, value in outcome.get(kind, {}).items()}
            rows.append(row | {"genome": outcome["genome"][i]})
    return pd.DataFrame(rows)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

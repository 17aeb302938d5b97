"""Guards on meaning: a few tiny runs of every experiment, and what a generation of them gave when they were published.

`make guards` publishes those that are missing, into data/guards. It leaves the others as they are: where numbers are
meant to change, an experiment's PROTOCOL is raised, and with it its runs have other identities.
"""

import dataclasses
import json
from typing import Any

import jax
import numpy as np

from hetsnn import devices
from hetsnn.results import PROJECT, read, write
from hetsnn.runs import Run, identity
from hetsnn_book import experiments

FOLDER = PROJECT / "data" / "guards"
RUNS = 4  # of an experiment, at most: of as many structures
TRIES = 6  # runs of a structure, of which the first is taken whose candidates do not all earn the same
SMALL = {"hidden": 16, "population": 32}


def shrunk(run: Run) -> Run:
    """A run with few neurons and candidates; all else stays."""
    parts = {}
    for name in ("architecture", "method"):
        part = getattr(run, name)
        fields = {field.name for field in dataclasses.fields(part)} & set(SMALL)
        parts[name] = dataclasses.replace(part, **{f: min(SMALL[f], getattr(part, f)) for f in fields})
    return dataclasses.replace(run, **parts)


@jax.jit
def first_generation(run: Run) -> tuple[Any, Any]:
    """What is fixed in a training, and the training after one generation."""
    fixed, training = run.method.begin(run)
    return fixed, run.method.advance(fixed, training, 0, 1, run.task.steps)


@jax.jit
def finish(fixed: Any, training: Any) -> dict[str, Any]:
    """What it leaves."""
    return fixed.run.method.finish(fixed, training, fixed.run.task.steps)


def numbers(run: Run) -> dict[str, Any]:
    """The same as plain numbers."""
    left = jax.device_get(finish(*first_generation(run)))
    points = {f"curve_{name}": values[0] for name, values in left["curve"].items()} | left["final"]
    return {name: float(value) for name, value in points.items()} | {
        "genome": np.float64(left["genome"]).ravel().tolist()
    }


def runs(name: str) -> list[list[Run]]:
    """Tiny runs of an experiment, a list of a few for each of some structures."""
    groups: dict[Any, list[Run]] = {}
    for run in map(shrunk, experiments.runs(name, "smoke")):
        groups.setdefault(jax.tree.structure(run), []).append(run)
    every = list(groups.values())
    return [group[:TRIES] for group in every[:: -(-len(every) // RUNS)]]


def published(name: str) -> dict[str, dict[str, Any]]:
    """What is published of an experiment's guards, by identity."""
    found = [read(path, json.loads) for path in FOLDER.glob(f"{name}.*.json")]
    return {guard["identity"]: guard for guards in found if guards for guard in guards}


def publish(name: str) -> None:
    """Add the guards that are missing; of a structure, one is enough."""
    old, new = published(name), []
    for group in runs(name):
        if not old.keys() & set(map(identity, group)):
            tried = [(run, numbers(run)) for run in group]
            run, left = next((one for one in tried if one[1].get("curve_untied", 1) > 0), tried[0])
            new.append({"identity": identity(run), "cpu": devices.cpu(), "jax": jax.__version__, "numbers": left})
    if new:
        write(FOLDER, name, "json", json.dumps([*old.values(), *new], indent=1).encode())
        print(f"{name}: {len(new)} guards published")


if __name__ == "__main__":
    for experiment in experiments.names():
        publish(experiment)

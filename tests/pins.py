"""Pins on identities: a digest of all runs of an experiment at paper, under the version that it had.

A default or a setting that changes gives runs other identities, and so orphans what is published of them. `make guards`
pins the experiments that have no pin, or one of an earlier version, into data/identities. Where an experiment is meant
to have other runs of the same version, such as more seeds, remove its file first.
"""

import hashlib
import json
from typing import Any

from hetsnn.sweeps.runs import identity
from hetsnn_book import experiments
from hetsnn_book.project import PROJECT

FOLDER = PROJECT / "data" / "identities"


def pin(name: str) -> dict[str, Any]:
    """The version of an experiment, and the digest of the identities of its runs at paper, in any order."""
    every = sorted(identity(run) for run in experiments.runs(name, "paper"))
    digest = hashlib.sha256(" ".join(every).encode()).hexdigest()[:16]
    return {"version": experiments.load(name).VERSION, "digest": digest}


def pinned(name: str) -> dict[str, Any]:
    """The published pin of an experiment; empty where there is none."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def publish(name: str) -> None:
    """Pin an experiment that has no pin of its version."""
    today = pin(name)
    if pinned(name).get("version") != today["version"]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.json").write_text(json.dumps(today) + "\n", encoding="utf-8")
        print(f"{name}: identities of version {today['version']} pinned")

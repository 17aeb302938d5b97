"""Experiments: the runs behind each figure and table of the paper, a file per experiment.

An experiment's module declares

- `NAME`, the name of the module,
- `VERSION`, raised by hand when its numbers are meant to change,
- `SCORE`, the main result of a run, which `hetsnn compare` compares,
- `GENOMES`, True if figures need the trained genomes, which are then published,
- `CHAPTER`, the chapter that shows it,
- `runs(profile)`, its runs under each of `PROFILES`.

It may declare `labels(run)`, further names for a run, `genome_needed(run)`, which tells the runs whose genomes are
published from the others, `completed(frame, read)`, which adds columns from the frames of other experiments, and
`PARTLY`, the reason why not all of it is published.
"""

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import numpy as np
import pandas as pd

from hetsnn.errors import InputError
from hetsnn.sweeps import devices
from hetsnn.sweeps.runs import Run, identity, settings, stack
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import sweep
from hetsnn.training import policies
from hetsnn_book.project import default_store

PROFILES = ("smoke", "quick", "paper")
# Columns of the store, by names that published results pin -> columns of a frame.
STORED_NAMES = {"curve_untied": "curve_outside_largest_tie"}
DECLARED = ("NAME", "VERSION", "SCORE", "GENOMES", "CHAPTER", "runs")


def names() -> list[str]:
    """Return the names of all experiments."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@functools.cache  # `labels` calls it for every run
def load(name: str) -> ModuleType:
    """Import an experiment's module.

    Raises:
        InputError: no experiment has this name, or its module lacks a declaration.
    """
    if name not in names():
        raise InputError(f"experiment must be one of {', '.join(names())}, got {name!r}")
    module = importlib.import_module(f"{__name__}.{name}")
    missing = [word for word in DECLARED if not hasattr(module, word)]
    if missing or name != module.NAME:
        raise InputError(
            f"experiment {name} must declare {missing[0]}"
            if missing
            else f"NAME of experiment {name} must be its module's, got {module.NAME!r}"
        )
    return module


def runs(name: str, profile: str) -> tuple[Run, ...]:
    """Return the runs of an experiment under a profile.

    Raises:
        InputError: the experiment or the profile is unknown.
    """
    module = load(name)
    if profile not in PROFILES:
        raise InputError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    return _declared(module.runs, profile)


@functools.cache  # there are tens of thousands of runs; they are frozen
def _declared(declare: Callable[[str], tuple[Run, ...]], profile: str) -> tuple[Run, ...]:
    return declare(profile)


def current(name: str) -> dict[str, bool]:
    """Return the identities of an experiment's runs under all profiles, with True if the run's genome is published."""
    module = load(name)
    needed = getattr(module, "genome_needed", lambda _: True)
    chosen = dict.fromkeys(run for profile in PROFILES for run in runs(name, profile))
    return {identity(run): module.GENOMES and needed(run) for run in chosen}


def labels(run: Run) -> dict[str, Any]:
    """Return a run's labels from its experiment's `labels`; none if the experiment declares no labels."""
    return getattr(load(run.experiment), "labels", lambda _: {})(run)


def read(name: str, profile: str, store: Store) -> pd.DataFrame:
    """Return the tidy frame of an experiment: a row per finished run, a column per setting, label and result."""
    chosen, rows = runs(name, profile), store.rows(name)
    some = chosen or runs(name, PROFILES[0])  # a profile that has no runs yet has the columns of another
    if rows.empty:  # and a run of each kind has the columns of all runs
        some = tuple({tuple(map(type, vars(run.training).values())): run for run in some}.values())
    described = pd.DataFrame([{"identity": identity(run), **settings(run), **labels(run)} for run in some])
    described = described[: 0 if rows.empty else len(chosen)]
    rows = rows.drop(columns="run", errors="ignore").rename(columns=STORED_NAMES)
    if load(name).SCORE not in rows:  # nothing is finished yet
        rows[load(name).SCORE] = pd.Series(dtype=float)
    frame = described.set_index("identity").join(rows, how="inner").reset_index()
    completed = getattr(load(name), "completed", None)
    return completed(frame, lambda other: read(other, profile, store)) if completed else frame


def collect(name: str, profile: str) -> pd.DataFrame:
    """Read an experiment from the user's store and the published results, for a chapter.

    Missing runs are computed first at smoke and quick, and left out at paper; `hetsnn run` computes them.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM, after a checkpoint from which the next call continues.
    """
    store = default_store()
    if profile != "paper" and sweep(runs(name, profile), store).left:
        raise KeyboardInterrupt
    return read(name, profile, store)


def learned(name: str, profile: str, frame: pd.DataFrame) -> tuple[tuple[Run, ...], dict]:
    """Return the trained networks of a frame's runs.

    Args:
        name: name of the experiment.
        profile: profile of the frame.
        frame: at least one row of `read` or `collect`, all of one evolved side and one hidden size.

    Returns:
        The rows' runs, and the variables of their networks: "synapse" and "neuron", with a leading axis of rows, so
        that `variables["neuron"]["tau_m"]` is (rows, hidden neurons), in time steps.

    Raises:
        InputError: the frame has no rows, or its networks differ in more than numbers.
    """
    if frame.empty:
        raise InputError(f"a frame of {name} must have at least one finished run, got none")
    described = {identity(run): run for run in runs(name, profile)}
    selected = tuple(described[row] for row in frame["identity"])
    decode = jax.jit(jax.vmap(policies.learned), compiler_options=devices.hurried())
    return selected, decode(stack([run.training for run in selected]), np.stack(frame["genome"].to_list()))


def select(runs: tuple[Run, ...], only: str | None) -> tuple[Run, ...]:
    """Return the runs that meet all conditions in `only`: NAME=VALUE of a setting or label, joined by commas.

    A comma is part of the value unless NAME= follows it.

    Raises:
        InputError: no run has the setting, or its value; there are no runs.
    """
    if only is not None and not runs:
        raise InputError(f"--only must select from at least one run, got {only!r} and an experiment without runs")
    for condition in () if only is None else re.split(r",(?=\w+=)", only):
        name, equals, value = condition.partition("=")
        if not equals:
            raise InputError(f"a condition must be NAME=VALUE, as in seed=0, got {condition!r}")
        described = [{key: str(entry) for key, entry in (settings(run) | labels(run)).items()} for run in runs]
        known = sorted(described[0])
        if name not in known:
            raise InputError(f"a setting must be one of {', '.join(known)}, got {name!r}")
        values = sorted({row[name] for row in described}, key=lambda value: (len(value), value))  # 5 before 10
        if value not in values:
            after = "" if condition == only else " after the conditions before it"
            raise InputError(f"{name} must be one of {', '.join(values)}{after}, got {value!r}")
        runs = tuple(run for run, row in zip(runs, described, strict=True) if row[name] == value)
    return runs

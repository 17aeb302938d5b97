"""The runs behind each figure and table of the paper: a file per experiment, found by its name.

An experiment's module declares `PROTOCOL` (raised by hand when its numbers are meant to change), `SCORE` (the result
that tells best how a run went), `GENOMES` (whether figures need what was learned) and `runs(profile)`; it may give its
runs `labels(run)` to be found by.
"""

import functools
import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any

import jax
import numpy as np
import pandas as pd

from hetsnn import devices, evolution, numerics
from hetsnn.errors import InputError
from hetsnn.results import Store
from hetsnn.runs import Run, identity, settings, stack
from hetsnn.sweeps import sweep

PROFILES = ("smoke", "quick", "paper")

numerics.pin()  # for what the command and the chapters compute themselves


def names() -> list[str]:
    """All experiments."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@functools.cache  # `labels` asks for every run
def load(name: str) -> ModuleType:
    """An experiment's module.

    Raises:
        InputError: there is none of that name.
    """
    if name not in names():
        raise InputError(f"unknown experiment {name!r}: the experiments are {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}")


def runs(name: str, profile: str) -> tuple[Run, ...]:
    """The runs of an experiment under a profile.

    Raises:
        InputError: unknown experiment or profile.
    """
    module = load(name)
    if profile not in PROFILES:
        raise InputError(f"unknown profile {profile!r}: the profiles are {', '.join(PROFILES)}")
    return module.runs(profile)


def labels(run: Run) -> dict[str, Any]:
    """What an experiment calls a run by, beside its settings: of its module's `labels`, where it has any."""
    return getattr(load(run.experiment), "labels", lambda _: {})(run)


def read(name: str, profile: str, store: Store) -> pd.DataFrame:
    """The tidy frame of an experiment: a row per finished run, a column per setting, label and result."""
    described = pd.DataFrame(
        [{"identity": identity(run), **settings(run), **labels(run)} for run in runs(name, profile)]
    )
    rows = store.rows(name).drop(columns="run", errors="ignore")
    if load(name).SCORE not in rows:  # nothing is finished yet
        rows[load(name).SCORE] = pd.Series(dtype=float)
    return described.set_index("identity").join(rows, how="inner").reset_index()


def collect(name: str, profile: str) -> pd.DataFrame:
    """The same from the user's store and the published results, for a chapter.

    At smoke and quick what is missing is computed first. At paper only what has been computed is there; `hetsnn
    run` computes the rest.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM, after a checkpoint from which the next call goes on.
    """
    store = Store.default()
    if profile != "paper" and sweep(runs(name, profile), store).left:
        raise KeyboardInterrupt
    return read(name, profile, store)


def learned(name: str, profile: str, frame: pd.DataFrame) -> tuple[tuple[Run, ...], dict]:
    """What the runs of a frame have learned.

    Args:
        name: the experiment.
        profile: the frame's.
        frame: at least one row of `read` or `collect`, all from one side of a contest and of one hidden size.

    Returns:
        The rows' runs, and the variables of their networks: "synapse" and "neuron", a leading axis of rows on every
        leaf, so that `variables["neuron"]["tau_m"]` is (rows, hidden neurons), in time steps.

    Raises:
        InputError: no rows, or networks that differ in more than numbers.
    """
    if frame.empty:
        raise InputError(f"no rows of {name}: what was learned is known of finished runs only")
    described = {identity(run): run for run in runs(name, profile)}
    of_rows = tuple(described[row] for row in frame["identity"])
    decode = jax.jit(jax.vmap(evolution.learned), compiler_options=devices.hurried())
    return of_rows, decode(stack(of_rows), np.stack(frame["genome"].to_list()))


def select(runs: tuple[Run, ...], only: str | None) -> tuple[Run, ...]:
    """The runs whose settings and labels are as `only` says: NAME=VALUE, several joined by commas.

    A comma that no NAME= follows belongs to the value.

    Raises:
        InputError: a setting that the runs do not have, or a value that none of them has.
    """
    for condition in () if only is None else re.split(r",(?=\w+=)", only):
        name, equals, value = condition.partition("=")
        if not equals:
            raise InputError(f"{condition!r} is no condition: write NAME=VALUE, as in seed=0")
        described = [{key: str(of) for key, of in (settings(run) | labels(run)).items()} for run in runs]
        known = sorted(described[0]) if runs else []
        if name not in known:
            raise InputError(f"unknown setting {name!r} in {condition!r}: the settings are {', '.join(known)}")
        values = sorted({of[name] for of in described}, key=lambda value: (len(value), value))  # 5 before 10
        if value not in values:
            also = "" if condition == only else " where all that stands before it holds"
            raise InputError(f"no run has {condition!r}: {name} is {', '.join(values)}{also}")
        runs = tuple(run for run, of in zip(runs, described, strict=True) if of[name] == value)
    return runs

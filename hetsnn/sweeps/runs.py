"""A run: a training as part of an experiment, and its identity."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import jax
import numpy as np
from flax import struct

from hetsnn.errors import InputError
from hetsnn.numbers import FIRST_NAME
from hetsnn.training.method import Training


@struct.dataclass
class Run:
    """A training, the experiment that it belongs to, and the version of the experiment.

    The version is raised by hand when an experiment's numbers are meant to change.
    """

    experiment: str = struct.field(pytree_node=False)
    version: int = struct.field(pytree_node=False, metadata={FIRST_NAME: "protocol"})
    training: Training = Training()

    def check(self) -> "Run":
        """Return the run itself.

        Raises:
            InputError: a setting does not exist, or its value is invalid.
        """
        self.training.check()
        return self

    @cached_property  # there are tens of thousands of runs, and a chapter asks several times
    def digest(self) -> str:
        """Digest of the canonical form."""
        text = json.dumps(canonical(self), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def varied(self, **changes: Any) -> "Run":
        """Return a run with some parts of its training replaced, such as `method` or `seed`."""
        return dataclasses.replace(self, training=dataclasses.replace(self.training, **changes))


def canonical(setting: Any) -> Any:
    """Return a description as plain data: the name of each part, and its fields that differ from their first default.

    So results stay valid after a new setting, if its default means the behaviour before it. A default is never changed.
    Parts and fields keep the names that they were introduced with.
    """
    if isinstance(setting, Run):
        training = canonical(setting.training)
        return training | {"": "Run", "experiment": setting.experiment, "protocol": setting.version}
    if not dataclasses.is_dataclass(setting):
        return list(setting) if isinstance(setting, tuple) else setting
    plain = {"": getattr(setting, "first_name", type(setting).__name__)}
    for field in dataclasses.fields(setting):
        value = getattr(setting, field.name)
        if field.default is dataclasses.MISSING or value != field.default or field.default is None:
            # Numbers go in as they are: there are tens of thousands of runs, and a call for each number takes time.
            name = field.metadata.get(FIRST_NAME, field.name)
            plain[name] = value if isinstance(value, (int, float, str)) else canonical(value)
    return plain


def identity(run: Run) -> str:
    """Return the digest of the canonical form: runs with the same identity have the same numbers."""
    return run.digest


def plain(setting: Any) -> Any:
    """Return a setting unchanged, or only its name if it is itself a description, such as a neuron's model."""
    return type(setting).__name__ if dataclasses.is_dataclass(setting) else setting


def settings(run: Run) -> dict[str, Any]:
    """Return every setting of a run by its name, parts flattened: the columns of a tidy frame."""
    flat: dict[str, Any] = {"experiment": run.experiment, "version": run.version}
    for name in _names(Training):
        part = getattr(run.training, name)
        if dataclasses.is_dataclass(part):
            for each in _names(part.__class__):
                value = getattr(part, each)
                flat[each] = value if isinstance(value, (int, float, str)) else plain(value)
        else:
            flat[name] = part
    return flat


@functools.cache  # there are tens of thousands of runs
def _names(of: type) -> tuple[str, ...]:
    """Return the names of a description's fields."""
    return tuple(field.name for field in dataclasses.fields(of))


def stack(trainings: Sequence[Training]) -> Training:
    """Stack trainings of equal structure into one, with a leading axis on every number.

    Raises:
        InputError: the trainings cannot share a program.
    """
    if len({jax.tree.structure(training) for training in trainings}) != 1:
        raise InputError("trainings that share a program must differ in numbers only")
    return jax.tree.map(
        lambda *values: np.asarray(values, np.float32 if any(isinstance(v, float) for v in values) else np.int32),
        *trainings,
    )

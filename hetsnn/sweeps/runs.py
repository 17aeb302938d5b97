"""A run: a training as part of an experiment, and its identity."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from flax import struct

from hetsnn.errors import InputError
from hetsnn.numbers import FIRST_NAME
from hetsnn.training.method import Training


@struct.dataclass
class Run:
    """A training, the experiment that it is a part of, and that experiment's version.

    The version is raised by hand when an experiment's numbers are meant to change.
    """

    experiment: str = struct.field(pytree_node=False)
    version: int = struct.field(pytree_node=False, metadata={FIRST_NAME: "protocol"})
    training: Training = Training()

    def check(self) -> "Run":
        """Return the run itself.

        Raises:
            InputError: a setting is unknown or invalid.
        """
        self.training.check()
        return self

    def varied(self, **changes: Any) -> "Run":
        """Return a run with some parts of its training replaced, such as `method` or `seed`."""
        return dataclasses.replace(self, training=dataclasses.replace(self.training, **changes))


def canonical(setting: Any) -> Any:
    """Return a description as plain data: the name of each part, and its fields that differ from their first default.

    So a new setting orphans no result, as long as its default means the behaviour before it; a default is never
    changed. Parts and fields go by the names that they were introduced with.
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
            plain[field.metadata.get(FIRST_NAME, field.name)] = canonical(value)
    return plain


def identity(run: Run) -> str:
    """Return the digest of the canonical form: runs with the same identity have the same numbers."""
    text = json.dumps(canonical(run), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plain(setting: Any) -> Any:
    """Return a setting that is a description itself, such as a neuron's model, by its name alone."""
    return type(setting).__name__ if dataclasses.is_dataclass(setting) else setting


def settings(run: Run) -> dict[str, Any]:
    """Return every setting of a run by its name, parts flattened: the columns of a tidy frame."""
    flat: dict[str, Any] = {"experiment": run.experiment, "version": run.version}
    for field in dataclasses.fields(run.training):
        value = getattr(run.training, field.name)
        if dataclasses.is_dataclass(value):
            flat |= {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        else:
            flat[field.name] = value
    return flat


def stack(trainings: Sequence[Training]) -> Training:
    """Return trainings of equal structure as one, a leading axis on every number.

    Raises:
        InputError: trainings that cannot share a program.
    """
    if len({jax.tree.structure(training) for training in trainings}) != 1:
        raise InputError("trainings that share a program must differ in numbers only")
    return jax.tree.map(
        lambda *values: np.asarray(values, np.float32 if any(isinstance(v, float) for v in values) else np.int32),
        *trainings,
    )

"""A run: one training of one network with one seed, described by settings alone.

A description is a pytree: the settings that are only numbers are its leaves, those that change shapes or code are
its structure. Runs of equal structure stack into one compiled program, and inside the program a run reads the same,
its numbers traced.
"""

import dataclasses
import hashlib
import json
from typing import Any

import jax
import numpy as np
from flax import struct

from hetsnn import numerics
from hetsnn.errors import InputError
from hetsnn.genomes import Genome
from hetsnn.networks import Architecture
from hetsnn.numbers import Integer


@struct.dataclass
class Run:
    """What is trained (`task`, `architecture`, `genome`), how (`method`), and from which seed.

    `protocol` is raised by hand when an experiment's numbers are meant to change.
    """

    experiment: str = struct.field(pytree_node=False)
    protocol: int = struct.field(pytree_node=False)
    task: Any = None  # one of hetsnn.tasks
    architecture: Architecture = Architecture()
    genome: Genome = Genome()
    method: Any = None  # how it is trained: an Evolution, or one of the descents
    seed: Integer = 0

    def check(self) -> "Run":
        """The run itself.

        Raises:
            InputError: a setting that does not exist or cannot be.
        """
        for part in (self.task, self.architecture, self.genome, self.method):
            part.check()
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed is {self.seed}: it lies between 0 and 2**31 - 1")
        return self

    @property
    def key(self) -> jax.Array:
        """Where all randomness of the run comes from."""
        return jax.random.key(self.seed, impl=numerics.PINNED["jax_default_prng_impl"])


def canonical(setting: Any) -> Any:
    """A description as plain data: each part's name and the fields that differ from their first default.

    So a new setting orphans no result, as long as its default means what was done before; a default is never changed.
    """
    if not dataclasses.is_dataclass(setting):
        return list(setting) if isinstance(setting, tuple) else setting
    plain = {"": type(setting).__name__}
    for field in dataclasses.fields(setting):
        value = getattr(setting, field.name)
        if field.default is dataclasses.MISSING or value != field.default or field.default is None:
            plain[field.name] = canonical(value)
    return plain


def identity(run: Run) -> str:
    """Digest of the canonical form: runs with the same identity have the same numbers."""
    text = json.dumps(canonical(run), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def settings(run: Run) -> dict[str, Any]:
    """Every setting of a run by its name, parts flattened: the columns of a tidy frame."""
    flat: dict[str, Any] = {}
    for field in dataclasses.fields(run):
        value = getattr(run, field.name)
        if dataclasses.is_dataclass(value):
            flat |= {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        else:
            flat[field.name] = value
    return flat


def stack(runs: tuple[Run, ...]) -> Run:
    """Runs of equal structure as one, a leading axis on every number.

    Raises:
        InputError: runs that cannot share a program.
    """
    if len({jax.tree.structure(run) for run in runs}) != 1:
        raise InputError("runs that share a program differ in numbers only")
    return jax.tree.map(
        lambda *values: np.asarray(values, np.float32 if any(isinstance(v, float) for v in values) else np.int32), *runs
    )

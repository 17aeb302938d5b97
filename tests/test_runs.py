"""The identity of a run: set by everything that can change its numbers, and by nothing else."""

from dataclasses import dataclass, fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct
from tiny import RUNS, tiny

from hetsnn.errors import InputError
from hetsnn.networks.models import LIF
from hetsnn.networks.spiking import Architecture
from hetsnn.numbers import FIRST_NAME
from hetsnn.sweeps.programs import structure
from hetsnn.sweeps.runs import Run, canonical, identity, settings, stack
from hetsnn.training.descent import Supervised
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome
from hetsnn.training.method import Training


@dataclass(frozen=True)
class Another(LIF):
    """A model of neurons that is not the default."""


PARTS = ("task", "architecture", "genome", "method")
OTHER: dict[Any, Any] = {
    "neuron": "weight",
    "log": "linear",
    "rest": "zero",
    "Open_ES": "PGPE",
    "memory": "another",
    LIF(): Another(),
    (1.0, 1.0, 1.0, 1.0): (1.0, 0.0, 1.0, 1.0),
}


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + 2 if isinstance(value, int | float) else OTHER[value]


def neighbours(run: Run) -> list[Run]:
    """The runs that differ from this one in a single setting."""
    own = [replace(run, **{name: changed(getattr(run, name))}) for name in ("experiment", "version")]
    own.append(run.varied(seed=changed(run.training.seed)))
    for name in PARTS:
        part = getattr(run.training, name)
        own += [
            run.varied(**{name: replace(part, **{field.name: changed(getattr(part, field.name))})})
            for field in fields(part)
        ]
    return own


def test_every_setting_is_part_of_the_identity() -> None:
    run = tiny(3, 0)
    found = {identity(other) for other in neighbours(run)}
    assert len(found) == len(settings(run)) == len(neighbours(run))
    assert identity(run) not in found
    assert identity(run) == identity(tiny(3, 0))


def test_no_two_settings_have_one_name() -> None:
    run = tiny(3, 0)
    assert len(settings(run)) == 3 + sum(len(fields(getattr(run.training, part))) for part in PARTS)


def test_a_new_setting_at_its_default_orphans_nothing() -> None:
    @struct.dataclass
    class Before:
        a: int = 1

    @struct.dataclass
    class After:
        a: int = 1
        b: float = 0.5

    After.__name__ = "Before"
    old = Run("test", 1, Training(task=Before(a=2)))
    assert identity(old) == identity(Run("test", 1, Training(task=After(a=2))))
    assert identity(old) != identity(Run("test", 1, Training(task=After(a=2, b=0.6))))
    assert canonical(After(a=2, b=0.6)) == {"": "Before", "a": 2, "b": 0.6}


def test_a_setting_keeps_the_name_that_it_was_introduced_with() -> None:
    run = tiny(2, 0, method=Supervised(max_steps=7))
    assert canonical(run.training.method) == {"": "Supervised", "tape": 7}
    assert canonical(run)["protocol"] == run.version == 99
    assert settings(run)["max_steps"] == 7  # frames have the name of today

    @struct.dataclass
    class Before:
        tape: int = 101

    @struct.dataclass
    class After:
        steps: int = struct.field(default=101, metadata={FIRST_NAME: "tape"})

    After.__name__ = "Before"
    old, new = (tiny(2, 0, method=method) for method in (Before(tape=7), After(steps=7)))
    assert identity(old) == identity(new)


def test_trainings_stack_into_one_with_every_number_of_each() -> None:
    trainings = [run.training for run in RUNS]
    together = jax.tree.map(jnp.asarray, stack(trainings))
    for i, training in enumerate(trainings):
        one = jax.tree.map(lambda number, i=i: number[i], together)
        np.testing.assert_allclose(jax.tree.leaves(one), jax.tree.leaves(training), rtol=1e-7)


def test_a_whole_number_beside_a_fraction_takes_nothing_from_it() -> None:
    trainings = [tiny(2, 0, architecture=Architecture(hidden=4, gain=gain)).training for gain in (3, 2.5)]
    np.testing.assert_array_equal(stack(trainings).architecture.gain, [3.0, 2.5])


@pytest.mark.parametrize(
    "other",
    [tiny(2, 0, method=Evolution(population=6)), tiny(2, 0, genome=Genome(evolved="weight"))],
    ids=["size", "side"],
)
def test_trainings_of_other_structure_do_not_stack(other: Run) -> None:
    with pytest.raises(InputError, match="numbers only"):
        stack([tiny(2, 0).training, other.training])


def test_a_training_knows_no_experiment() -> None:
    run, other = tiny(2, 0), replace(tiny(2, 0), experiment="another", version=2)
    assert structure(run) == structure(other)
    assert run.training == other.training
    assert identity(run) != identity(other)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seeds_that_are_none(seed: int) -> None:
    with pytest.raises(InputError, match=f"seed must be a whole number .*, got {seed}$"):
        tiny(2, seed).check()

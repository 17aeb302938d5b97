"""What a run is called: by everything that can change its numbers, and by nothing else."""

from dataclasses import fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct
from tiny import RUNS, tiny

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run, canonical, identity, settings, stack
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training

PARTS = ("task", "architecture", "genome", "method")
OTHER: dict[Any, Any] = {
    "neuron": "weight",
    "log": "linear",
    "rest": "zero",
    "Open_ES": "PGPE",
    "memory": "another",
    (1.0, 1.0, 1.0, 1.0): (1.0, 0.0, 1.0, 1.0),
}


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + 2 if isinstance(value, int | float) else OTHER[value]


def neighbours(run: Run) -> list[Run]:
    """The runs that differ from this one in a single setting."""
    own = [run.varied(**{name: changed(getattr(run, name))}) for name in ("experiment", "protocol", "seed")]
    for name in PARTS:
        part = getattr(run, name)
        own += [
            run.varied(**{name: part.varied(**{field.name: changed(getattr(part, field.name))})})
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
    assert len(settings(tiny(3, 0))) == 3 + sum(len(fields(getattr(tiny(3, 0), part))) for part in PARTS)


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


def test_runs_stack_into_one_with_every_number_of_each() -> None:
    together = jax.tree.map(jnp.asarray, stack(RUNS))
    for i, run in enumerate(RUNS):
        one = jax.tree.map(lambda number, i=i: number[i], together)
        np.testing.assert_allclose(jax.tree.leaves(one), jax.tree.leaves(run), rtol=1e-7)


def test_a_whole_number_beside_a_fraction_takes_nothing_from_it() -> None:
    runs = tuple(tiny(2, 0, architecture=Architecture(hidden=4, gain=gain)) for gain in (3, 2.5))
    np.testing.assert_array_equal(stack(runs).architecture.gain, [3.0, 2.5])


@pytest.mark.parametrize(
    "other",
    [tiny(2, 0, method=Evolution(population=6)), replace(tiny(2, 0), experiment="another")],
    ids=["size", "name"],
)
def test_runs_of_other_structure_do_not_stack(other: Run) -> None:
    with pytest.raises(InputError, match="numbers only"):
        stack((tiny(2, 0), other))


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seeds_that_are_none(seed: int) -> None:
    with pytest.raises(InputError, match=f"seed is {seed}"):
        tiny(2, seed).check()

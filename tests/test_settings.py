"""Settings that cannot be: one line that says what the setting must be, and what it is."""

import copy
import dataclasses
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture
from hetsnn.numbers import check_whole
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.images import Images
from hetsnn.tasks.memory import Memory
from hetsnn.tasks.robots import Control
from hetsnn.training import evolution
from hetsnn.training.descent import Gradient, Supervised
from hetsnn.training.evolution import DEPENDENT, STRATEGIES, Evolution, settings_of
from hetsnn.training.genomes import Genome
from hetsnn.training.reinforce import Reinforce

INF, NAN = float("inf"), float("nan")
PARTS = (
    Architecture(),
    Genome(),
    Memory(),
    CartPole(),
    Images(),
    Control(),
    Evolution(),
    Supervised(),
    Gradient(),
    Reinforce(),
)
NUMBERS = [
    pytest.param(part, field.name, id=f"{type(part).__name__}.{field.name}")
    for part in PARTS
    for field in dataclasses.fields(part)
    if isinstance(field.default, float)
]
COUNTS = [
    pytest.param(part, field.name, id=f"{type(part).__name__}.{field.name}")
    for part in PARTS
    for field in dataclasses.fields(part)
    if isinstance(field.default, int) and not isinstance(field.default, bool)
]


def given(part: Any, **changes: Any) -> Any:
    """A description with settings that its types may not allow, as a program gives them that nobody checks."""
    part = copy.copy(part)
    for name, value in changes.items():
        object.__setattr__(part, name, value)
    return part


def complaint(part: Any, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        given(part, **changes).check()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("part", "name"), NUMBERS)
@pytest.mark.parametrize("value", [NAN, INF, -INF, 1e300, "0.5", None])
def test_a_number_is_finite(part: Any, name: str, value: Any) -> None:
    if value in ("0.5", None) and name in ("gain", "v_th", "v_rest", "r_m"):
        pytest.skip("nothing reads a string as these")
    assert re.search(rf"{name}\b.* must be .*, got {re.escape(repr(value))}", complaint(part, **{name: value}))


@pytest.mark.parametrize(("part", "name"), COUNTS)
@pytest.mark.parametrize("value", [-1, 2.5, NAN, 2**31, "3"])
def test_a_count_is_whole_and_fits_what_counts(part: Any, name: str, value: Any) -> None:
    assert re.search(rf"{name} must be .*whole number.*, got {value!r}", complaint(part, **{name: value}))


@pytest.mark.parametrize(
    ("part", "name"), [(part, name) for part, name in [(p.values[0], p.values[1]) for p in COUNTS] if name != "until"]
)
def test_nothing_is_counted_by_zero(part: Any, name: str) -> None:
    assert f"{name} must be" in complaint(part, **{name: 0})


@pytest.mark.parametrize(
    ("part", "changes", "says"),
    [
        (Evolution(), {"learning_rate": 0.0}, "learning_rate must be a finite number above 0, got 0.0"),
        (Supervised(), {"learning_rate": 0}, "learning_rate must be a finite number above 0, got 0"),
        (Evolution(), {"sigma": 1e-50}, "sigma must be a finite number above 0, got 1e-50"),
        (Evolution(), {"population": 3}, "population must be an even whole number of at least 2, got 3"),
        (Evolution(generations=6), {"until": 7}, "until must be a whole number between 0 and 6, got 7"),
        (Evolution(), {"strategy": "Genie"}, "strategy must be one of ARS,"),
        (Reinforce(), {"batch": 7}, "batch must be a divisor of episodes = 3840, got 7"),
        (Reinforce(), {"discount": 1.5}, "discount must be a finite number between 0 and 1, got 1.5"),
        (Reinforce(), {"temperature": 0.0}, "temperature must be a finite number above 0, got 0.0"),
        (Gradient(updates=20), {"points": 21}, "points must be a whole number between 1 and 20, got 21"),
        (
            Genome(),
            {"widths": (1.0, NAN, 0.0, 0.0)},
            "the width of v_th must be a finite number of at least 0, got nan",
        ),
        (Genome(), {"widths": (0.0,) * 4}, "widths must be above 0 for at least one property, got (0.0, "),
        (Genome(), {"evolved": "neurons"}, "evolved must be one of neuron, weight, both, readout, "),
        (Architecture(), {"tau_m": 0.5}, "tau_m must be a finite number of at least 1, got 0.5"),
        (Images(), {"dataset": "letters"}, "dataset must be one of mnist, fashion_mnist, digits, got 'letters'"),
        (
            Control(),
            {"environment": "frog"},
            "environment must be one of ant, ",
        ),
        (Memory(margin_scale=0.1), {"cross_entropy": True}, "margin_scale must be 0, since cross_entropy does not use"),
    ],
)
def test_a_complaint_says_what_would_be_right(part: Any, changes: dict, says: str) -> None:
    assert complaint(part, **changes).startswith(says)


def test_what_can_be_passes() -> None:
    for part in PARTS:
        part.check()
    check_whole("count", np.int64(3))
    Evolution(sigma=np.float32(0.1), learning_rate=np.float64(0.1)).check()


@pytest.mark.parametrize(
    ("strategy", "name", "value"),
    [
        ("GradientlessDescent", "sigma", 0.2),
        ("GradientlessDescent", "learning_rate", 0.1),
        ("CMA_ES", "learning_rate", 0.1),
        ("CMA_ES", "annealed", True),
        ("CMA_ES", "narrowed", True),
    ],
)
def test_a_setting_that_the_strategy_does_not_use_is_refused(strategy: str, name: str, value: Any) -> None:
    says = f"{name} must be its default {getattr(Evolution(), name)}, since {strategy} does not use it, got {value}"
    assert complaint(Evolution(strategy=strategy), **{name: value}) == says


def moved(method: Evolution) -> np.ndarray:
    """Where the mean of a search of three coordinates is after two generations."""
    strategy, params = method.build(3)
    state = evolution._started(strategy, jax.random.key(0), jnp.full(3, 0.5), params)
    for generation in range(2):
        key = jax.random.key(generation + 1)
        candidates, state = strategy.ask(key, state, params)
        state, _ = strategy.tell(key, candidates, (candidates**2).sum(-1), state, params)
    return np.concatenate([np.ravel(candidates), np.ravel(evolution._centre(strategy, state))])


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategies_use_the_settings_that_they_are_said_to_use(strategy: str) -> None:
    # Over so few generations that a rate and a width along a cosine have not fallen, all but those differ.
    method = Evolution(strategy=strategy, population=4)
    before = moved(method)
    for name in ("sigma", "learning_rate"):
        changes: dict[str, Any] = {name: 0.3}
        differs = not np.array_equal(before, moved(dataclasses.replace(method, **changes)))
        assert differs == (name in settings_of(strategy)), name
    assert settings_of(strategy) <= set(DEPENDENT)

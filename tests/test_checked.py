"""Wrong types and shapes are refused in tests, in modules with arrays and in all others."""

from typing import Any

import jax.numpy as jnp
import pytest
from beartype.roar import BeartypeCallHintParamViolation
from jaxtyping import TypeCheckError

from hetsnn.networks.manipulations import exchanged
from hetsnn.sweeps.runs import identity
from hetsnn_book import experiments

WRONG: Any = 7


def test_a_wrong_type_is_refused() -> None:
    with pytest.raises(BeartypeCallHintParamViolation):
        identity(WRONG)
    with pytest.raises(BeartypeCallHintParamViolation):
        experiments.runs(WRONG, "paper")


def test_shapes_that_do_not_agree_are_refused() -> None:
    assert exchanged({"tau_m": jnp.ones(4)}, ["tau_m"], jnp.arange(4)).keys() == {"tau_m"}
    with pytest.raises(TypeCheckError, match="order"):
        exchanged({"tau_m": jnp.ones(4)}, ["tau_m"], jnp.arange(5))

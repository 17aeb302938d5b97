"""A change of numbers does not pass unseen: a generation of a few runs of every experiment, beside what is published.

On the kind of processor and the JAX that published a guard, numbers agree to rounding. On others a margin of 1e-7 may
fall on either side: three candidates may differ, and through their ranks a tenth of what is learned.
"""

from typing import Any

import guards
import jax
import numpy as np
import pytest

from hetsnn import devices
from hetsnn.results import Store
from hetsnn.runs import Run, identity
from hetsnn_book import experiments

CANDIDATES = 3
SHARE = 0.1
CHEAP = 2**26  # neurons times steps of a generation that a test may take


def assert_agrees(new: dict[str, Any], old: dict[str, Any], population: int, exactly: bool) -> None:
    """Whether two first generations are one, to rounding or within the tolerance."""
    assert new.keys() == old.keys()
    if exactly:
        for name, value in old.items():
            np.testing.assert_allclose(new[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
        return
    spread = max(1.0, abs(old.get("curve_best", 0.0) - old.get("curve_mean", 0.0)))
    for name in ("curve_mean", "curve_untied"):
        if name in old:
            tolerance = CANDIDATES * (spread / population if name == "curve_mean" else 1)
            assert abs(new[name] - old[name]) <= tolerance, name
    if "genome" in old:
        apart = ~np.isclose(new["genome"], old["genome"], rtol=1e-3, atol=1e-5)
        assert apart.mean() <= SHARE


@pytest.mark.parametrize("name", experiments.names())
def test_guards_recompute(name: str) -> None:
    published = guards.published(name)
    for group in guards.runs(name):
        run = next((run for run in group if identity(run) in published), None)
        assert run is not None, f"{name} has runs that nothing guards: `make guards`"
        guard = published[identity(run)]
        here = guard["cpu"] == devices.cpu() and guard["jax"] == jax.__version__
        assert_agrees(guards.numbers(run), guard["numbers"], guards.SMALL["population"], here)


def cost(run: Run) -> int:
    return int(run.task.steps * getattr(run.method, "population", 1) * run.architecture.hidden)


@pytest.mark.parametrize("name", experiments.names())
def test_published_runs_recompute_for_a_generation(name: str) -> None:
    """Of each side the cheapest run whose candidates did not all earn the same."""
    rows = Store.published_only().rows(name)
    rows = rows[rows["curve_untied"].map(lambda curve: curve[0] > 0)] if "curve_untied" in rows else rows
    for side in ("neuron", "weight"):
        runs = [run for run in experiments.runs(name, "paper") if run.genome.evolved == side]
        run = min((run for run in runs if identity(run) in rows.index), key=cost, default=None)
        if run is not None and cost(run) <= CHEAP:
            curve, row = guards.first_generation(run)[1].curve, rows.loc[identity(run)]
            new = {f"curve_{key}": float(values[0]) for key, values in curve.items() if f"curve_{key}" in row}
            assert_agrees(new, {key: float(row[key][0]) for key in new}, run.method.population, exactly=False)


def test_a_guard_notices_other_numbers() -> None:
    old: dict[str, Any] = {"curve_mean": 0.5, "curve_best": 1.0, "curve_untied": 10.0, "genome": [0.1] * 20}
    assert_agrees(old | {"curve_mean": 0.55}, old, 32, exactly=False)
    assert_agrees(old | {"genome": [0.1] * 18 + [-0.1] * 2}, old, 32, exactly=False)
    for other in ({"curve_mean": 0.7}, {"curve_untied": 14.0}, {"genome": [0.1] * 17 + [-0.1] * 3}):
        with pytest.raises(AssertionError):
            assert_agrees(old | other, old, 32, exactly=False)
        with pytest.raises(AssertionError):
            assert_agrees(old | other, old, 32, exactly=True)
    with pytest.raises(AssertionError):
        assert_agrees(old | {"curve_mean": 0.501}, old, 32, exactly=True)

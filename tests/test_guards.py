"""A change of numbers does not pass unseen: a generation and a probe of a few runs, beside what is published.

On the kind of processor and the JAX that published a guard, numbers agree to rounding. Elsewhere sums and exponentials
differ in their last bits, and what is near an edge may fall on either side of it. Of a generation, three candidates may
differ, and through their ranks a tenth of what is learned. Of the probe, neurons do not hear each other: two spikes may
flip, each of which changes one neuron and its network's read-out, and all others agree to a thousandth.
"""

import dataclasses
import functools
from typing import Any

import guards
import jax
import numpy as np
import pytest

from hetsnn.data import image_sets
from hetsnn.sweeps import devices
from hetsnn.sweeps.programs import structure
from hetsnn.sweeps.runs import Run, identity
from hetsnn.tasks.robots import Control
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training
from hetsnn_book import experiments
from hetsnn_book.project import published_only

CANDIDATES = 3
SHARE = 0.1
FLIPS = 2
CLOSE = 1e-3  # of a network's root mean square
CHEAP = 2**26  # neurons times steps of a generation that a test may take


def assert_agrees(new: dict[str, Any], old: dict[str, Any], population: int, exactly: bool) -> None:
    """Whether two guards are one, to rounding or within the tolerance."""
    assert new.keys() == old.keys()
    if exactly:
        for name, value in old.items():
            np.testing.assert_allclose(new[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
        return
    spread = max(1.0, abs(old.get("curve_best", 0.0) - old.get("curve_mean", 0.0)))
    for name, tolerance in (("curve_mean", CANDIDATES * spread / population), ("curve_untied", CANDIDATES)):
        assert name not in old or abs(new[name] - old[name]) <= tolerance, name
    if "moved" in old:
        assert (~np.isclose(new["moved"], old["moved"], rtol=1e-3, atol=1e-5)).mean() <= SHARE, "moved"
    for name in {"voltage", "trace", "readout"} & old.keys():
        one, other = np.asarray(new[name]), np.asarray(old[name])
        apart = ~(abs(one - other) <= CLOSE * np.sqrt((other**2).mean(-1, keepdims=True)))
        assert (apart.any(-1) if name == "readout" else apart).sum() <= FLIPS, name


def guarded(name: str) -> list[tuple[Run, dict[str, Any]]]:
    """The runs of an experiment that are guarded, with what is published of them; none of its structures is without."""
    published, found = guards.published(name), []
    for group in guards.runs(name):
        run = next((run for run in group if identity(run) in published), None)
        assert run is not None, f"{name} has runs that nothing guards: `make guards`"
        found.append((run, published[identity(run)]))
    return found


@pytest.mark.parametrize("first", [True, pytest.param(False, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", experiments.names())
def test_guards_recompute(name: str, first: bool) -> None:
    """Of an experiment's first structure, and of its others, each of which is a program to compile."""
    found = guarded(name)
    for run, guard in found:
        if (structure(run) == structure(found[0][0])) != first:
            continue
        here = guard["cpu"] == devices.cpu() and guard["jax"] == jax.__version__
        assert_agrees(guards.numbers(run), guard["numbers"], getattr(run.training.method, "population", 1), here)


@pytest.mark.parametrize("name", experiments.names())
def test_what_evolves_has_a_guard_whose_candidates_differ(name: str) -> None:
    untied = [guard["numbers"].get("curve_untied", 0.0) for guard in guards.published(name).values()]
    if any(isinstance(run.training.method, Evolution) for run in experiments.runs(name, "smoke")):
        assert max(untied, default=0.0) > 0, f"{name} has no guard whose candidates differ: `make guards`"


def test_an_experiment_without_guards_is_told_how_to_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "published", lambda _: {})
    with pytest.raises(AssertionError, match="memory has runs that nothing guards: `make guards`"):
        guarded("memory")


def cost(run: Run) -> int:
    of = run.training
    return int(of.task.steps * of.method.candidates * of.architecture.hidden * of.task.batch)


def at_hand(run: Run) -> bool:
    """Whether it needs no images, or they are on this machine."""
    return not hasattr(run.training.task, "dataset") or image_sets.here(run.training.task.dataset)


@functools.cache
def first_generation(training: Training) -> dict[str, np.ndarray]:
    """The learning curve of a first generation, which several experiments share, such as the images'."""
    return jax.device_get(guards.first_generation(training, training.task.load()))


@pytest.mark.parametrize("name", experiments.names())
def test_published_runs_recompute_for_a_generation(name: str) -> None:
    """Of each side the cheapest run that evolved, and whose candidates did not all earn the same.

    A point of a descent's curve is a mean over many updates, and the physics of robots takes long to compile: the
    guards alone stand for those.
    """
    rows = published_only().rows(name)
    untied = rows.get("curve_untied", [None] * len(rows))
    rows = rows[[curve is not None and np.ravel(curve)[0] > 0 for curve in untied]]
    for side in ("neuron", "weight"):
        runs = [run for run in experiments.runs(name, "paper") if run.training.genome.evolved == side]
        runs = [run for run in runs if identity(run) in rows.index and at_hand(run)]
        run = min((run for run in runs if not isinstance(run.training.task, Control)), key=cost, default=None)
        if run is not None and cost(run) <= CHEAP:
            # A schedule is at its start, however many generations follow, and whatever a method adds to what is left
            # at the end: experiments share compiled programs.
            assert type(run.training.method).advance is Evolution.advance
            kept = {field.name: getattr(run.training.method, field.name) for field in dataclasses.fields(Evolution)}
            method = Evolution(**kept | {"generations": 1, "until": 0})
            row, curve = rows.loc[identity(run)], first_generation(guards.shared(run.varied(method=method).training))
            new = {f"curve_{key}": float(values[0]) for key, values in curve.items() if f"curve_{key}" in row}
            assert_agrees(new, {key: float(row[key][0]) for key in new}, run.training.method.population, exactly=False)


def changed(of: Any, places: Any, factor: float) -> Any:
    array = np.array(of)
    array.ravel()[places] *= factor
    return array.tolist()


def test_a_guard_notices_other_numbers() -> None:
    networks, few = [[1.0] * 16] * 4, [0, 1]
    old: dict[str, Any] = {"curve_mean": 0.5, "curve_best": 1.0, "curve_untied": 10.0, "moved": [0.1] * 20}
    old |= {"voltage": networks, "trace": networks, "readout": [[1.0, 2.0]] * 4}
    seen_nowhere: tuple[dict[str, Any], ...] = ({"voltage": changed(networks, slice(None), 1.00001)}, {})
    seen_on_the_same = (
        {"curve_mean": 0.55},
        {"moved": changed(old["moved"], few, -1.0)},
        {"voltage": changed(networks, few, 2.0)},
        {"trace": changed(networks, slice(None), 1.0005)},
        {"readout": changed(old["readout"], [0, 1, 2], 2.0)},
    )
    seen_anywhere = (
        {"curve_mean": 0.7},
        {"curve_untied": 14.0},
        {"moved": changed(old["moved"], [0, 1, 2], -1.0)},
        {"moved": changed(old["moved"], slice(None), 1.02)},
        {"voltage": changed(networks, [0, 1, 2], 1.002)},
        {"trace": changed(networks, slice(None), 1.002)},
        {"trace": changed(networks, [5, 6, 7], np.nan)},
        {"readout": changed(old["readout"], [0, 2, 4], 1.01)},
    )
    for changes, noticed in ((seen_nowhere, ()), (seen_on_the_same, (True,)), (seen_anywhere, (True, False))):
        for change in changes:
            for exactly in (True, False):
                if exactly in noticed:
                    with pytest.raises(AssertionError):
                        assert_agrees(old | change, old, 32, exactly)
                else:
                    assert_agrees(old | change, old, 32, exactly)


@pytest.mark.parametrize("name", ["control", "control_search", "control_finals", "ablation"])
def test_a_robots_guard_notices_a_flipped_sign_of_the_reward(name: str) -> None:
    """The search then moves the other way, and what candidates earn on average has the other sign."""
    for guard in guards.published(name).values():
        old = guard["numbers"]
        flipped = {"curve_mean": -old["curve_mean"], "moved": changed(old["moved"], slice(None), -1.0)}
        for key, value in flipped.items():
            for exactly in (True, False):
                with pytest.raises(AssertionError):
                    assert_agrees(old | {key: value}, old, 32, exactly)

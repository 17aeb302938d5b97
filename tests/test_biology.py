"""Drift, drawn time constants, and what is exchanged in trained networks: each beside what it must keep or obey."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import struct
from scipy import stats
from test_evolution import Bowl, Coin, small
from tiny import NAME, RUNS, tiny

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture, draw
from hetsnn.sweeps.runs import identity, settings
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import sweep
from hetsnn.tasks.task import Score
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, widths
from hetsnn.training.method import Training
from hetsnn.training.policies import network
from hetsnn_book import experiments
from hetsnn_book.experiments import biology_starts
from hetsnn_book.measures.cell_types import MAIN, SPECIES, summary
from hetsnn_book.plots import biology as figures_of
from hetsnn_book.plots import biology_controls

DRIFT = Evolution(population=16, generations=100, sigma=0.1, learning_rate=0.03, shuffled=True)


def train(task: Any, method: Evolution, hidden: int = 200) -> Any:
    training = Training(task, Architecture(hidden=hidden), Genome(), method)

    @jax.jit
    def whole() -> Any:
        fixed, state = method.begin(training, training.key)
        state = method.advance(fixed, state, 0, method.generations)
        return state, method.finish(fixed, state)

    return whole()


def test_drift_leaves_the_real_search_alone_and_does_not_learn() -> None:
    (real, found), (beside, drifted) = (
        train(Bowl(), dataclasses.replace(DRIFT, shuffled=shuffled), hidden=4) for shuffled in (False, True)
    )
    for name in real.curve:
        np.testing.assert_array_equal(real.curve[name], beside.curve[name])
    np.testing.assert_array_equal(real.strategy.mean, beside.strategy.mean)
    np.testing.assert_array_equal(drifted["genome"], beside.drift.mean)
    start = -4 * 0.7**2
    assert found["final"]["reward"] > start / 4
    assert drifted["final"]["reward"] < start / 2


def test_drift_widens_by_the_learning_rate_times_the_root_of_the_generations() -> None:
    """Steps of Adam under gradients without any direction are independent and about as large as its rate."""
    centre = np.asarray(train(Bowl(), DRIFT)[1]["genome"])
    expected = DRIFT.learning_rate * np.sqrt(DRIFT.generations)
    assert centre.std() == pytest.approx(expected, rel=0.15)
    assert abs(centre.mean()) < 4 * expected / np.sqrt(centre.size)
    assert stats.kstest(centre / centre.std(), "norm").pvalue > 0.01


def test_drift_keeps_ties() -> None:
    """Where all candidates tie it stands still, but for the last bits of a sum of mirrored perturbations."""

    @struct.dataclass
    class Alike(Coin):
        def fitness(self, policy: Any, key: Any) -> Score:
            return Score(policy.initial.voltage[0] * 0.0, jnp.asarray(1))

    np.testing.assert_allclose(train(Alike(), DRIFT, hidden=4)[1]["genome"], 0, atol=1e-5)


def test_time_constants_are_drawn_around_the_homogeneous_one() -> None:
    def tau(sigma: float, median: float = 100.0) -> Any:
        architecture = dataclasses.replace(small().architecture, hidden=400, tau_m=median, tau_sigma=sigma)
        return draw(network(small(architecture=architecture)), jax.random.key(3))

    alike, spread = tau(0.0), tau(0.3)
    np.testing.assert_array_equal(alike["neuron"]["tau_m"], np.full(400, 100.0, np.float32))
    assert stats.kstest(spread["neuron"]["tau_m"], stats.lognorm(0.3, scale=100.0).cdf).pvalue > 0.01
    assert np.asarray(tau(1.0, 1.5)["neuron"]["tau_m"]).min() == 1.0
    for name in ("v_th", "v_rest", "r_m"):
        np.testing.assert_array_equal(spread["neuron"][name], alike["neuron"][name])
    for name in ("input", "output"):
        np.testing.assert_array_equal(spread["synapse"][name], alike["synapse"][name])
    with pytest.raises(InputError, match=r"tau_sigma must be a finite number of at least 0, got -0.1"):
        dataclasses.replace(small().architecture, tau_sigma=-0.1).check()


def test_starts_differ_in_their_spread_only() -> None:
    runs = experiments.runs("biology_starts", "paper")
    assert {run.training.architecture.tau_sigma for run in runs} == set(biology_starts.SIGMAS.values())
    alike = {r.varied(architecture=dataclasses.replace(r.training.architecture, tau_sigma=0.0)) for r in runs}
    assert len(alike) * len(biology_starts.SIGMAS) == len(runs)


def test_every_evolved_run_has_its_drift() -> None:
    runs = experiments.runs("biology", "paper")
    drift, evolved = ({r for r in runs if r.training.method.shuffled == shuffled} for shuffled in (True, False))
    assert {r.varied(method=dataclasses.replace(r.training.method, shuffled=True)) for r in evolved} == drift


NEURONS = {
    "tau_m": jnp.asarray(np.random.default_rng(0).lognormal(2.0, 0.5, 500), jnp.float32),
    **{name: jnp.arange(500.0) + offset for name, offset in (("v_th", 0), ("v_rest", 1), ("r_m", 2))},
}


def controlled(name: str) -> dict[str, np.ndarray]:
    return {k: np.asarray(v) for k, v in biology_controls.controls()[name](jax.random.key(1), NEURONS).items()}


def test_permutations_keep_what_they_permute() -> None:
    tau = np.asarray(NEURONS["tau_m"])
    everything, alone = controlled("neurons permuted"), controlled("tau_m permuted")
    order = everything["v_th"].astype(int)
    assert sorted(order) == list(range(500))
    assert (order != np.arange(500)).any()
    for name, values in NEURONS.items():  # a neuron keeps its four properties together
        np.testing.assert_array_equal(everything[name], np.asarray(values)[order])
    np.testing.assert_array_equal(np.sort(alone["tau_m"]), np.sort(tau))
    assert (alone["tau_m"] != tau).any()


@pytest.mark.parametrize("name", list(biology_controls.controls()))
def test_controls_of_tau_m_touch_nothing_else(name: str) -> None:
    found = controlled(name)
    assert found["tau_m"].min() >= 1
    if name != "neurons permuted":
        for other in ("v_th", "v_rest", "r_m"):
            np.testing.assert_array_equal(found[other], NEURONS[other])


def test_replacements_have_the_distribution_that_they_are_named_after() -> None:
    tau = np.asarray(NEURONS["tau_m"], float)
    np.testing.assert_array_equal(controlled("as evolved")["tau_m"], NEURONS["tau_m"])
    np.testing.assert_allclose(controlled("mean tau_m")["tau_m"], tau.mean(), rtol=1e-6)
    np.testing.assert_allclose(controlled("median tau_m")["tau_m"], np.median(tau), rtol=1e-6)
    fitted = stats.lognorm(np.log(tau).std(), scale=np.exp(np.log(tau).mean()))
    assert stats.kstest(controlled("its lognormal")["tau_m"], fitted.cdf).pvalue > 0.01
    for species in SPECIES:
        cells = np.array(summary().loc[(species, MAIN), "quantiles"])
        scaled = controlled(species)["tau_m"] / np.median(tau) * np.median(cells)
        assert stats.ks_2samp(scaled, cells).pvalue > 0.05
        assert scaled.max() <= cells.max() * (1 + 1e-5)


def test_networks_as_evolved_earn_what_they_earned(store: Store, tiny_experiment: Any) -> None:
    sweep(RUNS, store)
    frame = experiments.read(NAME, "smoke", store)
    runs, variables = experiments.learned(NAME, "smoke", frame)
    neurons = biology_controls.changed(biology_controls.controls()["as evolved"], variables["neuron"], 2)
    found = biology_controls.rewards(runs, variables, neurons)
    np.testing.assert_array_equal(found, np.repeat(frame["reward"].to_numpy()[:, None], 2, 1))


def test_other_experiments_stand_in_the_table_once_they_are_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "names", list)
    assert figures_of.elsewhere() == {("control", "all"): None, ("images", "all"): None}
    runs = [tiny(2, seed, genome=Genome(widths=widths("tau_m"))) for seed in range(2)]
    rows = [{"identity": identity(run), "genome": np.full(16, 0.1 * run.training.seed)} for run in runs]
    small = pd.DataFrame([settings(run) | row for run, row in zip(runs, rows, strict=True)])
    frame = pd.concat([small.assign(hidden=8), small])  # larger networks are left out
    monkeypatch.setattr(experiments, "names", lambda: ["control"])
    monkeypatch.setattr(experiments, "read", lambda *_: frame.assign(environment="hopper"))
    monkeypatch.setattr(experiments, "runs", lambda *_: tuple(runs))
    found = figures_of.elsewhere()
    assert list(found) == [("control", "Hopper, 4 neurons"), ("images", "all")]
    hopper = found["control", "Hopper, 4 neurons"]
    assert hopper is not None
    tau, on_bounds = hopper
    assert on_bounds == 0
    np.testing.assert_allclose(tau, 2 * np.exp(np.repeat([0.0, 0.1], 4)), rtol=1e-6)

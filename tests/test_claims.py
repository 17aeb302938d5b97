"""Rules for memory, descent, CartPole, neurons and the abstract: data that must pass, data that must fail."""

from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
from made_up import Result, always, frame_of, of_side, spread

from hetsnn.networks.neurons import Properties, simulate
from hetsnn.sweeps.runs import Run
from hetsnn.sweeps.store import Store
from hetsnn_book import claims, experiments
from hetsnn_book.claims import backpropagation, cartpole, memory, neurons
from hetsnn_book.claims.claim import Judgement
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.verdicts import CONTRADICTS, DEPENDS, NO_VERDICT, NOT_FOUND, NOT_MEASURED, ROBUST
from hetsnn_book.experiments import cartpole_search
from hetsnn_book.measures import directions
from hetsnn_book.project import published_only


def shrinks(run: Run) -> float:
    return float(1.0 - run.training.task.limit / 2000)


def at_lengths(run: Run) -> bool:
    return int(run.training.task.length) in memory.LENGTHS and run.training.seed % 100 < 2


def on_memory(reward: Result, flat: Result = lambda _: 0.0, **other: Result) -> list[pd.DataFrame]:
    """Frames of the memory task's experiments, with two seeds."""
    results: dict[str, Result] = {"reward": reward, "flat_share": flat}
    results |= {"reward_hidden_forgotten": lambda _: 0.0, "reward_readout_forgotten": reward} | other
    return [frame_of(name, at_lengths, **results) for name in memory.EXPERIMENTS]


def judged(claim: Any, frames: list[pd.DataFrame]) -> Judgement:
    return claim.judge(*frames)


KEEPS, FALLS, BETTER, IN_NEURONS = memory.CLAIMS


def decays(run: Run) -> float:
    return float(1.0 - run.training.task.length / 50)


def bare(run: Run) -> bool:
    return not run.training.architecture.bias and run.training.architecture.tau_readout == 1


def test_what_the_paper_says_of_the_memory_task_passes() -> None:
    frames = on_memory(of_side(always(1.0), decays))
    assert [judged(claim, frames).verdict for claim in memory.CLAIMS] == [ROBUST] * 4


def test_the_reverse_on_the_memory_task_fails() -> None:
    frames = on_memory(of_side(decays, always(1.0)), reward_readout_forgotten=always(0.0))
    assert [judged(claim, frames).verdict for claim in memory.CLAIMS] == [NOT_FOUND] * 4
    ties = on_memory(always(0.8))
    assert [judged(claim, ties).verdict for claim in memory.CLAIMS] == [NOT_FOUND] * 3 + [ROBUST]


def test_a_contrast_of_bare_networks_names_bias_and_readout() -> None:
    weights = of_side(always(1.0), lambda run: 0.3 if bare(run) else 1.0)
    found = judged(BETTER, on_memory(weights))
    assert (found.verdict, found.decided_by) == (f"{DEPENDS} bias and read-out", "bias and read-out")


def test_blind_searches_show_no_fall_and_no_lead() -> None:
    blind = on_memory(of_side(always(1.0), always(0.0)), flat=of_side(always(0.0), always(1.0)))
    frames = [*blind[:3], on_memory(always(1.0))[3]]
    assert {judged(claim, frames).verdict for claim in (FALLS, BETTER)} == {NOT_MEASURED}
    assert "570 more are no evidence" in judged(BETTER, frames).evidence
    assert judged(KEEPS, frames).verdict == ROBUST


def test_a_memory_that_only_the_readout_has_is_not_in_the_neurons() -> None:
    def left(run: Run) -> float:
        return float(run.training.architecture.tau_readout == 1)

    frames = on_memory(always(1.0), reward_readout_forgotten=left, reward_hidden_forgotten=lambda run: 1.0 - left(run))
    assert judged(IN_NEURONS, frames).verdict == f"{DEPENDS} read-out"


ONE = always(1.0)


def on_descent(reward: Result, norm: Result = ONE) -> list[pd.DataFrame]:
    curve: dict[str, Result] = {"reward": reward, "curve_norm": lambda run: np.full(60, norm(run))}
    return [frame_of(name, **curve) for name in ("descent_search", "descent")]


def detached(run: Run) -> bool | None:
    return getattr(run.training.method, "detach_reset", None)


def test_gradients_and_methods_on_the_memory_task() -> None:
    grows, suffers, attached, cut, *_ = backpropagation.CLAIMS
    good = on_descent(
        lambda run: {None: 1.0, False: 0.7, True: 0.2}[detached(run)] + spread(run),
        lambda run: 10.0 ** (run.training.task.length / (-10 if detached(run) else 10)),
    )
    assert [judged(claim, good).verdict for claim in (grows, suffers, attached, cut)] == [ROBUST] * 4
    bad = on_descent(lambda run: {None: 0.2, False: 0.7, True: 1.0}[detached(run)] + spread(run))
    assert [judged(claim, bad).verdict for claim in (grows, suffers, attached, cut)] == [NOT_FOUND] * 4
    ties = on_descent(always(1.0))
    assert [judged(claim, ties).verdict for claim in (suffers, attached, cut)] == [NOT_FOUND] * 3
    narrow = on_descent(
        always(1.0), lambda run: 10.0 ** (run.training.task.length * (getattr(run.training.method, "width", 1) < 0.4))
    )
    assert judged(grows, narrow).decided_by == "surrogate width"
    few = [good[0], good[1][:0]]
    assert {judged(claim, few).verdict for claim in (grows, suffers, attached, cut)} == {NOT_MEASURED}


def test_detached_gradients_must_decay_and_memory_must_suffer() -> None:
    suffers = backpropagation.CLAIMS[1]

    def rewards(detached_one: float) -> Result:
        return lambda run: (detached_one if detached(run) else 0.7) + spread(run)

    def norms(powers: float) -> Result:
        lengths = backpropagation.LONG - backpropagation.SHORT
        return lambda run: 10.0 ** (-powers * run.training.task.length / lengths)

    cases = {(0.2, 1.0): ROBUST, (0.2, 0.0): NOT_FOUND, (0.7, 1.0): NOT_FOUND, (0.2, -1.0): NOT_FOUND}
    for (reward, powers), verdict in cases.items():
        assert judged(suffers, on_descent(rewards(reward), norms(powers))).verdict == verdict
    both = judged(suffers, on_descent(rewards(0.2), norms(0.6)))
    np.testing.assert_allclose(both.effect, 2.0, atol=1e-6)  # a factor of four; the loss is five times its own


def sparing(bytes_of: dict[str, float], cases: int = 2) -> Judgement:
    """The verdict on memory, where each method needs some bytes a step."""
    steps = range(100, 100 * (cases + 1), 100)
    rows = [(method, n, 64, e, bytes_of[method] * n) for method in bytes_of for n in steps for e in (32, 128)]
    table = pd.DataFrame(rows, columns=["method", "steps", "neurons", "episodes", "bytes"])
    return backpropagation.CLAIMS[4]._replace(measure=lambda: backpropagation.spared(table)).judge()


def test_memory_is_spared_by_at_least_half() -> None:
    assert sparing({"BP": 40.0, "ES": 10.0}).effect == 2.0
    verdicts = [sparing({"BP": each, "ES": 10.0}).verdict for each in (40.0, 20.0, 5.0)]
    assert verdicts == [ROBUST, NOT_FOUND, NOT_FOUND]
    assert sparing({"BP": 40.0, "ES": 10.0}, cases=1).verdict == NOT_MEASURED


def pointing(ahead: float, seeds: int = 4) -> Judgement:
    """The verdict on directions, where evolution's cosine is some cosine ahead of backpropagation's 0.5."""
    names = (*directions.GRADIENTS, *directions.PAIRS)
    rows = [
        (side, 10, seed, name, width, 0.5 + 0.01 * seed + ahead * (name in directions.PAIRS))
        for side, seed, name, width in product(("neuron", "weight"), range(seeds), names, (0.3, 1.0))
        if name in directions.GRADIENTS or width == 1.0
    ]
    table = pd.DataFrame(rows, columns=["evolved", "length", "seed", "estimate", "width", "cosine"])
    table = table.assign(surrogate="arctan")
    return backpropagation.CLAIMS[5]._replace(measure=lambda: backpropagation.pointed(table)).judge()


def test_directions_are_compared_seed_by_seed() -> None:
    ahead = pointing(0.3)
    assert (ahead.verdict, len(ahead.specifications)) == (ROBUST, 2 * 2 * 2)
    np.testing.assert_allclose(ahead.interval, (0.3, 0.3), atol=1e-6)  # seeds vary, and their differences do not
    assert [pointing(each).verdict for each in (0.1 - 1e-9, 0.0, -0.3)] == [NOT_FOUND] * 3
    assert pointing(0.3, seeds=1).verdict == NOT_MEASURED


def on_cartpole(share: Result) -> list[pd.DataFrame]:
    """Frames in which returns rise along a curve to a share of the limit."""

    def final(run: Run) -> float:
        return float(run.training.task.limit * (share(run) - 0.1 * spread(run)))

    some = {"reward": final, "curve_mean": lambda run: np.linspace(0, 1, 30) ** (1 / share(run)) * final(run)}
    search = frame_of("cartpole_search", **some)
    return [search, frame_of("cartpole", lambda run: run.training.seed < 5, **some)]


def test_the_contest_on_cartpole() -> None:
    def evolved(run: Run) -> bool:
        return hasattr(run.training.method, "sigma")

    early, short, cannot, fewer = cartpole.CLAIMS
    ahead = on_cartpole(lambda run: 1.0 if evolved(run) else 0.4)
    assert [judged(claim, ahead).verdict for claim in cartpole.CLAIMS] == [NOT_FOUND, ROBUST, ROBUST, ROBUST]
    short_of_it = on_cartpole(lambda run: 0.8 if evolved(run) else 0.4)  # ahead, but the optimum is not reached
    assert judged(short, short_of_it).verdict == NOT_FOUND
    assert judged(cannot, short_of_it).verdict == ROBUST
    behind = on_cartpole(lambda run: 0.4 if evolved(run) else 0.9)
    assert [judged(claim, behind).verdict for claim in cartpole.CLAIMS] == [ROBUST, *[NOT_FOUND] * 3]
    ties = on_cartpole(always(0.98))  # nearly the optimum is the optimum
    assert {judged(claim, ties).verdict for claim in (early, short, cannot, fewer)} == {NOT_FOUND}
    assert len(judged(cannot, ties).specifications) == cartpole_search.TRIALS**2  # every setting beside every other
    assert judged(cannot, [ties[0][:0], ties[1]]).verdict == NOT_MEASURED


def test_a_lead_over_badly_tuned_settings_alone_is_none() -> None:
    """Each winner is as good as the other; of the search's settings only one side's are bad."""
    search = on_cartpole(
        lambda run: (
            0.9 if hasattr(run.training.method, "sigma") else (0.9 if run.training.method.learning_rate > 0.01 else 0.4)
        )
    )
    found = judged(cartpole.CLAIMS[2], [search[0], on_cartpole(always(0.9))[1]])
    assert (found.verdict, found.decided_by) == (NOT_FOUND, "learning rate of backpropagation")


def test_intervals_between_spikes_are_those_of_simulated_neurons() -> None:
    rng = np.random.default_rng(0)
    tau_m, v_th, r_m = (
        1 + 9 * np.exp(rng.normal(size=50)),
        np.exp(0.3 * rng.normal(size=50)),
        np.exp(rng.normal(size=50)),
    )
    steps = neurons.intervals(tau_m, v_th, 2.0 * r_m)
    drawn = Properties(*map(jnp.asarray, (tau_m, v_th, 0.0 * v_th, r_m)))
    _, found = simulate(jnp.full((400, 1), 2.0), drawn)
    first = np.where(np.asarray(found).any(0), np.asarray(found).argmax(0) + 1.0, np.inf)
    fires = np.isfinite(first)
    np.testing.assert_array_equal(first[fires], steps[fires])
    assert (steps[~fires] > 400).all()


def test_what_closed_forms_decide() -> None:
    patterns, properties = neurons.CLAIMS
    assert patterns.judge().verdict == ROBUST
    assert "every pattern is regular" in patterns.judge().evidence
    assert properties.judge().verdict == CONTRADICTS


def test_neurons_that_hardly_differ_have_few_patterns() -> None:
    many = neurons.CLAIMS[0]
    alike = many._replace(measure=lambda: neurons.patterns((0.0, 0.01)))
    assert alike.judge().verdict == NOT_FOUND
    equal = many._replace(measure=lambda: neurons.patterns((0.0,)))
    assert equal.judge().effect == 1.0
    assert equal._replace(criterion=Criterion(1.0, "patterns")).judge().verdict == NOT_FOUND  # a tie
    assert many._replace(measure=lambda: neurons.patterns(())).judge().verdict == NOT_MEASURED


def test_every_claim_of_the_published_results_has_its_verdict() -> None:
    table = claims.verdicts("paper", published_only())
    assert len(table) == len(claims.every()) >= 35
    known = {ROBUST, NOT_FOUND, CONTRADICTS, NO_VERDICT, NOT_MEASURED}
    assert (table["verdict"].isin(known) | table["verdict"].str.startswith(DEPENDS)).all()
    assert {name for claim in claims.every() for name in claim.experiments} <= set(experiments.names())
    assert (table["evidence"].str.len() > 15).all()
    assert table["claim"].is_unique
    measured = table[table["specifications"] > 0]
    assert measured["share"].between(0, 1).all()
    assert measured["effect"].notna().all()


def test_without_results_closed_forms_and_references_have_a_verdict(store: Store) -> None:
    found = claims.verdicts("paper", store)
    measured = found[~found["verdict"].isin([NOT_MEASURED, CONTRADICTS])]
    assert set(measured["where"]) == {"Fig. 1", "Sec. 3.3"}
    assert claims.verdicts("paper", store, "ablation")["where"].str.contains("Tab. ").all()

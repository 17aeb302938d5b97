"""Dissected networks: results that agree with each other, and rules that answer data whose answer is known."""

from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

from hetsnn.networks.spiking import SpikingNetwork, bind
from hetsnn.tasks.memory import Memory
from hetsnn.training.genomes import decode
from hetsnn.training.policies import fix
from hetsnn_book import experiments
from hetsnn_book.claims import dissection as rules
from hetsnn_book.claims.statements import BLIND, NO, TOO_FEW, UNDECIDED, YES, answers
from hetsnn_book.experiments import dissection
from hetsnn_book.measures.carriers import CARRYING, PARTS, by_time_constant, networks
from hetsnn_book.plots import dissection as draws
from hetsnn_book.project import published_only


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    """The published results; their guards tell that the code still computes such results."""
    return experiments.read("dissection", "paper", published_only())


def test_results_are_consistent_with_each_other(published: pd.DataFrame) -> None:
    memory = published[published["contest"] != "cartpole"]
    np.testing.assert_allclose(memory["intact"], memory["reward"])  # the memory task has no chance
    weights = published[published["evolved"] == "weight"]
    for name in ("exchanged", "mean", "median", "redrawn"):  # equal neurons cannot be told apart
        np.testing.assert_allclose(weights[name], weights["intact"], atol=1e-6)
    np.testing.assert_array_equal(weights["new_weights"], weights["untrained"])
    assert all(len(row) == hidden for row, hidden in zip(published["curve_carried"], published["hidden"], strict=True))


def test_what_neurons_carry_on_the_memory_task_is_their_part_of_the_margin() -> None:
    training = experiments.runs("dissection", "smoke")[0].training
    fixed, centre = fix(training, training.key)
    of = decode(training.genome, centre + jax.random.normal(training.key, centre.shape), fixed.drawn)
    carried = jax.jit(dissection.carried, static_argnums=3)(fixed, of, training.key[None], 1)
    network = SpikingNetwork(training.architecture, Memory.inputs, Memory.outputs)
    trace = np.asarray(training.task.record(bind(network, of), training.task.steps).trace)[:, -1]
    output = np.asarray(of["synapse"]["output"])
    # The margin is linear in the traces: each neuron adds its own, with the other sign for the other cue.
    np.testing.assert_allclose(carried, (trace[0] - trace[1]) * (output[:, 0] - output[:, 1]) / 2, atol=1e-5)
    assert (abs(carried) > 1e-3).sum() > 3


def made_up(seeds: int = 8, **changes: float) -> pd.DataFrame:
    """Networks of both sides that lose nothing, but for the changed results of those whose neurons evolved."""
    names = {name for statement in draws.PREFIXES for name in (statement,)}
    columns = {*names, "intact", "silenced_most_20", "silenced_random_20", "span_2", *rules.DISTURBANCES}
    base = dict.fromkeys(columns, 0.9) | {"carrying": 0.5, "hidden": 64.0, **dict.fromkeys(CARRYING, 0.2)}
    base |= {"new_weights": 0.1, "untrained": 0.1, "exchanged_outputs": 0.9, "redrawn_weights": 0.9}
    rows = [
        {"contest": "memory", "evolved": side, "seed": seed, **(base | (changes if side == "neuron" else {}))}
        for side in ("neuron", "weight")
        for seed in range(seeds)
    ]
    noise = np.random.default_rng(0).normal(0, 0.01, len(rows))
    frame = pd.DataFrame(rows)
    return frame.assign(**{name: frame[name] + noise for name in frame.columns[3:]})


@pytest.mark.parametrize(
    ("place", "changes", "there"),
    [
        (0, {"exchanged": 0.3}, YES),
        (1, {"mean": 0.3}, YES),
        (2, {"redrawn": 0.3}, NO),
        (3, {"carrying": 0.05}, YES),
        (4, {"silenced_most_20": 0.3}, YES),
        (5, dict.fromkeys(CARRYING[3:5], 0.8), YES),
        (6, {"new_weights": 0.8}, YES),
    ],
)
def test_each_statement_on_neurons_answers_to_its_own_result(place: int, changes: dict, there: str) -> None:
    without = YES if there == NO else NO
    for given, expected in ((changes, there), ({}, without)):
        assert answers(made_up(**given), rules.NEURONS)["answer"][place] == expected
    assert set(answers(made_up(seeds=3), rules.NEURONS)["answer"]) == {TOO_FEW}
    assert set(answers(made_up(intact=0.3), rules.NEURONS)["answer"]) == {BLIND}


def made_up_fit(neuron: float, weight: float, drawn: float = 0.9, seeds: int = 8, **changes: float) -> pd.DataFrame:
    """Networks that lose by exchanges, each side as much as given, and evolved weights that are drawn anew."""
    frame = made_up(seeds, exchanged=neuron, **changes)
    weights = frame["evolved"] == "weight"
    lost = 0.9 * weights
    return frame.assign(
        exchanged_outputs=frame["exchanged_outputs"] - lost + weight * weights,
        redrawn_weights=frame["redrawn_weights"] - lost + drawn * weights,
    )


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (made_up_fit(0.1, 0.7), [YES, YES, YES]),
        (made_up_fit(0.1, 0.1, 0.1), [YES, NO, NO]),  # both lose all: nothing is special to neurons
        (made_up_fit(0.9, 0.9), [NO, YES, NO]),
        (made_up_fit(0.8, 0.1), [YES, YES, NO]),  # the reverse
        (made_up_fit(0.1, 0.8, 0.8), [UNDECIDED, UNDECIDED, YES]),  # ties with the smallest effect
        (made_up_fit(0.5 - 0.08, 0.5), [YES, YES, UNDECIDED]),  # 0.1 of the 0.8 that training earned
        (made_up_fit(0.1, 0.7, seeds=3), [TOO_FEW] * 3),
        (made_up_fit(0.1, 0.7, intact=0.3), [YES, YES, BLIND]),
    ],
)
def test_each_statement_on_fit_answers_to_its_own_result(frame: pd.DataFrame, expected: list[str]) -> None:
    assert answers(frame, rules.FIT)["answer"].tolist() == expected
    assert len(answers(frame[frame["evolved"] == "neuron"], rules.FIT)) == 0
    assert len(answers(frame[frame["evolved"] == "weight"], rules.FIT)) == 2


@pytest.mark.parametrize("name", rules.DISTURBANCES)
def test_each_statement_on_robustness_compares_losses_of_both_sides(name: str) -> None:
    place = [*rules.DISTURBANCES].index(name)
    frame = made_up()
    worse = frame.assign(**{name: frame[name] - 0.4 * (frame["evolved"] == "weight")})
    assert answers(worse, rules.ROBUST)["answer"][place] == YES
    assert answers(made_up(8, **{name: 0.3}), rules.ROBUST)["answer"][place] == NO
    tie = frame.assign(**{name: frame[name] - 0.1 * (frame["evolved"] == "weight")})
    assert answers(tie, rules.ROBUST)["answer"][place] == UNDECIDED
    assert answers(frame[frame["evolved"] == "neuron"], rules.ROBUST).empty


def drawn(axis: Any) -> np.ndarray:
    """The heights of an axis' first error bars."""
    return np.asarray(axis.containers[0].lines[0].get_ydata(), float)


def test_figures_show_the_means(published: pd.DataFrame) -> None:
    table = draws.scores(published)
    of = table[(table["contest"] == "memory") & (table["evolved"] == "neuron")].set_index("result")["mean"]
    assert of["exchanged"] == pytest.approx(
        published[(published["contest"] == "memory") & (published["evolved"] == "neuron")]["exchanged"].mean()
    )
    figure = draws.changes(table)
    assert [axis.get_title() for axis in figure.axes] == ["memory", "memory,\nread-out without memory", "CartPole"]
    first = drawn(draws.silencing(table).axes[0])
    assert first[0] == pytest.approx(of["intact"])
    parted = draws.parted(table)
    assert drawn(draws.fit(parted).axes[0])[:2].tolist() == pytest.approx([of["intact"], of["exchanged"]])
    assert set(parted[parted["evolved"] == "weight"]["result"]) == {
        "intact", "exchanged_outputs", "redrawn_weights", "untrained",
    }  # fmt: skip
    left = drawn(draws.kept(table).axes[0])
    assert (left[0], left[-1]) == pytest.approx((of["kept_1"], of["intact"]))
    tenths = by_time_constant(networks("paper", published))
    assert drawn(draws.time_constants(tenths).axes[0]) == pytest.approx(tenths["mean"][:PARTS])
    panels = draws.robustness(table).axes
    assert len(panels) == 2 * len(draws.DISTURBED)  # of the memory task and of CartPole
    assert drawn(panels[4])[1] == pytest.approx(of["jitter_2"])
    assert np.isfinite(table["mean"]).all()
    assert dissection.dissected(experiments.runs("dissection", "smoke")[0], 2, 1).training.method.draws == 2


def test_places_are_told_as_the_range_over_contests() -> None:
    one = made_up(exchanged=0.4, new_weights=0.5, untrained=0.1)
    told = draws.places(pd.concat([one, made_up(exchanged=0.1).assign(contest="cartpole")]))
    lost, kept = (one[one["evolved"] == "neuron"][name].mean() for name in ("exchanged", "new_weights"))
    assert (told["tasks"], told["rewired-tasks"]) == ("2", "2")
    assert str(told["rewired"]).startswith("0.00")  # nothing was lost
    alone = draws.places(one[one["evolved"] == "neuron"])
    assert (alone["rewired"], alone["rewired-tasks"]) == (None, "0")
    assert str(told["exchanged"]).startswith(f"{0.9 - lost:.1f}")
    assert str(told["exchanged"]).endswith("0.80")
    assert told["carried"] == "0.00 to 0.50"
    assert str(draws.places(made_up(new_weights=0.0, untrained=0.1))["carried"]).startswith("-0.1")
    assert kept == pytest.approx(0.5, abs=0.02)
    assert set(draws.places(one[:0]).values()) == {None}


def test_parity_tells_what_is_earned_at_odd_and_at_even_delays() -> None:
    names = [f"span_{factor:g}" for factor in dissection.SPANS[Memory][1]]
    lengths = [round(factor * dissection.LENGTH) for factor in dissection.SPANS[Memory][1]]
    rows = [
        {"contest": "memory", "evolved": side, "seed": seed}
        | {name: float(side == "neuron" or (-1) ** (length + 1)) for name, length in zip(names, lengths, strict=True)}
        for side in ("neuron", "weight")
        for seed in range(2)
    ]
    told = draws.parity(pd.DataFrame(rows))
    assert told == {"odd": "1.00", "even": "-1.00", "neurons-odd": "1.00", "neurons-even": "1.00"}
    assert sorted(length % 2 for length in lengths) == [0, 0, 0, 1, 1, 1]
    assert set(draws.parity(pd.DataFrame()).values()) == {None}

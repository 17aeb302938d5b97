"""Dissected networks: manipulations do what they say, and rules answer data whose answer is known."""

import dataclasses
from functools import partial
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from hetsnn.networks import manipulations
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.networks.spiking import Architecture, SpikingNetwork, State, bind, draw
from hetsnn.tasks.memory import Memory
from hetsnn_book import experiments
from hetsnn_book.claims import dissection as rules
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect
from hetsnn_book.claims.statements import BLIND, NO, TOO_FEW, UNDECIDED, YES, Statement, answer, answers, family
from hetsnn_book.experiments import dissection
from hetsnn_book.measures.carriers import CARRYING, PARTS, by_time_constant, networks, placed, told
from hetsnn_book.plots import dissection as draws

HIDDEN = 6
KEY = jax.random.key(3)


def trained(**changes: Any) -> tuple[SpikingNetwork, dict]:
    """A network whose neurons differ."""
    network = SpikingNetwork(Architecture(hidden=HIDDEN, gain=4.0, **changes), 3, 2)
    variables = draw(network, jax.random.key(0))
    own = {
        "tau_m": jnp.array([1.0, 1.5, 2.0, 4.0, 8.0, 16.0]),
        "v_th": jnp.linspace(0.5, 1.5, HIDDEN),
        "v_rest": jnp.linspace(-0.5, 0.4, HIDDEN),
        "r_m": jnp.linspace(0.5, 2.0, HIDDEN),
    }
    return network, {**variables, "neuron": own}


def final(network: SpikingNetwork, variables: dict, policy: Any = None) -> State:
    policy = policy or bind(network, variables)
    state = policy.initial
    for seen in jax.random.normal(jax.random.key(1), (12, 3)):
        state = policy.step(state, seen)
    return state


def test_neurons_exchange_the_named_properties_and_keep_the_others() -> None:
    own, order = trained()[1]["neuron"], jnp.array([5, 4, 3, 2, 1, 0])
    some = manipulations.exchanged(own, ("tau_m", "r_m"), order)
    np.testing.assert_array_equal(some["tau_m"], own["tau_m"][::-1])
    np.testing.assert_array_equal(some["r_m"], own["r_m"][::-1])
    np.testing.assert_array_equal(some["v_th"], own["v_th"])


def test_a_level_is_the_same_for_all_neurons() -> None:
    own = trained()[1]["neuron"]
    level = manipulations.levelled(own, ("tau_m",), jnp.median)
    np.testing.assert_array_equal(level["tau_m"], np.full(HIDDEN, 3.0))
    np.testing.assert_array_equal(level["v_rest"], own["v_rest"])


def test_drawn_properties_follow_the_fitted_distribution() -> None:
    rng = np.random.default_rng(0)
    own = {name: jnp.asarray(rng.normal(1.0, 0.5, 20_000)) for name in PROPERTIES}
    own["tau_m"] = jnp.asarray(rng.lognormal(1.0, 0.4, 20_000))
    drawn = manipulations.redrawn(own, PROPERTIES, KEY, lowest={"tau_m": 1.0, "r_m": 0.0})
    logs = np.log(np.asarray(drawn["tau_m"]))
    assert logs[logs > 0].mean() == pytest.approx(1.0, abs=0.02)
    assert np.asarray(drawn["v_th"]).std() == pytest.approx(0.5, abs=0.02)
    assert np.asarray(drawn["r_m"]).min() == 0.0
    assert np.asarray(drawn["tau_m"]).min() >= 1.0
    assert abs(np.corrcoef(logs, np.asarray(drawn["v_th"]))[0, 1]) < 0.03
    alone = manipulations.redrawn(own, ("v_th",), KEY, lowest={})
    np.testing.assert_array_equal(alone["tau_m"], own["tau_m"])
    np.testing.assert_array_equal(alone["v_th"], drawn["v_th"])


def test_equal_neurons_that_exchange_outputs_are_those_that_exchange_inputs_the_other_way() -> None:
    network, variables = trained()
    variables = {
        **variables,
        "neuron": {name: jnp.full(HIDDEN, value[2]) for name, value in variables["neuron"].items()},
    }
    order = jnp.array([3, 0, 4, 1, 5, 2])
    changed = manipulations.rewired(variables, order)
    np.testing.assert_array_equal(changed["synapse"]["output"], variables["synapse"]["output"][order])
    inputs = variables["synapse"]["input"][:, jnp.argsort(order)]
    other = {**variables, "synapse": {**variables["synapse"], "input": inputs}}
    here, there = (bind(network, of).readout(final(network, of)) for of in (changed, other))
    np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-6)
    assert not np.allclose(here, bind(network, variables).readout(final(network, variables)))


def test_drawn_weights_follow_the_distribution_of_each_input_and_output() -> None:
    rng = np.random.default_rng(0)
    own = {
        "input": jnp.asarray(rng.normal([[0.0], [2.0], [-1.0]], [[0.5], [0.0], [1.5]], (3, 20_000))),
        "output": jnp.asarray(rng.normal([1.0, -3.0], [0.2, 0.7], (20_000, 2))),
    }
    variables = {"synapse": own, "neuron": {}, "recurrence": {"hidden": jnp.eye(2)}}
    drawn = manipulations.weights_redrawn(variables, KEY)
    for name, axis in (("input", 1), ("output", 0)):
        one, other = np.asarray(own[name]), np.asarray(drawn["synapse"][name])
        np.testing.assert_allclose(other.mean(axis), one.mean(axis), atol=0.03)
        np.testing.assert_allclose(other.std(axis), one.std(axis), atol=0.03)
        varied = one.std(axis) > 0.1
        for before, after in zip(np.moveaxis(one, axis, 1)[varied], np.moveaxis(other, axis, 1)[varied], strict=True):
            assert abs(np.corrcoef(before, after)[0, 1]) < 0.03
    assert drawn["recurrence"] is variables["recurrence"]


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_silent_neuron_is_as_if_it_were_not_there(recurrent: bool) -> None:
    network, variables = trained(recurrent=recurrent)
    state = final(network, variables)
    assert float(state.trace.min()) >= 0
    silent = jnp.arange(HIDDEN) == 2
    changed = manipulations.silenced(variables, silent)
    here = bind(network, changed).readout(final(network, changed))
    others = np.flatnonzero(~np.asarray(silent))
    small = SpikingNetwork(dataclasses.replace(network.architecture, hidden=HIDDEN - 1), 3, 2)
    synapse = {"input": variables["synapse"]["input"][:, others], "output": variables["synapse"]["output"][others]}
    without = {"synapse": synapse, "neuron": {name: value[others] for name, value in variables["neuron"].items()}}
    if recurrent:
        without["recurrence"] = {"hidden": variables["recurrence"]["hidden"][others][:, others]}
    np.testing.assert_allclose(here, bind(small, without).readout(final(small, without)), rtol=1e-5, atol=1e-6)


def test_weights_jitter_in_proportion_to_their_size() -> None:
    _, variables = trained()
    weights = {"input": jnp.full((300, 100), 2.0), "output": jnp.zeros((100, 2))}
    moved = manipulations.jittered({**variables, "synapse": weights}, KEY, 0.1)["synapse"]
    assert np.asarray(moved["input"]).std() == pytest.approx(0.2, rel=0.02)
    assert np.asarray(moved["input"]).mean() == pytest.approx(2.0, abs=0.01)
    assert not np.asarray(moved["output"]).any()


def test_noise_is_drawn_anew_in_each_step_and_is_as_large_as_it_says() -> None:
    # A neuron with tau_m = 1 that never fires shows the noise on its inputs; one without input shows the membrane's.
    network, variables = trained()
    ones = jnp.ones(HIDDEN)
    quiet = {"tau_m": ones, "v_th": 1e9 * ones, "v_rest": 0.0 * ones, "r_m": ones}
    weights = {"input": jnp.ones((3, HIDDEN)), "output": jnp.ones((HIDDEN, 2))}
    variables = {**variables, "neuron": quiet, "synapse": weights}
    policy = manipulations.noisy(bind(network, variables), KEY, inputs=0.5)
    state, inputs = policy.initial, []
    for _ in range(400):
        state = policy.step(state, jnp.zeros(3))
        inputs.append(float(state.voltage[0]))
    assert np.std(inputs) == pytest.approx(4.0 * 0.5 * np.sqrt(3), rel=0.1)
    slow = {**variables, "neuron": {**quiet, "tau_m": jnp.full(HIDDEN, 2.0)}}
    policy = manipulations.noisy(bind(network, slow), KEY, membranes=0.5)
    state, membranes = policy.initial, []
    for _ in range(400):
        state = policy.step(state, jnp.zeros(3))
        membranes.append(np.asarray(state.voltage))
    assert np.std(membranes) == pytest.approx(0.5 * np.sqrt(0.25 / (1 - 0.25)), rel=0.1)  # a first-order autoregression
    still = final(network, variables, manipulations.noisy(bind(network, variables), KEY))
    np.testing.assert_array_equal(still.voltage, final(network, variables).voltage)


@pytest.fixture(scope="module")
def smoke() -> pd.DataFrame:
    return experiments.collect("dissection", "smoke")


def test_results_are_consistent_with_each_other(smoke: pd.DataFrame) -> None:
    memory = smoke[smoke["contest"] != "cartpole"]
    np.testing.assert_allclose(memory["intact"], memory["reward"])  # the memory task has no chance
    weights = smoke[smoke["evolved"] == "weight"]
    for name in ("exchanged", "mean", "median", "redrawn"):  # equal neurons cannot be told apart
        np.testing.assert_allclose(weights[name], weights["intact"], atol=1e-6)
    np.testing.assert_array_equal(weights["new_weights"], weights["untrained"])
    assert all(len(row) == hidden for row, hidden in zip(smoke["curve_carried"], smoke["hidden"], strict=True))


def test_what_neurons_carry_on_the_memory_task_is_their_part_of_the_margin(smoke: pd.DataFrame) -> None:
    rows = smoke[(smoke["contest"] == "memory") & (smoke["evolved"] == "neuron")]
    runs, variables = experiments.learned("dissection", "smoke", rows)
    for run, carried, at in zip(runs, rows["curve_carried"], range(len(runs)), strict=True):
        of = jax.tree.map(lambda values, at=at: values[at], variables)
        network = SpikingNetwork(run.training.architecture, Memory.inputs, Memory.outputs)
        trace = np.asarray(run.training.task.record(bind(network, of), run.training.task.steps).trace)[:, -1]
        output = np.asarray(of["synapse"]["output"])
        # The margin is linear in the traces: each neuron adds its own, with the other sign for the other cue.
        np.testing.assert_allclose(carried, (trace[0] - trace[1]) * (output[:, 0] - output[:, 1]) / 2, atol=1e-5)


def test_what_a_tenth_tells_is_the_information_of_the_joint_distribution() -> None:
    shares = np.random.default_rng(0).uniform(size=PARTS)
    joint = np.stack([shares, 1 - shares]) / PARTS
    product = joint.sum(0) * joint.sum(1, keepdims=True)
    carrying = joint.sum(1)
    expected = (joint * np.log2(joint / product)).sum() / -(carrying * np.log2(carrying)).sum()
    assert told(shares, 10**9) == pytest.approx(expected)
    assert told(np.eye(PARTS)[3], 10**9) == pytest.approx(1.0)  # one tenth carries all
    assert told(np.zeros(PARTS), 640) == 0.0
    by_chance = np.random.default_rng(1).binomial(60, 0.2, (5000, PARTS)) / 60
    assert told(by_chance, 60 * PARTS).mean() == pytest.approx(0.0, abs=0.003)


def test_neurons_are_counted_by_the_order_of_their_time_constants() -> None:
    rng = np.random.default_rng(0)
    tau = rng.lognormal(size=(6, 40))
    longest = (tau >= np.sort(tau)[:, -4:-3]) * np.arange(6)[:, None]  # they carry all; in network 0 nobody carries
    frame = pd.DataFrame({"contest": "memory", "curve_carried": [*longest.astype(float)], "carriers": 4, "hidden": 40})
    found = placed(frame, tau)
    assert found["carrying"].tolist() == [0.1] * 6
    np.testing.assert_array_equal(found[CARRYING], np.eye(PARTS)[[9] * 6] * (np.arange(6)[:, None] > 0))
    table = by_time_constant(found)
    assert table["part"].tolist() == [*range(1, PARTS + 1)]
    np.testing.assert_allclose(table["mean"], [0.0] * 9 + [5 / 6])


@pytest.mark.parametrize(
    ("effect", "seeds", "superior", "equal"),
    [
        ((0.3, 0.2, 0.4), 9, YES, NO),
        ((0.05, 0.02, 0.08), 9, NO, YES),
        ((0.1, 0.05, 0.15), 9, UNDECIDED, UNDECIDED),
        ((0.1, 0.1, 0.1), 9, UNDECIDED, UNDECIDED),  # a tie with the smallest effect
        ((0.3, 0.2, 0.4), 3, TOO_FEW, TOO_FEW),
        ((0.3, np.nan, np.nan), 9, TOO_FEW, TOO_FEW),
    ],
)
def test_answers(effect: tuple[float, float, float], seeds: int, superior: str, equal: str) -> None:
    assert answer(Effect(*effect, seeds), Criterion(0.1, "")) == superior
    assert answer(Effect(*effect, seeds), Criterion(0.1, "", within=True)) == equal
    assert answer(Effect(*effect, seeds, blind=True), Criterion(0.1, "")) == BLIND


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


def test_a_statement_that_holds_alone_falls_where_a_table_has_many() -> None:
    few = Effect(0.16, 0.105, 0.215, 20)  # one-sided p = 0.017, by Student's t with 19 degrees of freedom
    clear = Effect(0.5, 0.45, 0.55, 20)
    none = Effect(0.5, 0.45, 0.55, 20, blind=True)
    frame = pd.DataFrame({"contest": ["memory"], "seed": [0]})

    def table(*effects: Effect) -> pd.DataFrame:
        return answers(frame, [Statement(f"{e}", Criterion(0.1, ""), partial(lambda e, _: e, e)) for e in effects])

    assert table(few)["answer"].tolist() == [YES]
    assert table(few, clear)["answer"].tolist() == [YES, YES]  # Holm: the clear one leaves the whole level to the other
    assert table(few, few)["answer"].tolist() == [UNDECIDED] * 2
    assert table(few, few)["alone"].tolist() == [YES] * 2
    assert table(few, none, none)["answer"].tolist() == [YES, BLIND, BLIND]  # no evidence, no test
    against = Effect(0.04, -0.015, 0.095, 20)  # as clear as `few`, on the other side of 0.1
    assert table(against)["answer"].tolist() == [NO]
    assert table(against, few)["answer"].tolist() == [UNDECIDED] * 2


def test_an_answer_stands_if_it_stands_in_each_part_of_its_table() -> None:
    # Holm's method is the closed test of Bonferroni's: Marcus, Peritz and Gabriel, Biometrika 63, 1976.
    p_values = np.array([0.001, 0.02, 0.003, 0.0045, 0.006, 0.012, 0.024])
    parts = [set(part) for size in range(1, 8) for part in combinations(range(7), size)]
    stands = [
        all(min(p_values[other] for other in part) <= 0.025 / len(part) for part in parts if row in part)
        for row in range(7)
    ]
    assert sum(stands) == 4
    assert (family(pd.Series([YES, NO, YES, NO, YES, NO, YES]), p_values) != UNDECIDED).tolist() == stands


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


def test_figures_show_the_means(smoke: pd.DataFrame) -> None:
    table = draws.scores(smoke)
    of = table[(table["contest"] == "memory") & (table["evolved"] == "neuron")].set_index("result")["mean"]
    assert of["exchanged"] == pytest.approx(
        smoke[(smoke["contest"] == "memory") & (smoke["evolved"] == "neuron")]["exchanged"].mean()
    )
    figure = draws.changes(table)
    assert [axis.get_title() for axis in figure.axes] == ["memory", "CartPole"]
    first = drawn(draws.silencing(table).axes[0])
    assert first[0] == pytest.approx(of["intact"])
    parted = draws.parted(table)  # CartPole has one side at this size
    assert drawn(draws.fit(parted).axes[0])[:2].tolist() == pytest.approx([of["intact"], of["exchanged"]])
    assert set(parted[parted["evolved"] == "weight"]["result"]) == {
        "intact", "exchanged_outputs", "redrawn_weights", "untrained",
    }  # fmt: skip
    left = drawn(draws.kept(table).axes[0])
    assert (left[0], left[-1]) == pytest.approx((of["kept_1"], of["intact"]))
    tenths = by_time_constant(networks("smoke", smoke))
    assert drawn(draws.time_constants(tenths).axes[0]) == pytest.approx(tenths["mean"][:PARTS])
    panels = draws.robustness(table).axes
    assert len(panels) == len(draws.DISTURBED)
    assert drawn(panels[2])[1] == pytest.approx(of["jitter_2"])
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
    assert str(told["carried"]).startswith("0.00 to 0.")
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

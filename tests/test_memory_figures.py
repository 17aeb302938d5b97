"""The tables behind the figures of memory, and what these draw, from frames whose answers are known beforehand."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from hetsnn.errors import InputError
from hetsnn.networks.spiking import State
from hetsnn.sweeps.runs import identity, settings
from hetsnn.training import policies
from hetsnn_book import experiments
from hetsnn_book.experiments.memory import runs
from hetsnn_book.plots import memory, memory_carriers
from hetsnn_book.plots.styles import LABELS


def frame(rewards: dict[tuple[str, float, int], list[float]], **columns: Any) -> pd.DataFrame:
    """A row per reward, by side, time constant of the read-out and length."""
    rows = [
        {"evolved": side, "tau_readout": tau, "length": length, "rising_clock": False, "reward": reward, **columns}
        for (side, tau, length), values in rewards.items()
        for reward in values
    ]
    return pd.DataFrame(rows)


def test_the_longest_solved_length_ends_at_the_first_failure() -> None:
    solved, failed = [1.0] * 10, [1.0] * 8 + [0.0] * 2
    found = memory.longest_solved(
        memory.reward_table(
            frame(
                {
                    **{("neuron", 2.0, length): solved for length in (1, 2, 10)},
                    ("neuron", 2.0, 5): failed,  # 10 is solved, but not everything up to it
                    ("weight", 2.0, 1): [*solved[1:], 0.0],  # 90 % is enough
                    ("weight", 1.0, 1): failed,
                }
            )
        )
    )
    assert found == {
        ("neuron", "leaky"): 2,
        ("weight", "leaky"): 1,
        ("weight", "memoryless"): 0,
        ("neuron", "memoryless"): 0,
    }


def test_rewards_and_shares_count_lost_seeds_differently() -> None:
    row = memory.reward_table(frame({("neuron", 1.0, 5): [1.0, 1.0, 0.0, -1.0]})).iloc[0]
    assert (row["readout"], row["seeds"], row["mean"], row["solved"]) == ("memoryless", 4, 0.25, 0.5)
    assert row["solved_low"] < 0.5 < row["solved_high"]


def test_a_tie_is_blind_only_where_it_is_not_solved() -> None:
    """Two seeds: one finds a signal and then solves the task, the other is blind throughout."""
    seeds = frame({("neuron", 2.0, 5): [1.0, 0.0]}, generations=3)
    seeds["curve_mean"] = [np.array([0.0, 0.5, 1.0]), np.zeros(3)]
    seeds["curve_best"] = [np.array([0.0, 1.0, 1.0]), np.zeros(3)]
    seeds["curve_outside_largest_tie"] = [np.array([0.0, 7.0, 0.0]), np.zeros(3)]
    table = memory.curve_table(seeds, [5])
    assert table["blind_tie"].tolist() == [1.0, 0.5, 0.5]
    assert table["solved_tie"].tolist() == [0.0, 0.0, 0.5]
    assert table["fitness"].tolist() == [0.0, 0.25, 0.5]


def test_lesions_are_those_of_solved_seeds() -> None:
    seeds = frame({("weight", 2.0, 5): [1.0, 0.0, 1.0]}, margin=0.5)
    for number, column in enumerate(memory.LESIONS.values()):
        if column != "reward":
            seeds[column] = [number / 10, -1.0, number / 10]
    table = memory.lesion_table(seeds).set_index("test")
    assert table["seeds"].eq(2).all()
    np.testing.assert_allclose(table["mean"], [1.0, 0.1, 0.2, 0.3, 0.4])


def test_percentiles_of_time_constants_are_over_neurons_and_seeds() -> None:
    tau_m = np.array([[1.0, 2.0, 3.0], [50.0, 50.0, 50.0], [4.0, 5.0, 6.0]])
    seeds = frame({("neuron", 2.0, 5): [1.0], ("neuron", 1.0, 5): [1.0]})
    table = memory.time_constant_table(pd.concat([seeds, seeds[:1]]), tau_m)
    rows = table.set_index("readout")
    assert rows["q50"].to_dict() == {"leaky": 3.5, "memoryless": 50.0}
    assert rows.loc["leaky", "q95"] == pytest.approx(np.percentile([1, 2, 3, 4, 5, 6], 95))


def test_a_carrier_is_a_neuron_whose_last_spike_tells_the_cues_apart() -> None:
    trace = np.zeros((2, 2, 4, 3))  # runs, cues, time, neurons
    trace[:, :, :, 0] = 1.0  # fires always
    trace[1, 0, :, 1] = 1.0  # fires under one cue only
    trace[:, 1, :-1, 2] = 1.0  # told the cues apart, but has forgotten
    states = State(jnp.asarray(trace), jnp.asarray(trace))
    properties = {"tau_m": np.arange(6.0).reshape(2, 3)}
    found = memory_carriers.carriers(frame({("neuron", 1.0, 3): [1.0, 1.0]}), states, properties)
    assert found.to_dict("records") == [{"row": 1, "neuron": 1, "length": 3, "tau_m": 4.0}]
    assert memory_carriers.carriers(frame({("neuron", 1.0, 3): [1.0]})[:0], None, {"tau_m": np.zeros((0, 3))}).empty


def test_what_many_runs_learned_is_what_each_learned() -> None:
    chosen = [run for run in runs("smoke") if run.training.genome.evolved == "neuron" and run.training.seed == 1][:3]
    genomes = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    rows = pd.DataFrame([{"identity": identity(run), **settings(run)} for run in chosen]).assign(genome=list(genomes))
    found, variables = experiments.learned("memory", "smoke", rows)
    assert list(found) == chosen
    for place, run in enumerate(chosen):
        alone = policies.learned(run.training, jnp.asarray(genomes[place]))
        jax.tree.map(lambda a, b, i=place: np.testing.assert_allclose(a, b[i], rtol=1e-6), alone, variables)
    with pytest.raises(InputError, match="at least one finished run, got none"):
        experiments.learned("memory", "smoke", rows[:0])


REWARDS = {
    ("neuron", 2.0, 1): [1.0, 1.0],
    ("neuron", 2.0, 5): [1.0, 0.0],
    ("neuron", 1.0, 1): [1.0, -1.0],
    ("neuron", 1.0, 5): [0.0, -1.0],
    ("weight", 2.0, 1): [1.0, 0.0],
    ("weight", 2.0, 5): [0.0, 0.0],
    ("weight", 1.0, 1): [0.0, -1.0],  # with a memoryless read-out no seed of these solves the task
    ("weight", 1.0, 5): [-1.0, -1.0],
}


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Figures go with the test that drew them."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def seeds() -> pd.DataFrame:
    """Two seeds at two lengths, as in the smallest profile; under the other clock each earns half as much."""
    falling = frame(REWARDS, margin=0.1)
    seeds = pd.concat([falling, falling.assign(rising_clock=True, reward=falling["reward"] / 2)], ignore_index=True)
    numbers = {column: seeds["reward"] - n / 10 for n, column in enumerate(memory.LESIONS.values()) if n}
    return seeds.assign(**numbers)


@pytest.fixture(scope="module")
def table(seeds: pd.DataFrame) -> pd.DataFrame:
    return memory.reward_table(seeds)


def panels(figure: Figure) -> dict[str, Axes]:
    """The panels of a figure by their title, after it has been drawn."""
    figure.canvas.draw()
    return {axis.get_title(): axis for axis in figure.axes}


def bars(axis: Axes) -> dict[str, np.ndarray]:
    """The numbers behind error bars, by their label: a row of x, mean, low and high each."""
    found = {}
    for bar in axis.containers:
        assert isinstance(bar, ErrorbarContainer)
        line, _, (intervals,) = bar.lines
        ends = np.stack(intervals.get_segments())[:, :, 1]
        found[str(bar.get_label())] = np.column_stack([line.get_xydata(), ends])
    return found


def clouds(axis: Axes) -> list[np.ndarray]:
    """The points of each cloud, a row of x and y each."""
    return [np.asarray(cloud.get_offsets()) for cloud in axis.collections if isinstance(cloud, PathCollection)]


def lines(axis: Axes) -> dict[str, np.ndarray]:
    """A row of x and y for each point of a line, by its label."""
    return {str(line.get_label()): np.asarray(line.get_xydata()) for line in axis.lines}


def rows_of(table: pd.DataFrame, side: str, kind: str, *, rising: bool = False) -> pd.DataFrame:
    chosen = (table["evolved"] == side) & (table["readout"] == kind) & (table["rising_clock"] == rising)
    return table[chosen].sort_values("length")


def test_the_maze_says_how_long_it_is() -> None:
    (axis,) = memory.maze(25).axes
    assert "25 steps, only a clock" in {text.get_text() for text in axis.texts}


@pytest.mark.parametrize("kind", memory.KINDS)
@pytest.mark.parametrize("side", memory.SHIFTS)
def test_rewards_and_shares_are_drawn_where_they_are(
    seeds: pd.DataFrame, table: pd.DataFrame, side: str, kind: str
) -> None:
    rewards = np.array([REWARDS[side, {"leaky": 2.0, "memoryless": 1.0}[kind], length] for length in (1, 5)])
    moved, rows = np.array([1, 5]) * memory.SHIFTS[side], rows_of(table, side, kind)
    panel = panels(memory.reward(table, seeds))[f"{kind} read-out"]
    expected = np.column_stack([moved, rewards.mean(1), rows["low"], rows["high"]])
    np.testing.assert_allclose(bars(panel)[LABELS[side]], expected)
    points = clouds(panel)[list(memory.SHIFTS).index(side)]
    np.testing.assert_allclose(points[:, 0], moved.repeat(2), rtol=0.021)
    np.testing.assert_allclose(points[:, 1], rewards.ravel() + memory.OFFSETS[side], atol=0.035)
    panel = panels(memory.solved(table))[f"{kind} read-out"]
    expected = np.column_stack([moved, (rewards == 1).mean(1), rows["solved_low"], rows["solved_high"]])
    np.testing.assert_allclose(bars(panel)[LABELS[side]], expected, atol=1e-12)


def test_both_clocks_are_drawn_beside_each_other(table: pd.DataFrame) -> None:
    found = panels(memory.clocks(table))
    for kind, (side, label), rising in product(memory.KINDS, LABELS.items(), (False, True)):
        drawn = bars(found[f"{kind} read-out"])[f"{label}, {'rising' if rising else 'falling'} clock"]
        rows = rows_of(table, side, kind, rising=rising)
        np.testing.assert_allclose(drawn[:, 1:], rows[["mean", "low", "high"]])
        assert drawn[:, 0].round().tolist() == [1, 5]


def test_learning_curves_and_blind_ties_are_drawn_by_side() -> None:
    rng = np.random.default_rng(0)
    seeds = frame({("neuron", 2.0, 1): [1.0], ("neuron", 2.0, 5): [0.0], ("weight", 2.0, 5): [0.0]}, generations=4)
    for name in ("mean", "best"):
        seeds[f"curve_{name}"] = list(rng.uniform(0, 0.9, (3, 4)))
    seeds["curve_outside_largest_tie"] = [np.array([0.0, 3.0, 0.0, 3.0]), np.array([3.0, 3.0, 3.0, 0.0]), np.zeros(4)]
    figure = memory.curves(memory.curve_table(seeds, [1, 5]))
    titles = [f"{LABELS[side]},\nleaky" for side in ("neuron", "weight")]
    assert list(panels(figure))[:2] == titles
    for (column, length), row in zip(((0, "1"), (0, "5"), (1, "5")), seeds.itertuples(), strict=True):
        of_fitness, of_ties = (lines(axis)[length] for axis in (figure.axes[column], figure.axes[column + 2]))
        np.testing.assert_allclose(of_fitness, np.column_stack([range(4), row.curve_mean]))
        np.testing.assert_array_equal(of_ties[:, 1], np.asarray(row.curve_outside_largest_tie) == 0)


def test_bands_of_time_constants_are_their_percentiles(seeds: pd.DataFrame) -> None:
    tau_m = np.random.default_rng(1).lognormal(1, 0.5, (len(seeds), 40))
    found = panels(memory.time_constants(memory.time_constant_table(seeds, tau_m)))
    for kind, tau in (("leaky", 2.0), ("memoryless", 1.0)):
        axis = found[f"{kind} read-out"]
        expected = [tau_m[(seeds["tau_readout"] == tau) & (seeds["length"] == length)].ravel() for length in (1, 5)]
        quantiles = np.percentile(expected, (5, 25, 50, 75, 95), axis=1)
        np.testing.assert_allclose(lines(axis)["median"], np.column_stack([(1, 5), quantiles[2]]))
        for band, ends in zip(axis.collections, (quantiles[[0, 4]], quantiles[[1, 3]]), strict=True):
            drawn = {tuple(point) for point in np.round(np.asarray(band.get_paths()[0].vertices, float), 9).tolist()}
            assert drawn == {(x, y) for each in ends for x, y in zip((1.0, 5.0), each.round(9).tolist(), strict=True)}


def test_lesions_are_drawn_by_what_is_done(seeds: pd.DataFrame) -> None:
    found = panels(memory.lesions(memory.lesion_table(seeds)))
    for number, test in enumerate(memory.LESIONS):
        for side, kind, lengths in (
            ("neuron", "leaky", [1, 5]),
            ("neuron", "memoryless", [1]),
            ("weight", "leaky", [1]),
            ("weight", "memoryless", []),
        ):
            drawn = lines(found[f"{LABELS[side]},\n{kind} read-out"])[test]
            expected = np.array([[length, 1 - number / 10] for length in lengths]).reshape(-1, 2)
            np.testing.assert_allclose(drawn, expected)


def test_a_carriers_membrane_is_drawn_under_both_cues(seeds: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    constants = memory.time_constant_table(seeds, np.full((len(seeds), 4), 2.0))
    alone = constants[constants["readout"] == "memoryless"]
    trace = np.zeros((1, 2, 7, 4))
    trace[0, 1, :, 2] = 1.0
    states = State(jnp.asarray(rng.normal(size=trace.shape)), jnp.asarray(trace))
    properties = {"tau_m": np.full((1, 4), 3.0), "v_th": np.full((1, 4), 0.5), "v_rest": np.full((1, 4), 0.6)}
    somebody = memory_carriers.carriers(seeds[seeds["length"] == 5][:1], states, properties)
    left, right = memory_carriers.silence(somebody, states, alone).axes
    for cue, label in enumerate(memory_carriers.CUES):
        np.testing.assert_allclose(lines(left)[label], np.column_stack([range(6), states.voltage[0, cue, :6, 2]]))
    assert lines(left)["threshold"][:, 1].tolist() == [0.5, 0.5]
    (points,) = clouds(right)
    np.testing.assert_allclose(points, [[5.0, 3.0]], rtol=0.021)
    nobody = memory_carriers.carriers(seeds[:0], None, {name: values[:0] for name, values in properties.items()})
    left, right = memory_carriers.silence(nobody, None, alone).axes
    assert [text.get_text() for text in left.texts] == ["no example"]
    assert [len(points) for points in clouds(right)] == [0]

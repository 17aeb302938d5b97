"""The tables behind the figures of memory, from frames whose answers are known beforehand."""

from itertools import product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from hetsnn.errors import InputError
from hetsnn.networks.spiking import State
from hetsnn.sweeps.runs import identity, settings
from hetsnn.training import evolution
from hetsnn_book import experiments
from hetsnn_book.experiments.memory import runs
from hetsnn_book.plots import memory, memory_carriers


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
    seeds["curve_untied"] = [np.array([0.0, 7.0, 0.0]), np.zeros(3)]
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
        alone = evolution.learned(run, jnp.asarray(genomes[place]))
        jax.tree.map(lambda a, b, i=place: np.testing.assert_allclose(a, b[i], rtol=1e-6), alone, variables)
    with pytest.raises(InputError, match="no rows"):
        experiments.learned("memory", "smoke", rows[:0])


def test_every_figure_can_be_drawn_from_few_seeds(tmp_path: Path) -> None:
    """Two seeds at two lengths, as in the smallest profile; no solved seed in one of the panels."""
    places = list(product(("neuron", "weight"), (1.0, 2.0), (1, 5)))
    seeds = frame({place: [1.0, 0.0] if place[0] == "neuron" else [0.0, 0.0] for place in places}, margin=0.1)
    seeds = pd.concat([seeds, seeds.assign(rising_clock=True)], ignore_index=True)
    seeds = seeds.assign(**{column: 0.5 for column in memory.LESIONS.values() if column != "reward"})
    table = memory.reward_table(seeds)
    tau_m = np.full((len(seeds), 4), 2.0)
    constants = memory.time_constant_table(seeds, tau_m)
    constants_alone = constants[constants["readout"] == "memoryless"]
    nobody = memory_carriers.carriers(seeds[:0], None, dict.fromkeys(("tau_m", "v_th", "v_rest"), tau_m[:0]))
    trace = np.zeros((1, 2, 6, 4))
    trace[0, 1, :, 2] = 1.0
    states = State(jnp.asarray(trace), jnp.asarray(trace))
    properties = dict.fromkeys(("tau_m", "v_th", "v_rest"), tau_m[:1])
    somebody = memory_carriers.carriers(seeds[seeds["length"] == 5][:1], states, properties)
    assert memory_carriers.example_of(somebody) is not None
    drawn = [
        memory.maze(25),
        memory.reward(table, seeds),
        memory.solved(table),
        memory.clocks(table),
        memory.time_constants(constants),
        memory.lesions(memory.lesion_table(seeds)),
        memory_carriers.silence(nobody, None, constants_alone),
        memory_carriers.silence(somebody, states, constants_alone),
    ]
    for number, figure in enumerate(drawn):
        figure.savefig(tmp_path / f"{number}.png", dpi=40)
        assert (tmp_path / f"{number}.png").stat().st_size > 1000

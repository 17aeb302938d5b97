"""Verdicts on made-up results: the rules say yes, in part, no, and that they do not know."""

import numpy as np
import pandas as pd
import pytest

from hetsnn.sweeps.store import Store
from hetsnn_book import claims, experiments
from hetsnn_book.claims.verdicts import IN_PART, NOT_MEASURED, NOT_REPRODUCED, REPRODUCED
from hetsnn_book.experiments.control import NEURONS
from hetsnn_book.experiments.memory import READOUTS
from hetsnn_book.project import published_only

ABOUT_09, FALLS, BETTER = (claim.judge for claim in claims.every() if claim.experiment == "memory")


def frame(share: dict[tuple[str, str], dict[int, float]], seeds: int = 40) -> pd.DataFrame:
    """Runs of which a share is solved, by side and read-out and length."""
    return pd.DataFrame(
        [
            {
                "evolved": side,
                "tau_readout": READOUTS[readout],
                "length": length,
                "rising_clock": False,
                "reward": reward,
            }
            for (side, readout), of_lengths in share.items()
            for length, solved in of_lengths.items()
            for reward in np.arange(seeds) < solved * seeds
        ]
    ).astype({"reward": float})


def everywhere(side: str, of_lengths: dict[int, float]) -> dict[tuple[str, str], dict[int, float]]:
    return {(side, readout): of_lengths for readout in READOUTS}


@pytest.mark.parametrize(
    ("leaky", "memoryless", "verdict"),
    [
        (0.95, 1.0, REPRODUCED),
        (0.95, 0.5, IN_PART),
        (0.6, 0.0, NOT_REPRODUCED),
        (0.82, 0.82, NOT_REPRODUCED),  # nobody knows from 40 seeds that this is at least 0.8
    ],
)
def test_about_nine_tenths(leaky: float, memoryless: float, verdict: str) -> None:
    rewards = frame({("neuron", "leaky"): {25: leaky}, ("neuron", "memoryless"): {25: memoryless}})
    found, evidence = ABOUT_09(rewards)
    assert found == verdict
    assert f"{round(leaky * 40) / 40:.2f}" in evidence


def test_a_fall_has_to_be_large_and_sure() -> None:
    assert FALLS(frame(everywhere("weight", {1: 1.0, 25: 0.2})))[0] == REPRODUCED
    assert FALLS(frame(everywhere("weight", {1: 1.0, 25: 0.95})))[0] == NOT_REPRODUCED
    assert FALLS(frame(everywhere("weight", {1: 0.2, 25: 1.0})))[0] == NOT_REPRODUCED


def test_better_at_long_delays() -> None:
    good, bad = {10: 1.0, 25: 0.9, 50: 0.8}, {10: 0.5, 25: 0.2, 50: 0.1}
    assert BETTER(frame(everywhere("neuron", good) | everywhere("weight", bad)))[0] == REPRODUCED
    assert BETTER(frame(everywhere("neuron", bad) | everywhere("weight", good)))[0] == NOT_REPRODUCED
    assert BETTER(frame(everywhere("neuron", good) | everywhere("weight", bad | {50: 0.8})))[0] == IN_PART


def test_what_has_too_few_seeds_is_not_measured() -> None:
    assert ABOUT_09(frame({("neuron", "leaky"): {25: 1.0}}))[0] == NOT_MEASURED
    assert ABOUT_09(frame(everywhere("neuron", {25: 1.0}), seeds=1))[0] == NOT_MEASURED


def robots(means: dict[str, dict[int, float]], seeds: int = 5, budget: str = "declared") -> pd.DataFrame:
    """Rewards of both sides at each size, which vary by ten over seeds."""
    return pd.DataFrame(
        [
            {"environment": "hopper", "budget": budget, "evolved": side, "size": size, "reward": mean + 10.0 * seed}
            for side, of_sizes in means.items()
            for size, mean in of_sizes.items()
            for seed in range(seeds)
        ]
    )


def on_two(frame: pd.DataFrame) -> pd.DataFrame:
    """The same on a second robot."""
    return pd.concat([frame, frame.assign(environment="walker2d")])


def test_robots_are_judged_by_the_declared_budget() -> None:
    comparable, better, same = (claim.judge for claim in claims.every() if claim.experiment == "control")
    flat, rising = dict.fromkeys(NEURONS, 500.0), {size: size / 4 for size in NEURONS}
    frame = robots({"neuron": rising, "weight": flat})
    assert (comparable(frame)[0], comparable(frame)[1][:16]) == (NOT_MEASURED, "4 of 16 settings")  # too few to tell
    assert comparable(on_two(frame))[0] == IN_PART  # 256 at 1,024 neurons is clearly worse than 500
    assert comparable(on_two(robots({"neuron": flat, "weight": flat})))[0] == REPRODUCED
    assert [better(frame)[0], same(frame)[0]] == [NOT_MEASURED, NOT_MEASURED]  # one robot of four
    assert [better(on_two(frame))[0], same(on_two(frame))[0]] == [REPRODUCED, REPRODUCED]
    turned = on_two(robots({"neuron": flat, "weight": rising}))
    assert [better(turned)[0], same(turned)[0]] == [NOT_REPRODUCED, NOT_REPRODUCED]
    part = on_two(robots({"neuron": {1024: 1.0}, "weight": {1024: 1.0}}))
    few = on_two(robots({"neuron": rising, "weight": flat}, seeds=4))
    for less in (on_two(frame.assign(budget="short")), part, few, frame[:0]):
        assert {judge(less)[0] for judge in (comparable, better, same)} == {NOT_MEASURED}


def test_single_properties_are_judged_where_the_whole_table_is_there() -> None:
    together, tau_m, threshold = (claim.judge for claim in claims.every() if claim.experiment == "ablation")

    def frame(**means: float) -> pd.DataFrame:
        rows = {"tau_m+v_th+v_rest+r_m" if name == "all" else name: mean for name, mean in means.items()}
        each = [(name, mean + seed) for name, mean in rows.items() for seed in range(5)]
        table = pd.DataFrame(each, columns=["properties", "reward"])
        return table.assign(environment="hopper", variant="main")

    papers = frame(tau_m=1796.0, v_th=399.0, r_m=1654.0, all=2142.0)
    assert [judge(papers)[0] for judge in (together, tau_m, threshold)] == [NOT_MEASURED] * 3  # one robot of four
    assert [judge(on_two(papers))[0] for judge in (together, tau_m, threshold)] == [REPRODUCED] * 3
    more = pd.concat([papers, papers[:1].assign(properties="tau_m+r_m")])  # a row of Table S2 has one seed
    assert [judge(on_two(more))[0] for judge in (together, tau_m, threshold)] == [REPRODUCED] * 3
    turned = on_two(frame(tau_m=399.0, v_th=2142.0, r_m=1654.0, all=1000.0))
    assert [judge(turned)[0] for judge in (together, tau_m, threshold)] == [NOT_REPRODUCED] * 3
    assert {judge(on_two(frame(tau_m=1.0, v_th=2.0)))[0] for judge in (together, tau_m, threshold)} == {NOT_MEASURED}


def test_every_claim_of_the_published_results_has_its_verdict() -> None:
    table = claims.verdicts("paper", published_only())
    assert len(table) == len(claims.every())
    assert set(table["verdict"]) <= {REPRODUCED, IN_PART, NOT_REPRODUCED, NOT_MEASURED}
    assert {claim.experiment for claim in claims.every()} <= set(experiments.names())
    assert (table[table["verdict"] != NOT_MEASURED]["evidence"].str.len() > 20).all()


def test_without_results_nothing_is_measured(store: Store) -> None:
    assert set(claims.verdicts("paper", store)["verdict"]) == {NOT_MEASURED}

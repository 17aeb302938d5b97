"""Verdicts on made-up results: the rules say yes, in part, no, and that they do not know."""

import numpy as np
import pandas as pd
import pytest

from hetsnn.sweeps.store import Store
from hetsnn_book import claims, experiments
from hetsnn_book.claims import memory
from hetsnn_book.claims.verdicts import CONTRADICTS, IN_PART, NOT_MEASURED, NOT_REPRODUCED, REPRODUCED
from hetsnn_book.experiments.memory import READOUTS
from hetsnn_book.project import published_only

ABOUT_09, FALLS, BETTER = (claim.judge for claim in memory.CLAIMS)


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


def test_every_claim_of_the_published_results_has_its_verdict() -> None:
    table = claims.verdicts("paper", published_only())
    assert len(table) == len(claims.every())
    assert {name for claim in claims.every() for name in claim.experiments} <= set(experiments.names())
    assert (table[table["verdict"] != NOT_MEASURED]["evidence"].str.len() > 20).all()


def test_without_results_nothing_is_measured(store: Store) -> None:
    assert set(claims.verdicts("paper", store)["verdict"]) == {NOT_MEASURED, CONTRADICTS}

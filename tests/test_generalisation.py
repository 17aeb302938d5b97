"""The rule for generalisation: data that must pass, data that must fail, ties, what was not learned, too few data."""

from itertools import product

import pandas as pd
import pytest

from hetsnn_book.claims import dissection
from hetsnn_book.claims.claim import Judgement
from hetsnn_book.claims.verdicts import DEPENDS, NOT_FOUND, NOT_MEASURED, ROBUST

(CLAIM,) = dissection.CLAIMS
DISTURBED = ("span_2", "span_5", "inputs_0.1", "inputs_0.3", "membranes_0.1", "membranes_0.3", "jitter_20", "jitter_50")


def judged(
    loss: dict[tuple[str, str], float], intact: float = 1.0, disturbed: tuple[str, ...] = DISTURBED
) -> Judgement:
    """The judgement where networks of a task and side lose so much under each disturbance, alike for all seeds."""
    rows = [
        {"contest": task, "evolved": side, "seed": seed, "intact": intact + 0.001 * seed}
        | dict.fromkeys(disturbed, intact + 0.001 * seed - loss[task, side])
        for (task, side), seed in product(loss, range(6))
    ]
    return CLAIM.judge(pd.DataFrame(rows))


def losing(neurons: float, weights: float, other: float = 0.3) -> dict[tuple[str, str], float]:
    """Losses on two tasks; on the second, neurons lose less by `other`."""
    return {
        ("memory", "neuron"): neurons,
        ("memory", "weight"): weights,
        ("cartpole", "neuron"): 0.3,
        ("cartpole", "weight"): 0.3 + other,
    }


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [
        (losing(0.1, 0.5), ROBUST),
        (losing(0.5, 0.1, other=-0.3), NOT_FOUND),
        (losing(0.2, 0.3 - 1e-6, other=0.1 - 1e-6), NOT_FOUND),  # ties with the smallest effect
        (losing(0.5, 0.1), f"{DEPENDS} task"),
    ],
)
def test_neurons_that_lose_less_generalise_better(loss: dict[tuple[str, str], float], verdict: str) -> None:
    assert judged(loss).verdict == verdict


def test_a_delay_and_the_next_one_are_one_disturbance() -> None:
    rows = [
        {"contest": "memory", "evolved": side, "seed": seed, "intact": 1.0, "span_2": even, "span_2.04": 1.0,
         "span_0.6": 1.0, "span_0.64": even, "inputs_0.01": 0.0, "inputs_0.03": 1.0}
        for side, even in (("neuron", 0.9), ("weight", -1.0))
        for seed in range(6)
    ]  # fmt: skip
    found = dissection.generalising(pd.DataFrame(rows)).specifications.set_index(["disturbance", "strength"])
    delays = found.loc["other length or limit"]
    assert delays["effect"].to_dict() == pytest.approx({2.0: 0.95, 0.6: 0.95})
    assert set(found.loc["noise on inputs"].index) == {0.01, 0.03}


def test_networks_that_learned_nothing_and_few_disturbances_are_no_evidence() -> None:
    assert judged(losing(0.1, 0.5), intact=0.3).verdict == NOT_MEASURED
    assert judged(losing(0.1, 0.5), disturbed=DISTURBED[:1]).verdict == NOT_MEASURED
    assert CLAIM.judge(pd.DataFrame()).verdict == NOT_MEASURED
    one_side = {key: value for key, value in losing(0.1, 0.5).items() if key[1] == "neuron"}
    assert judged(one_side).verdict == NOT_MEASURED

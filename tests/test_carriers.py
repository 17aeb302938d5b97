"""Neurons that carry a task, by their time constants: counts and information of known distributions."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.measures.carriers import CARRYING, PARTS, by_time_constant, placed, told


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

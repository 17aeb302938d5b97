"""Tables of specifications: a row for each with both sides, two parts together, and other units."""

import numpy as np
import pandas as pd
from scipy import stats
from test_verdicts import ABOVE, cells

from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import COLUMNS, Effect, difference, in_units, table, weaker
from hetsnn_book.measures.seeds import by_seed


def test_a_table_has_a_row_per_specification_with_both_sides() -> None:
    frame = pd.DataFrame(
        [
            {"gain": gain, "evolved": side, "seed": seed, "length": length, "reward": gain * (side == "neuron") + seed}
            for gain in (1.0, 3.0)
            for side in ("neuron", "weight")
            for seed in range(4)
            for length in (10, 25)
            if (gain, side) != (3.0, "weight")
        ]
    )

    def effect(group: pd.DataFrame) -> Effect | None:
        one, other = (group[group["evolved"] == side] for side in ("neuron", "weight"))
        return difference(*(by_seed(side, ["length"]) for side in (one, other))) if len(other) else None

    found = table(frame, {"gain": "gain"}, effect)
    assert found[["gain", "effect", "seeds"]].to_numpy().tolist() == [[1.0, 1.0, 4]]
    assert [*table(frame[:0], {"gain": "gain"}, effect)] == ["gain", *COLUMNS]


def test_two_parts_hold_where_both_do() -> None:
    lengths = cells(3.0, 0.5, 3.0, half=1.0, length=[10, 25, 50])
    of_all = cells(2.0, half=0.5, seeds=3)
    both = weaker(lengths, of_all)
    assert both["effect"].tolist() == [2.0, 0.5, 2.0]
    assert both["low"].tolist() == [1.5, -0.5, 1.5]
    surer, usual = (stats.t.ppf(level, [2, 4]) for level in (1 - 0.025 / 2, 0.975))  # of two parts, either may fail
    np.testing.assert_allclose(both["high"], [2 + 0.5 * (surer / usual)[0], 0.5 + (surer / usual)[1], both["high"][0]])
    assert both["seeds"].tolist() == [3] * 3
    other = cells(5.0, 5.0, half=4.5, length=[10, 50])
    assert weaker(lengths, other)[["length", "low"]].to_numpy().tolist() == [[10, 0.5], [50, 0.5]]
    one = Criterion(1.0, "")
    uncertain = weaker(cells(1.5, half=0.1), cells(3.0, half=2.5))
    assert not one.hold_jointly(uncertain).any()  # the part with the larger effect may fail
    assert one.hold_jointly(weaker(cells(1.5, half=0.1), cells(3.0, half=1.0))).all()
    assert one.fail_jointly(weaker(cells(0.5, half=0.1), cells(3.0, half=2.5))).all()


def test_p_values_of_two_parts_are_those_of_the_parts() -> None:
    rng = np.random.default_rng(0)
    values = [rng.normal(middle, 0.2, count) for middle, count in ((0.5, 6), (0.3, 30))]
    tests = [stats.ttest_1samp(of, ABOVE.smallest, alternative="greater").pvalue for of in values]
    parts = [pd.DataFrame([difference(of, np.zeros(len(of)))], columns=COLUMNS) for of in values]
    both = weaker(*parts)
    np.testing.assert_allclose(ABOVE.p_values(both), max(tests), rtol=0.2)
    np.testing.assert_allclose(ABOVE.p_values(weaker(*parts[::-1])), max(tests), rtol=0.2)
    edge = Criterion(0.38, "points")  # the second part clearly fails it, the first does not
    fails = min(stats.ttest_1samp(of, edge.smallest, alternative="less").pvalue for of in values)
    np.testing.assert_allclose(edge.p_values(both, against=True), 2 * fails, rtol=0.3)
    assert (both["high"] < edge.smallest).tolist() == (edge.p_values(both, against=True) <= 0.025).tolist()


def test_effects_in_units_of_the_smallest() -> None:
    table = cells(0.2, half=0.1)
    np.testing.assert_allclose(in_units(table, 0.1)[["effect", "low", "high"]].to_numpy(), [[2.0, 1.0, 3.0]])
    np.testing.assert_allclose(in_units(table, -0.1)[["effect", "low", "high"]].to_numpy(), [[-2.0, -3.0, -1.0]])

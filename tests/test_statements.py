"""Statements of a page: answers to effects of known size, and Holm's correction for the number of rows."""

from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect
from hetsnn_book.claims.statements import BLIND, NO, TOO_FEW, UNDECIDED, YES, Statement, answer, answers, family


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

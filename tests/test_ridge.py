"""A ridge read-out: it finds what spikes know, and its rules answer data whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.claims import ridge as rules
from hetsnn_book.claims.statements import NO, TOO_FEW, UNDECIDED, YES, answers
from hetsnn_book.measures.ridge import EPISODES, PENALTIES, fitted


def test_a_fitted_read_out_finds_the_cue_where_spikes_hold_it_and_nothing_where_they_do_not() -> None:
    rng = np.random.default_rng(0)
    traces = rng.normal(size=(2 * EPISODES, 2, 16))
    blind = np.zeros((2 * EPISODES, 2, 2))
    blind[..., 1] = 1.0  # always the second action: right for one of the cues
    assert fitted(traces, blind)[0] == 0.0
    assert abs(fitted(traces, blind)[1]) < 0.35
    knowing = traces.copy()
    knowing[:, 1, 3] += 8.0
    right = np.zeros_like(blind)
    right[:, 0, 0] = right[:, 1, 1] = 1.0
    assert fitted(knowing, right) == (1.0, 1.0)
    assert fitted(np.zeros_like(traces), blind)[1] == 0.0  # a silent network


def test_the_fit_is_that_of_the_equation() -> None:
    rng = np.random.default_rng(1)
    traces = rng.normal(size=(2 * EPISODES, 2, 5))
    traces[:, 1] += 0.8
    half, y = traces[:EPISODES].reshape(-1, 5), np.tile([-1.0, 1.0], EPISODES)
    others = traces[EPISODES:].reshape(-1, 5)
    centred, answers_by = half - half.mean(0), []
    for penalty in PENALTIES:
        w = np.linalg.solve(centred.T @ centred + penalty * np.eye(5), centred.T @ (y - y.mean()))
        answers_by.append(2 * (np.sign((others - half.mean(0)) @ w + y.mean()) == y).mean() - 1)
    assert fitted(traces, np.zeros((2 * EPISODES, 2, 2)))[1] in answers_by


@pytest.mark.parametrize(
    ("gap", "seeds", "found"),
    [
        (0.5, 8, [NO, YES, NO]),
        (0.0, 8, [YES, NO, NO]),
        (0.1, 8, [UNDECIDED, UNDECIDED, NO]),
        (0.5, 3, [TOO_FEW] * 3),
    ],
)
def test_rules_compare_read_outs_within_seeds(gap: float, seeds: int, found: list[str]) -> None:
    own = 0.7 + np.random.default_rng(0).normal(0, 0.1, seeds)
    frame = pd.DataFrame({"contest": "memory", "own": own, "ridge": own, "ridge_untrained": own - gap})
    assert answers(frame, rules.STATEMENTS)["answer"].tolist() == found

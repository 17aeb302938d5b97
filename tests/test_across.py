"""Rules for the abstract and the title, across tasks: data that must pass, data that must fail, ties, no evidence."""

import numpy as np
import pandas as pd
import pytest
from made_up import always, frame_of, of_side, spread
from test_claims import decays, judged, on_memory, shrinks

from hetsnn.sweeps.runs import Run
from hetsnn_book.claims import ablation, across, factorial
from hetsnn_book.claims.verdicts import NOT_FOUND, NOT_MEASURED, ROBUST
from hetsnn_book.experiments.factorial_search import OWN


def test_claims_across_tasks() -> None:
    longer, tau_m, alike = across.CLAIMS
    share = of_side(always(1.0), shrinks)
    pole = frame_of(
        "cartpole", lambda run: run.training.seed < 5, reward=lambda run: share(run) * run.training.task.limit
    )
    frames = on_memory(of_side(always(1.0), decays))
    assert judged(longer, [*frames, pole]).verdict == ROBUST
    assert judged(longer, [*on_memory(always(1.0)), pole]).verdict == NOT_FOUND

    def alone(value: float) -> pd.DataFrame:
        def reward(run: Run) -> float:
            return spread(run) + (value if run.training.genome.widths[0] else 0.4)

        return frame_of("memory_properties", lambda run: run.training.seed % 100 < 5, reward=reward)

    old = pd.DataFrame({"variant": ["main"]})
    assert [judged(tau_m, [alone(value), old]).verdict for value in (1.0, 0.4, 0.0)] == [ROBUST, NOT_FOUND, NOT_FOUND]
    leads = ((0.5, 0.5), (0.05, 0.1), (0.0, 0.0))  # of random settings, and tuned
    verdicts = [judged(alike, [trials(drawn), tasks(tuned), old]).verdict for drawn, tuned in leads]
    assert verdicts == [ROBUST, NOT_FOUND, NOT_FOUND]
    assert judged(alike, [trials(0.5), tasks(0.0), old]).verdict == "depends on tuning"
    assert judged(alike, [trials(0.5)[:0], tasks(0.5), old]).verdict == NOT_MEASURED
    nothing = trials(0.5).assign(reward=0.0)
    assert judged(alike, [nothing, tasks(0.5), old]).verdict == NOT_MEASURED  # all settings are blind


def tasks(lead: float) -> pd.DataFrame:
    """Two tasks at two lengths, on which neurons that evolve apart lead neurons that evolve alike."""
    rows = [
        {"contest": contest, "span": span, "cell": cell, "seed": seed, "spread": np.nan,
         "reward": 0.3 + 0.01 * seed + (lead if cell == OWN else 0.0)}
        for contest in ("memory", "recall")
        for span in (10, 100)
        for cell in factorial.APART
        for seed in range(5)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def trials(lead: float) -> pd.DataFrame:
    """Random settings of the search for `tasks`, of two seeds each."""
    rows = [
        {"contest": contest, "span": span, "cell": cell, "seed": seed, "trial": trial, "tau_m": 1.0 + trial,
         "gain": 5.0 - trial, "bias": bool(trial % 2), "tau_readout": 1.0, "margin_scale": 0.0, "sigma": 0.1,
         "learning_rate": 0.1, "reward": 0.3 + 0.01 * seed + (lead if cell == OWN else 0.0)}
        for contest in ("memory", "recall")
        for span in (10, 100)
        for cell in factorial.APART
        for trial in range(4)
        for seed in range(2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("gain", "verdict"), [(900.0, ROBUST), (400.0, NOT_FOUND), (420.0, NOT_FOUND)])
def test_networks_of_equal_neurons_beside_different_ones(gain: float, verdict: str) -> None:
    rows = [
        {"environment": "hopper", "hidden": 1024, "variant": variant, "properties": ablation.ALL, "seed": seed,
         "still": 1000.0, "reward": 1000.0 + (gain if variant == "main" else 400.0) + 5 * seed}
        for variant in ("main", *across.GENERIC)
        for seed in range(5)
    ]  # fmt: skip
    lead = (gain - 400) / 1000
    judgement = across.CLAIMS[2].judge(trials(lead), tasks(lead), pd.DataFrame(rows))
    assert judgement.verdict == verdict
    assert len(judgement.specifications) == 2 * 2 * 4
    assert set(judgement.cells["task"]) == {"memory", "recall"}  # nothing is tuned for a robot's neurons alike
    assert f"{(gain - 400) / (gain + 10):+.2f}" in judgement.evidence  # the robot's, told beside them

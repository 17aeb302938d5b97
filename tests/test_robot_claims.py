"""Rules for Tables 1 and 2: data that must pass, data that must fail, ties, and too few data."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.claims import ablation, control
from hetsnn_book.claims.verdicts import CONTRADICTS, NO_VERDICT, NOT_FOUND, NOT_MEASURED, ROBUST

SIZES = (1024, 2048, 4096, 8192)
ROBOTS = ("hopper", "walker2d")
AS_WELL, BETTER, GROWS, SAME = (claim.judge for claim in control.CLAIMS)
TOGETHER, TAU_M, MINOR, TWINS, SUBSETS = (claim.judge for claim in ablation.CLAIMS)
STILL = 1000.0

Reward = Callable[[str, int], float]  # of a side at a size


def table_1(
    reward: Reward, robots: tuple[str, ...] = ROBOTS, seeds: int = 5, spread: float = 20.0, physics: str = "spring"
) -> pd.DataFrame:
    """Table 1 with rewards that vary over seeds, not alike on both sides."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "environment": robot,
            "evolved": side,
            "size": size,
            "seed": seed,
            "reward": reward(side, size) + spread * rng.normal(),
        }
        for robot in robots
        for side in ("neuron", "weight")
        for size in SIZES
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows).assign(still=STILL, action=0.5, physics=physics)


def search(lead: Callable[[float], float], reward: float = 1800.0) -> pd.DataFrame:
    """First stage: 96 settings on both robots, whose lead may depend on the gain; later stages are no evidence."""
    gains = np.exp(np.random.default_rng(0).normal(size=96))
    rows = [
        {
            "stage": stage,
            "trial": trial,
            "environment": robot,
            "evolved": side,
            "seed": 3000,
            "gain": gains[trial],
            "reward": reward + (side == "neuron") * (lead(gains[trial]) if stage == 1 else 5000.0),
        }
        for stage, trials in ((1, 96), (2, 32))
        for trial in range(trials)
        for robot in ROBOTS
        for side in ("neuron", "weight")
    ]
    return pd.DataFrame(rows).assign(still=STILL)


def flat(of_neuron: float = 2000.0, of_weight: float = 2000.0) -> Reward:
    return lambda side, _: of_neuron if side == "neuron" else of_weight


def test_equal_sides_are_as_good_and_not_better() -> None:
    frames = table_1(flat()), search(lambda _: 0.0)
    assert (AS_WELL(*frames).verdict, BETTER(*frames).verdict) == (ROBUST, NOT_FOUND)
    assert len(AS_WELL(*frames).specifications) == 192
    assert "HalfCheetah at 1,024, 2,048, 4,096, 8,192" in AS_WELL(*frames).evidence  # what is missing is named


def test_a_clear_lead_in_every_setting_is_robust_either_way() -> None:
    ahead = table_1(flat(2400.0)), search(lambda _: 400.0)
    assert (AS_WELL(*ahead).verdict, BETTER(*ahead).verdict) == (ROBUST, ROBUST)
    assert BETTER(*ahead).effect == pytest.approx(400 / 1400, abs=0.03)
    behind = table_1(flat(1500.0)), search(lambda _: -400.0)
    assert (AS_WELL(*behind).verdict, BETTER(*behind).verdict) == (NOT_FOUND, NOT_FOUND)
    assert "whole interval below -0.1 in 8" in AS_WELL(*behind).evidence


def test_a_lead_that_one_setting_buys_names_the_setting() -> None:
    frames = table_1(flat()), search(lambda gain: 400.0 if gain > 1 else -400.0)
    found = BETTER(*frames)
    assert (found.verdict, found.decided_by) == ("depends on gain", "gain")
    assert BETTER(table_1(flat(2400.0)), frames[1]).verdict == "depends on gain"
    assert BETTER(table_1(flat()), search(lambda _: 400.0)).verdict == "depends on tuning"


def test_settings_in_which_nobody_learns_are_no_evidence() -> None:
    found = AS_WELL(table_1(flat()), search(lambda _: 0.0, reward=900.0))
    assert found.verdict == NOT_MEASURED
    assert "192 more are no evidence" in found.evidence


def test_noisy_rewards_of_five_seeds_show_neither_a_lead_nor_growth() -> None:
    noisy = table_1(flat(2100.0), spread=500.0)
    assert BETTER(noisy, search(lambda _: 0.0)).verdict == NOT_FOUND
    # Intervals that span the smallest effect decide nothing; one that holds 0 is no equality.
    assert [claim(noisy).verdict for claim in (GROWS, SAME)] == [NO_VERDICT] * 2


def test_growth_needs_a_slope_and_sameness_a_flat_line() -> None:
    rising = table_1(lambda _, size: 1000.0 + 300.0 * np.log2(size / 256))
    assert (GROWS(rising).verdict, SAME(rising).verdict) == (ROBUST, NOT_FOUND)
    assert GROWS(rising).effect == pytest.approx(300 / 600, abs=0.02)
    level = table_1(flat())
    assert (GROWS(level).verdict, SAME(level).verdict) == (NOT_FOUND, ROBUST)
    one = level[level["size"] == SIZES[0]]
    assert {GROWS(one).verdict, SAME(one).verdict} == {NOT_MEASURED}


def test_table_1_waits_until_both_robots_are_whole_and_can_move() -> None:
    frame, first = table_1(flat()), search(lambda _: 0.0)
    lacking = [
        frame[:0],
        frame[frame["environment"] == "hopper"],
        frame[frame["evolved"] == "neuron"],
        table_1(flat(), seeds=4),
        frame.assign(action=np.where(frame["evolved"] == "neuron", 0.01, 0.9)),  # its joints do not move
        table_1(flat(STILL, STILL - 100)),  # nobody earns more than standing still
        frame.drop(columns="still"),  # an earlier version
    ]
    for part in lacking:
        assert {judge(part, first).verdict for judge in (AS_WELL, BETTER)} == {NOT_MEASURED}
        assert {judge(part).verdict for judge in (GROWS, SAME)} == {NOT_MEASURED}
    assert AS_WELL(frame, first.drop(columns="stage")).verdict == NOT_MEASURED
    assert "Hopper" in AS_WELL(lacking[2], first).evidence


def test_another_physics_is_a_specification_and_not_the_tuned_best() -> None:
    both = pd.concat([table_1(flat()), table_1(flat(1300.0), physics="positional")])
    found = AS_WELL(both, search(lambda _: 0.0))
    assert len(found.specifications) == 192 + 8
    assert found.specifications.loc[found.specifications["physics"] == "positional", "holds"].sum() == 0
    assert found.effect == pytest.approx(0.0, abs=0.05)


def table_2(
    gains: dict[str, float], robots: tuple[str, ...] = ROBOTS, seeds: int = 5, spread: float = 20.0
) -> pd.DataFrame:
    """Rows of Table 2 by what evolves; "all" for all four."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {
                "environment": robot,
                "properties": ablation.ALL if name == "all" else name,
                "variant": "twin" if name == "v_rest" else "main",
                "seed": seed,
                "reward": STILL + gain + spread * rng.normal(),
                "still": STILL,
            }
            for robot in robots
            for name, gain in gains.items()
            for seed in range(seeds)
        ]
    )


PAPERS = {"tau_m": 796.0, "v_th": 100.0, "v_rest": 502.0, "r_m": 354.0, "all": 1142.0}


def test_leads_over_every_other_row_are_robust() -> None:
    frame = table_2(PAPERS)
    assert [judge(frame).verdict for judge in (TOGETHER, TAU_M)] == [ROBUST, ROBUST]
    assert TOGETHER(frame).effect == pytest.approx((1142 - 796) / 1142, abs=0.03)
    assert MINOR(frame).verdict == NOT_FOUND  # v_rest earns more than half of what tau_m does
    assert MINOR(table_2(PAPERS | {"v_rest": 100.0, "r_m": 200.0})).verdict == ROBUST


def test_a_lead_over_most_rows_is_not_the_best() -> None:
    assert TOGETHER(table_2(PAPERS | {"tau_m": 1400.0})).verdict == NOT_FOUND
    assert TAU_M(table_2(PAPERS | {"v_rest": 790.0})).verdict == NOT_FOUND
    assert TAU_M(table_2(PAPERS | {"r_m": 900.0})).verdict == NOT_FOUND


@pytest.mark.parametrize("seeds", [3, 5, 20])
def test_relabelled_copies_of_near_equal_rows_have_no_best(seeds: int) -> None:
    """Four copies of one robot's near-equal rows, which once made two claims come out as reproduced.

    Nor are copies of an interval that spans the smallest effect evidence against a claim: tuned cells are no settings.
    """
    near = {"tau_m": 1010.0, "v_th": 1000.0, "v_rest": 1000.0, "r_m": 1005.0, "all": 1020.0}
    one = table_2(near, ("hopper",), seeds, spread=100.0)
    copies = pd.concat([one.assign(environment=name) for name in (*ROBOTS, "ant", "halfcheetah")])
    few = {NOT_FOUND} if seeds > 5 else {NOT_FOUND, NO_VERDICT}
    assert {judge(copies).verdict for judge in (TOGETHER, TAU_M, MINOR)} == few
    assert not any("specifications (" in judge(copies).evidence for judge in (TOGETHER, TAU_M, MINOR))
    equal = one.assign(reward=STILL + 1000.0)
    ties = pd.concat([equal.assign(environment=name) for name in (*ROBOTS, "ant", "halfcheetah")])
    assert {judge(ties).verdict for judge in (TOGETHER, TAU_M, MINOR)} == {NOT_FOUND}


def test_table_2_waits_for_all_rows_in_two_cells() -> None:
    frame = table_2(PAPERS)
    without = frame[(frame["properties"] != "r_m") | (frame["environment"] != "walker2d")]
    for part in (
        frame[:0],
        table_2(PAPERS, ("hopper",)),
        table_2(PAPERS, seeds=2),
        without,
        frame.drop(columns="still"),
    ):
        assert {judge(part).verdict for judge in (TOGETHER, TAU_M, MINOR)} == {NOT_MEASURED}
        assert TWINS(part).verdict == CONTRADICTS
    no_twin = frame[frame["properties"] != "v_rest"]  # v_th stands for it
    assert TOGETHER(no_twin).verdict == ROBUST
    more = pd.concat([frame, frame[:1].assign(properties="tau_m+r_m")])  # a row of Table S2 has one seed
    assert TOGETHER(more).verdict == ROBUST


def test_rows_that_earn_no_more_than_standing_still_are_no_evidence() -> None:
    assert TOGETHER(table_2(dict.fromkeys(PAPERS, -100.0))).verdict == NOT_MEASURED


def test_what_equation_2_decides() -> None:
    found = TWINS(table_2(PAPERS))
    assert found.verdict == CONTRADICTS
    assert found.evidence.startswith("v_th alone and v_rest alone are mirror images")
    assert "tuned +0.34" in found.evidence  # measured all the same
    assert SUBSETS(table_2(PAPERS)).verdict == NO_VERDICT
    assert "5 of 15 subsets on the Hopper" in SUBSETS(table_2(PAPERS)).evidence
    assert SUBSETS(table_2(PAPERS).drop(columns="still")).verdict == NOT_MEASURED

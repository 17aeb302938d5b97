"""Tables of Table 2's page: what a run is called, and which rows stand beside each other."""

import pandas as pd

from hetsnn_book import experiments
from hetsnn_book.experiments import ablation
from hetsnn_book.plots import ablation as draw

BASELINES = pd.DataFrame({"environment": ["hopper"], "nothing": [50.0], "random": [100.0]})
ROBOTS = 4
SUBSETS, TWINS, SINGLES = 11, 4, 3  # that differ, that have been run as their mirror image, that differ by themselves


def frame(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Runs on the hopper: variant, what evolves, reward."""
    return pd.DataFrame(rows, columns=["variant", "properties", "reward"]).assign(environment="hopper")


def test_every_run_is_of_the_variant_that_it_was_declared_for() -> None:
    labels = pd.DataFrame([ablation.labels(run) for run in experiments.runs("ablation", "paper")])
    seeds = 5
    assert labels["variant"].value_counts().to_dict() == {
        "main": ROBOTS * SUBSETS * seeds,
        "more neurons": ROBOTS * SINGLES * seeds,
        "one width": ROBOTS * seeds,
        "reset to 0": ROBOTS * seeds,
        "twin": TWINS * seeds,
        "short": (5 + 6) * seeds,  # rows of Table 2; twins of more than one property
        "short with one width": seeds,
        "short with reset to 0": seeds,
        "short with more neurons": SINGLES * seeds,
    }
    assert set(labels["variant"]) == set(ablation.VARIANTS)
    assert set(labels[labels["variant"].str.contains("one width")]["properties"]) == {"tau_m"}


def test_twins_stand_beside_each_other() -> None:
    short = (
        ("short", "v_th", 7.0),
        ("short", "v_rest", 9.0),
        ("short", "tau_m+v_th", 2.0),
        ("short", "tau_m+v_rest", 2.0),
    )
    declared = (("main", "v_th", 1.0), ("main", "v_th", 3.0), ("twin", "v_rest", 5.0), ("twin", "v_rest", 5.0))
    twins = draw.twins(frame(*short, *declared)).set_index("evolves")
    assert twins["its twin"].to_list()[:2] == ["$v_{rest}$", r"$\tau_m$, $v_{rest}$"]
    assert twins.loc["$v_{th}$"].to_list()[1:] == ["declared", "2 ± 1", "5 ± 0", "-3 [-4, -2]"]
    assert twins.loc[r"$\tau_m$, $v_{th}$"].to_list()[1:] == ["short", "2", "2", "+0"]
    assert twins["budget"].isna().sum() == TWINS - 2


def test_what_is_otherwise_stands_beside_what_is_not_or_its_twin() -> None:
    short = [("short", "v_rest", 7.0), ("short", "v_th", 1.0), ("short with reset to 0", "v_rest", 4.0)]
    declared = [("main", "v_th", 2.0), ("reset to 0", "v_rest", 9.0), ("one width", "tau_m", 3.0)]
    found = draw.otherwise(frame(*short, *declared)).set_index(["budget", "what is otherwise"])
    assert found.loc[("short", "reset to 0")].to_list() == ["Hopper", "$v_{rest}$", "4", "7", "-3"]
    assert found.loc[("declared", "reset to 0")].to_list()[2:] == ["9", "2", "+7"]  # v_th is the twin
    assert found.loc[("declared", "one width")].isna().to_list() == [False] * 3 + [True] * 2  # tau_m is not there
    assert len(found) == 3
    assert draw.otherwise(frame()).empty


def test_table_2_has_a_row_for_each_subset_and_shows_twins_of_the_paper_in_one() -> None:
    table = draw.summary(draw.reward_table(frame(("main", "v_th", 2.0), ("short", "r_m", 9.0))), ["hopper"])
    assert len(table) == SUBSETS
    rows = table.set_index("evolves")
    assert rows.loc["$v_{th}$ (or $v_{rest}$)"].to_list() == ["2", "399 ± 12 or 1,502 ± 9"]
    assert rows.loc["$R$"].to_list() == [None, "1,654 ± 29"]


def test_what_there_is_of_each_variant() -> None:
    declared = frame(*[("main", "v_th", 0.0)] * 3, ("twin", "v_rest", 0.0))
    table = draw.variants(declared[:2], declared).set_index("variant")
    assert table["runs done"].to_dict() == {"main": "2 of 3", "twin": "0 of 1"}


def test_what_does_not_evolve_alone_has_a_mark_of_its_own() -> None:
    rows = [(variant, "tau_m", 100.0) for variant in draw.STYLES]
    (panel,) = [axis for axis in draw.rewards(draw.reward_table(frame(*rows)), BASELINES).axes if len(axis.lines) > 5]
    looks = {(style["color"], style["marker"]) for name, style in draw.STYLES.items() if name != "twin"}
    assert len(looks) == len(draw.STYLES) - 1  # a twin looks as what it mirrors
    assert panel.get_title() == "Hopper"

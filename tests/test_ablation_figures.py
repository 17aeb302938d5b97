"""Tables of Table 2's page: the names of runs, and the rows that stand beside each other."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.experiments import ablation
from hetsnn_book.experiments.control_search import trials
from hetsnn_book.plots import ablation as draw

BASELINES = pd.DataFrame({"environment": ["hopper"], "nothing": [50.0], "random": [100.0]})


def frame(*rows: tuple[str, str, float], seed: int = 0) -> pd.DataFrame:
    """Runs on the hopper: variant, what evolves, reward."""
    table = pd.DataFrame(rows, columns=["variant", "properties", "reward"])
    return table.assign(environment="hopper", seed=seed)


def test_every_run_is_of_the_variant_that_it_was_declared_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "settled", lambda _: {"neuron": trials()[3]})
    labels = pd.DataFrame([ablation.labels(run) for run in ablation.runs("paper")])
    seeds = 5
    assert labels["variant"].value_counts().to_dict() == {
        "main": (15 + 5) * seeds,  # the hopper's subsets, and Table 2's rows on the walker
        "output scale alone": seeds,
        "shared": seeds,
        "reset to 0": seeds,
        "4,096 neurons": 5 * seeds,
    }
    assert set(labels["variant"]) == set(ablation.VARIANTS) == set(draw.STYLES)
    assert set(labels[labels["variant"] == "output scale alone"]["properties"]) == {draw.ALONE}


def test_twins_stand_beside_each_other() -> None:
    rows = [("v_th", 1.0), ("v_th", 3.0), ("v_rest", 5.0), ("v_rest", 5.0), ("tau_m+v_th", 2.0), ("tau_m+v_rest", 2.0)]
    twins = draw.twins(frame(*(("main", *row) for row in rows), ("reset to 0", "v_rest", 99.0))).set_index("evolves")
    assert twins["its twin"].to_list()[:2] == ["$v_{rest}$", r"$\tau_m$, $v_{rest}$"]
    assert twins.loc["$v_{th}$"].to_list()[1:] == ["2 ± 1", "5 ± 0", "-3 [-4, -2]"]
    assert twins.loc[r"$\tau_m$, $v_{th}$"].to_list()[1:] == ["2", "2", "+0"]
    assert twins["difference"].isna().sum() == len(draw.PAIRS) - 2


def test_seeds_are_the_units_of_the_difference_of_all_twins() -> None:
    def of_seed(seed: int, lead: float) -> pd.DataFrame:
        pairs = [("main", "+".join(of), lead * (of is pair[0])) for pair in draw.PAIRS for of in pair]
        return frame(*pairs, seed=seed)

    mean, low, high = draw.pooled(pd.concat([of_seed(0, 10.0), of_seed(1, 20.0)]))
    assert mean == 15.0
    assert low <= 10.0 + 1e-9  # two seeds say little, however many pairs there are
    assert high >= 20.0 - 1e-9
    assert np.isnan(draw.pooled(frame(("main", "v_th", 1.0)))).all()


def test_a_repeated_subset_stands_beside_its_own() -> None:
    rows = [("main", "v_rest", 7.0), ("reset to 0", "v_rest", 4.0), ("4,096 neurons", "tau_m", 3.0)]
    rows += [("output scale alone", draw.ALONE, 5.0)]
    found = draw.otherwise(frame(*rows)).set_index("other setting")
    assert found.loc["reset to 0"].to_list() == ["$v_{rest}$", "4", "7", "-3"]
    assert found.loc["4,096 neurons"].isna().to_list() == [False] * 2 + [True] * 2  # tau_m is not there
    assert len(found) == 2
    assert draw.otherwise(frame()).empty


def test_table_2_has_a_row_for_each_subset_beside_the_papers() -> None:
    table = draw.summary(draw.reward_table(frame(("main", "v_th", 2.0), ("4,096 neurons", "r_m", 9.0))))
    assert len(table) == 15 + 2
    rows = table.astype(object).where(table.notna(), None).set_index("evolves")
    assert rows.loc["$v_{th}$"].to_list() == ["2", None, "399 ± 12", None, "750 ± 254"]
    assert rows.loc["$R$"].to_list()[:3] == [None, "9", "1,654 ± 29"]
    walker = draw.summary(draw.reward_table(frame(("main", "v_th", 3.0)).assign(environment="walker2d")))
    assert walker.set_index("evolves").loc["$v_{th}$"].to_list()[2:4] == ["399 ± 12", "3"]


def test_a_property_adds_what_it_earns_in_every_subset_without_it() -> None:
    worth = {"tau_m": 100.0, "v_th": 30.0, "v_rest": 30.0, "r_m": 7.0}

    def of_seed(seed: int, surplus: float) -> pd.DataFrame:
        rows = [("main", "+".join(names), sum(worth[name] for name in names)) for names in ablation.SUBSETS]
        rows += [("shared", "tau_m", 1e6)]
        whole = frame(*rows, seed=seed)
        pair = whole["properties"] == "tau_m+v_th"
        return whole.assign(reward=whole["reward"] + surplus * pair)

    added = draw.added(pd.concat([of_seed(0, 0.0), of_seed(1, 0.0)])).set_index("property")
    assert added["adds"].to_list() == ["+100 [+100, +100]", "+30 [+30, +30]", "+30 [+30, +30]", "+7 [+7, +7]"]
    more = draw.added(pd.concat([of_seed(0, 14.0), of_seed(1, 14.0)])).set_index("property")
    assert more.loc[r"$\tau_m$", "adds"] == "+102 [+102, +102]"  # 14 in one of seven subsets
    assert more.loc[r"$\tau_m$", "most"] == "+114, to $v_{th}$"
    assert more.loc["$R$", "least"] == r"-7, to $\tau_m$, $v_{th}$"
    assert draw.added(of_seed(0, 0.0)[1:]).shape[0] < 4  # tau_m alone is not measured
    assert draw.added(frame()).empty


def test_the_runs_of_each_variant_are_counted() -> None:
    declared = frame(*[("main", "v_th", 0.0)] * 3, ("shared", "v_rest", 0.0))
    table = draw.variants(declared[:2], declared).set_index("variant")
    assert table["runs done"].to_dict() == {"main": "2 of 3", "shared": "0 of 1"}


def test_every_variant_has_a_mark_of_its_own() -> None:
    rows = [(variant, draw.ALONE if "alone" in variant else "tau_m", 100.0) for variant in draw.STYLES]
    (panel,) = draw.rewards(draw.reward_table(frame(*rows)), BASELINES).axes
    looks = {(style["color"], style["marker"]) for style in draw.STYLES.values()}
    assert len(looks) == len(draw.STYLES)
    assert panel.get_xlabel() == "reward of an episode, Hopper"

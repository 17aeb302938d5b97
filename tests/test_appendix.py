"""The generated appendix: settings, environments, provenance."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book import experiments, figures
from hetsnn_book.building import provenance
from hetsnn_book.measures import early_ranks, output_scale, settings_table
from hetsnn_book.project import PROJECT

CODE = """
frame = experiments.collect("memory", profile)
other = experiments.read("biology", "paper", published)
pairs = [row for row in frame.itertuples()]
rows = []
rows.append(other["x"])
frame["memory_map"] = 1
figures.show(draw.one(pairs), "first", data=frame)
figures.show_table(pd.DataFrame(rows), "second", caption="biology")
frame = experiments.collect("cartpole", profile)
figures.show_table(frame, "third", caption="memory")
judged = claims.verdicts(profile, chapter="cartpole")
figures.show_table(judged, "fourth", caption="")
figures.show(draw.nothing(), "fifth", data=None)
"""


def test_every_experiments_settings_are_shown() -> None:
    text = (PROJECT / "book" / "settings.md").read_text(encoding="utf-8")
    for name in experiments.names():
        assert f'of_chapter("{experiments.load(name).CHAPTER}")' in text, name


def test_a_figure_reads_what_its_variables_were_made_from() -> None:
    found = provenance.read_by(CODE, "cartpole")
    assert found["first"] == {"memory"}
    assert found["second"] == {"biology"}
    assert found["third"] == {"cartpole"}
    assert found["fourth"] == {"cartpole", "cartpole_search"}  # on which its claims rest
    assert found["fifth"] == set()


def test_settings_of_an_experiment_are_those_of_the_paper_beside_ours() -> None:
    table = settings_table.of_experiment("cartpole").set_index("setting")
    assert table.loc["limit", ["ours", "paper"]].tolist() == ["100, 200, 500, 1000"] * 2
    assert table.loc["population", "paper"] == "128"  # though it is our default
    assert table.loc["seed", "ours"] == "100: 0 to 99"
    assert "tau_max" not in table.index  # neither varied nor changed


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 2.5], "1, 2.5"),
        (["a"], "a"),
        (list(range(9)), "9 values, 0 to 8"),
        ([(1.0, 0.0)], "(1 0)"),
        ([*"abcdefg"], "7 values"),
    ],
)
def test_values_in_words(values: list, words: str) -> None:
    assert settings_table.in_words(values) == words


def test_an_early_choice_is_compared_with_a_late_one() -> None:
    """Three settings: one stands from the start, one learns late, one never does."""
    curves = {0: np.full(50, 1000.0), 1: np.linspace(0, 2000, 50), 2: np.zeros(50)}
    same = {"environment": "hopper", "evolved": "neuron", "stage": 1, "generations": 100, "still": 1000.0}
    frame = pd.DataFrame([same | {"trial": trial, "curve_mean": curve} for trial, curve in curves.items()])
    row = early_ranks.kept_early(frame, 24).iloc[0]
    assert (row["settings"], row["kept"], row["kept_by_both"]) == (3, 1, 0)
    assert (row["standing"], row["place"]) == (1, 2)
    assert early_ranks.kept_early(frame.assign(generations=24), 24).empty


def test_frozen_weights_cap_the_output_and_evolved_ones_do_not() -> None:
    table = output_scale.reached((0.1,))
    last = table[table["generation"] == table["generation"].max()].set_index("evolved")
    assert 0.5 * last.loc["neuron", "cap"] < last.loc["neuron", "output"] <= last.loc["neuron", "cap"]
    assert last.loc["weight", "output"] > 2 * last.loc["neuron", "cap"]


def test_shown_source_has_no_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    figures.show_source(output_scale.cap)
    text = shown[0]["text/markdown"]
    assert text.startswith("`hetsnn_book.measures.output_scale.cap`\n\n```python\ndef cap(scale: float, key: Array)")
    assert "-> float:\n    training = " in text
    assert "largest output" not in text

"""Words for readers: no name of code and no negative zero in figures, tables and descriptions."""

from pathlib import Path
from typing import Any

import IPython.display
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from hetsnn.data.image_sets import SETS
from hetsnn.errors import InputError
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.networks.surrogates import SURROGATES
from hetsnn.tasks.robots import SIZES
from hetsnn_book import claims, figures, words
from hetsnn_book.claims.claim import Claim
from hetsnn_book.claims.deciding import binned
from hetsnn_book.experiments import factorial_search, searchers_search

DATA = pd.DataFrame({"x": [1]})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """The objects that are put on the page."""
    monkeypatch.chdir(tmp_path)
    outputs: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", lambda one, **_: outputs.append(one))
    return outputs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("silenced_least_10: 0.5; inputs_0.3", ["silenced_least_10", "inputs_0.3"]),
        ("fashion_mnist and mnist, walker2d", ["fashion_mnist", "mnist", "walker2d"]),
        ("kept True, or nan", ["True", "nan"]),
        (r"`v_rest`, $v_{rest}$, {doc}`memory_contest`, <img alt='a_b'>, https://a.org/b_c", []),
        ("a fashion, the hopper, 2 true words, MNIST, _this_", []),
    ],
)
def test_names_of_code_are_found_unless_they_are_marked(text: str, found: list[str]) -> None:
    assert words.names_of_code(text) == found


def test_names_are_marked_once() -> None:
    assert words.marked("a `v_th` of v_th, $v_{th}$") == "a `v_th` of `v_th`, $v_{th}$"
    assert words.names_of_code(words.marked("a `v_th` of v_th, $v_{th}$")) == []


def test_everything_that_code_names_has_a_name_for_readers() -> None:
    contests = {*factorial_search.TASKS, *searchers_search.SPANS}
    for name in (*SIZES, *SETS, *SURROGATES, *contests):
        assert words.names_of_code(words.title(name)) == [], name
    assert set(words.SYMBOLS) == set(words.SPOKEN) == set(PROPERTIES)
    assert set(words.ROBOTS) == set(SIZES)
    assert words.title("weight") == "weights"


@pytest.mark.parametrize("claim", claims.every(), ids=lambda claim: claim.claim[:40])
def test_a_claim_without_results_is_told_in_words(claim: Claim) -> None:
    evidence = claim.judge(*[pd.DataFrame()] * len(claim.experiments)).evidence
    assert words.names_of_code(words.with_symbols(evidence)) == []
    assert "waits for" in evidence or claim.settled or not claim.experiments


def test_levels_of_a_setting_are_words() -> None:
    assert list(binned(pd.Series(["walker2d", "hopper"])).categories) == ["Hopper", "Walker2d"]
    assert list(binned(pd.Series([True, False])).categories) == ["no", "yes"]


def test_a_listener_hears_words_and_no_negative_zero(shown: list[Any]) -> None:
    said = "tau_m: -0.00; $v_{th}$, r_m: \N{MINUS SIGN}0.0 [-0.01, 0.00]"
    figures.show(plt.figure(), "wave", alt=said, caption="A wave.", data=DATA)
    assert shown[0].metadata["alt"] == "time constant: 0.00; threshold, resistance: 0.0 [-0.01, 0.00]"


def drawn(label: str) -> Any:
    figure, axis = plt.subplots()
    axis.set_xticks([0], [label])
    return figure


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: figures.show(drawn("kept_12"), "wave", alt="A wave.", caption="A wave.", data=DATA),
        lambda: figures.show(drawn("12"), "wave", alt="A wave, kept_12.", caption="A wave.", data=DATA),
        lambda: figures.show(drawn("12"), "wave", alt="A wave.", caption="A wave, kept_12.", data=DATA),
        lambda: figures.show_table(pd.DataFrame({"x": ["kept_12"]}), "wave", caption="Waves."),
        lambda: figures.show_table(pd.DataFrame({"kept_12": ["x"]}), "wave", caption="Waves."),
    ],
)
def test_a_name_of_code_is_refused(wrong: Any, shown: list[Any]) -> None:
    with pytest.raises(InputError, match=r"words of 'wave' must be a reader's, or marked as `code`, got kept_12"):
        wrong()
    assert shown == []
    plt.close("all")


def test_code_is_shown_as_code(shown: list[Any]) -> None:
    figures.show_table(pd.DataFrame({"setting": [words.as_code("kept_12"), ""]}), "waves", caption="Of `kept_12`.")
    assert "| `kept_12` |" in shown[0]["text/markdown"]

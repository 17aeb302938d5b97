"""A chapter's answer: numbers of the judgements as text, and a specification curve where there are specifications."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hetsnn_book import figures
from hetsnn_book.claims.claim import FEWEST, Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.plots import verdicts


def judged(effects: list[float], lacking: str = "", *, tuned: bool = False, fewest: int = FEWEST) -> verdicts.Judged:
    """A claim that neurons lead by more than 0.1, in specifications with and without a bias."""
    bias = np.where(np.arange(len(effects)) % 2, "yes", "no")
    numbers = {"effect": effects, "low": np.nan, "high": np.nan, "seeds": 1, "blind": False}
    best = pd.DataFrame([{"effect": 0.5, "low": 0.4, "high": 0.6, "seeds": 9, "blind": False}] * tuned)
    measured = Measured(pd.DataFrame({"bias": bias, **numbers}), best if tuned else Measured().best, lacking=lacking)
    claim = Claim("Fig. 0", "Neurons lead.", (), Criterion(0.1, "of reward", pointwise=True), lambda: measured, fewest)
    return [(claim, claim.judge()), (claim._replace(claim="Weights lead."), claim.judge())]


def test_numbers_of_a_judgement_are_text() -> None:
    some = judged([0.3, 0.0, 0.2, 0.1, 0.4])  # 0.1 is a tie with the smallest effect, and does not hold
    assert verdicts.held(some, "Neurons") == "3 of 5"
    assert verdicts.held(some, "Neurons", {"bias": "no"}) == "3 of 3"
    assert verdicts.held(some, "Neurons", {"bias": "no"}, outside=True) == "0 of 2"
    assert verdicts.effect(some, "Neurons") == "+0.20"
    assert verdicts.effect(judged([0.3] * 4, tuned=True), "Neurons") == "+0.50 [+0.40, +0.60]"
    assert verdicts.effect(some, "Neurons", where={"side": "weight"}) is None


def test_an_effect_can_be_that_of_some_tuned_cells() -> None:
    ((claim, judgement), *_) = judged([0.3] * 4, tuned=True)
    both = pd.concat([judgement.cells.assign(side="neuron"), judgement.cells.assign(side="weight", effect=-0.2)])
    split = [(claim, dataclasses.replace(judgement, cells=both))]
    assert verdicts.effect(split, "Neurons", where={"side": "neuron"}) == "+0.50 [+0.40, +0.60]"
    assert verdicts.effect(split, "Neurons", where={"side": "weight"}) == "-0.20 [+0.40, +0.60]"
    assert verdicts.effect(split, "Neurons", where={"length": "10"}) is None


def test_what_is_not_measured_has_no_numbers() -> None:
    none = judged([], "waits for robots")
    assert verdicts.held(none, "Neurons") is None
    assert verdicts.effect(none, "Neurons") is None


@pytest.mark.parametrize("start", ["Robots", ""])
def test_a_start_must_be_that_of_one_claim(start: str) -> None:
    with pytest.raises(LookupError, match="must be that of one claim"):
        verdicts.one(judged([0.3] * 4), start)


def test_a_curve_is_shown_where_there_are_specifications(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shown: list[dict] = []
    monkeypatch.setattr(figures, "show", lambda _, name, **words: shown.append({"name": name, **words}))
    single = judged([0.3], fewest=1)
    for some in (judged([0.3] * 4, tuned=True), judged([0.3] * 4), judged([], "waits for robots"), single):
        verdicts.show_curve(some, "Neurons", "lead", effect="reward, neurons minus weights")
    tuned, untuned = shown
    assert "both sides tuned" in tuned["caption"]
    assert "tuned" not in untuned["caption"]
    assert len(tuned["data"]) == 4
    assert ["in every specification" in curve["caption"] for curve in shown] == [True] * 2
    waiting, alone = capsys.readouterr().out.splitlines()
    assert waiting == "Neurons lead. No curve of specifications yet: waits for robots."
    assert alone.startswith("Neurons lead. No curve of specifications yet: a single one was measured; ")
    assert "; holds (above +0.1) in 1 of 1 " in alone


def test_a_curve_of_tuned_cells_alone_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = pd.DataFrame(
        {"robot": ["hopper", "ant"], "effect": 0.3, "low": 0.2, "high": 0.4, "seeds": 9, "blind": False}
    )
    claim = Claim("Tab. 0", "Neurons lead.", (), Criterion(0.1, ""), lambda: Measured(best=cells), 2)
    shown: list[dict] = []
    monkeypatch.setattr(figures, "show", lambda _, name, **words: shown.append(words))
    verdicts.show_curve([(claim, claim.judge())], "Neurons", "lead")
    assert "in every tuned cell;" in shown[0]["caption"]
    assert "in 2 tuned cells, in order" in shown[0]["alt"]

"""The page on verdicts: each open setting that has one value is named with its reason; each verdict is explained."""

import re

import pytest

from hetsnn.sweeps.runs import settings
from hetsnn_book import experiments
from hetsnn_book.claims.verdicts import HARDLY, MOST, NO_VERDICT, NOT_FOUND, ROBUST, SHAPES
from hetsnn_book.project import PROJECT

OPEN = {  # settings that the paper leaves open, and the words that name them
    "tau_m": r"initial $\tau_m$",
    "gain": "gain",
    "bias": "bias",
    "tau_readout": "read-out",
    "sigma": "search width",
    "learning_rate": "learning rate",
    "population": "population",
    "generations": "generations",
    "strategy": "OpenAI-ES",
    "hidden": "hidden neurons",
    "margin_scale": "fitness",
    "rising_clock": "clock",
    "reset": "reset",
    "v_th": "threshold",
    "v_rest": "resting potential",
    "r_m": "resistance",
    "tau_coordinates": "coordinates",
    "backend": "physics",
}
SEARCHED = {"tau_m", "gain", "bias", "tau_readout", "sigma", "learning_rate", "population", "generations"}
SUBJECTS = {  # and the experiments that vary settings for their claims
    "memory": ("memory_search", "memory_map"),
    "Fig. 3": ("biology",),
    "the gradient's instability": ("descent_search",),
    "CartPole": ("cartpole_search",),
    "control": ("control_search",),
    "ablation": ("ablation",),
    "images": ("images_search",),
    "the title": ("factorial_search",),
}
FEW = {"Fig. 3": ("gain", "sigma", "margin_scale", "bias")}  # vary, but only between two settings as wholes


def rows(text: str) -> list[list[str]]:
    """The cells of the table of what is left out, without its head."""
    section = re.search(r"^## What is left out$(.*?)^(?:## |Rules are)", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    lines = [line.strip("| ").split(" | ") for line in section[1].splitlines() if line.startswith("|")]
    return lines[2:]


def fixed(subject: str) -> set[str]:
    """The open settings that have one value in all runs of evolved neurons behind a subject's specifications."""
    every = [settings(run) for name in SUBJECTS[subject] for run in experiments.runs(name, "paper")]
    of = [run for run in every if run["evolved"] == "neuron" and run.get("sigma") is not None]
    there = {name for name in OPEN if any(name in run for run in of)}
    return {name for name in there if len({str(run.get(name)) for run in of}) == 1 or name in FEW.get(subject, ())}


def unnamed(subject: str, text: str) -> set[str]:
    """The open settings with one value that a page does not name among those of a subject."""
    named = " ".join(what for claims, what, _ in rows(text) if claims == "all" or subject in claims)
    every = SEARCHED if "every setting of network and search" in named else set()
    return {name for name in fixed(subject) - every if OPEN[name] not in named}


@pytest.fixture
def page() -> str:
    return (PROJECT / "book" / "verdicts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_open_setting_with_one_value_is_named(subject: str, page: str) -> None:
    assert unnamed(subject, page) == set()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_page_that_names_nothing_fails(subject: str) -> None:
    table = "| claims on | have one value | because |\n| --- | --- | --- |\n| all | a thing | so |\n"
    small = f"## What is left out\n\n{table}\n## End\n"
    assert unnamed(subject, small) == fixed(subject)
    assert len(fixed(subject)) > 3


def test_every_row_has_a_reason(page: str) -> None:
    assert all(len(row) == 3 and all(map(str.strip, row)) for row in rows(page))


def test_what_has_one_value_is_found() -> None:
    assert {"gain", "tau_m", "bias", "tau_readout", "hidden"} <= fixed("CartPole")
    assert "sigma" not in fixed("CartPole")


@pytest.mark.parametrize("verdict", SHAPES)
def test_every_verdict_is_explained(verdict: str, page: str) -> None:
    assert re.search(rf"^\| {SHAPES[verdict]} {re.escape(verdict)}.* \| \S.+ \|$", page, re.MULTILINE)


def test_not_found_is_told_from_undecided_and_from_the_opposite(page: str) -> None:
    lines = {
        verdict: next(line for line in page.splitlines() if line.startswith(f"| {SHAPES[verdict]}"))
        for verdict in SHAPES
    }
    assert f"{MOST:.0%}".replace("%", " %") in lines[ROBUST]
    for share in (MOST, HARDLY):
        assert f"{share:.0%}".replace("%", " %") in lines[NOT_FOUND]
    assert "evidence that it fails" in lines[NOT_FOUND]
    assert "without that evidence" in lines[NO_VERDICT]
    assert "*Not found* does not say that the opposite holds." in page

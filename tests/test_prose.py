"""Numbers in the chapters' prose come from results: they are glued, and so have a source; the others are declared."""

import ast
import re
from pathlib import Path

import prose
import pytest

# Numbers in the prose of findings that no result can change, and why.
DECLARED: dict[str, dict[str, str]] = {
    "ablation": {
        "have 15 subsets": "algebra",
        "Only 11 of them": "algebra",
        "hopper earns 399": "the paper's number",
        "and 1,502 with": "the paper's number",
    },
    "benchmarks": {
        "episodes of 26 steps": "what is measured",
        "episodes of 2.": "what is measured",
        "A training of 1,024 neurons": "what is measured",
    },
    "cartpole": {"within 5 % of": "what counts as reaching the limit"},
    "control": {
        "Standing is worth 1,000": "a point for each step of an episode",
        "A reward near 1,000": "a point for each step of an episode",
    },
    "evolution": {
        "the best by 1/2, the worst by \N{MINUS SIGN}1/2": "the ends of the weights",
        "shifted by 1,000": "any number",
    },
    "images": {
        "have 784 pixels": "the size of an image",
        "evolution of 4 parameters": "a number for each property",
        "Here 1,024 neurons evolve": "the trainings that are shown",
        "the weights of 42 neurons": "the trainings that are shown",
        "with 32 neurons to show": "the paper's figure shows so many",
    },
    "intro": {"delay of 25 steps": "the paper's length"},
    "is_it_heterogeneity": {
        "after 2 to 100 steps": "the delays of the task",
        "takes about 2 hours": "an estimate",
        "take about 10 hours": "an estimate",
    },
    "memory": {
        "delay of 25 steps": "the paper's length",
        "as soon as 75 % of": "what an interquartile mean leaves out",
        "up to which 90 % of": "what counts as solved",
        "the paper has about 0.9": "the paper's number",
        "among their 64 neurons": "the size of these networks",
    },
    "results": {"delay of 25 steps": "the paper's length"},
    "teaching": {
        "meetings of 90 minutes": "a plan",
        "once had 24 generations": "a setting, no longer used",
        "earns about 1,000 for": "a point for each step of an episode",
    },
    "spiking_neurons": {
        "a threshold of 0.5 and a resting potential of 0.5": "the properties that are drawn",
        "a threshold of 1.4 and a resting potential of \N{MINUS SIGN}0.4": "the properties that are drawn",
        "only every 1, 2, 3, ... steps": "whole numbers",
    },
}
CHAPTERS = {path.stem: path.read_text(encoding="utf-8") for path in prose.chapters()}


@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_of_findings_are_glued_or_declared(name: str) -> None:
    assert prose.bare(CHAPTERS[name], DECLARED.get(name, ())) == []
    gone = [phrase for phrase in DECLARED.get(name, ()) if not prose.has(CHAPTERS[name], phrase)]
    assert gone == [], "declared, but no longer in the chapter"


def has_source(word: str, chapter: str) -> bool:
    """Whether a chapter glues a number that is printed there, or as PAGE.ipynb::NAME:FORMAT elsewhere."""
    if other := re.fullmatch(r"(\w+)\.ipynb::(.+):.*", word):
        chapter, word = other[1], other[2]
    return any(pattern.fullmatch(word) for pattern, _ in prose.glued(CHAPTERS[chapter]))


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_glued_number_has_a_source_in_its_chapter_and_a_place_in_its_prose(name: str) -> None:
    glued, used = prose.glued(CHAPTERS[name]), set(prose.used(CHAPTERS[name]))
    assert [word for word in used if not has_source(word, name)] == []
    assert [pattern.pattern for pattern, _ in glued if not any(map(pattern.fullmatch, used))] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_glued_number_is_written_down(name: str) -> None:
    """Its source has a variable: `figures.glue("share", 0.9)` would be a number in prose by another way."""
    assert [
        ast.unparse(value)
        for _, value in prose.glued(CHAPTERS[name])
        if not any(isinstance(node, ast.Name) for node in ast.walk(value))
    ] == []


def test_declared_phrases_are_those_of_chapters() -> None:
    assert set(DECLARED) <= set(CHAPTERS)


PROFILE = re.compile(r"\bprofiles?\b|`(?:smoke|quick|paper)`", re.IGNORECASE)
EXPLAINED = {"intro": r"^## How to run it$.*", "glossary": r"^profile$.*?\n\n"}  # where profiles are explained


@pytest.mark.parametrize("path", sorted(prose.BOOK.glob("*.md")), ids=lambda path: path.stem)
def test_pages_do_not_talk_of_profiles(path: Path) -> None:
    """One section explains them, and the build marks each page with its own."""
    text = re.sub(EXPLAINED.get(path.stem, r"\A---$.*?^---$"), "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    strings = [
        str(node.value)
        for cell in prose.CELL.findall(text)
        for node in ast.walk(ast.parse("\n".join(line for line in cell.splitlines()[1:-1] if line[:1] != ":")))
        if isinstance(node, ast.Constant)
    ]
    told = [prose.CELL.sub("", text), *strings]
    assert [one[max(found.start() - 40, 0) :][:80] for one in told for found in PROFILE.finditer(one)] == []


PAGE = """---
chapter: 3
---
# A page
Half of 12 earn {glue:text}`a-mean`, at length 25, as Fig. 2 and Eq. 7 say, or $x = 3$, or
:::{note} 5
4.2 % in a note, `7` in code.
:::
```{code-cell}
figures.glue(f"{side}-mean", 1 + table["x"].mean())
figures.glue("fixed", 0.9)
print(8)
```
## What we do
We train 9 networks.
"""


def test_the_collector_finds_numbers_in_findings_alone() -> None:
    found = prose.bare(PAGE)
    assert "12" in found[0]
    assert "4.2 %" in found[1]
    assert len(found) == 2
    assert prose.bare(PAGE, ["Half of 12", "4.2 % in a note"]) == []
    assert prose.used(PAGE) == ["a-mean"]
    (mean, source), (fixed, number) = prose.glued(PAGE)
    assert mean.fullmatch("a-mean")
    assert not mean.fullmatch("fixed")
    assert fixed.pattern == "fixed"
    assert isinstance(number, ast.Constant)
    assert ast.unparse(source) == "1 + table['x'].mean()"

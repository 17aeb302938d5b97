"""Goals, exercises and starter notebooks of the chapters, and solutions that run."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hetsnn_book.building import chapters, exercises
from hetsnn_book.building.chapters import Page
from hetsnn_book.building.goals import goals
from hetsnn_book.project import PROJECT

BOOK = PROJECT / "book"
TAUGHT = [page.name for page in chapters.pages(PROJECT) if page.goals]
TRAINS = r"\b(sweep|train|collect)\("  # in a solution's code
# Parts of a solution that would take minutes, and what stands in for them here.
SHORTER = (
    ('"quick"', '"smoke"'),
    ("range(8)", "range(1)"),
    ("2000, seed, 30", "20, seed, 1"),
    ('("spring", "positional", "generalized")', '("spring",)'),
)

EXERCISE = """\
## Exercises

::::{exercise} Half a step · warm-up, 5 minutes
:label: ex-half

What does {eq}`eq-euler` give?

:::{dropdown} Hint: Half a step
Try {doc}`memory <memory>`.
:::
::::

:::{solution} ex-half
:class: dropdown
Half of it.
:::
"""


def blocks() -> Iterator[Any]:
    """The blocks of code in solutions that no build executes, by chapter; to compile a training takes long."""
    for name in TAUGHT:
        solutions = (BOOK / f"{name}.md").read_text(encoding="utf-8").partition("## Exercises")[2]
        for code in re.findall(r"^```python\n(.*?)^```$", solutions, re.MULTILINE | re.DOTALL):
            trains = re.search(TRAINS, code)
            yield pytest.param(name, code, marks=pytest.mark.long) if trains else (name, code)


@pytest.mark.parametrize("name", TAUGHT)
def test_a_chapter_has_exercises_of_every_grade_with_hints_and_solutions(name: str) -> None:
    text = (BOOK / f"{name}.md").read_text(encoding="utf-8")
    found = exercises.found(text)
    assert len(found) == len(re.findall(r"\{exercise\}", text)), "an exercise has another form"
    assert tuple(exercise.grade for exercise in found) == exercises.GRADES
    for exercise in found:
        assert exercise.hint, exercise.label
        assert exercise.minutes > 0
        assert re.search(rf"\{{solution(-start)?\}} {exercise.label}\n", text), exercise.label


@pytest.mark.usefixtures("light_robot")
@pytest.mark.parametrize(("name", "code"), [*blocks()])
def test_a_solution_runs(name: str, code: str, home: object) -> None:
    for part, shorter in SHORTER:
        code = code.replace(part, shorter)
    exec(compile(code, f"solution of {name}", "exec"), {})  # noqa: S102


def test_an_exercise_is_read_without_its_hint() -> None:
    (exercise,) = exercises.found(EXERCISE)
    assert (exercise.title, exercise.grade, exercise.minutes) == ("Half a step", "warm-up", 5)
    assert exercise.body == "What does {eq}`eq-euler` give?"
    assert exercise.hint == "Try {doc}`memory <memory>`."


def test_a_starter_notebook_has_the_exercises_and_no_solution() -> None:
    cells = [new_code_cell('profile = "quick"', metadata={"tags": ["parameters"]}), new_code_cell("import numpy as np")]
    started = exercises.starter(new_notebook(cells=[*cells, new_markdown_cell(EXERCISE)]), "Waves")
    assert started is not None
    sources = [cell.source for cell in started.cells]
    assert sources[1:3] == ['profile = "paper"  # the published results', "import numpy as np"]
    assert sources[3] == "## Half a step\n\n*warm-up, 5 minutes*\n\nWhat does *eq-euler* give?"
    assert not any("Half of it" in source or "Try" in source for source in sources)


def test_a_chapter_without_exercises_has_no_starter() -> None:
    assert exercises.starter(new_notebook(cells=[new_markdown_cell("# Waves")]), "Waves") is None


def test_links_to_a_starter_stand_below_the_heading() -> None:
    page = exercises.with_links(new_notebook(cells=[new_markdown_cell(EXERCISE)]), "waves", "https://example.org/x")
    assert page.cells[0].source.startswith(
        "## Exercises\n\nA notebook to start from: {download}`download <exercises/waves.ipynb>`, or "
        "[open in Colab](https://example.org/x).\n\n::::"
    )


def test_goals_name_the_pages_of_help_that_the_book_has() -> None:
    page = Page("waves", "Waves", executable=True, minutes=20, goals=("see a wave", "hear one"))
    shown = goals(page, {"glossary"})
    assert "Learning goals (20 minutes)" in shown
    assert "- see a wave\n- hear one" in shown
    assert "{doc}`glossary`" in shown
    assert "{doc}`primer`" not in shown
    assert goals(Page("waves", "Waves", executable=True), {"glossary"}) == ""


def test_the_lessons_last_as_long_as_their_headings_say() -> None:
    text = (BOOK / "teaching.md").read_text(encoding="utf-8")
    for heading, minutes in (("Forty-five minutes", 45), ("Ninety minutes", 90)):
        section = re.search(rf"^## {heading}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
        assert section is not None
        assert sum(int(number) for number in re.findall(r"\| (\d+) \|$", section[1], re.MULTILINE)) == minutes


def test_every_page_that_a_lesson_names_exists() -> None:
    for name in re.findall(r"\{doc\}`(\w+)`", (BOOK / "teaching.md").read_text(encoding="utf-8")):
        assert (BOOK / f"{name}.md").is_file(), name

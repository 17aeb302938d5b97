"""Exercises of a chapter: their form, and a notebook to start from, with the exercises and no solution.

An exercise is a directive `exercise` of sphinx-exercise below the heading "Exercises". Its title ends with its grade
and its minutes, as in "The dial · practice, 10 minutes"; it holds a dropdown with a hint, and a `solution` of its label
follows it.
"""

import copy
import re
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

GRADES = ("warm-up", "practice", "project")
HEADING = re.compile(r"^## Exercises$", re.MULTILINE)
DIRECTIVE = re.compile(
    r"^(?P<fence>:{3,}|`{3,})\{exercise\} (?P<title>.+?) · (?P<grade>[a-z-]+), (?P<minutes>\d+) minutes\n"
    r":label: (?P<label>[a-z0-9-]+)\n\n?(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
HINT = re.compile(r"^(?P<fence>:{3,}|`{3,})\{dropdown\} Hint: (?P<title>.+?)\n(?P<body>.*?)^(?P=fence)\n", re.M | re.S)
ROLE = re.compile(r"\{[a-z:]+\}`(?:[^`<]*<)?([^`>]+)>?`")


@dataclass(frozen=True)
class Exercise:
    """An exercise as a chapter's source has it."""

    title: str
    grade: str  # one of `GRADES`
    minutes: int
    label: str
    body: str  # without the hint (MyST)
    hint: str


def found(text: str) -> list[Exercise]:
    """Return the exercises in a text (MyST) in their order; an exercise in another form is not found."""
    exercises = []
    for part in DIRECTIVE.finditer(text):
        hint = HINT.search(part["body"])
        body = HINT.sub("", part["body"]).strip()
        about = (part["title"], part["grade"], int(part["minutes"]), part["label"])
        exercises.append(Exercise(*about, body, hint["body"].strip() if hint else ""))
    return exercises


def source(notebook: NotebookNode) -> str:
    """Return the text of a notebook: all its Markdown."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def starter(notebook: NotebookNode, title: str) -> NotebookNode | None:
    """Return a notebook to start from: what the chapter imports and collects, and a cell for each exercise.

    It reads published results (profile `paper`).

    Args:
        notebook: the chapter, as written or executed.
        title: its title.

    Returns:
        The notebook, or None if the chapter has no exercises.
    """
    exercises = found(source(notebook))
    if not exercises:
        return None
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and "injected" not in str(cell.metadata)]
    imports = next((cell for cell in code if "parameters" not in cell.metadata.get("tags", [])), None)
    cells = [
        new_markdown_cell(f"# {title}: exercises\n\nThe chapter has hints and solutions."),
        new_code_cell('profile = "paper"  # the published results'),
        *([new_code_cell(imports.source)] if imports else []),
    ]
    for exercise in exercises:
        head = f"## {exercise.title}\n\n*{exercise.grade}, {exercise.minutes} minutes*"
        cells += [new_markdown_cell(head + "\n\n" + ROLE.sub(r"*\1*", exercise.body)), new_code_cell("")]
    result = copy.deepcopy(notebook)
    result.cells = cells
    result.metadata = {key: value for key, value in notebook.metadata.items() if key in ("kernelspec", "language_info")}
    return result


def with_links(notebook: NotebookNode, chapter: str, colab: str) -> NotebookNode:
    """Return a page with links to its starter notebook below the heading of its exercises.

    Args:
        notebook: the page.
        chapter: its name.
        colab: the address at which Colab opens the starter notebook; "" for none.
    """
    result = copy.deepcopy(notebook)
    links = f"A notebook to start from: {{download}}`download <exercises/{chapter}.ipynb>`"
    links += f", or [open in Colab]({colab})." if colab else "."
    for cell in result.cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(f"## Exercises\n\n{links}", cell.source)
    return result

"""Chapters, as their front matter describes them, and lists of chapters made from it.

A chapter is a file book/NAME.md. The mapping `chapter` of its front matter has its `order` among the numbered chapters,
the places in the `paper` that it recomputes, its `question`, the `minutes` that it takes to read, and its `goals`: what
a reader can do afterwards. A page of an order below 1 precedes the numbered ones, with no number. A page without an
order belongs to the appendix, which follows them.
Each experiment names the chapter that shows it. Three things follow from these: the table of contents, the tables of
chapters in README and on the front page, and what the GPU workflow recomputes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hetsnn.errors import InputError
from hetsnn_book import experiments

FRONT = "intro"  # the page that the book opens with
# Marks before and behind the table of chapters in README and on the front page.
TABLE, TABLE_END = "<!-- chapters -->", "<!-- end of chapters -->"
# Keys of the front matter's mapping `chapter`, and their kinds in words; an order may lie between two others, as 1.5.
KEYS: dict[str, tuple[Any, str]] = {
    "order": (int | float, "number"),
    "paper": (str, "text"),
    "question": (str, "text"),
    "minutes": (int, "whole number"),
    "goals": (list, "list of texts"),
}


@dataclass(frozen=True)
class Page:
    """One page of the book."""

    name: str
    title: str
    executable: bool
    order: int | float | None = None
    paper: str = ""
    question: str = ""
    minutes: int = 0
    goals: tuple[str, ...] = ()


def read(path: Path) -> Page:
    """Read a page's front matter and title.

    Raises:
        InputError: the front matter has unknown keys, an order that is no number, or the page has no title.
    """
    text = path.read_text(encoding="utf-8")
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    matter = yaml.safe_load(found[1]) if found else {}
    declared = matter.get("chapter", {})
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    if title is None:
        raise InputError(f"book/{path.name} must have a title, a line that begins with '# '")
    for key, value in declared.items():
        if key not in KEYS or not isinstance(value, KEYS[key][0]):
            names = ", ".join(f"{name} ({kind})" for name, (_, kind) in KEYS.items())
            raise InputError(f"the front matter of book/{path.name}: `chapter` must have {names}, got {key}: {value!r}")
    goals = {"goals": tuple(map(str, declared["goals"]))} if "goals" in declared else {}
    return Page(path.stem, title[1], "kernelspec" in matter, **(declared | goals))


def pages(root: Path) -> list[Page]:
    """Return all pages below `root`/book in order: the front page, the numbered chapters, the appendix.

    Raises:
        InputError: there is no front page, or two chapters have the same order.
    """
    found = [read(path) for path in sorted((root / "book").glob("*.md"))]
    if FRONT not in {page.name for page in found}:
        raise InputError(f"the book must have a front page, book/{FRONT}.md")
    numbered: dict[float, str] = {}
    for page in found:
        if page.order is not None and numbered.setdefault(page.order, page.name) != page.name:
            raise InputError(
                f"chapters must differ in their order, got {page.order} for {numbered[page.order]} and {page.name}"
            )

    def place(page: Page) -> tuple[Any, ...]:
        return page.name != FRONT, page.order is None, page.order or 0, not page.executable, page.name

    return sorted(found, key=place)


def contents(found: Sequence[Page]) -> dict[str, Any]:
    """Return the table of contents of the pages, as Sphinx reads it."""
    first = [{"file": page.name} for page in found[1:] if page.order is not None and page.order < 1]
    numbered = [{"file": page.name} for page in found[1:] if page.order is not None and page.order >= 1]
    appendix = [{"file": page.name} for page in found[1:] if page.order is None]
    parts: list[dict[str, Any]] = [
        {"chapters": first},
        {"caption": "Chapters", "numbered": True, "chapters": numbered},
        {"caption": "Appendix", "chapters": appendix},
    ]
    return {"format": "jb-book", "root": FRONT, "parts": [part for part in parts if part["chapters"]]}


def lists(root: Path) -> dict[str, str]:
    """Return the up-to-date content of the files that list the chapters, by name: README, and the table of contents."""
    found = pages(root)
    readme = with_table((root / "README.md").read_text(encoding="utf-8"), table(found, for_readme=True))
    head = "# Written by `hetsnn chapters --write` from the chapters' front matter.\n"
    return {"README.md": readme, "_toc.yml": head + yaml.safe_dump(contents(found), sort_keys=False)}


def write_lists(root: Path) -> list[str]:
    """Write the files that list the chapters; return their names."""
    found = lists(root)
    for name, text in found.items():
        (root / name).write_text(text, encoding="utf-8")
    return list(found)


def shown_in(chapter: str) -> list[str]:
    """Return the names of the experiments that a chapter shows."""
    return [name for name in experiments.names() if chapter == experiments.load(name).CHAPTER]


def table(found: Sequence[Page], *, for_readme: bool) -> str:
    """Return the Markdown table of chapters, for README or the front page: place in the paper, and question."""
    rows = ["| chapter | in the paper | what it asks |", "| --- | --- | --- |"]
    for page in found:
        if page.question:
            link = f"[{page.title}](book/{page.name}.md)" if for_readme else f"{{doc}}`{page.name}`"
            parts = [getattr(experiments.load(name), "PARTLY", "") for name in shown_in(page.name)]
            left = "; ".join(dict.fromkeys(filter(None, parts)))
            rows.append(f"| {link} | {page.paper} | {page.question}{f' (in part: {left})' if left else ''} |")
    return "\n".join(rows)


def with_table(text: str, rows: str) -> str:
    """Return a page with the table of chapters between its marks; a page without marks stays unchanged."""
    between = re.compile(f"{TABLE}.*?{TABLE_END}", re.DOTALL)
    return between.sub(lambda _: f"{TABLE}\n\n{rows}\n\n{TABLE_END}", text)

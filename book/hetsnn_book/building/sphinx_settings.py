"""Sphinx extension: autodoc lists the settings of a dataclass, each with the comment that stands beside it.

Settings are explained once, by a comment in the source; a reader of the pages sees the same words.
"""

from typing import Any

from sphinx.application import Sphinx

from hetsnn_book.declared import comments, defaults


def list_settings(_: Sphinx, what: str, __: str, obj: Any, ___: Any, lines: list[str]) -> None:
    """Put the settings of a class behind its first paragraphs, before its example."""
    if what != "class" or not defaults(obj):
        return
    explained = comments(obj)
    entries = [
        f"* ``{name}``{f' = ``{default}``' if default else ''}{f': {explained[name]}' if name in explained else ''}"
        for name, default in defaults(obj).items()
    ]
    place = next((i for i, line in enumerate(lines) if line.startswith(".. rubric::")), len(lines))
    lines[place:place] = ["", *entries, ""]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx after napoleon, which first turns the docstring's sections into markup."""
    app.connect("autodoc-process-docstring", list_settings, priority=900)
    return {"version": "1", "parallel_read_safe": True}

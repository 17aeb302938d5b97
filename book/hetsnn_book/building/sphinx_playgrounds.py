"""Sphinx extension: the directive `playground` puts a playground, see `hetsnn_book.building.playgrounds`, on a page.

A page without one loads nothing of it, a page without charts no plotting library.
"""

import html
import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from hetsnn.errors import InputError
from hetsnn_book.building import playgrounds

FOLDER = "playgrounds"  # below _static


class Playground(SphinxDirective):
    """The directive, with the playground's name; only pages of HTML show it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the place of a playground, with its sentence."""
        name = self.arguments[0]
        try:
            sentence = playgrounds.sentence(name)
        except InputError as error:
            raise self.error(str(error)) from None
        text = f"<p>Interactive, where scripts run: {html.escape(sentence)}</p>"
        place = playgrounds.place(name, sentence, text, playgrounds.data(name))
        return [nodes.raw("", place, format="html")]


def write_files(app: Sphinx) -> None:
    """Write what pages with playgrounds load."""
    target = Path(app.outdir) / "_static" / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for path in (playgrounds.STYLE, *playgrounds.PLOTTING):
        shutil.copy(path, target)
    (target / playgrounds.LOADER).write_text(playgrounds.loader(), encoding="utf-8")


def load(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Let a page with a playground load it."""
    names = set(re.findall(r'data-playground="(\w+)"', context.get("body", "")))
    if not names:
        return
    if any(map(playgrounds.draws_charts, names)):
        style, script = playgrounds.PLOTTING
        app.add_css_file(f"{FOLDER}/{style.name}")
        app.add_js_file(f"{FOLDER}/{script.name}", loading_method="defer")
    app.add_css_file(f"{FOLDER}/{playgrounds.STYLE.name}")
    app.add_js_file(f"{FOLDER}/{playgrounds.LOADER}", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("playground", Playground)
    app.connect("builder-inited", write_files)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

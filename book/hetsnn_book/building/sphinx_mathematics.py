"""Sphinx extension: formulas are set by browsers themselves, from MathML that is written as the book is built.

A page loads a font where it has formulas, and no script.
"""

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

from hetsnn_book.building.mathematics import FONT, STYLE, mathml

FOLDER = "mathematics"  # below _static


def write_inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    writer.body += [writer.starttag(node, "span", "", CLASS="math notranslate"), mathml(node.astext()), "</span>"]
    raise nodes.SkipNode


def write_block(writer: Any, node: nodes.math_block) -> None:
    """Write an equation, with its number and a link to it."""
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body += [mathml(node.astext(), block=True), "</div>\n"]
    raise nodes.SkipNode


def write_files(app: Sphinx) -> None:
    """Write what pages with formulas load."""
    target = Path(app.outdir) / "_static" / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for path in (STYLE, FONT):
        shutil.copy(path, target)


def load(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Let a page with formulas load their style."""
    if "<math" in context.get("body", ""):
        app.add_css_file(f"{FOLDER}/{STYLE.name}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(write_inline, None), block_renderers=(write_block, None))
    app.connect("builder-inited", write_files)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

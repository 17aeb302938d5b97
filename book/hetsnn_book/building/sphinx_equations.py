r"""Sphinx extension: an equation keeps the number that the paper gave it.

Sphinx numbers labelled equations page by page, so that the paper's Eq. 7 would become Eq. 1 of the chapter that uses
it. Here the number is written in the equation (`\tag{7}`, which Jupyter understands too) and every reference shows it.
A label without a tag is a warning, because a number of Sphinx's own choice could be mistaken for one of the paper's.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

TAG = re.compile(r"\\tag\{([^{}]+)\}\s*")


def number_equations(app: Sphinx, doctree: nodes.document) -> None:
    """Move the tag of every labelled equation of a page from its LaTeX to its number."""
    domain: Any = app.env.get_domain("math")  # its own type has numbers that are integers; ours are the paper's
    for node in doctree.findall(nodes.math_block):
        if not node.get("label"):
            continue
        tag = TAG.search(node.astext())
        if tag is None:
            message = r"equation %r has a label and no number: add \tag{the paper's number}"
            logging.getLogger(__name__).warning(message, node["label"], location=node)
            continue
        node["number"] = tag[1]
        node.children = [nodes.Text(TAG.sub("", node.astext()))]
        domain.equations[node["label"]] = (app.env.docname, tag[1])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", number_equations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""A chapter's notebook for Colab: its first cells fetch the package, and the chapter follows."""

import copy
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

FETCH = """\
# This fetches the package with its published results; the chapter needs nothing else.
![ -d hetsnn-book ] || git clone --quiet --depth 1 {repository} hetsnn-book
%pip install --quiet './hetsnn-book[chapters,control]'
"""


def notebook(page: NotebookNode, repository: str) -> NotebookNode:
    """Return the notebook of a page for Colab; it ends with the page's colophon."""
    result = copy.deepcopy(page)
    restart = Path(__file__).with_name("colab_restart.py").read_text(encoding="utf-8")
    first = [new_code_cell(FETCH.format(repository=repository).strip()), new_code_cell(restart.strip())]
    result.cells = [*first, *result.cells[:-1]]
    return result

"""Notebooks for Colab: the first cells fetch the package, and the chapter or its exercises follow."""

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
    """Return a notebook for Colab: the cells that fetch the package, and the notebook's own."""
    result = copy.deepcopy(page)
    restart = Path(__file__).with_name("colab_restart.py").read_text(encoding="utf-8")
    first = [new_code_cell(FETCH.format(repository=repository).strip()), new_code_cell(restart.strip())]
    result.cells = [*first, *result.cells]
    return result

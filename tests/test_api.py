"""The page of the package: every public name, an example of each that runs, and the settings as the source has them."""

import doctest
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import hetsnn
from hetsnn_book.declared import comments, defaults

PAGE = (Path(__file__).parent.parent / "book" / "api.md").read_text(encoding="utf-8")
NAMES = [*(name for name in hetsnn.__all__ if name != "tasks"), "tasks.gymnax", "tasks.brax"]


def public(name: str) -> Any:
    found: Any = hetsnn
    for part in name.split("."):
        found = getattr(found, part)
    return found


def test_the_page_has_every_public_name() -> None:
    assert sorted(re.findall(r"\.\. auto\w+:: hetsnn\.(\S+)", PAGE)) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_example_runs_and_gives_what_it_says(name: str) -> None:
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(public(name)) or "", {}, name, None, 0)
    assert examples.examples
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples, out=said.append)
    assert not failed, "".join(said)


def test_settings_are_explained_by_their_comments() -> None:
    explained = comments(hetsnn.Evolution)
    assert explained["sigma"] == "initial standard deviation of the perturbations, in coordinates"
    assert explained["annealed"] == "Adam's rate falls to 0 along a cosine"
    assert "population" not in explained
    assert defaults(hetsnn.Evolution)["strategy"] == "'Open_ES'"
    assert list(defaults(hetsnn.Properties).values()) == [""] * 4
    assert comments(hetsnn.Properties)["tau_m"].startswith("membrane time constant")

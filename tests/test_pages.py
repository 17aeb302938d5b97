"""Rules that a figure, a notebook and a rendered page must meet."""

import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output

from hetsnn.errors import InputError
from hetsnn_book import figures
from hetsnn_book.building import build as book
from hetsnn_book.building import pages
from hetsnn_book.building.errors import BuildError
from hetsnn_book.project import PROJECT, REPOSITORY

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_an_image_without_alt_text_fails_the_page() -> None:
    image = new_output("display_data", data={"image/png": PIXEL}, metadata={})
    notebook = new_notebook(cells=[new_code_cell("plot()", outputs=[image])])
    with pytest.raises(BuildError, match="chapter waves, cell 1: an image has no text alternative"):
        pages.page(notebook, "waves")


def test_a_notebook_that_does_not_say_its_machine_is_refused() -> None:
    """As those that older versions have executed."""
    with pytest.raises(BuildError, match="chapter waves was executed by an older version of this package"):
        pages.page(
            new_notebook(metadata={"papermill": {"start_time": "2026-01-01T00:00:00", "parameters": {}}}), "waves"
        )


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<img src="logo.svg" alt=" ">', "image logo.svg has no text alternative"),
        ('<script src="https://cdn.example/x.js"></script>', "<script> would be fetched from https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', "<link> would be fetched from //cdn.example/x.css"),
    ],
)
def test_rendered_pages_are_checked(tmp_path: Path, page: str, fault: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "page.html").write_text(f"<html>{page}</html>", encoding="utf-8")
    with pytest.raises(BuildError, match=re.escape(f"page sub/page.html: {fault}")):
        pages.check(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "Wave", "alt": "A line.", "caption": "A line."}, "figure name must be lower-case words"),
        ({"name": "wave", "alt": " ", "caption": "A line."}, "text alternative of figure 'wave' must not be empty"),
        ({"name": "wave", "alt": "A line.", "caption": ""}, "caption of 'wave' must not be empty"),
    ],
)
def test_a_figure_must_be_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        figures.show(Figure(), **arguments, data=pd.DataFrame())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["https://github.com/someone", "git@github.com:someone/hetsnn", "hetsnn"])
def test_a_repository_address_that_buttons_could_not_open(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REPOSITORY, address)
    with pytest.raises(InputError, match=r"must look like https://github\.com/OWNER/NAME"):
        book.build("smoke", root=PROJECT)

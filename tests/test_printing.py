"""The book as one document for a printer: links stay within it, folds are open, what belongs to the web is left out."""

import shutil

import pytest
from bs4 import BeautifulSoup

from hetsnn.errors import InputError
from hetsnn_book.building import build as book
from hetsnn_book.building import printing
from hetsnn_book.building.errors import BuildError
from hetsnn_book.project import PROJECT

HEAD = """<head><link rel="stylesheet" href="a.css">
<script src="search.js"></script></head>"""
ONE = f"""<html>{HEAD}<body><nav><a href="two.html">aside</a></nav><article class="bd-article">
<h1 id="one">1. One<a class="headerlink" href="#one">#</a></h1>
<p><a href="two.html#wave">Fig. 2.1</a>, <a href="two.html">Two</a>, <a href="#one">here</a>,
<a href="https://example.org/">out</a>,
<a class="download" href="_downloads/wave.csv">Data</a>, <a href="genindex.html">index</a></p>
<details class="hide"><summary>Show the code</summary><pre>draw()</pre></details>
<details><summary>Hint</summary>Half.</details>
<div data-playground="neuron" data-title="one neuron."><p>Interactive, where scripts run: one neuron.</p></div>
</article></body></html>"""
TWO = f"""<html>{HEAD}<body><article class="bd-article"><h1 id="two">2. Two</h1>
<img id="wave" src="w.png" alt="A wave." loading="lazy">
</article></body></html>"""


@pytest.fixture(scope="module")
def printed() -> BeautifulSoup:
    return BeautifulSoup(printing.document({"one": ONE, "two": TWO}, "A <book>", "p {}"), "html.parser")


def test_links_stay_within_the_document(printed: BeautifulSoup) -> None:
    found = {link.get_text(): str(link["href"]) for link in printed.select("section a")}
    assert found == {"Fig. 2.1": "#two--wave", "Two": "#two", "here": "#one--one", "out": "https://example.org/"}
    names = [one["id"] for one in printed.select("[id]")]
    assert len(set(names)) == len(names)
    assert {link[1:] for link in found.values() if link.startswith("#")} <= set(names)
    assert "index" in printed.get_text()  # it stays on the site


def test_pages_follow_a_list_of_them_in_their_order(printed: BeautifulSoup) -> None:
    assert [link.get_text() for link in printed.select("nav a")] == ["1. One", "2. Two"]
    assert [section["id"] for section in printed.select("section.printed")] == ["one", "two"]
    assert printed.title is not None
    assert printed.title.get_text() == "A <book>"


def test_folds_are_open_and_what_belongs_to_the_web_is_left_out(printed: BeautifulSoup) -> None:
    assert [fold.has_attr("open") for fold in printed.select("details")] == [True]
    text = printed.get_text()
    assert "Half." in text
    assert "On the web: one neuron." in text
    assert "draw()" not in text
    assert "Data" not in text
    assert "aside" not in text
    assert "#" not in text
    assert not printed.select("img[loading]")


def test_styles_are_loaded_once_and_no_script(printed: BeautifulSoup) -> None:
    assert [link["href"] for link in printed.select("link")] == ["a.css"]
    assert not printed.select("script")


def test_a_page_without_an_article_is_refused() -> None:
    with pytest.raises(BuildError, match=r"page one\.html must have an article, got none"):
        printing.document({"one": "<html></html>"}, "A book", "")


def test_without_a_browser_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InputError, match=r"a PDF needs one of chromium, .*: install Chromium"):
        book.build("smoke", pdf=True, root=PROJECT)


def test_every_page_links_the_pdf_by_the_books_title() -> None:
    config = {"title": "Neurons that differ", "sphinx": {"config": {"html_context": {}, "html_sidebars": {"**": []}}}}
    printing.link(config)
    assert config["sphinx"] == {
        "config": {"html_context": {"pdf": "neurons-that-differ.pdf"}, "html_sidebars": {"**": ["pdf.html"]}}
    }

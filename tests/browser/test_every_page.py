"""Every page of the book: nothing from outside, nothing broken, accessible in both themes, as wide as its window."""

import io
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.reading import BOOK, Reader, page_names
from PIL import Image
from playwright.sync_api import Page, expect

from hetsnn_book.figures import WIDE

# All that a page folds away is unfolded, as a reader may do.
UNFOLD = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  for (const one of document.querySelectorAll(".toggle-hidden")) one.classList.remove("toggle-hidden");
}"""
# What reaches beyond the page's right edge, but for what scrolls within something narrower.
BEYOND = """() => {
  const scrolls = (one) => one && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
  const beyond = (one) => one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one.parentElement);
  const all = document.querySelectorAll(".bd-article *, .prev-next-area *");
  return [...all].filter(beyond).map((one) => one.outerHTML.slice(0, 100));
}"""

# Tables with too many columns or wider than what they stand in, and those whose last column is out of view.
TABLES = """(columns) => [...document.querySelectorAll(".bd-article table")].filter((table) => {
  let around = table.parentElement;
  while (getComputedStyle(around).overflowX === "visible" && around !== document.body) around = around.parentElement;
  const edge = Math.min(around.getBoundingClientRect().right, innerWidth) + 1;
  const rows = [...table.rows].filter((row) => row.cells.length && row.parentElement.offsetHeight > 1);
  const beyond = (row) => row.cells[row.cells.length - 1].getBoundingClientRect().right > edge;
  return rows.some((row) => row.cells.length > columns || beyond(row));
}).map((table) => table.id || table.outerHTML.slice(0, 200))"""
# Equations that reach beyond what they stand in.
CUT = """() => [...document.querySelectorAll(".bd-article math")].filter((one) =>
  [...one.querySelectorAll("*"), one].map((part) => part.getBoundingClientRect()).some((box) => box.width
    && (box.right > innerWidth || box.left < one.parentElement.getBoundingClientRect().left - 1))
  || one.parentElement.scrollWidth > one.parentElement.clientWidth + 1 && one.parentElement.matches("div.math"))
  .map((one) => one.textContent)"""
# Words of titles that are broken over lines.
BROKEN = """() => [...document.querySelectorAll(".bd-article :is(h1, h2, h3), .prev-next-title")].flatMap((title) => {
  const texts = document.createTreeWalker(title, NodeFilter.SHOW_TEXT), range = document.createRange(), broken = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode())
    for (const word of text.data.matchAll(/[^\\s-]+-?/g)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) broken.push(word[0]);
    }
  return broken;
})"""
# Names of what a page repeats, as a screen reader says them.
NAMES = """(selector) => [...document.querySelectorAll(selector)].map((one) =>
  one.ariaLabel ?? (one.querySelector("p.collapsed") ?? one).textContent.trim())"""
LONGEST_ALT = 500
HEAVIEST = 1.5e6  # bytes that a page loads
DARK = 60  # the most that the edge of a figure or playground may shine in the dark theme, of 255
REPEATED = ("details.hide > summary", "figcaption a[download], caption a[download]", ".playground button")


class _Page(HTMLParser):
    """Addresses and names on a page as written, before its scripts run."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.names: set[str] = set()
        self.repeated: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.addresses.add(value)
            if value and name == "id":
                (self.repeated if value in self.names else self.names).add(value)


@cache
def written(path: Path) -> _Page:
    return _Page(path)


def broken(path: Path) -> list[str]:
    """The addresses on a page that lead nowhere in the book."""
    faults = []
    for address in written(path).addresses:
        place, name = urldefrag(address)
        if re.match(r"[a-z]+:|//", place) or (name == "" and not place):
            continue
        target = (path.parent / unquote(place.partition("?")[0])).resolve() if place else path
        if not target.is_file() or (name and target.suffix == ".html" and unquote(name) not in written(target).names):
            faults.append(address)
    return sorted(faults)


def complaints(page: Page) -> list[str]:
    """The faults that axe finds on a page at the width of a desk, without minor ones."""
    found: list[dict[str, Any]] = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {len(one['nodes'])}, {one['nodes'][0]['html'][:150]}"
        for one in found
        if one["impact"] != "minor"
    ]


def shine(png: bytes) -> float:
    """The brightness of a picture's left edge, but for the part of a tall one that the page's bar hides."""
    with Image.open(io.BytesIO(png)) as image:
        return float(np.median(np.asarray(image.convert("L"))[:, 2:10]))


@pytest.mark.parametrize("name", page_names())
def test_links_and_anchors_lead_somewhere(name: str) -> None:
    path = BOOK / f"{name}.html"
    assert broken(path) == []
    assert written(path).repeated == set()


@pytest.mark.parametrize("name", page_names())
def test_a_page_is_accessible_and_fits_its_window(reader: Reader, name: str) -> None:
    page = reader.open(f"{name}.html")
    page.wait_for_load_state("networkidle")
    page.evaluate(UNFOLD)
    for selector in REPEATED:
        names = page.evaluate(NAMES, selector)
        assert len(set(names)) == len(names), names
    alts = page.eval_on_selector_all("img", "images => images.map((image) => image.alt)")
    assert [alt for alt in alts if len(alt) > LONGEST_ALT] == []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 850})
        assert page.evaluate(BEYOND) == [], f"at {width} pixels"
        assert page.evaluate(TABLES, WIDE) == [], f"at {width} pixels"
        assert page.evaluate(CUT) == [], f"at {width} pixels"
        assert page.evaluate(BROKEN) == [], f"at {width} pixels"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"at {width} pixels"
    found = complaints(page)
    reader.darken()
    assert found + complaints(page) == []
    for picture in page.locator(".bd-article figure img, .bd-article .playground").all():
        assert shine(picture.screenshot()) < DARK


@pytest.mark.parametrize("name", page_names())
def test_a_page_loads_little(reader: Reader, name: str) -> None:
    loaded: dict[str, int] = {}
    reader.context.on(
        "response", lambda answer: loaded.update({answer.url: int(answer.headers.get("content-length", 0))})
    )
    page = reader.open(f"{name}.html")
    page.wait_for_load_state("networkidle")
    assert 10_000 < sum(loaded.values()) < HEAVIEST
    expect(page.locator("[data-playground]")).to_have_count(0)  # each has made way for what it stands for
    assert any("/playgrounds/" in address for address in loaded) == (page.locator(".playground").count() > 0)
    assert any("uPlot" in address for address in loaded) == (page.locator(".playground-chart").count() > 0)

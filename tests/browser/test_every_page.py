"""Every page of the book: nothing from outside, nothing broken, accessible in both themes, as wide as its window."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.reading import BOOK, Reader, page_names
from playwright.sync_api import Page

# All that a page folds away is unfolded, as a reader may do.
UNFOLD = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  for (const one of document.querySelectorAll(".toggle-hidden")) one.classList.remove("toggle-hidden");
}"""
# What reaches beyond the page's right edge, but for what scrolls within something narrower.
BEYOND = """() => {
  const scrolls = (one) => one && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
  const beyond = (one) => one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one.parentElement);
  return [...document.querySelectorAll(".bd-article *")].filter(beyond).map((one) => one.outerHTML.slice(0, 100));
}"""


# Names of what a page repeats, as a screen reader says them.
NAMES = """(selector) => [...document.querySelectorAll(selector)].map((one) =>
  one.ariaLabel ?? (one.querySelector("p.collapsed") ?? one).textContent.trim())"""
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
    """What axe finds on a page, at the width of a desk, but for what is minor."""
    found: list[dict[str, Any]] = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {len(one['nodes'])}, {one['nodes'][0]['html'][:150]}"
        for one in found
        if one["impact"] != "minor"
    ]


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
    assert page.locator("mjx-container[tabindex='0']").count() == 0, "a formula is a stop of the tab key"
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 850})
        assert page.evaluate(BEYOND) == [], f"at {width} pixels"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"at {width} pixels"
    found = complaints(page)
    reader.darken()
    assert found + complaints(page) == []

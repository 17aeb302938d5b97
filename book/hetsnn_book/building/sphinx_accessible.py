"""Sphinx extension: what other extensions write on a page, made fit for readers who listen to it.

Links and folds that share their words get names of their own, by the figure or table that they belong to. Roles and
identities that break the rules of HTML go.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.config import Config

from hetsnn_book.building.tables import break_long_words, fold_long, stack_wide

LONGEST_ALT = 500  # letters of a text alternative; listeners cannot skip within it
AT_ONCE = 14  # pictures that load with a page
FOLLOWS = " … The whole description follows the figure."
PERCENT = re.compile(r"(?<=[\d\]]) %")
PART = re.compile(r"[.;](?=\s)")


def name_folds(page: BeautifulSoup) -> None:
    """Tell folds of code from each other: by the figure or table that the code makes, else by their number."""
    for number, fold in enumerate(page.select("details.hide"), 1):
        cell = fold.find_parent(class_="cell")
        made = cell.select_one(".caption-number") if cell else None
        whose = f" of {made.get_text(strip=True)}" if made else f", part {number}"
        for summary in fold.select("summary"):
            summary.attrs.pop("aria-label", None)
            for words in summary.select("p"):
                _add(page, words, whose)


def name_downloads(page: BeautifulSoup) -> None:
    """Tell links to the numbers behind figures and tables from each other."""
    for caption in page.select("figcaption, caption"):
        if number := caption.select_one(".caption-number"):
            for link in caption.select("a[download]"):
                _add(page, link, f" of {number.get_text(strip=True)}")


def drop_empty_list(page: BeautifulSoup) -> None:
    """Take the role of a list from the bibliography, whose entries have another role than a list's items."""
    for entries in page.select(".citation-list[role=list]"):
        del entries["role"]


def shorten_descriptions(page: BeautifulSoup) -> None:
    """Cut long text alternatives of figures at the end of a part, and put the whole into a fold below the caption."""
    for image in page.select("figure img"):
        whole, figure = str(image.get("alt", "")), image.find_parent("figure")
        if len(whole) <= LONGEST_ALT or figure is None:
            continue
        ends = [end.start() for end in PART.finditer(whole) if end.start() <= LONGEST_ALT - len(FOLLOWS)]
        image["alt"] = whole[: ends[-1] if ends else LONGEST_ALT - len(FOLLOWS)] + FOLLOWS
        number = figure.select_one(".caption-number")
        fold = page.new_tag("details", attrs={"class": "description"})
        summary = page.new_tag("summary")
        summary.string = f"{number.get_text(strip=True) if number else 'The figure'} in words"
        words = page.new_tag("p")
        words.string = whole
        fold.extend([summary, words])
        figure.insert_after(fold)


def drop_repeated_identities(page: BeautifulSoup) -> None:
    """Take the identity from exercises' contents, which all have the same."""
    for content in page.select("#exercise-content, #solution-content"):
        del content["id"]


def keep_units(page: BeautifulSoup) -> None:
    """Keep a percent sign on the line of its number."""
    for text in page.find_all(string=PERCENT):
        if text.find_parent(("pre", "code", "script", "style")) is None:
            text.replace_with(PERCENT.sub("\N{NO-BREAK SPACE}%", text))


def load_late(page: BeautifulSoup) -> None:
    """Let pictures of figures beyond the first few load when a reader comes near, so that long pages stay light."""
    for image in page.select("figure img")[AT_ONCE:]:
        image["loading"] = "lazy"


def reserve_places(page: BeautifulSoup, files: Mapping[str, Path]) -> None:
    """Give pictures the ratio of their sides, so that a page does not grow as they load.

    Args:
        page: the page.
        files: files of pictures, by their names on the page.
    """
    for image in page.select("figure img[loading=lazy]"):
        file = files.get(Path(str(image.get("src"))).name)
        if file is not None:
            with Image.open(file) as picture:
                width, height = picture.size
            style = str(image.get("style", "")).rstrip("; ")
            image["style"] = f"{style}{'; ' if style else ''}aspect-ratio: auto {width} / {height};"


MENDED: tuple[Callable[[BeautifulSoup], None], ...] = (
    name_folds,
    name_downloads,
    drop_empty_list,
    drop_repeated_identities,
    shorten_descriptions,
    stack_wide,
    break_long_words,
    fold_long,
    keep_units,
    load_late,
)


def _add(page: BeautifulSoup, element: Tag, words: str) -> None:
    """Add words that only screen readers show."""
    hidden = page.new_tag("span", attrs={"class": "visually-hidden"})
    hidden.string = words
    element.append(hidden)


def mend(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Mend the body of a page before it is written."""
    if body := context.get("body"):
        page = BeautifulSoup(body, "html.parser")
        for change in MENDED:
            change(page)
        reserve_places(page, {name: Path(app.srcdir, source) for source, name in app.builder.images.items()})
        context["body"] = str(page)


def find_templates(_app: Sphinx, config: Config) -> None:
    """Find the templates in `theme`, which _config.yml names."""
    config.templates_path.append(str(Path(__file__).with_name("theme")))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", find_templates)
    app.connect("html-page-context", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

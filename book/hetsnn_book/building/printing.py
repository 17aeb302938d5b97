"""The book as a PDF: its rendered pages, in order, as one document that Chromium prints.

Links between pages become links within the document. Code that a page folds stays on the web, as do playgrounds and
downloads; hints and solutions are unfolded.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from hetsnn.errors import InputError
from hetsnn_book.building.errors import BuildError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHEET = Path(__file__).with_name("theme") / "print.css"
DOCUMENT = "print.html"  # the one document, beside the pages while it is printed
# Parts of a page that paper has no use for.
WEB = ".headerlink, a.download, details.hide, .cell.tag_hide-input > .cell_input, script, button"
SCALE = 0.8  # of the page, so that tables keep their width
MARGIN = "17mm"
FOOTER = '<p style="width: 100%; font-size: 8px; text-align: center"><span class="pageNumber"></span></p>'
LIMIT = 5 * 60_000  # [ms] that loading the whole book may take


def browser_path() -> str | None:
    """Return the path of this machine's Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def file_name(title: str) -> str:
    """Return the name of the PDF of a book of this title."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower())) + ".pdf"


def link(config: dict[str, Any]) -> None:
    """Add to Jupyter Book's settings a link to the PDF, in the side bar of every page."""
    sphinx = config["sphinx"]["config"]
    sphinx["html_context"]["pdf"] = file_name(config["title"])
    sphinx["html_sidebars"]["**"].append("pdf.html")


def write(folder: Path, names: Sequence[str], title: str) -> Path:
    """Print rendered pages into a PDF beside them, with an outline; return its path.

    Args:
        folder: folder of the rendered pages.
        names: their names, in order.
        title: the book's title.

    Raises:
        InputError: this machine has no Chromium, or the package that drives it is missing.
        BuildError: Chromium could not print.
    """
    browser = check()
    from playwright.sync_api import Error, sync_playwright

    pages = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in names}
    source, printed = folder / DOCUMENT, folder / file_name(title)
    source.write_text(document(pages, title, SHEET.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = chromium.new_page()
            page.set_default_timeout(LIMIT)
            page.goto(source.absolute().as_uri())
            page.pdf(
                path=printed,
                format="A4",
                scale=SCALE,
                margin={"top": MARGIN, "bottom": MARGIN, "left": MARGIN, "right": MARGIN},
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                print_background=True,
                tagged=True,
                outline=True,
            )
            chromium.close()
    except Error as error:
        raise BuildError(f"the book could not be printed: {error.message.splitlines()[0]}") from None
    finally:
        source.unlink()
    return printed


def check() -> str:
    """Return the path of the browser that prints.

    Raises:
        InputError: this machine has no Chromium, or the package that drives it is missing.
    """
    browser = browser_path()
    if browser is None:
        raise InputError(f"a PDF needs one of {', '.join(BROWSERS)}: install Chromium")
    if find_spec("playwright") is None:
        raise InputError("playwright is missing: install hetsnn[browser]")
    return browser


def document(pages: Mapping[str, str], title: str, style: str) -> str:
    """Return one document (HTML) of a book's pages.

    Args:
        pages: HTML of the rendered pages by their names, in order.
        title: the book's title.
        style: a style sheet, after those of the pages.
    """
    heads: dict[str, None] = {}  # style sheets, each once, in order
    contents, articles = [], []
    for name, text in pages.items():
        page = BeautifulSoup(text, "html.parser")
        heads |= dict.fromkeys(map(str, page.select("head link[rel=stylesheet]")))
        article = page.select_one("article.bd-article")
        if article is None:
            raise BuildError(f"page {name}.html must have an article, got none")
        _prepare(article, name, pages)
        heading = article.find("h1")
        contents.append(f'<li><a href="#{name}">{escape(heading.get_text() if heading else name)}</a></li>')
        articles.append(f'<section class="printed" id="{name}">{article.decode_contents()}</section>')
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{''.join(heads)}<style>{style}</style></head>"
        f'<body class="bd-article"><header><p class="title">{escape(title)}</p>'
        f"<nav><ul>{''.join(contents)}</ul></nav></header>{''.join(articles)}</body></html>"
    )


def _prepare(article: Tag, name: str, pages: Mapping[str, str]) -> None:
    """Make an article a part of the document: identities and links carry the page's name, folds are open."""
    for one in article.select(WEB):
        one.decompose()
    for fold in article.select("details"):
        fold["open"] = ""
    for image in article.select("img[loading]"):
        del image["loading"]
    for place in article.select("[data-playground]"):
        place.string = f"On the web: {place['data-title']}"
    for one in article.select("[id]"):
        one["id"] = _anchor(name, str(one["id"]))
    for link in article.select("a[href]"):
        page, _, anchor = unquote(str(link["href"])).partition("#")
        target = page.removesuffix(".html") or name
        if target in pages and page in ("", f"{target}.html"):
            link["href"] = f"#{_anchor(target, anchor) if anchor else target}"
        elif not re.match(r"[a-z]+:", page):
            link.unwrap()  # a file of the site


def _anchor(page: str, identity: str) -> str:
    return f"{page}--{identity}"

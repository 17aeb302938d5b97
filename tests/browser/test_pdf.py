"""The printed book: pages of the built one, printed as all of them are."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from browser.reading import BOOK
from bs4 import BeautifulSoup

from hetsnn_book.building import printing

PAGES = ("primer", "glossary")  # one links the other


def titles() -> Iterator[str]:
    """The text of each heading, page by page."""
    for name in PAGES:
        page = BeautifulSoup((BOOK / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        for heading in page.select("article h1, article h2, article h3, article h4"):
            yield heading.get_text().removesuffix("#").strip()


def test_pages_are_printed_with_their_links_and_an_outline(tmp_path: Path) -> None:
    for name in ("_static", "_images"):
        (tmp_path / name).symlink_to(BOOK / name)
    for name in PAGES:
        shutil.copy(BOOK / f"{name}.html", tmp_path)
    with ThreadPoolExecutor(1) as apart:  # other tests of this process have a browser open
        printed = apart.submit(printing.write, tmp_path, PAGES, "Neurons that differ").result()
    content = printed.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", content)) > len(PAGES)  # and the title
    outline = re.findall(rb"/Title \((.*?)(?<!\\)\)", content)
    assert Counter(outline) == Counter([b"Neurons that differ", *(title.encode() for title in titles())])
    assert len(re.findall(rb"/Subtype /Link\b", content)) > len(PAGES)
    assert b"file:" not in content  # no link to a place on this machine
    assert not (tmp_path / printing.DOCUMENT).exists()

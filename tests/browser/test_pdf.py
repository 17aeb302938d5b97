"""The printed book: pages of the built one, printed as all of them are."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from browser.reading import BOOK

from hetsnn_book.building import printing

PAGES = ("primer", "glossary")  # one links the other


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
    assert b"/Outlines" in content
    assert len(re.findall(rb"/Subtype /Link\b", content)) > len(PAGES)
    assert b"file:" not in content  # no link to a place on this machine
    assert not (tmp_path / printing.DOCUMENT).exists()

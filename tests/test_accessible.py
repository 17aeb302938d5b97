"""Changes of a page for readers who listen to it."""

from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

from hetsnn_book.building.sphinx_accessible import (
    AT_ONCE,
    LONGEST_ALT,
    keep_units,
    load_late,
    reserve_places,
    shorten_descriptions,
)

FIGURE = '<figure><img alt="{alt}"><figcaption><span class="caption-number">Fig. 2 </span></figcaption></figure>'


def test_a_long_description_is_cut_at_a_part_and_follows_in_full() -> None:
    whole = "Rewards. " + "length 5: 0.3; " * 60
    page = BeautifulSoup(FIGURE.format(alt=whole), "html.parser")
    shorten_descriptions(page)
    assert page.img is not None
    alt = str(page.img["alt"])
    assert LONGEST_ALT - 50 < len(alt) <= LONGEST_ALT
    assert alt.endswith("0.3 … The whole description follows the figure.")
    (fold,) = page.select("figure + details")
    assert fold.summary is not None
    assert fold.summary.get_text() == "Fig. 2 in words"
    assert whole in fold.get_text()


def test_a_short_description_stays() -> None:
    page = BeautifulSoup(FIGURE.format(alt="A line."), "html.parser")
    shorten_descriptions(page)
    assert page.img is not None
    assert page.img["alt"] == "A line."
    assert not page.select("details")


def test_a_percent_sign_stays_with_its_number() -> None:
    page = BeautifulSoup("<p>95 % of [79.6, 80.0] % or 5% % <code>7 % 4</code></p>", "html.parser")
    keep_units(page)
    assert page.get_text() == "95\N{NO-BREAK SPACE}% of [79.6, 80.0]\N{NO-BREAK SPACE}% or 5% % 7 % 4"


def test_pictures_beyond_the_first_few_load_late() -> None:
    page = BeautifulSoup("<img>" + FIGURE * (AT_ONCE + 2), "html.parser")
    load_late(page)
    assert ["loading" in image.attrs for image in page.select("img")] == [False] * (1 + AT_ONCE) + [True] * 2


def test_a_late_picture_keeps_its_place(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "wave.png")
    page = BeautifulSoup(
        '<figure><img loading="lazy" src="_images/ab.png" style="width: 704px;"><img src="_images/ab.png"></figure>'
        '<figure><img loading="lazy" src="_images/cd.png"></figure>',
        "html.parser",
    )
    reserve_places(page, {"ab.png": tmp_path / "wave.png"})
    late, first, unknown = page.select("img")
    assert late["style"] == "width: 704px; aspect-ratio: auto 30 / 20;"
    assert "style" not in first.attrs
    assert "style" not in unknown.attrs

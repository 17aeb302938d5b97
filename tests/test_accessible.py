"""Changes of a page for readers who listen to it."""

from bs4 import BeautifulSoup

from hetsnn_book.building.sphinx_accessible import AT_ONCE, LONGEST_ALT, keep_units, load_late, shorten_descriptions

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

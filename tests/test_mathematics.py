"""Formulas of the book as MathML: structure, spaces, and letters that the font has."""

import html
import re
from pathlib import Path

import jupytext
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from hetsnn_book.building.mathematics import FONT, mathml

ROOT = Path(__file__).parent.parent
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$`])\$([^$\n`]+?)\$", re.DOTALL)


def formulas() -> list[str]:
    """All formulas in the prose of the chapters."""
    found = []
    for path in sorted((ROOT / "book").glob("*.md")):
        for cell in jupytext.read(path).cells:
            if cell.cell_type == "markdown":
                found += [
                    re.sub(r"\\tag\{.*?\}", "", block or inline) for block, inline in FORMULA.findall(cell.source)
                ]
    return found


def test_lines_are_rows_with_their_signs_below_each_other() -> None:
    page = BeautifulSoup(mathml(r"\begin{aligned} a &= b \\ &= \frac{1}{2} \end{aligned}", block=True), "html.parser")
    assert page.math is not None
    assert page.math["display"] == "block"
    assert [cell["columnalign"] for cell in page.select("mtd")] == ["right", "left"] * 2
    assert [cell.get_text() for cell in page.select("mtd")] == ["a", "=b", "", "=12"]


def test_spaces_and_letters_are_tex_s() -> None:
    page = BeautifulSoup(mathml(r"a / |x| < \tau \ln \Delta t"), "html.parser")
    tight = [sign.get_text() for sign in page.select("mo[lspace='0'][rspace='0']")]
    assert tight == ["/", "|", "|"]
    assert page.get_text() == "a/|x|<τlnΔt"
    assert [letter.get_text() for letter in page.select("mi[mathvariant='normal']")] == ["Δ"]
    assert len(page.select("mspace")) == 2


def test_the_font_has_every_sign_of_the_book() -> None:
    parts = formulas()
    assert len(parts) > 200
    has = TTFont(FONT).getBestCmap()
    text = "".join(BeautifulSoup(mathml(part), "html.parser").get_text() for part in parts)
    assert {sign for sign in html.unescape(text) if ord(sign) not in has} == set()
    assert "&" not in text
    assert "\\" not in text

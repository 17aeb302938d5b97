"""Mathematics of the book's pages: LaTeX becomes MathML, which browsers set without a script."""

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from latex2mathml.converter import convert_to_element

FOLDER = Path(__file__).parent
STYLE, FONT = FOLDER / "mathematics.css", FOLDER / "STIXTwoMath.woff"
CAPITALS = re.compile("[\N{GREEK CAPITAL LETTER ALPHA}-\N{GREEK CAPITAL LETTER OMEGA}]")
TIGHT = {"|", "\N{DIVIDES}", "/"}  # TeX sets no space around them
# The converter's dialect, and the spaces that TeX puts around a function's name.
SPELLINGS = (
    (re.compile(r"\{aligned\}"), r"{align*}"),
    (re.compile(r"\\dfrac\b"), r"\\displaystyle\\frac"),
    (re.compile(r"(?<=[\w}])\s*(\\(?:ln|log)\b)"), r"\\,\1"),
    (re.compile(r"(\\(?:ln|log))\b(?!\s*(?:\(|_|\\left|\\bigl))"), r"\1\\,"),
)


def mathml(latex: str, *, block: bool = False) -> str:
    """Return a formula as an element `math`.

    Equations of several lines are written in `aligned`. Capital Greek letters stand upright, as TeX sets them.
    """
    for pattern, spelling in SPELLINGS:
        latex = pattern.sub(spelling, latex)
    tree = convert_to_element(latex.strip(), display="block" if block else "inline")
    del tree.attrib["xmlns"]  # HTML needs none
    for part in tree.iter():
        part.text = html.unescape(part.text or "")
        if part.tag == "mi" and CAPITALS.fullmatch(part.text):
            part.set("mathvariant", "normal")
        if part.tag == "mo" and part.text in TIGHT:
            part.attrib |= {"lspace": "0", "rspace": "0"}
    return ET.tostring(tree, encoding="unicode", method="html")

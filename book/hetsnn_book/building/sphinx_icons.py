"""Sphinx extension: pages load the icons that the book shows, not the thousands that the theme's fonts have.

A subset of each font goes before the theme's own, which a page loads only for an icon that the subset lacks.
"""

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

FOLDER, STYLE = "icons", "icons.css"  # below _static
FACE = re.compile(r"@font-face\s*\{[^}]*?font-family:\s*(Font Awesome[^;]*);[^}]*?font-weight:\s*(\d+);[^}]*\}")
FILE = re.compile(r"url\([^)]*?(fa-[a-z]+-\d+)\.ttf\)")
RULE = re.compile(r"(?:^|(?<=[{}]))([^{}]++)\{[^{}]*?content:\s*\"\\([0-9a-fA-F]+)\"")  # from a brace on: it is fast
VARIABLE = re.compile(r"--pst-icon-[a-z-]+:\s*\"\\([0-9a-fA-F]+)\"")
DRAWN = re.compile(r"(?<=\})((?:\.fa-[a-z0-9-]+:before,?)+)\{content:\"[^\"]*\"\}")
NAME = re.compile(r"\bfa-[a-z0-9-]+")


def shown(styles: str, pages: str) -> set[int]:
    """Return the code points of the icons that styles put somewhere themselves, and of those that pages name."""
    names = set(NAME.findall(pages))
    codes = {int(code, 16) for code in VARIABLE.findall(styles)}
    for selectors, code in RULE.findall(styles):
        named = set(NAME.findall(selectors))
        if not named or named & names:
            codes.add(int(code, 16))
    return codes


def without_unused(styles: str, pages: str) -> str:
    """Return styles without the rules of icons that pages do not name."""
    names = set(NAME.findall(pages))
    return DRAWN.sub(lambda rule: rule[0] if names & set(NAME.findall(rule[1])) else "", styles)


def write_fonts(app: Sphinx, error: Exception | None) -> None:
    """Write the subsets and the style that names them, and shorten the theme's styles, once all pages are written."""
    if error:
        return
    static = Path(app.outdir) / "_static"
    sheets = {path: path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.css"))}
    styles = "".join(sheets.values())
    scripts = sorted((static / "scripts").glob("*theme*.js"))
    pages = "".join(path.read_text(encoding="utf-8") for path in [*Path(app.outdir).glob("*.html"), *scripts])
    codes, faces = shown(styles, pages), []
    for path, sheet in sheets.items():
        path.write_text(without_unused(sheet, pages), encoding="utf-8")
    (static / FOLDER).mkdir(exist_ok=True)
    for face in FACE.finditer(styles):
        family, weight = face.groups()
        (name,) = FILE.findall(face[0])
        (source,) = static.rglob(f"{name}.ttf")
        font = TTFont(source)
        maker = subset.Subsetter()
        known = set(font.getBestCmap())
        maker.populate(unicodes=codes & known or {min(known)})  # a font without any glyph is none
        maker.subset(font)
        font.flavor = "woff"
        font.save(static / FOLDER / f"{name}.woff")
        faces.append(
            f'@font-face {{ font-family: {family}; font-weight: {weight}; src: url("{name}.woff") format("woff"); }}\n'
        )
    (static / FOLDER / STYLE).write_text("".join(faces), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_css_file(f"{FOLDER}/{STYLE}")
    app.connect("build-finished", write_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Playgrounds: models that run in the reader's browser, as JavaScript modules; no kernel, no network.

The directive `playground` puts `NAME.mjs` on a page if its first line is a comment that begins with "Playground:"; the
rest of that line is the sentence that stands in its place where scripts do not run. Its default export puts it into an
element. `NAME.py` beside it, if there is one, has a function `data()`, whose result goes with the page as JSON. All
other modules are what playgrounds share; a module imports another as "playgrounds/NAME".

A book is also read as files, from which browsers load no modules. So `loader` writes all of them into one script.
"""

import importlib
import json
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hetsnn.errors import InputError

FOLDER = Path(__file__).parent
OPENING = "// Playground: "
STYLE = FOLDER / "playgrounds.css"
PLOTTING = (FOLDER / "vendor" / "uPlot.min.css", FOLDER / "vendor" / "uPlot.iife.min.js")  # what charts need
LOADER = "playgrounds.js"  # the script that `loader` writes


def names() -> list[str]:
    """Return the names of all playgrounds."""
    return sorted(path.stem for path in FOLDER.glob("*.mjs") if path.read_text(encoding="utf-8").startswith(OPENING))


def sentence(name: str) -> str:
    """Return what a playground is, in a sentence.

    Raises:
        InputError: no playground has this name.
    """
    if name not in names():
        raise InputError(f"playground must be one of {', '.join(names())}, got {name!r}")
    first = (FOLDER / f"{name}.mjs").read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix(OPENING)


def draws_charts(name: str) -> bool:
    """Return whether a module needs the plotting library."""
    return 'from "playgrounds/chart"' in (FOLDER / f"{name}.mjs").read_text(encoding="utf-8")


def data(name: str) -> Any:
    """Return what a playground needs from Python, or None."""
    if not (FOLDER / f"{name}.py").is_file():
        return None
    return importlib.import_module(f"{__name__}.{name}").data()


def place(name: str, title: str, content: str, data: Any, *, of: str = "") -> str:
    """Return the element that a module puts its playground in.

    Args:
        name: the module's name.
        title: the playground's title, for screen readers.
        content: HTML that stands there until the module runs.
        data: what the module needs, or None.
        of: what tells it from the same module's others on a page.
    """
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    script = "" if data is None else f'<script type="application/json">{text}</script>'
    title = escape(title, quote=True)
    identity = "-".join(filter(None, ("playground", name, of)))
    return f'<div id="{identity}" data-playground="{name}" data-title="{title}">{content}{script}</div>'


def loader() -> str:
    """Return a script that makes all modules known under their names and runs the first of them, `mount`."""
    modules = {
        f"playgrounds/{path.stem}": f"data:text/javascript;charset=utf-8,{quote(path.read_text(encoding='utf-8'))}"
        for path in sorted(FOLDER.glob("*.mjs"))
    }
    return f"""\
for (const [type, text] of [["importmap", {json.dumps(json.dumps({"imports": modules}))}],
  ["module", 'import "playgrounds/mount";']]) {{
  const script = document.createElement("script");
  script.type = type;
  script.textContent = text;
  document.head.append(script);
}}
"""

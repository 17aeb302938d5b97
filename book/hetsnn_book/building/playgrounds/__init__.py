"""Playgrounds: models that run in the reader's browser, as JavaScript modules; no kernel, no network.

`NAME.mjs` is a playground if its first line is a comment that begins with "Playground:"; the rest of that line is the
sentence that stands in its place where scripts do not run. Its default export puts it into an element. `NAME.py`
beside it, if there is one, has a function `data()`, whose result goes with the page as JSON. All other modules are what
playgrounds share; a module imports another as "playgrounds/NAME".

A book is also read as files, from which browsers load no modules. So `loader` writes all of them into one script.
"""

import importlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hetsnn.errors import InputError

FOLDER = Path(__file__).parent
OPENING = "// Playground: "
STYLES = (FOLDER / "vendor" / "uPlot.min.css", FOLDER / "playgrounds.css")
LIBRARY = FOLDER / "vendor" / "uPlot.iife.min.js"
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


def data(name: str) -> Any:
    """Return what a playground needs from Python, or None."""
    if not (FOLDER / f"{name}.py").is_file():
        return None
    return importlib.import_module(f"{__name__}.{name}").data()


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

"""Annotations are checked at every call, in tests; import this before anything of the package.

Jaxtyping checks the shapes that arguments of a call share, and sees a function before JAX wraps it; beartype checks all
other types. Jaxtyping's wrapper takes ten times as long as beartype's: only modules that name arrays have it.
"""

import re
from pathlib import Path

from beartype.claw import beartype_packages
from jaxtyping import install_import_hook

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"hetsnn": ROOT / "hetsnn", "hetsnn_book": ROOT / "book" / "hetsnn_book"}
ARRAYS = re.compile(r"\bArray\b|\bjaxtyping\b")


def with_arrays() -> list[str]:
    """The modules that name arrays."""
    names = []
    for folder in PACKAGES.values():
        for path in sorted(folder.rglob("*.py")):
            if path.name != "__init__.py" and ARRAYS.search(path.read_text(encoding="utf-8")):
                names.append(".".join(path.relative_to(folder.parent).with_suffix("").parts))
    return names


beartype_packages(PACKAGES)
install_import_hook(with_arrays(), "beartype.beartype")

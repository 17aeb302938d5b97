"""Annotations are checked at every call, in tests; import this before anything of the package.

Jaxtyping checks the shapes that arguments of a call share, and sees a function before JAX wraps it; beartype checks all
other types. Jaxtyping's wrapper takes ten times as long as beartype's: only functions and classes that name shapes have
it.
"""

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jaxtyping
from beartype import beartype
from beartype.claw import beartype_packages

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"hetsnn": ROOT / "hetsnn", "hetsnn_book": ROOT / "book" / "hetsnn_book"}
ARRAYS = re.compile(r"\bArray\b|\bjaxtyping\b")
SHAPED = jaxtyping.jaxtyped


def with_arrays() -> list[str]:
    """The modules that name arrays."""
    names = []
    for folder in PACKAGES.values():
        for path in sorted(folder.rglob("*.py")):
            if path.name != "__init__.py" and ARRAYS.search(path.read_text(encoding="utf-8")):
                names.append(".".join(path.relative_to(folder.parent).with_suffix("").parts))
    return names


def names_shapes(of: Any) -> bool:
    """Whether an annotation of a function, or of a class and its bases, has a shape."""
    return any("jaxtyping." in repr(inspect.get_annotations(each)) for each in getattr(of, "__mro__", [of]))


def checked(*, typechecker: Callable) -> Callable:
    """The decorator that jaxtyping puts on each function and class of a module: its own where there are shapes."""

    def decorate(of: Any) -> Any:
        if names_shapes(of):
            return SHAPED(of, typechecker=typechecker)
        if not isinstance(of, type):
            return beartype(of)
        if dataclasses.is_dataclass(of) and "__init__" in vars(of):
            patch.object(of, "__init__", beartype(vars(of)["__init__"])).start()
        return of

    return decorate


beartype_packages(PACKAGES)
patch.object(jaxtyping, "jaxtyped", checked).start()
jaxtyping.install_import_hook(with_arrays(), "beartype.beartype")

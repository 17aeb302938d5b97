"""Settings of a dataclass as its source declares them: their order, their defaults, and the comment beside each."""

import dataclasses
import inspect
import io
import tokenize
from typing import Any


def comments(cls: type) -> dict[str, str]:
    """Return the trailing comment of each field that a class, or a class that it is derived from, declares."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("hetsnn") and (dataclasses.is_dataclass(base) or hasattr(base, "_fields")):
            fields, name = set(getattr(base, "__annotations__", ())), ""
            for token in tokenize.generate_tokens(io.StringIO(inspect.getsource(base)).readline):
                if (
                    token.type == tokenize.NAME
                    and token.string in fields
                    and token.line.strip().startswith(token.string)
                ):
                    name = token.string
                if token.type == tokenize.COMMENT and name and not token.line.strip().startswith("#"):
                    found[name] = token.string.lstrip("# ")
                if token.type == tokenize.NEWLINE:
                    name = ""
    return found


def defaults(cls: Any) -> dict[str, str]:
    """Return the fields of a dataclass or a named tuple in their order, with their defaults as they are written."""
    if dataclasses.is_dataclass(cls):
        return {
            field.name: "" if field.default is dataclasses.MISSING else repr(field.default)
            for field in dataclasses.fields(cls)
        }
    known = getattr(cls, "_field_defaults", {})
    return {name: repr(known[name]) if name in known else "" for name in getattr(cls, "_fields", ())}

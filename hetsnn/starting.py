"""JAX's import, which ends in a traceback where JAX refuses a setting of the environment."""

import importlib
import os
import re

from hetsnn.errors import InputError


def import_jax() -> None:
    """Import JAX, which reads all of its settings.

    Raises:
        InputError: JAX refuses a setting of the environment.
    """
    try:
        importlib.import_module("jax")
    except ValueError as error:
        name = refused(str(error))
        if name is None:
            raise
        raise InputError(f"{name} must be a value that JAX takes, got {os.environ[name]!r}") from None


def refused(message: str) -> str | None:
    """Return the environment's variable that JAX's message is about; None if it is about no variable.

    JAX quotes the value, and names most settings: `Invalid value "x" for JAX flag jax_enable_x64`.
    """
    quoted = [name for name, value in os.environ.items() if re.search(rf"['\"]{re.escape(value)}['\"]", message, re.I)]
    named = [name for name in quoted if re.search(rf"\b{re.escape(name)}\b", message, re.I)]
    return next(iter([*named, *(name for name in quoted if name.startswith("JAX_"))]), None)

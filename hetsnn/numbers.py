"""Types of settings that are numbers: Python's own in a description, arrays where runs share a compiled program.

JAX also rebuilds descriptions with shapes or placements in the numbers' places, so that nothing narrower holds.
"""

import dataclasses
import math
from typing import Any

from hetsnn.errors import InputError

Real = Any
Integer = Any
Flag = Any

# The key in a field's metadata of the name that the setting was introduced with: identities keep it.
FIRST_NAME = "first name"


def check_finite(description: Any) -> None:
    """Raise InputError for a setting of a dataclass that is nan or infinite."""
    for field in dataclasses.fields(description):
        value = getattr(description, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{field.name} must be finite, got {value}")

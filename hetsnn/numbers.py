"""Types of settings that are numbers: Python's own in a description, arrays where runs share a compiled program.

JAX also rebuilds descriptions with shapes or placements in the numbers' places, so that nothing narrower holds.
"""

from typing import Any

Real = Any
Integer = Any
Flag = Any

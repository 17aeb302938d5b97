"""Settings outside a run that can change its numbers: each is pinned, rejected, or recorded.

JAX reads them from the environment (JAX_ENABLE_X64, JAX_DEFAULT_PRNG_IMPL, ...), and a run would silently have other
numbers under the same identity.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jax

from hetsnn.errors import InputError

# Each is named as JAX's setting, and as its context manager but for the prefix.
PINNED = {
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_enable_x64": False,
    "jax_default_matmul_precision": "float32",  # no TF32 on a GPU; on a CPU it is all there is
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
}
# These must be as JAX has them: two have no context manager, and what is compiled does not run with jit disabled.
DEFAULTS = {"jax_random_seed_offset": 0, "jax_high_dynamic_range_gumbel": False, "jax_disable_jit": False}
# XLA's flags that give up accuracy. Others change the last bits at most, as another processor does, and are recorded.
INEXACT = re.compile(r"--(xla_\w*(?:enable_fast_m|ftz|bf16)\w*)(?!\S*=(?:false|0)\b)", re.IGNORECASE)


@contextmanager
def pinned() -> Iterator[None]:
    """Trace and compile with the pinned settings in this thread, inside the context."""
    with ExitStack() as stack:
        for name, value in PINNED.items():
            stack.enter_context(getattr(jax, name.removeprefix("jax_"))(value))
        yield


def pin() -> None:
    """Pin the settings for the whole process; for programs, which nobody imports as a library."""
    for name, value in PINNED.items():
        jax.config.update(name, value)


def xla_flags() -> str:
    """Return XLA's flags from the environment, which may name a file that holds them."""
    flags = os.environ.get("XLA_FLAGS", "").strip()
    try:
        return flags if flags.startswith("--") or not flags else Path(flags).read_text(encoding="utf-8").strip()
    except OSError:
        return flags


def check() -> None:
    """Raise InputError if a setting that cannot be pinned would change numbers."""
    for name, value in DEFAULTS.items():
        found = getattr(jax.config, name, value)
        if found != value:
            raise InputError(f"{name.upper()} must be {value}, got {found}: it changes numbers")
    _check_flags(xla_flags(), "XLA_FLAGS")


def record() -> dict[str, Any]:
    """Return the settings outside a run, for its record."""
    return {**_recorded_pins(), "xla_flags": xla_flags()}


def check_records(records: Iterable[str], where: str) -> None:
    """Check that results were made under the pinned settings; older results, without a record of them, pass.

    Args:
        records: records of results, as JSON.
        where: name of the results, for the message.

    Raises:
        InputError: a result was made under other settings.
    """
    pins = _recorded_pins()
    for text in set(records):
        found = json.loads(text).get("numerics", pins)
        for name, value in pins.items():
            if found.get(name) != value:
                raise InputError(f"{name} of {where} must be {value}, got {found.get(name)}: compute them again")
        _check_flags(found.get("xla_flags", ""), f"XLA_FLAGS of {where}")


def _recorded_pins() -> dict[str, Any]:
    """Return the pinned settings by the names that they have in a record."""
    return {name.removeprefix("jax_"): value for name, value in PINNED.items()}


def _check_flags(flags: str, what: str) -> None:
    inexact = INEXACT.search(flags)
    if inexact:
        raise InputError(f"{what} must be without {inexact[1]}, got {flags!r}: it changes numbers")

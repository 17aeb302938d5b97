"""Stop a session that loaded a package before another version of it was installed, and ask for a restart."""

import re
import sys
from importlib import metadata


def loaded_otherwise() -> list[str]:
    """Return the names of required packages that are loaded in another version than is installed."""
    wanted = {re.split(r"[^\w.-]", line)[0] for line in metadata.requires("hetsnn") or ()} | {"jaxlib"}
    loaded = {name: getattr(sys.modules.get(name.replace("-", "_")), "__version__", "") for name in wanted}
    return sorted(name for name, version in loaded.items() if version and _release(version) != installed(name))


def installed(name: str) -> list[str]:
    """Return the numbers of the version that is installed."""
    return _release(metadata.version(name))


def _release(version: str) -> list[str]:
    return re.findall(r"\d+", version)[:3]  # some write v1.2.3


if loaded_otherwise():
    raise SystemExit(
        "Restart the session (Runtime > Restart session), then run all cells again: it has loaded "
        f"{', '.join(loaded_otherwise())} in another version than the chapter needs."
    )

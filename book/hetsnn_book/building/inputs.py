"""The files that a chapter reads: recorded by its kernel, and compared before the chapter is executed again.

Python calls an audit hook for every file that is opened and every folder that is listed. Those below one of the
recorder's roots are kept with their digests, under the root's name, so that a project that has moved is still the same.
"""

import hashlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hetsnn
from hetsnn.folders import home, own_data
from hetsnn_book.project import PACKAGE, PROJECT

ROOTS = "HETSNN_ROOTS"  # the environment variable with the folders that a kernel records
PASSED_OVER = {"_build", "__pycache__", ".git", ".venv", "site-packages"}  # folders below a root
WRITES = os.O_WRONLY | os.O_RDWR
LISTINGS = ("os.listdir", "os.scandir")


def roots(root: Path, profile: str) -> dict[str, str]:
    """Return the folders whose files a chapter depends on, by name, the first one that holds a file first.

    At every profile but `paper` the results of the working store are left out: a chapter computes those that are
    missing, and a run's identity says what they are. At `paper` it shows whichever there are.

    Args:
        root: the book's folder.
        profile: how much is computed.
    """
    found = {"downloads": home() / "data", "results": home() / "results", "own data": own_data()}
    if profile != "paper":
        del found["results"]
    found |= {"package": PACKAGE, "hetsnn": Path(hetsnn.__file__).parent, "book": root, "project": PROJECT}
    return {name: os.path.realpath(folder) for name, folder in found.items() if folder}


class Recorder:
    """An audit hook that keeps the digest of all that is read below some roots, as it was when last read."""

    def __init__(self, roots: Mapping[str, str]) -> None:
        self.roots = roots
        self.found: dict[str, str | None] = {}
        self.within = threading.local()  # whether this thread is in the hook, which reads files itself

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take note of what is opened to be read, or listed."""
        if event != "open" and event not in LISTINGS:
            return
        # Imports list folders, too; the modules that they find are noted by themselves.
        importing = sys._getframe(1).f_code.co_filename.startswith("<frozen importlib")
        if importing or getattr(self.within, "hook", False) or isinstance(arguments[0], int):
            return
        self.within.hook = True
        try:
            if event in LISTINGS:
                self.note(f"{os.fsdecode(arguments[0] or '.')}{os.sep}")
            elif not (set(arguments[1] or "") & set("wax+") or (arguments[2] or 0) & WRITES):
                self.note(os.fsdecode(arguments[0]))
        except Exception:  # noqa: S110, whoever opens a file must not fail for being watched
            pass
        finally:
            self.within.hook = False

    def note(self, path: str) -> None:
        """Keep the digest of a file, or of a folder's names where the path ends with a separator."""
        real = os.path.realpath(path)
        for name, root in self.roots.items():
            if real == root or real.startswith(root + os.sep):
                inside = os.path.relpath(real, root)
                if not PASSED_OVER & set(Path(inside).parts):
                    end = "/" if path.endswith(os.sep) else ""
                    self.found[f"{name}: {Path(inside).as_posix()}{end}"] = digest(real + end)
                return

    def recorded(self) -> dict[str, str | None]:
        """Return all that was read, and the modules that were imported, with their digests."""
        self.within.hook = True
        for module in list(sys.modules.values()):
            if path := getattr(module, "__file__", None):
                self.note(path)
        self.within.hook = False
        return dict(sorted(self.found.items()))


_recorder = Recorder({})


def start() -> None:
    """Begin to record, in a kernel that the build has started."""
    _recorder.roots = json.loads(os.environ.get(ROOTS, "{}"))
    sys.addaudithook(_recorder)


def recorded() -> dict[str, str | None]:
    """Return what this kernel has read so far."""
    return _recorder.recorded()


def unchanged(found: Mapping[str, str | None], roots: Mapping[str, str], known: dict[str, str | None]) -> bool:
    """Return whether all that was recorded is still as it was; `known` keeps digests from chapter to chapter."""
    for key, before in found.items():
        name, inside = key.split(": ", 1)
        if name not in roots:
            return False
        if key not in known:
            known[key] = digest(f"{roots[name]}{os.sep}{inside}")
        if known[key] != before:
            return False
    return True


def digest(path: str) -> str | None:
    """Return the SHA-256 of a file, or of a folder's names where the path ends with a separator; None without it.

    Names that begin with a dot are those of files that are being written.
    """
    try:
        if path.endswith(os.sep):
            names = {each.name for each in Path(path).iterdir()} - PASSED_OVER
            shown = sorted(name for name in names if not name.startswith("."))
            return hashlib.sha256("\n".join(shown).encode()).hexdigest()
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None

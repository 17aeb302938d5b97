"""Record of the files and folders that a chapter reads, which tells whether it must be executed again.

A chapter's kernel records them. Python tells an audit hook of every opened file and every listed folder. The
record keeps the digest of each one below the recorder's roots, under the root's name, so that a project can be moved.
"""

import hashlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
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
    """Return the folders whose files a chapter depends on, by name; a file counts for the first that holds it.

    Results of the working store count at `paper` only, where a chapter shows the results that exist. At the other
    profiles a chapter computes missing results, and a run's identity determines them.

    Args:
        root: the book's folder.
        profile: profile of the chapter.
    """
    found = {"downloads": home() / "data", "results": home() / "results", "own data": own_data()}
    if profile != "paper":
        del found["results"]
    found |= {"package": PACKAGE, "hetsnn": Path(hetsnn.__file__).parent, "book": root, "project": PROJECT}
    return {name: os.path.realpath(folder) for name, folder in found.items() if folder}


class Recorder:
    """An audit hook that keeps the digest of each file or folder below some roots, as it was when last read."""

    def __init__(self, roots: Mapping[str, str]) -> None:
        self.roots = roots
        self.found: dict[str, str | None] = {}
        self.within = threading.local()  # whether this thread is in the hook, which reads files itself

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record a file that is opened for reading, or a folder that is listed."""
        if event != "open" and event not in LISTINGS:
            return
        # Imports list folders, too; the modules that they find are noted by themselves.
        importing = sys._getframe(1).f_code.co_filename.startswith("<frozen importlib")
        if importing or getattr(self.within, "hook", False) or isinstance(arguments[0], int):
            return
        self.within.hook = True
        try:
            with suppress(Exception):  # a program that opens a file must not fail because it is watched
                if event in LISTINGS:
                    self.note(f"{os.fsdecode(arguments[0] or '.')}{os.sep}")
                elif not (set(arguments[1] or "") & set("wax+") or (arguments[2] or 0) & WRITES):
                    self.note(os.fsdecode(arguments[0]))
        finally:
            self.within.hook = False

    def note(self, path: str) -> None:
        """Keep the digest of a file, or of the names in a folder if the path ends with a separator."""
        real = os.path.realpath(path)
        for name, root in self.roots.items():
            if real == root or real.startswith(root + os.sep):
                inside = os.path.relpath(real, root)
                if not PASSED_OVER & set(Path(inside).parts):
                    end = "/" if path.endswith(os.sep) else ""
                    self.found[f"{name}: {Path(inside).as_posix()}{end}"] = digest(real + end)
                return

    def recorded(self) -> dict[str, str | None]:
        """Return all files that were read and all modules that were imported, with their digests."""
        self.within.hook = True
        for module in list(sys.modules.values()):
            if path := getattr(module, "__file__", None):
                self.note(path)
        self.within.hook = False
        return dict(sorted(self.found.items()))


_recorder = Recorder({})


def start() -> None:
    """Start recording in a kernel that the build has started."""
    _recorder.roots = json.loads(os.environ.get(ROOTS, "{}"))
    sys.addaudithook(_recorder)


def recorded() -> dict[str, str | None]:
    """Return the files and folders that this kernel has read so far, with their digests."""
    return _recorder.recorded()


def unchanged(found: Mapping[str, str | None], roots: Mapping[str, str], known: dict[str, str | None]) -> bool:
    """Return True if no recorded file or folder has changed; `known` keeps digests from chapter to chapter."""
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
    """Return the SHA-256 of a file, or of the names in a folder if the path ends with a separator; None if absent.

    Names that begin with a dot are ignored: they belong to files that are being written.
    """
    try:
        if path.endswith(os.sep):
            names = {each.name for each in Path(path).iterdir()} - PASSED_OVER
            shown = sorted(name for name in names if not name.startswith("."))
            return hashlib.sha256("\n".join(shown).encode()).hexdigest()
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None

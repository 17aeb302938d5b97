"""A chapter regenerated: its experiments are computed once more, and it is executed on what was recomputed."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hetsnn.errors import InputError
from hetsnn_book import experiments
from hetsnn_book.building import chapters, environment
from hetsnn_book.building.execution import execute
from hetsnn_book.building.staging import stage
from hetsnn_book.project import OWN_FIRST, PROJECT, SOME_LEFT


def concerned(chapter: str, profile: str, only: str | None) -> list[str]:
    """Return the experiments that a chapter shows and that have runs with these settings.

    Raises:
        InputError: the chapter or the profile is unknown, or no experiment of the chapter has such runs.
    """
    names = [page.name for page in chapters.pages(PROJECT) if page.executable]
    if chapter not in names:
        raise InputError(f"chapter must be one of {', '.join(names)}, got {chapter!r}")
    found, errors = [], []
    for name in chapters.shown_in(chapter):
        runs = experiments.runs(name, profile)
        try:
            found += [name] if experiments.select(runs, only) else []
        except InputError as error:
            errors.append(error)
    if errors and not found:
        raise errors[0]
    return found


def recompute(names: Sequence[str], profile: str, only: str | None, time_limit: float | None) -> list[str]:
    """Compute experiments once more, whatever is published; return those that have runs left when time is up.

    Raises:
        InputError: an experiment could not be computed; its own message has been printed.
    """
    started, left = time.monotonic(), []
    for name in names:
        command = [sys.executable, "-m", "hetsnn_book", "run", name, "--profile", profile, "--recompute"]
        command += ["--only", only] if only else []
        if time_limit is not None:
            command += ["--time-limit", f"{max(0.0, time_limit - (time.monotonic() - started)):.1f}s"]
        code = subprocess.run(command, check=False).returncode
        if code == SOME_LEFT:
            left.append(name)
        elif code:
            raise InputError(f"{name} must be computed before its chapter is executed, got exit code {code}")
    return left


def execute_on_recomputed(chapter: str, profile: str) -> Path:
    """Execute a chapter on the store's own results, where there are any; return the executed notebook.

    Raises:
        InputError: a setting of JAX or XLA would change numbers.
        BuildError: the chapter failed.
    """
    folder = PROJECT / "_build" / "regenerated" / profile
    staged = stage(PROJECT, folder, [chapter], {"profile": profile})
    variables = environment.make(PROJECT / "_build" / "environment", PROJECT, profile)
    execute(staged, {**variables, OWN_FIRST: "1"})
    return folder / f"{chapter}.ipynb"

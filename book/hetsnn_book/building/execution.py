"""Execution of chapters side by side, each in its own process, in the environment of the build."""

import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import nbformat

from hetsnn import resources
from hetsnn_book.building import pages
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.staging import Chapter

CHAPTER_BYTES = 2 * 2**30  # memory that a chapter may need
LOOK_SECONDS = 5.0  # between two calls of `meanwhile`


class Outcome(NamedTuple):
    """What became of a chapter."""

    line: int  # its place among the chapters
    error: str  # the error's last line, empty for none
    seconds: float
    cpu_seconds: float


def execute(
    chapters: Sequence[Chapter], variables: Mapping[str, str], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Execute chapters, as many at once as cores and memory allow.

    All processes end with this call, even if it is interrupted or this process is killed.

    Args:
        chapters: chapters to execute.
        variables: all environment variables of their kernels.
        meanwhile: function that is called repeatedly while chapters are executed.

    Raises:
        BuildError: a chapter failed; the others have been executed.
    """
    if not chapters:
        return
    failures = []
    for line, error, seconds, cpu in _outcomes(chapters, variables, meanwhile):
        chapter = chapters[line]
        if error:
            failures.append(f"chapter {chapter.name} failed: {error} (traceback in {chapter.executed})")
        what = "failed" if error else "executed"
        print(f"{chapter.name}: {what} in {seconds:.0f} s, {cpu:.0f} CPU seconds", flush=True)
    for failure in failures[:-1]:
        print(failure, file=sys.stderr)
    if failures:
        raise BuildError(failures[-1])
    for chapter in chapters:
        lines = pages.log_lines(nbformat.read(chapter.executed, as_version=4))
        if lines:
            print(f"{chapter.name}: kept {lines} lines of log output off the page; they are in {chapter.executed}")


def at_once(chapters: int) -> int:
    """Return how many of the chapters are executed at once; each needs a core and memory."""
    return max(1, min(chapters, resources.cores(), int(resources.memory() / CHAPTER_BYTES)))


def _outcomes(
    chapters: Sequence[Chapter], variables: Mapping[str, str], meanwhile: Callable[[], None]
) -> Iterator[Outcome]:
    """Yield the outcome of each chapter as soon as it is known."""
    ours, theirs = multiprocessing.Pipe()
    number = theirs.fileno()
    command = [sys.executable, "-m", "hetsnn_book.building.side_by_side", str(number)]
    # In a session of its own, so that Ctrl-C reaches this process alone. The other one ends when `ours` is closed.
    process = subprocess.Popen(
        command, env=variables, pass_fds=[number], stdin=subprocess.DEVNULL, start_new_session=True
    )
    theirs.close()
    try:
        ours.send((list(chapters), at_once(len(chapters))))
        for left in reversed(range(len(chapters))):
            while not ours.poll(LOOK_SECONDS):
                meanwhile()
            yield ours.recv()
            if left:
                meanwhile()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise BuildError("the process that executes chapters has ended early") from None
    finally:
        ours.close()
        process.wait()

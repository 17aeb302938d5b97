"""Execution of chapters side by side, each in its own process, in the environment of the build."""

import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import nbformat

from hetsnn import resources
from hetsnn_book.building import pages
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.staging import Chapter

CHAPTER_BYTES = 2 * 2**30  # memory that a chapter may need
LOOK_SECONDS = 5.0  # between two calls of `meanwhile`
DIED = "the process that executes chapters has died"


class Outcome(NamedTuple):
    """The end of a chapter's execution."""

    place: int  # of the chapter, among all
    error: str  # the error's last line, empty for none
    seconds: float
    cpu_seconds: float


def execute(
    chapters: Sequence[Chapter], variables: Mapping[str, str], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Execute chapters, as many at once as cores and memory allow.

    All processes end with this call, also if it is interrupted or this process is killed.

    Args:
        chapters: chapters to execute.
        variables: all environment variables of their kernels.
        meanwhile: function that is called repeatedly while chapters are executed.

    Raises:
        BuildError: a chapter failed, and the others have been executed; or the process that executes them has died.
    """
    if not chapters:
        return
    failures = []
    with closing(_outcomes(chapters, variables, meanwhile)) as outcomes:
        for place, error, seconds, cpu in outcomes:
            chapter = chapters[place]
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
) -> Generator[Outcome, None, None]:
    """Yield the outcome of each chapter as soon as it is known."""
    ours, theirs = multiprocessing.Pipe()
    number = theirs.fileno()
    # The process starts outside the user's folder, whose modules and matplotlibrc it would take. It has its own
    # session, so that Ctrl-C reaches this process alone; it ends when `ours` is closed.
    process = subprocess.Popen(
        [sys.executable, "-m", "hetsnn_book.building.side_by_side", str(number)],
        env=variables,
        cwd=chapters[0].executed.parent,
        pass_fds=[number],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        theirs.close()
        _reach(ours.send, (list(chapters), at_once(len(chapters))))
        for left in reversed(range(len(chapters))):
            while not ours.poll(LOOK_SECONDS):
                if process.poll() is not None and not ours.poll():
                    raise BuildError(DIED)
                meanwhile()
            yield _reach(ours.recv)
            if left:
                meanwhile()
    finally:
        ours.close()
        process.wait()


def _reach(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a method of the connection to the other process, which may have died."""
    try:
        return call(*arguments)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise BuildError(DIED) from None

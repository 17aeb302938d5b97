"""Execution of chapters side by side, each in its own process, in the environment of the build."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from hetsnn import resources
from hetsnn_book.building import environment, pages
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.staging import INPUTS, Chapter

CHAPTER_BYTES = 2 * 2**30  # memory that a chapter may need
START_SECONDS = 600  # time that a kernel may take to start on a busy machine
LOOK_SECONDS = 5.0  # between two calls of `meanwhile`


def execute(
    chapters: Sequence[Chapter], variables: Mapping[str, str], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Execute chapters, as many at once as cores and memory allow.

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
    pool = ProcessPoolExecutor(
        at_once(len(chapters)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_enter,
        initargs=(dict(variables),),
    )
    with pool:
        running = {pool.submit(_execute, chapter, line): chapter for line, chapter in enumerate(chapters)}
        for future in _finished(running, meanwhile):
            chapter = running[future]
            error, seconds, cpu = future.result()
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


def _finished(futures: Mapping[Future, Chapter], meanwhile: Callable[[], None]) -> Iterator[Future]:
    """Yield each future when it is done."""
    left = set(futures)
    while left:
        done, left = wait(left, LOOK_SECONDS, FIRST_COMPLETED)
        yield from done
        if left:
            meanwhile()


def _enter(variables: Mapping[str, str]) -> None:
    """Replace the environment of this process."""
    os.environ.clear()
    os.environ.update(variables)


def _execute(chapter: Chapter, line: int) -> tuple[str, float, float]:
    """Execute one chapter; return the error's last line (empty for none), and the seconds and CPU seconds it took."""
    started, cpu = time.perf_counter(), resources.cpu_seconds()
    bar = {"desc": chapter.name, "position": line, "leave": False} if sys.stderr.isatty() else False
    error = ""
    try:
        notebook = papermill.execute_notebook(
            chapter.written,
            chapter.executed,
            parameters=dict(chapter.parameters),
            cwd=chapter.executed.parent,
            kernel_name=environment.KERNEL,
            progress_bar=bar,
            start_timeout=START_SECONDS,
            extra_arguments=["--log-level=CRITICAL"],  # the kernel's own messages are nobody's here
        )
        # Only now: a notebook that does not say what it has read is executed again, whatever stopped it.
        notebook.metadata[INPUTS] = {"source": chapter.source, "read": pages.take_inputs(notebook)}
        nbformat.write(notebook, chapter.executed)
    except PapermillExecutionError as failure:
        error = f"{failure.ename}: {failure.evalue}".splitlines()[-1]
    except Exception as failure:  # a kernel that dies or does not start fails its chapter, not the others
        error = f"{type(failure).__name__}: {failure}".splitlines()[0]
    return error, time.perf_counter() - started, resources.cpu_seconds() - cpu

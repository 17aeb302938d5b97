"""The process that executes chapters for `execution`: it starts a process for each of them, and ends them all.

Run as `python -m hetsnn_book.building.side_by_side NUMBER`. The number is that of an open connection. Through it come
the chapters and how many of them to execute at once, and an `Outcome` for each goes back. All processes end when the
connection is closed.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from hetsnn import resources
from hetsnn_book.building import environment, forks, pages
from hetsnn_book.building.execution import Outcome
from hetsnn_book.building.staging import INPUTS, Chapter

START_SECONDS = 600  # time that a kernel may take to start on a busy machine


class Running:
    """A chapter that is being executed by a process."""

    def __init__(self, chapter: Chapter, place: int) -> None:
        self.place, self.started = place, time.perf_counter()
        self.outcome, send = forks.CONTEXT.Pipe(duplex=False)
        self.process: Any = forks.CONTEXT.Process(target=_execute, args=(chapter, place, send))
        self.process.start()
        send.close()

    def take(self) -> Outcome:
        """Wait for the outcome or the end of the process; end all that is left of it, and return the outcome."""
        cpu, error = resources.cpu_seconds(), None
        with self.outcome, suppress(EOFError):
            error = self.outcome.recv()
        self.kill()
        if error is None:
            error = f"its process ended with exit status {self.process.exitcode}"
        return Outcome(self.place, error, time.perf_counter() - self.started, resources.cpu_seconds() - cpu)

    def kill(self) -> None:
        """End the process and all that it has started."""
        self.process.kill()
        with suppress(ProcessLookupError, PermissionError):  # there is no group yet, or nobody left in it
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()


def run(chapters: Sequence[Chapter], count: int, results: Connection) -> None:
    """Execute chapters, `count` at once, until all are done or the connection for their outcomes is closed."""
    waiting = list(enumerate(chapters))
    running: dict[Any, Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < count:
                if results.poll():  # nothing comes through it any more: it is closed
                    return
                place, chapter = waiting.pop(0)
                started = Running(chapter, place)
                running[started.outcome] = started
            for ready in wait([results, *running]):
                if ready is results:
                    return
                results.send(running.pop(ready).take())
    finally:
        for each in running.values():
            each.kill()


def _execute(chapter: Chapter, place: int, outcome: Connection) -> None:
    """Execute one chapter, in a new process, and send the error; its processes form one group."""
    os.setsid()
    with forks.spare(outcome):
        # The thread starts after the fork: a process with threads must not fork.
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        error = _error(chapter, place)
    outcome.send(error)


def _end_with(parent: int) -> None:
    """End this process's group once its parent has died, since the parent can no longer do so."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.killpg(0, signal.SIGKILL)


def _error(chapter: Chapter, place: int) -> str:
    """Execute one chapter; return the error's last line, empty for none."""
    bar = {"desc": chapter.name, "position": place, "leave": False} if sys.stderr.isatty() else False
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
        return f"{failure.ename}: {failure.evalue}".splitlines()[-1]
    except Exception as failure:  # a kernel that dies or does not start fails its chapter, not the others
        return f"{type(failure).__name__}: {failure}".splitlines()[0]
    return ""


def main() -> None:
    """Execute the chapters that come through the connection."""
    # The build may have ended, and its end of the connection with it.
    with Connection(int(sys.argv[1])) as results, suppress(BrokenPipeError, ConnectionResetError, EOFError):
        chapters, count = results.recv()
        if len(chapters) > count:  # else each imports its own at the same time
            forks.prepare()
        run(chapters, count, results)


if __name__ == "__main__":
    main()

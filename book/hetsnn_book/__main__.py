"""The command as it is installed; `python -m hetsnn_book` is the same."""

import io
import os
import sys
from collections.abc import Callable
from typing import NoReturn

COMPUTING = ("run",)  # commands that compute in this process
COMPUTING_ELSEWHERE = ("book", "bench", "figures", "regenerate")  # commands that compute in processes of their own
NOBODY_READS = 141  # exit code when the reader of a pipe has gone: 128 + SIGPIPE


def script() -> NoReturn:
    """Run the command; after a signal to stop, exit without waiting for programs that are still compiling.

    Its imports take seconds, and a signal may also come during them.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal lacks is replaced
            stream.reconfigure(errors="replace")
    try:
        from hetsnn.errors import InputError
        from hetsnn.sweeps import devices

        try:
            command = next(iter(sys.argv[1:]), "")
            devices.start(computes=command in COMPUTING)
            if command in COMPUTING_ELSEWHERE:
                devices.check_elsewhere()
        except InputError as error:
            print(f"hetsnn: {error}", file=sys.stderr)
            sys.exit(2)
        from hetsnn_book.cli import main
        from hetsnn_book.project import SOME_LEFT
    except KeyboardInterrupt:
        print("hetsnn: interrupted", file=sys.stderr)
        sys.exit(130)
    code = _flushed(main)
    if code == SOME_LEFT:
        os._exit(code)
    sys.exit(code)


def _flushed(main: Callable[[], int]) -> int | str | None:
    """Call a function and flush its printed text; return its exit code."""
    code: int | str | None
    try:
        try:
            code = main()
        except SystemExit as stop:
            code = stop.code
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # Or Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    return code


if __name__ == "__main__":
    script()

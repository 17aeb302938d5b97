"""The command as it is installed; `python -m hetsnn_book` is the same."""

import os
import sys
from typing import NoReturn


def script() -> NoReturn:
    """Run the command. When it is told to stop, it does not wait for what is still being compiled.

    What it needs takes seconds to load, in which it may be told so, too.
    """
    try:
        from hetsnn_book.cli import SOME_LEFT, main
    except KeyboardInterrupt:
        print("hetsnn: interrupted", file=sys.stderr)
        sys.exit(130)
    code = main()
    if code != SOME_LEFT:
        sys.exit(code)
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    script()

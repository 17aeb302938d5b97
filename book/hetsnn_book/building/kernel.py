"""The kernel that executes chapters: IPython without any user's settings, with a record of the files read."""

import sys
from typing import Any

from ipykernel.kernelapp import IPKernelApp

from hetsnn_book.building import inputs


class ChapterKernel(IPKernelApp):
    """IPython's kernel without configuration files and start-up scripts."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Read no configuration, neither the user's nor the machine's."""

    def init_code(self) -> None:
        """Run nothing before the first cell."""


def launch(arguments: list[str]) -> None:
    """Run a kernel with the arguments of a command line, until it is shut down."""
    inputs.start()
    ChapterKernel.launch_instance(arguments)


if __name__ == "__main__":
    launch(sys.argv[1:])

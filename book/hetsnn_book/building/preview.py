"""Preview of the book during its first build: finished chapters can be read before the last one is executed."""

import time

from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.rendering import SO_FAR, Book, render
from hetsnn_book.building.staging import is_executed

FIRST_SECONDS = 20.0  # until the first pages are rendered
PACE = 8.0  # the pause after a rendering, in durations of the rendering


class Preview:
    """Renderer of the finished chapters, from time to time; it does not replace an existing book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        front = book.root / "_build" / "html" / "index.html"
        self.wanted = not front.is_file() or front.with_name(SO_FAR).exists()
        self.due = time.monotonic() + FIRST_SECONDS
        self.shown: set[str] | None = None

    def __call__(self) -> None:
        """Render the finished chapters, if it is time and a new one is finished."""
        started = time.monotonic()
        if not self.wanted or started < self.due:
            return
        done = {name for name in self.book.chapters if is_executed(self.book.folder / f"{name}.ipynb")}
        if done == self.shown:
            return
        try:
            front = render(self.book, so_far=True)
        except BuildError as error:  # the whole book will say what is wrong with it
            print(f"pages so far are not shown: {error}", flush=True)
            self.wanted = False
            return
        if self.shown is None:
            print(f"Pages so far are at {front}; chapters follow as they are done.", flush=True)
        self.shown = done
        self.due = time.monotonic() + PACE * (time.monotonic() - started)

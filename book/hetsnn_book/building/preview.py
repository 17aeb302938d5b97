"""Preview of the book during its first build: it can be read before the last chapter is executed.

A page shows a chapter as it is executed; until then it shows the published results, where there are any.
"""

import time
from pathlib import Path

from hetsnn_book.building.chapters import shown_in
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.rendering import SO_FAR, Book, render
from hetsnn_book.project import published_only

FIRST_SECONDS = 20.0  # until the first pages are rendered, if there is nothing to show at the start
PACE = 8.0  # the pause after a rendering, in durations of the rendering


def wanted(book: Book) -> bool:
    """Return True if there is no book yet, or one with missing chapters, so that a preview replaces nothing better."""
    front = book.root / "_build" / "html" / "index.html"
    return not front.is_file() or front.with_name(SO_FAR).exists()


def has_published(chapter: str) -> bool:
    """Return True if results of an experiment that a chapter shows are published."""
    store = published_only()
    return any(True for experiment in shown_in(chapter) for _ in store.files(experiment))


class Preview:
    """Renderer of what can be shown of the book, from time to time."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.shown: dict[str, Path | None] | None = None
        self.due = time.monotonic() + (0.0 if any(self._found().values()) else FIRST_SECONDS)

    def __call__(self) -> None:
        """Render the book, if it is time and there is more to show."""
        started = time.monotonic()
        if started < self.due:
            return
        found = self._found()
        if found == self.shown:
            return
        try:
            front = render(self.book, so_far=True)
        except BuildError as error:  # the whole book will say what is wrong with it
            print(f"pages so far are not shown: {error}", flush=True)
            self.due = float("inf")
            return
        if self.shown is None:
            print(f"Pages so far are at {front}; chapters follow as they are done.", flush=True)
        self.shown = found
        self.due = time.monotonic() + PACE * (time.monotonic() - started)

    def _found(self) -> dict[str, Path | None]:
        return {name: self.book.executed(name, so_far=True) for name in self.book.chapters}

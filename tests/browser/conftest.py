"""The built book in a real browser: `make browser`, after `make book`. No request leaves this machine."""

import functools
import http.server
import threading
from collections.abc import Iterator

import pytest
from browser.reading import BOOK, Reader
from playwright.sync_api import Browser, expect, sync_playwright

from hetsnn_book.building.printing import BROWSERS, browser_path


def pytest_configure() -> None:
    """Say in one line what is missing; wait for a page as long as a busy machine takes."""
    expect.set_options(timeout=60_000)
    if not (BOOK / "index.html").is_file():
        raise pytest.UsageError("the browser's tests read the built book in _build/html: run `make book` first")
    if browser_path() is None:
        raise pytest.UsageError(f"the browser's tests need one of {', '.join(BROWSERS)}: install Chromium")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the book is served, as a site."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(BOOK)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser, address: str) -> Iterator[Reader]:
    """A reader at a desk; the test fails if a console, a request or a script of theirs did."""
    yield from _read(chromium, address, 1280)


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Reader]:
    """A reader with a phone."""
    yield from _read(chromium, address, 390)


def _read(chromium: Browser, address: str, width: int) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": width, "height": 850}, has_touch=width < 500)
    context.set_default_timeout(120_000)  # a machine may be busy
    reader = Reader(context, address)
    yield reader
    context.close()
    assert reader.faults == []

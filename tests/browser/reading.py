"""A reader of the book in a browser, and the place of the book: the browser's tests share them."""

from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, Route

BOOK = Path(__file__).parents[2] / "_build" / "html"


def page_names() -> list[str]:
    """The names of the book's pages: chapters and others, without the index of symbols."""
    return sorted(path.stem for path in BOOK.glob("*.html") if path.stem not in ("index", "genindex", "py-modindex"))


class Reader:
    """A reader's window, and what went wrong in it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.faults: list[str] = []
        context.route(lambda url: not url.startswith((address, "file:", "data:", "blob:")), self._outside)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"{error.error}"))
        context.on("requestfailed", lambda request: self.faults.append(f"not loaded: {request.url[:200]}"))
        context.on("response", self._response)
        self.page: Page = context.new_page()

    def open(self, place: str) -> Page:
        """Open a page of the book."""
        self.page.goto(f"{self.address}/{place}")
        return self.page

    def darken(self) -> None:
        """Choose the dark theme, at once: colours that still change would be measured half-way."""
        self.page.add_style_tag(content="* { transition: none !important; }")
        self.page.evaluate("document.documentElement.dataset.theme = 'dark'")

    def _outside(self, route: Route) -> None:
        self.faults.append(f"a request outside: {route.request.url}")
        route.abort()

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

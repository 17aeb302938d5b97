"""The wheel carries the book's sources: what is installed can execute and render the book, in a folder of its own."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BookSources(BuildHookInterface):
    """Put the pages beside the package `hetsnn_book`, where `hetsnn book` copies them from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages to a wheel; an editable one needs none."""
        root = Path(self.root)
        if version == "standard":
            sources = [path for pattern in ("*.md", "*.bib", "_static/*") for path in root.glob(f"book/{pattern}")]
            for path in (*sources, root / "_config.yml"):
                build_data["force_include"][str(path)] = f"hetsnn_book/{path.relative_to(root).as_posix()}"

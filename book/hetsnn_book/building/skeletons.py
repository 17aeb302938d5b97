"""Working skeletons of an experiment and of a chapter, written from the files in `templates`."""

import keyword
import re
from pathlib import Path

from hetsnn.errors import InputError
from hetsnn_book.building import chapters

TEMPLATES = Path(__file__).parent / "templates"
EXAMPLE = "skeleton"  # the name that the templates use
EXPERIMENT = {"experiment.py": "book/hetsnn_book/experiments/{}.py", "experiment_test.py": "tests/test_{}.py"}
CHAPTER = {
    "chapter.md": "book/{}.md",
    "plots.py": "book/hetsnn_book/plots/{}.py",
    "plots_test.py": "tests/test_{}_figures.py",
}


def new_experiment(name: str, root: Path) -> list[Path]:
    """Write an experiment that trains, and its test.

    Args:
        name: lower-case words joined by underscores.
        root: the project's folder.

    Returns:
        The files written.

    Raises:
        InputError: `name` has another form, or one of the files exists; nothing is written then.
    """
    return _write(EXPERIMENT, name, root)


def new_chapter(name: str, root: Path) -> list[Path]:
    """Write a chapter that shows the experiment of its name, its figures, their test, and the experiment if it is new.

    The chapter comes after all numbered chapters. Arguments, results and errors are those of `new_experiment`.
    """
    last = max((page.order or 0 for page in chapters.pages(root)), default=0)
    there = (root / EXPERIMENT["experiment.py"].format(name)).exists()
    paths = _write(CHAPTER if there else EXPERIMENT | CHAPTER, name, root)
    page = root / CHAPTER["chapter.md"].format(name)
    page.write_text(page.read_text(encoding="utf-8").replace("order: 0", f"order: {int(last) + 1}"), encoding="utf-8")
    return paths


def _write(files: dict[str, str], name: str, root: Path) -> list[Path]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise InputError(f"NAME must be lower-case words joined by underscores, as in memory_map, got {name!r}")
    targets = {TEMPLATES / template: root / target.format(name) for template, target in files.items()}
    for target in targets.values():
        if target.exists():
            raise InputError(f"NAME must be new, got {name!r}: {target.relative_to(root)} is there already")
    for template, target in targets.items():
        text = template.read_text(encoding="utf-8")
        text = text.replace(f"{EXAMPLE}-", f"{name}-".replace("_", "-"))  # names of figures and labels take hyphens
        text = text.replace(EXAMPLE.title(), name.replace("_", " ").capitalize()).replace(EXAMPLE, name)
        target.write_text(text, encoding="utf-8")
    return list(targets.values())

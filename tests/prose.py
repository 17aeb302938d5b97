"""Numbers in the prose of chapters: those that stand there, and those that code glues in, with the code behind each.

A number in a sentence comes from results by `figures.glue`, so that it cannot differ from the figure beside it. The
exceptions are structural: equations, code, references to parts of the paper and of the book, and the sections that tell
what the paper or we did, whose numbers are settings.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from hetsnn_book.project import PROJECT

BOOK = PROJECT / "book"
# Sections whose numbers are settings, the paper's own, or a reader's exercise; headings begin so.
SETTINGS = ("What the paper", "What we do", "The task", "How the networks evolve", "Our networks", "Real neurons",
            "The images", "Evolution without selection", "How it is measured", "How to run it",
            "Exercises")  # fmt: skip
CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
HIDDEN = (
    r"\A---\n.*?\n---\n",  # front matter
    r"^(`{3,})[^`\n]*\n.*?^\1$",  # code, and exercises that are fenced so
    r"^\$\$.*?\$\$.*?$",
    r"\$[^$\n]+(?:\n[^$\n]+)?\$",
    r"\{[a-z:]+\}`[^`]*`",  # roles, glue among them
    r"`[^`]*`",
    r"^:::[^\n]*$|^:[a-z]+:[^\n]*$|^\([a-z0-9-]+\)=$",  # directives, their options, labels
    r"^ *\|[^\n]*\|$",  # tables
    r"^ *\d+\. ",  # places in a list
    r"\b(?:Fig|Figs|Tab|Sec|Eq|App)\.? [A-Z]?[0-9.]*[0-9]|\bTables? S?[0-9](?:, S?[0-9])*(?: and S?[0-9])?",
    r"\d+(?:th|st|nd|rd)\b|\d+-bit|\b[a-z]+[0-9]+\b",  # ordinals, formats, names that end in a digit
    r"\b(?:lengths?|widths?|population|gain|rate)(?: of| from)?(?: at least)?\s\d[\d.]*\d?\b",  # where a number holds
    r"(?<![\w.,])-?[01](?![\d.,%]*[\d%])(?! of)",  # ends of a scale
)
NUMBER = re.compile(r"(?<![\w.])[+\N{MINUS SIGN}-]?\d[\d,]*(?:\.\d+)?(?: ?%)?")


def chapters() -> list[Path]:
    """The pages with results: those that glue a number."""
    return [path for path in sorted(BOOK.glob("*.md")) if "{glue:text}" in path.read_text(encoding="utf-8")]


def sections(text: str) -> Iterator[tuple[str, str]]:
    """The headings of the second level, and the text below each, with what is no prose blanked out."""
    for pattern in HIDDEN:
        text = re.sub(pattern, " ", text, flags=re.MULTILINE | re.DOTALL)
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    yield from zip(["", *parts[1::2]], parts[::2], strict=True)


def bare(text: str, declared: Iterable[str] = ()) -> list[str]:
    """The numbers that stand in the prose of findings, each with a few words around it, but for declared phrases."""
    found = []
    for phrase in declared:
        text = re.sub(_spaced(phrase), " ", text)
    for heading, prose in sections(text):
        if not heading.startswith(SETTINGS):
            words = re.sub(r"\s+", " ", prose)
            found += [words[max(match.start() - 30, 0) : match.end() + 20] for match in NUMBER.finditer(words)]
    return found


def has(text: str, phrase: str) -> bool:
    """Whether a page has a phrase, however its lines are broken."""
    return re.search(_spaced(phrase), text) is not None


def _spaced(phrase: str) -> str:
    return r"\s+".join(map(re.escape, phrase.split()))


def used(text: str) -> list[str]:
    """The names of glued numbers that the prose prints."""
    return re.findall(r"\{glue:text\}`([^`]+)`", text)


def glued(text: str) -> list[tuple[re.Pattern, ast.expr]]:
    """The numbers that cells glue: a pattern of the names that a call gives, and the expression of its value."""
    found = []
    for cell in CELL.findall(text):
        lines = [line for line in cell.splitlines()[1:-1] if not line.startswith(":")]
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "figures.glue":
                found.append((_names(node.args[0]), node.args[1]))
    return found


def _names(name: ast.expr) -> re.Pattern:
    """A pattern of the names that an expression gives: each value inside an f-string stands for some letters."""
    if isinstance(name, ast.Constant):
        return re.compile(re.escape(str(name.value)))
    if isinstance(name, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in name.values]
        return re.compile("".join(map(str, parts)))
    return re.compile(".+") if not isinstance(name, ast.BinOp) else re.compile(_names(name.left).pattern + ".+")

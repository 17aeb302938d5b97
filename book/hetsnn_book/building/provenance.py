"""Where the numbers of each figure come from: the experiments that it reads, and the records of their runs."""

import ast
import json
import subprocess
from collections import defaultdict
from pathlib import Path

import jupytext
import pandas as pd

from hetsnn_book import claims, experiments
from hetsnn_book.project import PROJECT, published_only

SHOWS = ("show", "show_table")  # of `hetsnn_book.figures`
CHANGING = ("append", "extend", "update")  # methods that change what they are called on
VERSIONS = ("jax", "evosax", "gymnax", "brax")


def published() -> pd.DataFrame:
    """Return a row per experiment: its published runs, their seeds, devices, versions, dates and hours.

    Hours are those of the programs, divided among their runs.
    """
    store, rows = published_only(), []
    for name in experiments.names():
        found = store.rows(name, columns=["run", "record", "seconds"])
        records = [json.loads(record) for record in found["record"].unique()] if len(found) else []
        seeds = {json.loads(run).get("seed", 0) for run in found["run"]} if len(found) else set()
        rows.append(
            {
                "experiment": name,
                "chapter": experiments.load(name).CHAPTER,
                "version": experiments.load(name).VERSION,
                "runs": len(found),
                "declared": len(experiments.runs(name, "paper")),
                "seeds": f"{min(seeds)} to {max(seeds)}" if seeds else None,
                "hours": found["seconds"].sum() / 3600 if len(found) else None,
                "devices": "; ".join(sorted({record["device"] for record in records})) or None,
                "versions": _versions(records),
                "first": min((record["started"][:10] for record in records), default=None),
                "last": max((record["started"][:10] for record in records), default=None),
            }
        )
    return pd.DataFrame(rows)


def _versions(records: list[dict]) -> str | None:
    found = {
        f"{name} {record['versions'][name]}" for record in records for name in VERSIONS if name in record["versions"]
    }
    return ", ".join(sorted(found)) or None


def commit(root: Path = PROJECT) -> str | None:
    """Return the commit of a checkout, or None where there is none."""
    command = ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, check=False, text=True)
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None


def figures(sources: Path) -> pd.DataFrame:
    """Return a row per figure or table of the chapters in a folder: its name, its chapter, and what it reads."""
    rows = []
    for path in sorted(sources.glob("*.md")):
        notebook = jupytext.read(path)
        if "kernelspec" in notebook.metadata:
            code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
            rows += [
                {"figure": figure, "chapter": path.stem, "experiments": ", ".join(sorted(names))}
                for figure, names in read_by(code, path.stem).items()
            ]
    return pd.DataFrame(rows)


def read_by(code: str, chapter: str) -> dict[str, set[str]]:
    """Return the experiments that each figure of a chapter reads, by the flow of its variables.

    A statement that uses a variable reads what the variable was made from. Verdicts read the experiments of the claims
    that the chapter shows, or all where no chapter is named. Figures whose names are computed are left out.

    Args:
        code: the code of a chapter's cells, in their order.
        chapter: name of the chapter.
    """
    everything, known = set(experiments.names()), defaultdict[str, set[str]](set)
    own = {name for claim in claims.every() if claim.chapter == chapter for name in claim.experiments}
    found: dict[str, set[str]] = {}

    def reads(node: ast.AST) -> set[str]:
        parts = list(ast.walk(node))
        targets = [part.target for part in parts if isinstance(part, ast.comprehension | ast.For)]
        bound = {name.id for target in targets for name in _names(target)}
        names = {name.id for name in _names(node) if isinstance(name.ctx, ast.Load)} - bound
        called = [part for part in parts if isinstance(part, ast.Call) and _base(part.func) == "experiments"]
        texts = {str(word.value) for part in called for word in part.args if isinstance(word, ast.Constant)}
        of_chapter = any(isinstance(part, ast.keyword) and part.arg == "chapter" for part in parts)
        judged = (own if of_chapter else everything) if "claims" in names else set()
        return judged.union(texts & everything, *(known[name] for name in names))

    for statement in ast.parse(code).body:
        for part in ast.walk(statement):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in SHOWS:
                figure = part.args[1]
                found |= {str(figure.value): reads(part)} if isinstance(figure, ast.Constant) else {}
        read = reads(statement)
        for name in _assigned(statement):
            known[name] = read
        for name in _changed(statement):
            known[name] = known[name] | read
    return found


def _names(node: ast.AST) -> list[ast.Name]:
    return [part for part in ast.walk(node) if isinstance(part, ast.Name)]


def _assigned(statement: ast.stmt) -> set[str]:
    """Return the names that a statement assigns or defines."""
    defined = {statement.name} if isinstance(statement, ast.FunctionDef) else set()
    return defined | {name.id for name in _names(statement) if isinstance(name.ctx, ast.Store)}


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names that a statement changes in part: an entry, an attribute, or by a method."""
    changed = set()
    for part in ast.walk(statement):
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            changed.add(_base(part))
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in CHANGING:
            changed.add(_base(part.func))
    return changed - {""}


def _base(node: ast.AST) -> str:
    """Return the variable at the base of an expression such as `frame["x"].values`; "" if there is none."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""

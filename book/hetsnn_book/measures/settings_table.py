"""Table S1: all settings of all experiments, ours beside the paper's where it names one."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run, plain, settings
from hetsnn.tasks.brax_tasks import BraxTask
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.images import Images
from hetsnn.tasks.memory import Memory
from hetsnn.training.descent import Gradient, Supervised
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome
from hetsnn.training.reinforce import Reinforce
from hetsnn_book import experiments, paper
from hetsnn_book.declared import comments, defaults

PARTS: dict[str, tuple[type, ...]] = {
    "network": (Architecture,),
    "search space": (Genome,),
    "method": (Evolution, Reinforce, Supervised, Gradient),
    "task": (Memory, CartPole, Images, BraxTask),
}
LISTED = 6  # values of a setting that are listed; more are counted
NO_SETTINGS = ("experiment", "version")


def standing() -> pd.DataFrame:
    """Return every setting with a default: the part it belongs to, its default, and its meaning."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for part, classes in PARTS.items():
        for cls in classes:
            explained = comments(cls)
            for name, default in defaults(cls).items():
                known = rows.setdefault((cls.__name__, name), {"part": part, "of": cls.__name__, "setting": name})
                known |= {"default": default, "meaning": explained.get(name, "")}
    return pd.DataFrame(rows.values())


def of_experiment(name: str) -> pd.DataFrame:
    """Return the settings of an experiment at `paper` that vary, differ from their defaults, or are named by the paper.

    Columns: experiment, setting, ours, paper. The first row is the number of runs.
    """
    runs = experiments.runs(name, "paper")
    theirs = paper.SETTINGS.get(name, {})
    rows = [("runs", f"{len(runs):,}")]
    if runs:
        described = [settings(run) for run in runs]
        usual = _defaults(runs)
        for setting in dict.fromkeys(key for row in described for key in row if key not in NO_SETTINGS):
            values = list(dict.fromkeys(row[setting] for row in described if setting in row))
            if setting == "seed":
                rows.append(("seed", f"{len(values)}: {min(values)} to {max(values)}"))
            elif len(values) > 1 or values[0] not in usual.get(setting, [object()]) or setting in theirs:
                rows.append((setting, in_words(values)))
    return pd.DataFrame(
        [
            {"experiment": name, "setting": setting, "ours": ours, "paper": theirs.get(setting, "")}
            for setting, ours in rows
        ]
    )


def in_words(values: list[Any]) -> str:
    """Return values as text: a short list, or the number of values and their range."""
    if len(values) <= LISTED:
        return ", ".join(_text(value) for value in values)
    numbers = [value for value in values if isinstance(value, int | float)]
    span = f", {_text(min(numbers))} to {_text(max(numbers))}" if len(numbers) == len(values) else ""
    return f"{len(values)} values{span}"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + " ".join(map(_text, value)) + ")"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _defaults(runs: Iterable[Run]) -> dict[str, list[Any]]:
    """Return the defaults of every setting of the runs' parts, by name."""
    found: dict[str, list[Any]] = {}
    for cls in {type(part) for run in runs for part in vars(run.training).values() if hasattr(part, "replace")}:
        for field, default in ((name, getattr(cls, name, None)) for name in defaults(cls)):
            found.setdefault(field, []).append(plain(default))
    return found

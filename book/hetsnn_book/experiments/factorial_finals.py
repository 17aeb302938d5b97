"""Finals of the factorial's search: the best settings of each cell meet on further tuning seeds.

Two seeds choose a lucky setting where few settings work, and they leave many settings tied. The highest mean score over
spans and seeds wins; among equals, the setting that the search ranks first.
"""

import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.factorial_search import CELLS, OWN, TASKS, cell_run, labels, scored, trials

NAME, VERSION, SCORE, GENOMES = "factorial_finals", 1, "reward", False
CHAPTER = "is_it_heterogeneity"
__all__ = ["labels"]
FINALISTS = 4  # of each cell on each task
FIRST_SEED, SEEDS = 5300, 8

# Places in `factorial_search.trials`, best first, chosen by that search; a test compares them with what is published.
CHOSEN: dict[tuple[str, str], tuple[int, ...]] = {  # task, cell
    ("memory", "frozen weights, shared neurons"): (1, 16, 8, 13),
    ("memory", "frozen weights, each neurons"): (10, 22, 20, 19),
    ("memory", "evolved weights, equal neurons"): (30, 31, 21, 14),
    ("memory", "evolved weights, shared neurons"): (22, 18, 30, 31),
    ("memory", "evolved weights, random neurons"): (8, 30, 31, 2),
    ("memory", "evolved weights, each neurons"): (19, 10, 22, 16),
    ("memory", "read-outs"): (18, 30, 27, 23),
    ("memory", "biases"): (8, 10, 30, 1),
    ("memory", "output scale"): (10, 2, 29, 23),
    ("memory", "random search"): (9, 12, 29, 19),
    ("memory, memoryless read-out", "frozen weights, shared neurons"): (1, 10, 14, 24),
    ("memory, memoryless read-out", "frozen weights, each neurons"): (19, 14, 10, 22),
    ("memory, memoryless read-out", "evolved weights, equal neurons"): (17, 31, 19, 21),
    ("memory, memoryless read-out", "evolved weights, shared neurons"): (22, 10, 5, 31),
    ("memory, memoryless read-out", "evolved weights, random neurons"): (9, 17, 31, 21),
    ("memory, memoryless read-out", "evolved weights, each neurons"): (14, 7, 17, 23),
    ("memory, memoryless read-out", "read-outs"): (23, 19, 29, 31),
    ("memory, memoryless read-out", "biases"): (19, 14, 10, 1),
    ("memory, memoryless read-out", "output scale"): (29, 3, 19, 21),
    ("memory, memoryless read-out", "random search"): (27, 9, 13, 23),
    ("cartpole", "frozen weights, shared neurons"): (8, 22, 20, 12),
    ("cartpole", "frozen weights, each neurons"): (2, 18, 20, 26),
    ("cartpole", "evolved weights, equal neurons"): (2, 0, 26, 21),
    ("cartpole", "evolved weights, shared neurons"): (0, 2, 26, 8),
    ("cartpole", "evolved weights, random neurons"): (26, 2, 0, 21),
    ("cartpole", "evolved weights, each neurons"): (2, 0, 18, 26),
    ("cartpole", "read-outs"): (0, 2, 26, 18),
    ("cartpole", "biases"): (21, 20, 0, 3),
    ("cartpole", "output scale"): (16, 10, 28, 17),
    ("cartpole", "random search"): (1, 2, 25, 0),
    ("recall", "frozen weights, shared neurons"): (19, 9, 7, 17),
    ("recall", "frozen weights, each neurons"): (8, 6, 24, 22),
    ("recall", "evolved weights, equal neurons"): (8, 20, 2, 18),
    ("recall", "evolved weights, shared neurons"): (24, 22, 10, 2),
    ("recall", "evolved weights, random neurons"): (20, 2, 8, 17),
    ("recall", "evolved weights, each neurons"): (2, 22, 24, 8),
    ("recall", "read-outs"): (30, 18, 24, 0),
    ("recall", "biases"): (12, 8, 13, 6),
    ("recall", "output scale"): (9, 6, 12, 30),
    ("recall", "random search"): (24, 12, 8, 19),
    ("recall, recurrent", "frozen weights, shared neurons"): (12, 31, 30, 29),
    ("recall, recurrent", "frozen weights, each neurons"): (8, 24, 16, 22),
    ("recall, recurrent", "evolved weights, equal neurons"): (8, 20, 14, 2),
    ("recall, recurrent", "evolved weights, shared neurons"): (22, 24, 10, 14),
    ("recall, recurrent", "evolved weights, random neurons"): (20, 2, 8, 17),
    ("recall, recurrent", "evolved weights, each neurons"): (22, 2, 24, 8),
    ("recall, recurrent", "read-outs"): (30, 18, 24, 0),
    ("recall, recurrent", "biases"): (9, 13, 12, 0),
    ("recall, recurrent", "output scale"): (6, 30, 16, 12),
    ("recall, recurrent", "random search"): (12, 17, 24, 8),
}


def runs(profile: str) -> tuple[Run, ...]:
    """Return the finalists of each cell on each task at the search's spans; else a few of the paper's networks."""
    named, seeds = (NAME, VERSION), range(FIRST_SEED, FIRST_SEED + SEEDS)
    if profile != "paper":
        count, length, generations = {"smoke": (2, 5, 20), "quick": (4, 10, 60)}[profile]
        few = [setting for setting in trials("memory") if not setting.bias][:count]
        return tuple(
            cell_run(named, "memory", CELLS[OWN], setting, length, seed, generations)
            for setting in few
            for seed in seeds[:2]
        )
    return tuple(
        cell_run(named, task, CELLS[cell], trials(task)[place], span, seed)
        for (task, cell), places in CHOSEN.items()
        for place in places
        for span in TASKS[task].searched
        for seed in seeds
    )


def scores(frame: pd.DataFrame, task: str, cell: str) -> pd.Series:
    """Return the mean score of each finalist of a cell over spans and seeds, by its place in `trials(task)`.

    Args:
        frame: the frame of this experiment.
        task: name of the task.
        cell: name of the cell.
    """
    rows = scored(frame)[(frame["contest"] == task) & (frame["cell"] == cell)]
    return rows.groupby("trial")["score"].mean()


def ranking(frame: pd.DataFrame, task: str, cell: str) -> list[int]:
    """Return the finalists of a cell, best first: places in `trials(task)` by their mean score, then by their rank.

    Args:
        frame: the frame of this experiment.
        task: name of the task.
        cell: name of the cell.
    """
    means = scores(frame, task, cell)
    return sorted(CHOSEN[task, cell], key=lambda place: -means[place])

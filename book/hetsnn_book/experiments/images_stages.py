"""Fig. 4: trainings of Table 3 stopped at several generations, to follow the activity of their neurons."""

from itertools import product

import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images import GENERATIONS, WINNERS
from hetsnn_book.experiments.images_search import FEW, SIDES, SMALL, images_run

NAME, VERSION, SCORE, GENOMES = "images_stages", 1, "accuracy", False
CHAPTER = "images"
STAGES: tuple[int, ...] = (1, 20, 100, 400, GENERATIONS)
HIDDEN = {"neuron": 1024, "weight": 42}  # of the sizes of the weights' side, only 42 has 32 neurons to show
SEEDS = 2


def runs(profile: str) -> tuple[Run, ...]:
    """Return each stage of each side and seed."""
    if profile == "paper":
        dataset, hidden, generations, stages, seeds = "mnist", HIDDEN, GENERATIONS, STAGES, SEEDS
    else:
        seeds, generations = FEW[profile]
        dataset, hidden = "digits", SMALL
        stages = (20, generations) if profile == "quick" else (generations,)
    return tuple(
        images_run(
            (NAME, VERSION),
            WINNERS[side],
            side,
            hidden[side],
            dataset,
            seed,
            generations,
            held_out="test",
            until=until % generations,  # 0 for the last, which is Table 3's compiled program
        )
        for side, until, seed in product(SIDES, stages, range(seeds))
    )


def stage_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds by side and generation: silent share, spikes, selectivity, accuracy."""
    frame = frame.assign(generation=frame["until"].where(frame["until"] > 0, frame["generations"]))
    frame = frame.assign(spikes_each=frame["spikes"] / frame["hidden"])
    names = ["spikes", "silent_share", "spikes_each", "selectivity", "accuracy"]
    return frame.groupby(["dataset", "evolved", "hidden", "generation"], as_index=False)[names].mean()

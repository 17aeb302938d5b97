"""Fig. 4: the same trainings stopped at several generations, for what their neurons do by then."""

from itertools import product

import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images import GENERATIONS, WINNERS, small
from hetsnn_book.experiments.images_search import SIDES, images_run

NAME, VERSION, SCORE, GENOMES = "images_stages", 1, "accuracy", False
CHAPTER = "images"
STAGES: tuple[int, ...] = (1, 20, 100, 400, GENERATIONS)
HIDDEN = {"neuron": 1024, "weight": 42}  # 42 is the only size of weights with 32 neurons to show
SEEDS = 2


def runs(profile: str) -> tuple[Run, ...]:
    """Each stage of each side and seed."""
    if profile == "paper":
        dataset, hidden, generations, stages, seeds = "mnist", HIDDEN, GENERATIONS, STAGES, SEEDS
    else:
        dataset, hidden, generations = small(profile)
        stages, seeds = (30, generations) if profile == "quick" else (generations,), 2
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
            until=until % generations,  # 0 is the last: what is compiled is then Table 3's
        )
        for side, until, seed in product(SIDES, stages, range(seeds))
    )


def stage_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Fig. 4's story by side and generation, means over seeds: silent share, spikes, selectivity, accuracy."""
    frame = frame.assign(generation=frame["until"].where(frame["until"] > 0, frame["generations"]))
    frame = frame.assign(spikes_each=frame["spikes"] / frame["hidden"])
    names = ["spikes", "silent_share", "spikes_each", "selectivity", "accuracy"]
    return frame.groupby(["dataset", "evolved", "hidden", "generation"], as_index=False)[names].mean()

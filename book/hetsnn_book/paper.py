"""Numbers of the paper: its tables as printed, and the settings that its text names."""

from functools import lru_cache

import pandas as pd

from hetsnn_book.project import PROJECT


@lru_cache
def table(name: str) -> pd.DataFrame:
    """Return one of `table1_control`, `table2_ablation`, `table3_images`."""
    return pd.read_csv(PROJECT / "data" / "paper" / f"{name}.csv")


# Settings that the paper's text names, by experiment and by our name for them; its Table S1 is lost.
SETTINGS: dict[str, dict[str, str]] = {
    "memory": {"runs": "50 a length and side", "reset": "to rest", "rising_clock": "True, as printed"},
    "memory_contest": {"runs": "50 a length and side", "reset": "to rest"},
    "control": {"seed": "5 seeds", "environment": "the same four", "hidden": "1,024 to 8,192 neurons"},
    "ablation": {
        "seed": "5 seeds",
        "hidden": "4,096 where all evolve",
        "widths": "each alone, all; others in its Table S2",
    },
    "images": {
        "dataset": "MNIST, FashionMNIST",
        "hidden": "1,024 to 8,192 neurons; 5, 10, 21, 42 with evolved weights",
    },
    "images_stages": {"hidden": "32 neurons are shown"},
    "cartpole": {
        "limit": "100, 200, 500, 1000",
        "seed": "100 seeds",
        "population": "128",
        "generations": "30",
        "updates": "3,840 episodes",
    },
}

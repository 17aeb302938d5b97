"""Numbers of the paper's tables, as printed."""

from functools import lru_cache

import pandas as pd

from hetsnn_book.project import PROJECT


@lru_cache
def table(name: str) -> pd.DataFrame:
    """Return one of `table1_control`, `table2_ablation`, `table3_images`."""
    return pd.read_csv(PROJECT / "data" / "paper" / f"{name}.csv")

"""Would a shorter first stage of the robots' search have kept the same settings?"""

import numpy as np
import pandas as pd

HARDLY = 0.001  # spikes of a neuron in a step: a network below it does not steer
COLUMNS = ["environment", "evolved", "settings", "kept", "kept_by_both", "hardly_spike_early", "hardly_spike_late"]


def kept_early(frame: pd.DataFrame, generation: int) -> pd.DataFrame:
    """Return, for each robot and side, how a choice after a few generations differs from one at the stage's end.

    Both keep the best third by the population's mean return. Columns: environment, evolved, settings, kept,
    kept_by_both, and how many of the kept hardly spike at the end, for the early and for the late choice.

    Args:
        frame: runs of `control_search`.
        generation: the generation of the early choice; stages that end earlier are left out.
    """
    long = frame[(frame["stage"] == 1) & (frame["generations"] > generation)]
    rows = []
    for (environment, evolved), of in long.groupby(["environment", "evolved"]):
        curves = [
            (np.asarray(curve), -(-count // len(curve)))
            for curve, count in zip(of["curve_mean"], of["generations"], strict=True)
        ]
        early = of.assign(value=[curve[generation // stride] for curve, stride in curves])
        late = of.assign(value=[curve[-1] for curve, _ in curves])
        third = max(1, len(of) // 3)
        chosen = [table.nlargest(third, "value") for table in (early, late)]
        both = len(set(chosen[0]["trial"]) & set(chosen[1]["trial"]))
        rows.append([environment, evolved, len(of), third, both, *((kept["rate"] < HARDLY).sum() for kept in chosen)])
    return pd.DataFrame(rows, columns=COLUMNS)

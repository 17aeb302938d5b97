"""Would a shorter first stage of the robots' search have kept the same settings?"""

import numpy as np
import pandas as pd

STANDING = (0.8, 1.05)  # shares of the return of a robot that stands still, between which a population stands
COLUMNS = ["environment", "evolved", "settings", "kept", "kept_by_both", "standing", "place"]


def kept_early(frame: pd.DataFrame, generation: int) -> pd.DataFrame:
    """Return, for each robot and side, how a choice after a few generations differs from one at the stage's end.

    Both keep the best third by the population's mean return. Columns: environment, evolved, settings, kept,
    kept_by_both, how many of those kept early are `standing` then, and the early `place` of the best at the end.

    Args:
        frame: runs of `control_search`.
        generation: the generation of the early choice; stages that end earlier are left out.
    """
    long = frame[(frame["stage"] == 1) & (frame["generations"] > generation)]
    rows = []
    for (environment, evolved), of in long.groupby(["environment", "evolved"]):
        strides = [-(-count // len(curve)) for curve, count in zip(of["curve_mean"], of["generations"], strict=True)]
        early = np.array([curve[generation // stride] for curve, stride in zip(of["curve_mean"], strides, strict=True)])
        late = np.array([curve[-1] for curve in of["curve_mean"]])
        places, third = (-early).argsort(kind="stable"), max(1, len(of) // 3)
        kept = places[:third]
        both = set(kept) & set((-late).argsort(kind="stable")[:third])
        standing = sum(STANDING[0] < share < STANDING[1] for share in early[kept] / of["still"].to_numpy()[kept])
        place = 1 + places.tolist().index(late.argmax())
        rows.append([environment, evolved, len(of), third, len(both), standing, place])
    return pd.DataFrame(rows, columns=COLUMNS)

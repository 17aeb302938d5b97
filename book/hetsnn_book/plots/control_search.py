"""Figure and tables of the robots' search: reward by setting and side, winners, finals."""

from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.statistics import mean_interval
from hetsnn_book.experiments.control_finals import BEST, FINAL, PAST, last_returns, settled
from hetsnn_book.experiments.control_search import RANGES, SEARCHED, SEARCHES, SIDES, at_an_edge
from hetsnn_book.figures import COLORS, MARKERS
from hetsnn_book.plots.axes import legend
from hetsnn_book.plots.text import interval, with_spread
from hetsnn_book.words import ROBOTS

WORDS = {
    "sigma": "width",
    "learning_rate": "rate",
    "tau_m": "initial $\\tau_m$",
    "gain": "input gain",
    "readout_scale": "output scale",
    "tau_readout": "read-out $\\tau$",
}
TICKS = {
    "sigma": (0.01, 0.1, 1),
    "learning_rate": (0.01, 0.1),
    "tau_m": (2, 5, 15),
    "gain": (0.3, 3),
    "readout_scale": (0.5, 5),
    "tau_readout": (1, 3, 9),
}


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the search, a row per run: stage, robot, side, settings, and the reward above standing still."""
    columns = ["stage", "environment", "evolved", "trial", "seed", *SEARCHED]
    return frame[columns].assign(above=frame["reward"] - frame["still"]).reset_index(drop=True)


def knobs(found: pd.DataFrame) -> Figure:
    """Plot reward by setting and side, a row of panels per robot; later stages have larger marks.

    Args:
        found: the search, from `table`.
    """
    robots = [name for name in ROBOTS if name in set(found["environment"])]
    figure, axes = plt.subplots(
        len(robots), len(RANGES), sharex="col", sharey="row", squeeze=False, figsize=(6.4, 1.5 + 1.9 * len(robots))
    )
    means = found.groupby(["stage", "environment", "evolved", "trial", *SEARCHED], as_index=False)["above"].mean()
    for row, robot in zip(axes, robots, strict=True):
        for axis, (name, (low, high)) in zip(row, RANGES.items(), strict=True):
            axis.axhline(0.0, color="0.35", ls="--", lw=1, label="standing still")
            for side in SIDES:
                of = means[(means["environment"] == robot) & (means["evolved"] == side)]
                look: dict[str, Any] = {"color": COLORS[side], "marker": MARKERS[side], "lw": 0}
                sizes = 9.0 * 1.9 ** (of["stage"] - 1)
                axis.scatter(of[name], of["above"], s=sizes, alpha=0.6, label=f"{side}s evolve", **look)
                best = settled(robot).get(side)
                if best:
                    axis.axvline(best[name], color=COLORS[side], lw=1.2, label=f"winner, {side}s")
            axis.set_xscale("log")
            axis.set_xlim(low / 1.15, high * 1.15)
            axis.set_xticks(TICKS[name], [f"{tick:g}" for tick in TICKS[name]], fontsize=8)
            axis.minorticks_off()
            axis.tick_params(axis="y", labelsize=8)
            if robot == robots[-1]:
                axis.set_xlabel(WORDS[name], fontsize=9)
        row[0].set_ylabel(f"{ROBOTS[robot]}\nabove standing", fontsize=9)
    legend(figure, ncols=3, fontsize=9, markerscale=1.6)
    return figure


def winners_table() -> pd.DataFrame:
    """Return the winning settings as text, a row per search and side."""
    words = WORDS | {"signed": "R of both signs"}
    rows = []
    for name, search in SEARCHES.items():
        for side, setting in settled(name).items():
            robots = ", ".join(ROBOTS[robot] for robot in search.robots)
            values = {words[key]: f"{setting[key]:g}" for key in RANGES} | {
                words["signed"]: "yes" if setting["signed"] else "no"
            }
            rows.append({"robots": robots, "evolves": f"{side}s", **values})
    return pd.DataFrame(rows, columns=["robots", "evolves", *words.values()])


def stages_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return each search's stages as text: settings, generations and seeds, and each side's best above standing.

    A row is a stage of a search on one of its robots.
    """
    rows = []
    for search in SEARCHES.values():
        for place, stage in enumerate(search.stages):
            of = found[found["environment"].isin(stage.robots) & (found["stage"] == place + 1)]
            means = of.groupby(["environment", "evolved", "trial"])["above"].mean()
            for robot in stage.robots:
                row = {"robot": ROBOTS[robot], "stage": place + 1}
                tried = of[of["environment"] == robot].groupby("evolved")["trial"].nunique()
                least = int(min((tried.get(side, 0) for side in SIDES), default=0))
                told = stage.settings if least == stage.settings else f"{least} of {stage.settings}"
                row |= {"settings a side": told, "generations": stage.generations, "seeds": stage.seeds}
                for side in SIDES:
                    known = (robot, side) in means.index
                    row[f"best, {side}s"] = f"{means.loc[robot, side].max():+,.0f}" if known else None
                rows.append(row)
    return pd.DataFrame(rows)


def finals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finalists of each search and side, best first: return of the population in the last generation.

    Args:
        frame: runs of `control_finals`.

    Returns:
        Text: a row per robot, side and setting, with the return and the winner's lead over it, paired by seed.
    """
    rows = []
    for (search, side), by_seed in ((of, last_returns(frame, *of)) for of in FINAL if len(frame)):
        order = by_seed.mean().sort_values(ascending=False, kind="stable").index
        for setting in order:
            lead = (by_seed[order[0]] - by_seed[setting]).dropna()
            rows.append(
                {
                    "robot": ROBOTS[search],
                    "evolves": f"{side}s",
                    "setting": setting,
                    "last return": with_spread(by_seed[setting].mean(), by_seed[setting].std()),
                    "winner's lead": "" if setting == order[0] else interval(mean_interval(lead), "+,.0f"),
                }
            )
    return pd.DataFrame(rows, columns=["robot", "evolves", "setting", "last return", "winner's lead"])


def at_ends(frame: pd.DataFrame) -> str:
    """Return in words which values of winners lie at an end of their range, and the lead over a setting past it.

    Args:
        frame: runs of `control_finals`.
    """
    found = []
    for name, side in product(SEARCHES, SIDES):
        best = settled(name).get(side)
        if at := at_an_edge(best) if best else {}:
            lead = ""
            means = last_returns(frame, name, side).mean() if len(frame) else {}
            if FINAL.get((name, side)) == BEST and PAST in means:
                lead = f" ({means[BEST] - means[PAST]:+,.0f} over a setting past it)"
            found.append(f"{side}s of the {ROBOTS[name]}: {', '.join(WORDS[value] for value in at)}{lead}")
    return "; ".join(found) or "none"

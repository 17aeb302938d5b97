"""Figures and tables of Tables 2 and S2: rewards by the properties that evolve, beside the paper's; search widths."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.statistics import mean_interval
from hetsnn_book import paper
from hetsnn_book.experiments.ablation import DISTINCT, OTHER, ROBOT, SINGLES, SUBSETS, VARIANTS, mirrored
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.plots import robots as of_robots
from hetsnn_book.plots.axes import legend
from hetsnn_book.plots.styles import BASELINE_STYLES
from hetsnn_book.plots.text import interval, with_spread
from hetsnn_book.words import ROBOTS, SYMBOLS, with_symbols

ROWS: list[tuple[str, ...]] = [*SINGLES, PROPERTIES]  # of Table 2
PAIRS = [(names, mirrored(names)) for names in DISTINCT if mirrored(names) != names]  # subsets with a twin
ALONE = "output scale"  # in the place of properties where no property evolves
STYLES: dict[str, dict[str, Any]] = {
    "main": {"color": COLORS["neuron"], "marker": "o"},
    "output scale alone": {"color": PALETTE[5], "marker": "P"},
    "shared": {"color": PALETTE[6], "marker": "s"},
    "reset to 0": {"color": PALETTE[3], "marker": "X"},
    "4,096 neurons": {"color": PALETTE[4], "marker": "v"},
}
LABELS = {"main": "1,024 neurons", "shared": "one value for all neurons"}  # of variants, where the name says too little
OTHERWISE = ("reset to 0", "4,096 neurons", "shared")  # variants that repeat a subset with another setting


def label(names: tuple[str, ...]) -> str:
    """Return the name of a subset in figures and tables."""
    if names == (ALONE,):
        return "output scale alone"
    return "all four" if len(names) == len(PROPERTIES) else ", ".join(SYMBOLS[name] for name in names)


def paper_table() -> pd.DataFrame:
    """Return Table 2 as printed."""
    table = paper.table("table2_ablation").rename(columns={"evolved_properties": "properties"})
    return table.astype({"reward_mean": float, "reward_std": float})


def reward_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward with its spread and interval, by variant, robot and evolved properties."""
    return of_robots.reward_table(frame, by=("variant", "environment", "properties"))


def rewards(table: pd.DataFrame, baselines: pd.DataFrame) -> Figure:
    """Plot Tables 2 and S2: the reward of each subset of properties on the hopper.

    Marks for our results are filled. Marks for the paper's results are hollow.

    Args:
        table: rewards from `reward_table`.
        baselines: rewards from `baseline_table`.
    """
    known = baselines.set_index("environment")["nothing"]
    every = [*SUBSETS[::-1], (ALONE,)]
    places = {"+".join(names): place for place, names in enumerate(every)}
    figure, axis = plt.subplots(figsize=(6.4, 6.8))
    error: dict[str, Any] = {"capsize": 2, "ls": "", "lw": 1.3}
    printed = paper_table().query("environment == @ROBOT").set_index("properties")
    rows = [name for name in places if name in printed.index]
    axis.errorbar(
        printed.loc[rows, "reward_mean"],
        [places[name] + 0.3 for name in rows],
        xerr=printed.loc[rows, "reward_std"],
        **error, color="0.35", marker="s", mfc="white", label="paper",
    )  # fmt: skip
    for place, (variant, style) in enumerate(STYLES.items()):
        of = table[(table["environment"] == ROBOT) & (table["variant"] == variant)]
        if len(of):
            at = [places[name] - 0.08 * place for name in of["properties"]]
            spread = (of["high"] - of["low"]).fillna(0) / 2
            axis.errorbar(of["mean"], at, xerr=spread, label=LABELS.get(variant, variant), **style, **error)
    if ROBOT in known.index:
        axis.axvline(known[ROBOT], lw=1.2, label="standing still", **BASELINE_STYLES["nothing"])
    axis.set(yticks=range(len(every)), yticklabels=[label(names) for names in every])
    axis.set_ylim(len(every) - 0.4, -0.7)
    axis.set_xlim(min(0, axis.get_xlim()[0]), None)
    axis.set(xlabel=f"reward of an episode, {ROBOTS[ROBOT]}", ylabel="evolves")
    legend(figure, ncols=3, fontsize=10)
    return figure


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return Tables 2 and S2 as text: a row per subset, ours and the paper's on the hopper and on the other robot."""
    printed = paper_table().set_index(["environment", "properties"])
    ours = table.set_index(["environment", "variant", "properties"])

    def text(variant: str, names: tuple[str, ...], robot: str = ROBOT) -> str | None:
        key = (robot, variant, "+".join(names))
        return with_spread(*ours.loc[key, ["mean", "sd"]]) if key in ours.index else None

    def paper_text(robot: str, names: tuple[str, ...]) -> str:
        key = (robot, "+".join(names))
        return with_spread(*printed.loc[key, ["reward_mean", "reward_std"]]) if key in printed.index else ""

    rows = []
    for names in SUBSETS:
        row = {"evolves": label(names), "ours": text("main", names), "ours, 4,096": text("4,096 neurons", names)}
        row["paper, 4,096"] = paper_text(ROBOT, names)
        row[f"ours, {ROBOTS[OTHER]}"] = text("main", names, OTHER)
        row[f"paper, {ROBOTS[OTHER]}"] = paper_text(OTHER, names)
        rows.append(row)
    rows.append({"evolves": label((ALONE,)), "ours": text("output scale alone", (ALONE,))})
    rows.append({"evolves": "all four, shared by all neurons", "ours": text("shared", PROPERTIES)})
    return pd.DataFrame(rows)


def _usual(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the hopper in the usual setting."""
    return frame[(frame["environment"] == ROBOT) & (frame["variant"] == "main")]


def added(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each property adds to a subset without it: the mean over all such subsets, and the most and least.

    A property's effect in a subset is the difference of two rewards of one seed, so seeds are the units. Subsets of no
    property are not measured.
    """
    by_seed = _usual(frame).pivot_table("reward", "seed", "properties")
    rows = []
    for name in PROPERTIES:
        pairs = [
            ("+".join(names), "+".join(sorted({*names, name}, key=PROPERTIES.index)))
            for names in SUBSETS
            if name not in names
        ]
        if all(one in by_seed for pair in pairs for one in pair):
            gains = pd.DataFrame({before: by_seed[after] - by_seed[before] for before, after in pairs}).dropna()
            of = gains.mean()
            rows.append(
                {
                    "property": SYMBOLS[name],
                    "adds": interval(mean_interval(gains.mean(axis=1)), "+,.0f"),
                    "least": f"{of.min():+,.0f}, to {label(tuple(of.idxmin().split('+')))}",
                    "most": f"{of.max():+,.0f}, to {label(tuple(of.idxmax().split('+')))}",
                    "seeds": len(gains),
                }
            )
    return pd.DataFrame(rows, columns=["property", "adds", "least", "most", "seeds"])


def twins(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rewards of twins side by side, and their difference with its interval."""
    there = _usual(frame)
    rows = []
    for names, twin in PAIRS:
        one, other = (there[there["properties"] == "+".join(of)]["reward"] for of in (names, twin))
        row: dict[str, str | None] = {"evolves": label(names), "its twin": label(twin)}
        row |= dict.fromkeys(("reward", "reward of the twin", "difference"))
        if len(one) and len(other):
            row["reward"], row["reward of the twin"] = (with_spread(of.mean(), of.std()) for of in (one, other))
            row["difference"] = interval(mean_interval(one, other), "+,.0f")
        rows.append(row)
    return pd.DataFrame(rows)


def pooled(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Return the mean difference of all subsets and their twins, with its 95 % interval over seeds.

    Twins of a seed share its random weights, so the seeds are the units.
    """
    by_seed = _usual(frame).pivot_table("reward", "seed", "properties")
    pairs = [("+".join(names), "+".join(twin)) for names, twin in PAIRS]
    if any(name not in by_seed for pair in pairs for name in pair):
        return (np.nan,) * 3
    differences = sum(by_seed[one] - by_seed[other] for one, other in pairs) / len(pairs)
    return mean_interval(differences.dropna())


def otherwise(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the reward of each subset that is repeated with one other setting, beside its own as it is."""
    rows = []
    columns = ["evolves", "other setting", "reward", "as above", "difference"]
    usual = frame[frame["variant"] == "main"].groupby(["environment", "properties"])["reward"]
    for (robot, variant, properties), group in frame.groupby(["environment", "variant", "properties"]):
        if variant in OTHERWISE:
            after, key = group["reward"], (robot, properties)
            row = {"evolves": label(tuple(properties.split("+"))), "other setting": LABELS.get(variant, variant)}
            row["reward"] = with_spread(after.mean(), after.std())
            if key in usual.groups:
                before = usual.get_group(key)
                row["as above"] = with_spread(before.mean(), before.std())
                row["difference"] = interval(mean_interval(after, before), "+,.0f")
            rows.append(row)
    return pd.DataFrame(rows, columns=columns)


def changes(shares: pd.Series) -> Figure:
    """Plot the spikes that a search changes through each property."""
    figure, axis = plt.subplots(figsize=(6.4, 2.6))
    axis.barh(np.arange(len(shares)), shares, 0.6, color=STYLES["main"]["color"])
    axis.set_yticks(range(len(shares)), [SYMBOLS[str(name)] for name in shares.index])
    axis.set_xlabel("spikes that come or go, per spike of the homogeneous network")
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    return figure


def variants(frame: pd.DataFrame, declared: pd.DataFrame) -> pd.DataFrame:
    """Return the number of finished and declared runs of each variant."""
    done, wanted = frame["variant"].value_counts(), declared["variant"].value_counts()
    return pd.DataFrame(
        [
            {"variant": name, "what it is": with_symbols(text), "runs done": f"{done.get(name, 0)} of {wanted[name]}"}
            for name, text in VARIANTS.items()
            if name in wanted.index
        ],
        columns=["variant", "what it is", "runs done"],
    )

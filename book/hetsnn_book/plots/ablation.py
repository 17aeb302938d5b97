"""Figures and tables of Tables 2 and S2: rewards by the properties that evolve, beside the paper's; search widths."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.statistics import mean_interval
from hetsnn_book import paper
from hetsnn_book.experiments.ablation import DISTINCT, SINGLES, TWINS_ON, VARIANTS, mirrored
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.plots import robots as of_robots
from hetsnn_book.plots.axes import legend, titled
from hetsnn_book.plots.styles import BASELINE_STYLES, ROBOTS, SYMBOLS
from hetsnn_book.plots.text import interval, with_spread

ROWS: list[tuple[str, ...]] = [*SINGLES, PROPERTIES]  # of Table 2
PAIRS = [(names, mirrored(names)) for names in DISTINCT if mirrored(names) != names]  # subsets with a twin
STYLES: dict[str, dict[str, Any]] = {
    "main": {"color": COLORS["neuron"], "marker": "o"},
    "twin": {"color": COLORS["neuron"], "marker": "o"},
    "one width": {"color": PALETTE[2], "marker": "^"},
    "more neurons": {"color": PALETTE[4], "marker": "v"},
    "reset to 0": {"color": PALETTE[3], "marker": "X"},
    "short": {"color": COLORS["neuron"], "marker": "D"},
    "short with one width": {"color": PALETTE[5], "marker": "P"},
    "short with reset to 0": {"color": PALETTE[3], "marker": "*"},
    "short with more neurons": {"color": PALETTE[4], "marker": "<"},
}
OTHERWISE_COLUMNS = ["robot", "evolves", "what is otherwise", "budget", "reward", "as above", "difference"]
OTHERWISE = {
    "one width": -0.08,
    "reset to 0": -0.08,
    "more neurons": -0.24,
}  # vertical shift of each variant's marks
LABELS = {
    "main": "ours",
    "twin": "ours",
    "more neurons": "16,384 neurons",
    "short": "ours, short budget",
    "short with one width": "ours, short, one width",
    "short with reset to 0": "ours, short, reset to 0",
    "short with more neurons": "ours, short, 4,096 neurons",
}


def label(names: tuple[str, ...]) -> str:
    """Return the name of a subset in figures and tables."""
    return "all four" if len(names) == len(PROPERTIES) else ", ".join(SYMBOLS[name] for name in names)


def paper_table() -> pd.DataFrame:
    """Return Table 2 as printed."""
    table = paper.table("table2_ablation").rename(columns={"evolved_properties": "properties"})
    return table.astype({"reward_mean": float, "reward_std": float})


def reward_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward with its spread and interval, by variant, robot and evolved properties."""
    return of_robots.reward_table(frame, by=("variant", "environment", "properties"))


def rewards(table: pd.DataFrame, baselines: pd.DataFrame) -> Figure:
    """Plot Table 2: the reward of each subset of properties, a panel per robot.

    Marks for our results are filled. Marks for the paper's results are hollow.

    Args:
        table: rewards from `reward_table`.
        baselines: rewards from `baseline_table`.
    """
    theirs, known = paper_table(), baselines.set_index("environment")["nothing"]
    figure, axes = plt.subplots(2, 2, sharey=True, figsize=(6.4, 6.6))
    for axis, (environment, title) in zip(axes.flat, ROBOTS.items(), strict=True):
        printed = theirs[theirs["environment"] == environment].set_index("properties")
        places = {"+".join(names): place for place, names in enumerate(ROWS)}
        error = {"capsize": 2, "ls": "", "lw": 1.3}
        axis.errorbar(
            [printed.loc[name, "reward_mean"] for name in places],
            [place + 0.32 for place in places.values()],
            xerr=[printed.loc[name, "reward_std"] for name in places],
            **error, color="0.35", marker="s", mfc="white", label="paper",
        )  # fmt: skip
        ours = table[(table["environment"] == environment) & table["properties"].isin(places)]
        for variant, style in STYLES.items():
            rows = ours[ours["variant"] == variant]
            if len(rows):
                shift = next((shift for name, shift in OTHERWISE.items() if variant.endswith(name)), 0.08)
                shift += 0.08 * variant.startswith("short")
                at = [places[name] + shift for name in rows["properties"]]
                axis.errorbar(
                    rows["mean"], at, xerr=rows["sd"].fillna(0), label=LABELS.get(variant, variant), **style, **error
                )
        if environment in known.index:
            axis.axvline(known[environment], lw=1.2, label="doing nothing", **BASELINE_STYLES["nothing"])
        axis.set(
            title=titled(title, measured=not ours.empty),
            yticks=range(len(ROWS)),
            yticklabels=[label(names) for names in ROWS],
        )
        axis.set_ylim(len(ROWS) - 0.4, -0.7)
        axis.set_xlim(min(0, axis.get_xlim()[0]), None)
    for axis in axes[-1]:
        axis.set_xlabel("reward of an episode")
    for axis in axes[:, 0]:
        axis.set_ylabel("evolves")
    legend(figure, ncols=3, fontsize=10)
    return figure


def summary(table: pd.DataFrame, robots: list[str]) -> pd.DataFrame:
    """Return Tables 2 and S2 as text: a row per subset, with our reward and the paper's for each robot."""
    printed = paper_table().set_index(["environment", "properties"])
    ours = table[table["variant"] == "main"].set_index(["environment", "properties"])
    rows = []
    for names in DISTINCT:
        twin = mirrored(names)
        row: dict[str, str | None] = {
            "evolves": label(names) if twin == names else f"{label(names)} (or {label(twin)})"
        }
        for robot in robots:
            key, other = (robot, "+".join(names)), (robot, "+".join(twin))
            found = ours.loc[key] if key in ours.index else None
            row[ROBOTS[robot]] = None if found is None else with_spread(found["mean"], found["sd"])
            row[f"{ROBOTS[robot]}, paper"] = " or ".join(
                with_spread(printed.loc[of, "reward_mean"], printed.loc[of, "reward_std"])
                for of in dict.fromkeys((key, other))
                if of in printed.index
            )
        rows.append(row)
    return pd.DataFrame(rows)


def twins(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rewards of twins side by side, on the robot that has both, preferably with the declared budget."""
    there = frame[frame["environment"] == TWINS_ON]

    def rewards(variant: str, names: tuple[str, ...]) -> pd.Series:
        return there[(there["variant"] == variant) & (there["properties"] == "+".join(names))]["reward"]

    rows = []
    for names, twin in PAIRS:
        row: dict[str, str | None] = {"evolves": label(names), "its twin": label(twin)}
        row |= dict.fromkeys(("budget", "reward", "reward of the twin", "difference"))
        for budget, variants in (("short", ("short", "short")), ("declared", ("main", "twin"))):
            one, other = (rewards(*key) for key in zip(variants, (names, twin), strict=True))
            if len(one) and len(other):
                spreads = [with_spread(group.mean(), group.std()) for group in (one, other)]
                row |= {"budget": budget, "reward": spreads[0], "reward of the twin": spreads[1]}
                row["difference"] = interval(mean_interval(one, other), "+,.0f")
        rows.append(row)
    return pd.DataFrame(rows)


def pooled(frame: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return differences of mean rewards with 95 % intervals: subsets minus `twins`; `all` four minus single ones."""
    twins = zip(*(map("+".join, pair) for pair in PAIRS), strict=True)
    pairs = {"twins": twins, "all": (["+".join(PROPERTIES)], list(PROPERTIES))}
    return {
        name: mean_interval(*(frame[frame["properties"].isin(subsets)]["reward"] for subsets in pair))
        for name, pair in pairs.items()
    }


def otherwise(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the reward of each subset in each variant, and in the usual setting (its own, or that of its twin)."""
    rows = []
    for (robot, variant, properties), group in frame.groupby(["environment", "variant", "properties"]):
        other = next((name for name in OTHERWISE if variant.endswith(name)), None)
        if other:
            budget, usual = ("short", ["short"]) if "short" in variant else ("declared", ["main", "twin"])
            names = tuple(properties.split("+"))
            like = frame[(frame["environment"] == robot) & frame["variant"].isin(usual)].groupby("properties")["reward"]
            either = ("+".join(subset) for subset in (names, mirrored(names)))
            before = next((like.get_group(key) for key in either if key in like.groups), None)
            row: dict[str, str | None] = {"robot": ROBOTS[robot], "evolves": label(names)}
            row |= {"what is otherwise": other, "budget": budget}
            after = group["reward"]
            row["reward"] = with_spread(after.mean(), after.std())
            if before is not None:
                row["as above"] = with_spread(before.mean(), before.std())
                row["difference"] = interval(mean_interval(after, before), "+,.0f")
            rows.append(row)
    return pd.DataFrame(rows, columns=OTHERWISE_COLUMNS)


def changes(shares: pd.DataFrame) -> Figure:
    """Plot the spikes that a search changes through each property, with equal and with equalised widths."""
    figure, axis = plt.subplots(figsize=(6.4, 3.0))
    for shift, (name, values) in zip((-0.2, 0.2), shares.items(), strict=True):
        color = STYLES["main" if name == "equalised" else "one width"]["color"]
        axis.barh(np.arange(len(values)) + shift, values, 0.36, color=color, label=name)
    axis.set_yticks(range(len(shares)), [SYMBOLS[name] for name in shares.index])
    axis.set_xlabel("spikes that come or go, per spike of the homogeneous network")
    axis.invert_yaxis()
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    axis.grid(visible=False, axis="y")
    return figure


def variants(frame: pd.DataFrame, declared: pd.DataFrame) -> pd.DataFrame:
    """Return the number of finished and declared runs of each variant."""
    done, wanted = frame["variant"].value_counts(), declared["variant"].value_counts()
    return pd.DataFrame(
        [
            {"variant": name, "what it is": text, "runs done": f"{done.get(name, 0)} of {wanted[name]}"}
            for name, text in VARIANTS.items()
            if name in wanted.index
        ]
    )

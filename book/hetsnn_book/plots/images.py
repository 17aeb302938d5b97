"""Figures and tables of Table 3 and Fig. 4: examples, accuracy against parameters, confusions, spikes by class."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.data import image_sets
from hetsnn.data.image_sets import CLASSES, SETS
from hetsnn.tasks.images import STEPS
from hetsnn.training.evolution import CURVE_POINTS
from hetsnn_book.experiments.images import TITLES
from hetsnn_book.experiments.images_search import SIDES
from hetsnn_book.figures import COLORS, MARKERS, NOT_MEASURED, PALETTE
from hetsnn_book.measures.image_references import LOGISTIC, RIDGE, title
from hetsnn_book.plots.axes import SHADES

STORY = {
    "silent_share": "silent neurons [share]",
    "spikes_each": "spikes per neuron",
    "selectivity": "class selectivity",
    "accuracy": "accuracy",
}


def examples(names: list[str]) -> tuple[Figure, pd.DataFrame]:
    """Draw the first image of every class, a row per set; return the figure and the images' places."""
    figure, axes = plt.subplots(len(names), CLASSES, squeeze=False, figsize=(6.4, 0.4 + 0.9 * len(names)))
    rows = []
    for row, name in zip(axes, names, strict=True):
        train, kind = image_sets.load(name)["train"], SETS[name]
        for label, axis in enumerate(row):
            place = np.argmax(train.labels == label)
            axis.imshow(train.images[place].reshape(kind.side, -1), cmap="gray_r", vmin=0, vmax=kind.brightest)
            axis.set_title(kind.names[label], fontsize=9, pad=2)
            axis.set_axis_off()
            rows.append({"dataset": name, "place": place, "class": kind.names[label]})
    return figure, pd.DataFrame(rows)


def interval(row: Any) -> str:
    """Return a mean with its interval as text."""
    if np.isnan(row.mean):
        return NOT_MEASURED
    return f"{row.mean:.1f}" + ("" if np.isnan(row.low) else f" [{row.low:.1f}, {row.high:.1f}]")


def compact(rows: pd.DataFrame) -> pd.DataFrame:
    """Return Table 3 as text: a row per dataset, size and side, with our accuracy and the paper's.

    Networks of about as many evolved parameters stand below each other.
    """
    lines = []
    for name in rows["dataset"].unique():
        sides = [rows[(rows["dataset"] == name) & (rows["evolved"] == side)] for side in SIDES]
        for pair in zip(*(of.itertuples() for of in sides), strict=True):
            lines += [
                {
                    "dataset": TITLES[name],
                    "evolves": f"{row.evolved}s",
                    "hidden": f"{row.hidden:,}",
                    "parameters": f"{row.n_parameters:,}",
                    "accuracy": interval(row),
                    "paper": "" if np.isnan(row.paper) else f"{row.paper:.2f}",
                }
                for row in pair
            ]
    return pd.DataFrame(lines)


def beside(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the references as text: a row per reference and dataset."""
    lines = [
        {"what": what, "dataset": TITLES[row.dataset], "parameters": f"{row.n_parameters:,}", "accuracy": interval(row)}
        for what, group in rows.groupby("what", sort=False)
        for row in group.itertuples()
    ]
    return pd.DataFrame(lines)


def longer(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `images_longer.table` as text, a row per side, dataset and size, a column per number of generations."""
    lines = []
    for (side, name, hidden), group in rows.groupby(["evolved", "dataset", "hidden"]):
        after = {f"{row.generations:,} generations": interval(row) for row in group.itertuples()}
        paper = group["paper"].iloc[0]
        of = {"evolves": f"{side}s", "dataset": TITLES[name], "hidden": f"{hidden:,}"}
        lines.append(of | after | {"paper": "" if np.isnan(paper) else f"{paper:.2f}"})
    return pd.DataFrame(lines, columns=None if lines else ["evolves", "dataset", "hidden", "paper"])


def accuracy(rows: pd.DataFrame, references: pd.DataFrame) -> Figure:
    """Plot accuracy against evolved parameters, a panel per dataset.

    Marks for our results are filled, marks for the paper's are open, and lines are references. Only the smallest
    reference of each kind is drawn.
    """
    names = list(rows["dataset"].unique())
    figure, axes = plt.subplots(1, len(names), squeeze=False, sharey=True, figsize=(6.4, 4.6))
    for axis, name in zip(axes[0], names, strict=True):
        for side in SIDES:
            some = rows[(rows["dataset"] == name) & (rows["evolved"] == side)]
            error = np.abs(some[["low", "high"]].to_numpy().T - some["mean"].to_numpy())
            style: dict[str, Any] = {"color": COLORS[side], "marker": MARKERS[side]}
            axis.errorbar(some["n_parameters"], some["mean"], error, capsize=3, label=f"{side}s evolve", **style)
            axis.plot(some["n_parameters"], some["paper"], ls=":", mfc="white", label=f"{side}s, the paper", **style)
        for kind, color, ls in ((LOGISTIC, PALETTE[7], "-"), (RIDGE, PALETTE[2], "--")):
            lines = references[(references["dataset"] == name) & (references["reference"] == kind)]
            for line in lines[:1].itertuples():
                axis.axhline(100 * line.accuracy, color=color, ls=ls, lw=1.2, label=title(line))
        axis.set(xscale="log", title=TITLES[name], xlabel="evolved parameters")
        ticks = sorted(rows["n_parameters"].unique())[::2]
        axis.set_xticks(ticks, [f"{tick / 1000:.0f}k" if tick > 999 else f"{tick}" for tick in ticks])
        axis.minorticks_off()
    axes[0, 0].set_ylabel("test accuracy [%]")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return figure


def search(table: pd.DataFrame) -> Figure:
    """Plot the validation accuracy of each trial against its learning rate and sigma, a panel per setting."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.6))
    for axis, (name, label) in zip(axes, (("learning_rate", "learning rate"), ("sigma", "sigma")), strict=True):
        for side in SIDES:
            for stage, size in (("search", 30), ("finals", 90)):
                rows = table[(table["evolved"] == side) & (table["stage"] == stage)]
                style: dict[str, Any] = {"color": COLORS[side], "marker": MARKERS[side], "s": size, "alpha": 0.8}
                axis.scatter(rows[name], 100 * rows["accuracy"], label=f"{side}s" if size == 90 else None, **style)
        axis.set(xscale="log", xlabel=label)
    axes[0].set_ylabel("validation accuracy [%]")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def curve_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the population's mean cross-entropy during training, by dataset, side, size and generation."""
    rows = []
    for (name, side, hidden), group in frame.groupby(["dataset", "evolved", "hidden"], sort=False):
        curves = -np.stack(group["curve_mean"].to_list()).mean(0)
        generations = np.arange(len(curves)) * -(-group["generations"].iloc[0] // CURVE_POINTS) + 1
        rows.append(
            pd.DataFrame(
                {"dataset": name, "evolved": side, "hidden": hidden, "generation": generations, "loss": curves}
            )
        )
    return pd.concat(rows, ignore_index=True)


def curves(table: pd.DataFrame) -> Figure:
    """Plot the population's cross-entropy against generations, a panel per dataset; larger networks are darker."""
    names = list(table["dataset"].unique())
    figure, axes = plt.subplots(1, len(names), squeeze=False, sharey=True, figsize=(6.4, 3.8))
    for axis, name in zip(axes[0], names, strict=True):
        for side in SIDES:
            some = table[(table["dataset"] == name) & (table["evolved"] == side)]
            sizes = sorted(some["hidden"].unique())
            for number, hidden in enumerate(sizes):
                rows = some[some["hidden"] == hidden]
                alpha = 0.4 + 0.6 * (number + 1) / len(sizes)
                ls = "-" if side == "neuron" else "--"
                axis.plot(rows["generation"], rows["loss"], color=COLORS[side], ls=ls, alpha=alpha,
                          label=f"{side}s evolve" if number == len(sizes) - 1 else None)  # fmt: skip
        axis.set(title=TITLES[name], xlabel="generation", yscale="log")
        axis.set_yticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
        axis.minorticks_off()
        axis.locator_params(axis="x", nbins=4)
    axes[0, 0].set_ylabel("cross-entropy of the population")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def budget(table: pd.DataFrame) -> Figure:
    """Plot validation accuracy against generations, a mark per seed, a line through the means."""
    names = list(table["dataset"].unique())
    figure, axes = plt.subplots(1, len(names), squeeze=False, sharey=True, figsize=(6.4, 3.6))
    for axis, name in zip(axes[0], names, strict=True):
        for side, rows in table[table["dataset"] == name].groupby("evolved"):
            style: dict[str, Any] = {"color": COLORS[side], "label": f"{side}s evolve"}
            axis.plot(rows["generations"], 100 * rows["accuracy"], MARKERS[side], ls="", mfc="white", **style)
            means = 100 * rows.groupby("generations")["accuracy"].mean()
            axis.plot(means.index, means, color=COLORS[side])
        ticks = sorted(table["generations"].unique())
        axis.set(xscale="log", title=TITLES[name], xlabel="generations")
        axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.minorticks_off()
    axes[0, 0].set_ylabel("validation accuracy [%]")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def confusion_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each class that is classified as each class, over seeds, at each side's smallest size."""
    rows = []
    for (name, side), group in frame.groupby(["dataset", "evolved"], sort=False):
        smallest = group[group["hidden"] == group["hidden"].min()]
        counts = np.sum(smallest["confusion"].to_list(), axis=0).reshape(CLASSES, CLASSES)
        shares = counts / counts.sum(1, keepdims=True)
        names = SETS[name].names
        rows += [
            (name, side, names[right], names[said], shares[right, said])
            for right in range(CLASSES)
            for said in range(CLASSES)
        ]
    return pd.DataFrame(rows, columns=["dataset", "evolved", "class", "said", "share"])


def confusions(table: pd.DataFrame) -> Figure:
    """Plot confusion matrices, a row per dataset, a column per side."""
    names = list(table["dataset"].unique())
    figure, axes = plt.subplots(len(names), 2, squeeze=False, figsize=(6.4, 0.6 + 2.7 * len(names)))
    for row, name in zip(axes, names, strict=True):
        for axis, side in zip(row, SIDES, strict=True):
            some = table[(table["dataset"] == name) & (table["evolved"] == side)]
            if some.empty:
                axis.set_axis_off()
                continue
            image = axis.imshow(some["share"].to_numpy().reshape(CLASSES, CLASSES), cmap=SHADES, vmin=0, vmax=1)
            labels = SETS[name].names
            axis.set_xticks(range(CLASSES), labels, rotation=90 if len(labels[0]) > 1 else 0, fontsize=8)
            axis.set_yticks(range(CLASSES), labels, fontsize=8)
            axis.set_title(f"{TITLES[name]}, {side}s", fontsize=11)
            axis.grid(visible=False)
    axes[0, 0].set_ylabel("class")
    axes[-1, 0].set_xlabel("said to be")
    figure.colorbar(image, ax=axes, shrink=0.5, label="share of the class")
    return figure


def story(table: pd.DataFrame) -> Figure:
    """Plot statistics of the neurons' activity against generation, a panel per statistic."""
    figure, axes = plt.subplots(2, 2, sharex=True, figsize=(6.4, 5.2))
    for axis, (name, label) in zip(axes.flat, STORY.items(), strict=True):
        for side in SIDES:
            rows = table[table["evolved"] == side]
            axis.plot(rows["generation"], rows[name], color=COLORS[side], marker=MARKERS[side], label=f"{side}s evolve")
        axis.set(xscale="log", ylabel=label, ylim=(0, 1.1 * table[name].max()))
    for axis in axes[-1]:
        axis.set_xlabel("generation")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def shown_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the data of Fig. 4: spike frequency of some random neurons by class, at each stage of the first seed."""
    rows = []
    for row in frame[frame["seed"] == frame["seed"].min()].itertuples():
        rates = np.reshape(row.shown, (-1, CLASSES)) / STEPS
        neurons, classes = np.indices(rates.shape)
        rows.append(
            pd.DataFrame({"evolved": row.evolved, "generation": row.until or row.generations, "accuracy": row.accuracy,
                          "neuron": neurons.ravel(), "class": classes.ravel(), "frequency": rates.ravel()})
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def frequencies(table: pd.DataFrame) -> Figure:
    """Plot Fig. 4: spike frequency of the same random neurons by class, a column per stage, a row per side."""
    stages = sorted(table["generation"].unique())
    figure, axes = plt.subplots(2, len(stages), squeeze=False, sharey="row", figsize=(6.4, 7.4))
    for row, side in zip(axes, SIDES, strict=True):
        for axis, stage in zip(row, stages, strict=True):
            some = table[(table["evolved"] == side) & (table["generation"] == stage)]
            axis.grid(visible=False)
            if some.empty:  # not measured yet
                axis.set_axis_off()
                continue
            rates = some["frequency"].to_numpy().reshape(-1, CLASSES)
            image = axis.imshow(rates, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
            axis.set_title(f"{stage:,}\n{100 * some['accuracy'].iloc[0]:.0f} %", fontsize=10)
            axis.set_xticks([0, 9])
            axis.set_yticks([])
        row[0].set_ylabel(f"{side}s evolve: neuron")
    axes[1, 0].set_xlabel("class")
    figure.suptitle("generation and accuracy", fontsize=11)
    figure.colorbar(image, ax=axes, shrink=0.4, label="spikes per step")
    return figure

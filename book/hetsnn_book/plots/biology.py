"""Figures and tables of Fig. 3: time constants of cells, of evolved networks, and of drifting networks."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetsnn.statistics import FAMILIES, REFITS, fit, ks_distance, maximum_likelihood, mean_interval, scale_free
from hetsnn_book import experiments
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.measures import time_constants
from hetsnn_book.measures.cell_types import MAIN, SPECIES
from hetsnn_book.plots.axes import length_axis
from hetsnn_book.plots.text import interval
from hetsnn_book.project import default_store
from hetsnn_book.words import title

STYLES: dict[str, dict[str, Any]] = {
    "evolved": {"color": COLORS["neuron"], "marker": "o"},
    "drift": {"color": PALETTE[7], "marker": "s"},
}
FIT_STYLES: dict[str, dict[str, Any]] = {"lognormal": {"color": PALETTE[3]}, "gamma": {"color": "black", "ls": "--"}}
SPECIES_STYLES: dict[str, dict[str, Any]] = {
    "mouse": {"color": PALETTE[2], "ls": "-"},
    "human": {"color": PALETTE[4], "ls": "--"},
}
ELSEWHERE = {"control": "environment", "images": "dataset"}  # other experiments in which neurons evolve


def cell_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of Table S3 for the groups of cells."""
    rows = []
    for (species, choice), row in cells.iterrows():
        numbers = {name: row[name] for name in ("donors", "median", "cv", "skewness", "log_sd")}
        rows += [{"group": species, "choice": choice, **numbers, **fitted} for fitted in row["fits"]]
    return pd.DataFrame(rows)


def fit_rows(groups: dict[tuple[str, str], np.ndarray]) -> pd.DataFrame:
    """Return Table S3's columns for networks' time constants, by name and choice; large groups have fewer refits."""
    rows = []
    for (group, choice), tau in groups.items():
        refits = int(np.clip(2e6 // len(tau), 99, REFITS))
        numbers = {"median": np.median(tau), **scale_free(tau)}
        rows += [{"group": group, "choice": choice, **numbers, **fit(tau, family, refits)} for family in FAMILIES]
    return pd.DataFrame(rows)


def elsewhere() -> dict[tuple[str, str], tuple[np.ndarray, float] | None]:
    """Return the evolved time constants of the other experiments at paper, and the share of them on a bound.

    None stands for an experiment without results.
    """
    found: dict[tuple[str, str], tuple[np.ndarray, float] | None] = {}
    for name, column in ELSEWHERE.items():
        frame = experiments.read(name, "paper", default_store()) if name in experiments.names() else pd.DataFrame()
        if "genome" in frame:
            frame = frame[(frame["evolved"] == "neuron") & frame["genome"].notna()]
            if "backend" in frame:
                frame = frame[frame["backend"] == "spring"]
            for key, group in frame.groupby([column, "hidden"]):
                tau = time_constants.learned(group)
                if np.ptp(tau) > 0:
                    share = time_constants.on_bounds(tau, group["tau_max"].to_numpy(float)).mean()
                    found[name, f"{title(key[0])}, {key[1]:,} neurons"] = (tau.ravel(), float(share))
        if name not in {group for group, _ in found}:
            found[name, "all"] = None
    return found


def compact(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per group as text, with both fits side by side."""
    shapes = {"lognormal": "lognormal sigma", "gamma": "gamma k"}
    lines = []
    for (group, choice), both in rows.groupby(["group", "choice"], sort=False):
        lognormal, gamma = (both[both["family"] == family].iloc[0] for family in FAMILIES)
        lines.append(
            {
                "group": group,
                "choice": choice,
                "n": lognormal["n"],
                "median": f"{lognormal['median']:.2f}",
                "AIC, gamma minus lognormal": f"{gamma['aic'] - lognormal['aic']:+.1f}",
            }
        )
        for family, row in zip(FAMILIES, (lognormal, gamma), strict=True):
            lines[-1] |= {
                shapes[family]: interval((row["shape"], row["shape_low"], row["shape_high"]), "#.3g"),
                f"KS, {family}": f"{row['ks']:.3f}",
                f"p, {family}": f"{row['p_value']:#.2g}" if row["p_value"] > 1.5e-3 else "≤ 0.001",
            }
    return pd.DataFrame(lines)


def distributions(pooled: dict[tuple[str, int], np.ndarray], cells: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """Plot Fig. 3: evolved time constants from short to long lengths, above the cells, a column per setting.

    Both fits are drawn over each histogram.
    """
    settings, lengths = sorted({setting for setting, _ in pooled}), sorted({length for _, length in pooled})
    figure, axes = plt.subplots(len(lengths) + 1, 2, figsize=(6.4, 1.5 + 1.75 * (len(lengths) + 1)))
    for axis in axes.flat:
        axis.set_yticks([])
        axis.grid(visible=False)
        axis.set_visible(False)
    for column, setting in enumerate(settings):
        for row, length in enumerate(lengths):
            if (setting, length) not in pooled:
                continue
            tau = pooled[setting, length]
            edges = np.linspace(tau.min(), np.quantile(tau, 0.985), 31)
            counts = np.histogram(tau, edges)[0]
            _panel(
                axes[row, column], edges, counts / len(tau), COLORS["neuron"], _of(rows, setting, f"length {length}")
            )
            axes[row, column].set_title(f"{setting}, length {length}", fontsize=11)
        axes[len(lengths) - 1, column].set_xlabel(r"evolved $\tau_m$ [dt]")
    for column, species in enumerate(SPECIES):
        cell = cells.loc[(species, MAIN)]
        edges, counts = np.array(cell["edges"]), np.array(cell["counts"])
        color = SPECIES_STYLES[species]["color"]
        _panel(axes[-1, column], edges, counts / cell["cells"], color, _of(rows, species, MAIN))
        axes[-1, column].set(xlim=(0, 75), xlabel=r"measured $\tau_m$ [ms]")
        axes[-1, column].set_title(f"{species}, {cell['cells']} cells", fontsize=11)
    figure.legend(*axes[-1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def _of(rows: pd.DataFrame, group: str, choice: str) -> pd.DataFrame:
    return rows[(rows["group"] == group) & (rows["choice"] == choice)]


def _panel(axis: Axes, edges: np.ndarray, shares: np.ndarray, color: str, fits: pd.DataFrame) -> None:
    """Draw a histogram as a density, and the fitted densities over it."""
    axis.set_visible(True)
    density = shares / np.diff(edges)
    axis.stairs(density, edges, fill=True, color=color, alpha=0.5)
    x = np.linspace(max(edges[0], 1e-3), edges[-1], 400)
    for row in fits.itertuples():
        pdf = FAMILIES[row.family].pdf(x, row.shape, scale=row.scale)
        axis.plot(x, pdf, lw=1.5, label=f"{row.family} fit", **FIT_STYLES[row.family])
    axis.set_ylim(0, 1.25 * np.sort(density)[-2])  # the bar of clipped values may exceed the axis


def by_length(networks: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Return tau_m's median, divided by its initial value, and its spread, with intervals over seeds.

    Rows are settings, searches and lengths.
    """
    rows = []
    chosen = networks[(networks["learning_rate"] == rate) & (networks["tau_coordinates"] == "log")]
    for (setting, shuffled, length), group in chosen.groupby(["readout", "shuffled", "length"]):
        search = "drift" if shuffled else "evolved"
        for name in ("median", "log_sd"):
            rows.append((setting, search, length, name, len(group), *mean_interval(group[name])))
    return pd.DataFrame(rows, columns=["setting", "search", "length", "of", "seeds", "mean", "low", "high"])


def trend(table: pd.DataFrame) -> Figure:
    """Plot median and spread of tau_m against the memory length, evolved and drifting."""

    def against(axis: Axes, rows: pd.DataFrame, search: str, shift: float) -> None:
        _errorbar(axis, rows["length"] * shift, rows, search)
        length_axis(axis)

    names = {"median": "median over\ninitial value", "log_sd": "spread\n(s.d. of log)"}
    return _grid(table, "of", names, against)


def by_rate(networks: pd.DataFrame) -> pd.DataFrame:
    """Return shape and distance from the cells with intervals over seeds, by setting, search and learning rate.

    A seed's number is the mean over its networks, of all lengths.

    `ks` is the Kolmogorov-Smirnov distance of a network's time constants from their own lognormal.
    """
    rows, tau = [], np.stack(networks["tau"].to_list())
    networks = networks.assign(ks=ks_distance(tau, "lognormal", *maximum_likelihood(tau, "lognormal")))
    for key, group in networks.groupby(["readout", "tau_coordinates", "shuffled", "learning_rate"]):
        setting, coordinates, shuffled, rate = key
        search = "drift" if shuffled else "evolved"
        for name in ("log_sd", "cv", "skewness", "ks", "from_mouse", "from_human"):
            of_seeds = group.groupby("seed")[name].mean()
            rows.append((setting, coordinates, search, rate, name, len(group), *mean_interval(of_seeds)))
    columns = ["setting", "coordinates", "search", "rate", "of", "networks", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def scale_free_table(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return unitless statistics as text: a row per setting and search, then the rows of the cells."""
    names = {"log_sd": "spread", "cv": "coefficient of variation", "skewness": "skewness", "ks": "KS from lognormal"}
    chosen = table[table["of"].isin(list(names))]
    text = chosen["mean"].map("{:.2f}".format) + " ± " + ((chosen["high"] - chosen["low"]) / 2).map("{:.2f}".format)
    keys = ["setting", "coordinates", "rate", "search"]
    lines = chosen.assign(text=text).pivot_table("text", keys, "of", aggfunc="first")
    lines = lines[list(names)].rename(columns=names).reset_index()
    for species in SPECIES:
        row = cells.loc[(species, MAIN)].copy()
        row["ks"] = row["fits"][0]["ks"]
        row = row[list(names)].map("{:.2f}".format).rename(names)
        lines.loc[len(lines)] = {"setting": f"{species}'s cells", "coordinates": "", "rate": "", "search": "", **row}
    return lines


def dial(table: pd.DataFrame, cells: pd.DataFrame, generations: int) -> Figure:
    """Plot spread against learning rate, evolved and drifting, the cells' spreads, and the sum of Adam's steps."""

    def against(axis: Axes, rows: pd.DataFrame, search: str, shift: float) -> None:
        _errorbar(axis, rows["rate"] * shift, rows, search)
        rates = np.array(sorted(table["rate"].unique()))
        if search == "drift":
            axis.plot(
                rates, rates * np.sqrt(generations), color="black", lw=1, ls=":", label=r"rate $\sqrt{generations}$"
            )
            for species, style in SPECIES_STYLES.items():
                axis.axhline(cells.loc[(species, MAIN), "log_sd"], lw=1.5, label=species, **style)
        axis.set(xscale="log", yscale="log", xlabel="learning rate")
        axis.set_xticks(rates, [f"{rate:g}" for rate in rates])
        axis.set_yticks([0.1, 0.3, 1.0], ["0.1", "0.3", "1"])
        axis.minorticks_off()

    names = {"log": "spread,\nlog coordinates", "linear": "spread,\nlinear coordinates"}
    return _grid(table[table["of"] == "log_sd"], "coordinates", names, against)


def distance(table: pd.DataFrame) -> Figure:
    """Plot the distance from the cells against learning rate, evolved and drifting."""

    def against(axis: Axes, rows: pd.DataFrame, search: str, shift: float) -> None:
        for species, style in SPECIES_STYLES.items():
            distances = rows[rows["of"] == f"from_{species}"]
            look = STYLES[search] | {
                "ls": style["ls"],
                "markerfacecolor": STYLES[search]["color"] if species == "mouse" else "white",
            }
            rates = distances["rate"] * shift * (1.03 if species == "human" else 0.97)
            _errorbar(axis, rates, distances, f"{search}, from {species}", look)
        ticks = sorted(table["rate"].unique())
        axis.set(xscale="log", yscale="log", xlabel="learning rate")
        axis.set_xticks(ticks, [f"{rate:g}" for rate in ticks])
        axis.set_yticks([0.1, 1.0], ["0.1", "1"])
        axis.minorticks_off()

    names = {"log": "distance,\nlog coordinates", "linear": "distance,\nlinear coordinates"}
    return _grid(table[table["of"].str.startswith("from")], "coordinates", names, against)


def _errorbar(axis: Axes, x: pd.Series, rows: pd.DataFrame, label: str, look: dict | None = None) -> None:
    error = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
    axis.errorbar(x, rows["mean"], error, lw=1.5, capsize=2, markersize=5, label=label, **(look or STYLES[label]))


def _grid(
    table: pd.DataFrame, by: str, names: dict[str, str], draw: Callable[[Axes, pd.DataFrame, str, float], None]
) -> Figure:
    """Draw a grid of panels: a column per setting, a row per name, both searches in each panel."""
    settings = sorted(table["setting"].unique())
    names = {name: label for name, label in names.items() if name in set(table[by])}
    size = (6.4, 1.4 + 2.3 * len(names))
    figure, axes = plt.subplots(len(names), len(settings), figsize=size, sharex=True, sharey="row", squeeze=False)
    for row, (name, label) in zip(axes, names.items(), strict=True):
        for axis, setting in zip(row, settings, strict=True):
            for search, shift in (("evolved", 0.97), ("drift", 1.03)):
                rows = table[(table["setting"] == setting) & (table[by] == name) & (table["search"] == search)]
                draw(axis, rows, search, shift)
            axis.label_outer()
        row[0].set_ylabel(label)
    for axis, setting in zip(axes[0], settings, strict=True):
        axis.set_title(f"{setting} read-out")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def quantiles(networks: pd.DataFrame, cells: pd.DataFrame, coordinates: str = "log") -> pd.DataFrame:
    """Return quantiles of tau_m divided by its median, pooled over lengths and seeds, beside the cells' quantiles."""
    rows = []
    chosen = networks[networks["tau_coordinates"] == coordinates]
    for species in SPECIES:
        real = np.array(cells.loc[(species, MAIN), "quantiles"])
        probabilities = (np.arange(len(real)) + 0.5) / len(real)
        for (setting, shuffled, rate), group in chosen.groupby(["readout", "shuffled", "learning_rate"]):
            tau = np.concatenate([tau / np.median(tau) for tau in group["tau"]])
            rows.append(
                pd.DataFrame(
                    {"species": species, "setting": setting, "search": "drift" if shuffled else "evolved", "rate": rate}
                    | {"probability": probabilities, "cells": real / np.median(real)}
                    | {"networks": np.quantile(tau, probabilities)}
                )
            )
    return pd.concat(rows, ignore_index=True)


def quantile_plot(table: pd.DataFrame) -> Figure:
    """Plot the networks' quantiles against the cells': a row per species, a column per learning rate."""
    rates = sorted(table["rate"].unique())
    figure, axes = plt.subplots(2, len(rates), sharex=True, sharey=True, figsize=(6.4, 5.2), squeeze=False)
    for row, species in zip(axes, SPECIES, strict=True):
        for axis, rate in zip(row, rates, strict=True):
            axis.plot([0.2, 6], [0.2, 6], color="black", lw=1, ls=":")
            chosen = table[(table["species"] == species) & (table["rate"] == rate)]
            for (setting, search), group in chosen.groupby(["setting", "search"]):
                style = {"color": STYLES[search]["color"], "ls": "-" if setting == "leaky" else "--", "lw": 1.8}
                axis.plot(group["cells"], group["networks"], label=f"{search}, {setting}", **style)
            axis.set(xscale="log", yscale="log", ylim=(0.05, 20), xlim=(0.35, 2.8))
            axis.set_xticks([0.5, 1, 2], ["0.5", "1", "2"])
            axis.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
            axis.minorticks_off()
        row[0].set_ylabel("networks")
    for axis, rate in zip(axes[0], rates, strict=True):
        axis.set_title(f"rate {rate:g}")
    for row, species in zip(axes, SPECIES, strict=True):
        for axis in row:
            axis.text(0.05, 0.93, species, transform=axis.transAxes, va="top", fontsize=11)
    for axis in axes[-1]:
        axis.set_xlabel("cells")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure

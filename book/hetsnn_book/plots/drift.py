"""Figures and tables of time constants that evolve and that drift, beside those of cells."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetsnn.statistics import ks_distance, maximum_likelihood, mean_interval
from hetsnn_book.measures.cell_types import MAIN, SPECIES
from hetsnn_book.plots.time_constants import SPECIES_STYLES, STYLES, errorbar, grid


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
        errorbar(axis, rows["rate"] * shift, rows, search)
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
    return grid(table[table["of"] == "log_sd"], "coordinates", names, against)


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
            errorbar(axis, rates, distances, f"{search}, from {species}", look)
        ticks = sorted(table["rate"].unique())
        axis.set(xscale="log", yscale="log", xlabel="learning rate")
        axis.set_xticks(ticks, [f"{rate:g}" for rate in ticks])
        axis.set_yticks([0.1, 1.0], ["0.1", "1"])
        axis.minorticks_off()

    names = {"log": "distance,\nlog coordinates", "linear": "distance,\nlinear coordinates"}
    return grid(table[table["of"].str.startswith("from")], "coordinates", names, against)


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

"""Figures and tables of Fig. 3: time constants of cells and of evolved networks."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetsnn.statistics import FAMILIES, REFITS, fit, mean_interval, scale_free
from hetsnn_book import experiments
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.measures import time_constants
from hetsnn_book.measures.cell_types import MAIN, SPECIES
from hetsnn_book.plots.axes import length_axis
from hetsnn_book.plots.text import interval
from hetsnn_book.plots.time_constants import SPECIES_STYLES, errorbar, grid
from hetsnn_book.project import default_store
from hetsnn_book.words import title

FIT_STYLES: dict[str, dict[str, Any]] = {"lognormal": {"color": PALETTE[3]}, "gamma": {"color": "black", "ls": "--"}}
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

    Networks have the smallest size of their experiment: fits to larger ones take long. None stands for an experiment
    without results.
    """
    found: dict[tuple[str, str], tuple[np.ndarray, float] | None] = {}
    for name, column in ELSEWHERE.items():
        frame = experiments.read(name, "paper", default_store()) if name in experiments.names() else pd.DataFrame()
        if "genome" in frame:
            frame = frame[(frame["evolved"] == "neuron") & frame["genome"].notna()]
            if "backend" in frame:
                frame = frame[frame["backend"] == "spring"]
            for key, group in frame[frame["hidden"] == frame["hidden"].min()].groupby([column, "hidden"]):
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
        errorbar(axis, rows["length"] * shift, rows, search)
        length_axis(axis)

    names = {"median": "median over\ninitial value", "log_sd": "spread\n(s.d. of log)"}
    return grid(table, "of", names, against)

"""Settings for the robots: a search by successive halving, the same for both sides, on seeds that are not reported.

Table 1 compares networks whose neurons evolve with networks whose weights evolve. The settings that the paper leaves
open and that may favour one side are searched: width and rate of the search, initial time constant, gain of the
inputs, scale of the outputs in front of the hyperbolic tangent, time constant of the read-out, and whether resistances
may be negative. Both sides start from the same random settings. After each stage the best go on, longer and on more
seeds: Jamieson and Talwalkar, arXiv:1502.07943. A score is the return above that of a robot that stands still.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hetsnn.networks.spiking import Architecture, hidden_size
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.robots import SIZES, Control
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import WIDTHS, Genome, Side, Widths
from hetsnn.training.method import Training

NAME, VERSION, SCORE, GENOMES = "control_search", 3, "reward", False
CHAPTER = "control"
SIDES: tuple[Side, ...] = ("neuron", "weight")
SIZE = 1024  # the smallest of Table 1: hidden neurons, or weights in the number of their properties
POPULATION = 128
EFFORT = ("population", "generations")  # settings of the method in a budget

Setting = dict[str, Any]
# Ranges of log-uniform settings; every other setting is `signed`.
RANGES = {
    "sigma": (0.02, 0.7),
    "learning_rate": (0.01, 0.3),
    "tau_m": (1.2, 20.0),
    "gain": (0.3, 10.0),
    "readout_scale": (0.3, 10.0),
    "tau_readout": (1.0, 10.0),
}
SEARCHED = (*RANGES, "signed")
EDGE = 0.05  # of a range in logarithms: a setting this near an end lies at an edge
LOWEST = -1000.0  # resistance in units of the homogeneous neuron's, where its sign is free


class Stage(NamedTuple):
    """A stage of a search: its settings on each side, the effort for each of them, and its robots."""

    settings: int
    generations: int
    seeds: int
    robots: tuple[str, ...]


class Search(NamedTuple):
    """A search for robots that share their settings."""

    stages: tuple[Stage, ...]

    @property
    def robots(self) -> tuple[str, ...]:
        """Robots that the winners are for: those of the last stage."""
        return self.stages[-1].robots


PAIR = ("hopper", "walker2d")
SEARCHES = {
    "hopper": Search((Stage(64, 96, 1, PAIR[:1]), Stage(8, 128, 2, PAIR))),
    "halfcheetah": Search((Stage(24, 48, 1, ("halfcheetah",)), Stage(6, 128, 2, ("halfcheetah",)))),
    "ant": Search((Stage(16, 96, 1, ("ant",)), Stage(8, 192, 2, ("ant",)))),
}
# A network that never spikes stands still, and for some fifty generations it earns more than one that moves and falls.
# A first stage that short keeps what does not move, so the first stage is longer. The ant's second stage had four
# settings at first. After all four of the neurons' had stood in it, and two of the weights', four more were added.
FIRST_SEED = 3000  # of the first stage; each further stage has seeds of its own, a hundred later
# Places in `trials` that went on after each stage, best first: chosen by `ranking`, which a test repeats.
KEPT: dict[tuple[str, Side], tuple[tuple[int, ...], ...]] = {
    ("hopper", "neuron"): ((0, 30, 21, 39, 48, 61, 24, 62), (30,)),
    ("hopper", "weight"): ((45, 28, 18, 37, 17, 62, 16, 34), (28,)),
    ("halfcheetah", "neuron"): ((23, 15, 22, 16, 21, 0), (15,)),
    ("halfcheetah", "weight"): ((17, 21, 14, 3, 12, 18), (17,)),
    ("ant", "neuron"): ((5, 6, 10, 11, 1, 13, 12, 7), (13,)),
    ("ant", "weight"): ((12, 5, 11, 6, 14, 10, 7, 9), (12,)),
}

Budget = dict[str, int]  # generations, and settings of the task or population that differ from their defaults
# Hidden neurons and budget of the smaller profiles.
SMALLER: dict[str, tuple[int, Budget]] = {
    "smoke": (16, {"population": 8, "generations": 2, "limit": 40, "test_episodes": 8}),
    "quick": (128, {"population": 32, "generations": 30, "limit": 200, "test_episodes": 32}),
}


def control_run(
    experiment: tuple[str, int],
    environment: str,
    evolved: Side,
    setting: Setting,
    seed: int,
    budget: Budget,
    *,
    n_parameters: int = 4 * SIZE,
    widths: Widths = WIDTHS,
    alike: bool = False,
    reset: str = "rest",
    backend: str = "spring",
) -> Run:
    """Return a run.

    Args:
        experiment: name and version.
        environment: name of the robot.
        evolved: the trained side.
        setting: values of the settings in `SEARCHED`.
        seed: seed of the run.
        budget: budget of the training.
        n_parameters: number of evolved parameters, which the number of hidden neurons approximates.
        widths: search width of each property.
        alike: all neurons share one value of each property.
        reset: name of the reset potential.
        backend: Brax's pipeline of the physics.
    """
    effort: Any = {"population": POPULATION} | {name: budget[name] for name in budget if name in EFFORT}
    episodes: Any = {name: number for name, number in budget.items() if name not in EFFORT}
    counted: Side = "weight" if evolved == "weight" else "neuron"
    named = {name: setting[name] for name in ("tau_m", "gain", "readout_scale", "tau_readout")}
    return Run(
        *experiment,
        Training(
            task=Control(environment=environment, backend=backend, lanes=True, activity=True, **episodes),
            architecture=Architecture(
                hidden=hidden_size(n_parameters, counted, *SIZES[environment]), reset=reset, **named
            ),
            genome=Genome(evolved=evolved, widths=widths, alike=alike, r_min=LOWEST if setting["signed"] else 0.0),
            method=Evolution(sigma=setting["sigma"], learning_rate=setting["learning_rate"], first=True, **effort),
            seed=seed,
        ),
    )


@lru_cache
def trials() -> tuple[Setting, ...]:
    """Draw the random settings of the first stage, the same for both sides."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    most = max(search.stages[0].settings for search in SEARCHES.values())
    return tuple(
        {name: log_uniform(*RANGES[name]) for name in RANGES} | {"signed": bool(place % 2)} for place in range(most)
    )


def provisional() -> Setting:
    """Return the setting of the smaller profiles until a search has ended: one that moves joints from the start."""
    return trials()[61]


def entrants(search: str, evolved: Side, stage: int) -> tuple[int, ...]:
    """Return the places in `trials` that enter a stage of a search; none before the stage before it is published."""
    if stage == 0:
        return tuple(range(SEARCHES[search].stages[0].settings))
    kept = KEPT.get((search, evolved), ())
    return kept[stage - 1][: SEARCHES[search].stages[stage].settings] if len(kept) >= stage else ()


def seeds(search: str, stage: int) -> range:
    """Return the seeds of a stage."""
    first = FIRST_SEED + 100 * stage
    return range(first, first + SEARCHES[search].stages[stage].seeds)


def runs(profile: str) -> tuple[Run, ...]:
    """Return each search, stage by stage; the smaller profiles have two settings of neurons on the hopper."""
    settings, named = trials(), (NAME, VERSION)
    if profile != "paper":
        neurons, budget = SMALLER[profile]
        few = [
            control_run(named, "hopper", "neuron", setting, FIRST_SEED, budget, n_parameters=4 * neurons)
            for setting in settings[:2]
        ]
        return tuple(few)
    return tuple(
        control_run(named, robot, side, settings[place], seed, {"generations": of.generations})
        for name, search in SEARCHES.items()
        for stage, of in enumerate(search.stages)
        for robot, side in product(of.robots, SIDES)
        for place, seed in product(entrants(name, side, stage), seeds(name, stage))
    )


def setting_of(run: Run) -> Setting:
    """Return the values of the searched settings in a run."""
    parts = (run.training.method, run.training.architecture)
    values = {name: getattr(part, name) for name in RANGES for part in parts if hasattr(part, name)}
    return values | {"signed": run.training.genome.r_min < 0}


def labels(run: Run) -> dict[str, Any]:
    """Return a run's stage, from 1, the place of its setting in `trials`, and whether resistances are signed."""
    setting, stage = setting_of(run), 1 + (run.training.seed - FIRST_SEED) // 100
    return {"stage": stage, "trial": trials().index(setting), "signed": setting["signed"]}


def completed(frame: pd.DataFrame, read: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """Return a frame of robots with `still`, the return of a robot that stands still; see `hetsnn_book.experiments`."""
    baselines = read("control_baselines")
    still = baselines[baselines["amplitude"] == 0.0].set_index("environment")["reward"]
    return frame.assign(still=frame["environment"].map(still))


def at_an_edge(setting: Setting) -> dict[str, int]:
    """Return the settings that lie at an edge of their range: -1 at the lower end, 1 at the upper."""
    places = {name: np.log(setting[name] / low) / np.log(high / low) for name, (low, high) in RANGES.items()}
    return {name: 1 if place > 0.5 else -1 for name, place in places.items() if not EDGE <= place <= 1 - EDGE}


def scored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with `score`: reward above standing still, in standard deviations of that robot's rewards.

    The deviation is that over all runs of a stage, of both sides.
    """
    above = frame["reward"] - frame["still"]
    spread = frame.groupby(["stage", "environment"])["reward"].transform("std")
    return frame.assign(score=above / spread)


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per stage, side and setting, best first: its settings, its mean score over robots and seeds."""
    by = ["stage", "evolved", "trial", *SEARCHED]
    table = scored(frame).groupby(by, as_index=False)["score"].mean()
    return table.sort_values(["stage", "evolved", "score"], ascending=[True, True, False], ignore_index=True)


def ranking(frame: pd.DataFrame, search: str, evolved: Side, stage: int) -> tuple[int, ...]:
    """Return the places in `trials` of a side's settings after a stage (from 0), best first, as many as go on.

    One setting goes on after the last stage: the winner.
    """
    stages = SEARCHES[search].stages
    table = summary(frame[frame["environment"].isin(stages[stage].robots) & (frame["stage"] == stage + 1)])
    places = table.loc[table["evolved"] == evolved, "trial"]
    return tuple(places[: stages[stage + 1].settings if stage + 1 < len(stages) else 1].tolist())


def search_of(robot: str) -> str:
    """Return the name of the search whose winners are for a robot."""
    return next(name for name, search in SEARCHES.items() if robot in search.robots)


def winners(search: str) -> dict[Side, Setting]:
    """Return the setting of each side that won a search; empty until both sides' searches are whole."""
    kept = {side: KEPT.get((search, side), ()) for side in SIDES}
    if any(len(places) < len(SEARCHES[search].stages) for places in kept.values()):
        return {}
    return {side: trials()[places[-1][0]] for side, places in kept.items()}

"""Settings for other searches: equally many random trials for each strategy and side, on seeds that are not reported.

OpenAI-ES, SNES, PGPE, separable CMA-ES and a genetic algorithm, each as evosax has it, with the same population and as
many generations. The width is searched for all, the learning rate for those that have one. Networks are those of the
memory contest and of CartPole's search.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn.tasks.cartpole import CartPole
from hetsnn.training.evolution import Evolution, settings_of
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.cartpole_search import GENERATIONS, POPULATION, cartpole_run
from hetsnn_book.experiments.memory import SIDES
from hetsnn_book.experiments.memory_contest import WINNERS as MEMORY

NAME, VERSION, SCORE, GENOMES = "searchers_search", 1, "reward", False
CHAPTER = "is_it_heterogeneity"
STRATEGIES = {
    "Open_ES": "OpenAI-ES",
    "SNES": "SNES",
    "PGPE": "PGPE",
    "Sep_CMA_ES": "separable CMA-ES",
    "SimpleGA": "genetic algorithm",
}
SPANS = {"memory": 25, "cartpole": 200}
FEW = ("Open_ES", "SNES")  # at smoke and quick, where compiling takes most of the time
TRIALS = 12
FIRST_SEED, SEEDS = 7000, 2

Settings = dict[str, float]


def trials(strategy: str) -> tuple[Settings, ...]:
    """Draw random settings of a strategy: the same numbers for all, without those that it does not use."""
    rng = np.random.default_rng(20230519)

    drawn: list[Settings] = []
    for _ in range(TRIALS):
        sigma, rate = (np.exp(rng.uniform(np.log(low), np.log(high))) for low, high in ((0.03, 1.0), (0.01, 0.3)))
        # Two digits, or three where two are those of an earlier trial: some strategies have nothing but the width.
        taken = float(f"{sigma:.2g}") in {one["sigma"] for one in drawn}
        drawn.append({"sigma": float(f"{sigma:.{3 if taken else 2}g}"), "learning_rate": float(f"{rate:.2g}")})
    return tuple({name: one[name] for name in one if name in settings_of(strategy)} for one in drawn)


def searched(
    experiment: tuple[str, int],
    strategy: str,
    chosen: Settings,
    contest: str,
    side: Side,
    seed: int,
    *,
    span: int = 0,
    generations: int = 0,
) -> Run:
    """Return a run.

    Args:
        experiment: name and version.
        strategy: one of `STRATEGIES`.
        chosen: its settings.
        contest: one of `SPANS`.
        side: the evolved side.
        seed: seed of the run.
        span: length or limit of the task; 0 for that of the contest.
        generations: 0 for those of the contest.
    """
    span = span or SPANS[contest]
    if contest == "memory":
        run = MEMORY[side, "best"].run(experiment, "paper", side, span, seed)
    else:
        run = cartpole_run(experiment, "ES", {}, side, span, seed, GENERATIONS)
    generations = generations or run.training.method.generations
    method: Any = {"strategy": strategy, "population": POPULATION, "generations": generations, **chosen}
    return run.varied(method=Evolution(**method))


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial of each strategy on both sides of both contests; at smoke and quick two of two, on memory."""
    named, seeds = (NAME, VERSION), range(FIRST_SEED, FIRST_SEED + SEEDS)
    if profile != "paper":
        span, generations = {"smoke": (5, 20), "quick": (25, 60)}[profile]
        return tuple(
            searched(named, strategy, trial, "memory", side, seed, span=span, generations=generations)
            for strategy, side in product(FEW, SIDES)
            for trial, seed in product(trials(strategy)[:2], seeds)
        )
    return tuple(
        searched(named, strategy, trial, contest, side, seed)
        for contest, strategy, side in product(SPANS, STRATEGIES, SIDES)
        for trial, seed in product(trials(strategy), seeds)
    )


def labels(run: Run) -> dict[str, Any]:
    """Return the name of a run's contest."""
    return {"contest": "cartpole" if isinstance(run.training.task, CartPole) else "memory"}


def ranking(frame: pd.DataFrame, contest: str, strategy: str, side: str) -> list[int]:
    """Return places in `trials(strategy)`, best first, by the mean reward over seeds.

    Among equals the setting that learns faster comes first, by the mean over generations of the best candidate.
    """
    rows = frame[(frame["contest"] == contest) & (frame["strategy"] == strategy) & (frame["evolved"] == side)]
    rewards = []
    for place, trial in enumerate(trials(strategy)):
        chosen = rows[np.logical_and.reduce([rows[name] == value for name, value in trial.items()])]
        rewards.append((-chosen["reward"].mean(), -chosen["curve_best"].map(np.mean).mean(), place))
    return [place for reward, _, place in sorted(rewards) if not np.isnan(reward)]

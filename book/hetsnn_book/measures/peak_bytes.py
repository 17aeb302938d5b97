"""Peak memory of compiled programs: a gradient by backpropagation beside the fitness of a population.

`python -m hetsnn_book.measures.peak_bytes` writes it to `data/references/peak_bytes.csv`, with which a claim is judged.
"""

from dataclasses import replace
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import pandas as pd

from hetsnn import numerics
from hetsnn.networks.spiking import Policy, bind, draw
from hetsnn.sweeps import devices
from hetsnn.training.backprop import through_time
from hetsnn.training.descent import repeated
from hetsnn.training.genomes import decode, start
from hetsnn.training.policies import network
from hetsnn_book.experiments.descent_search import descent_run
from hetsnn_book.project import PROJECT

FILE = PROJECT / "data" / "references" / "peak_bytes.csv"

STEPS, NEURONS, EPISODES = (10, 100, 1000), (64, 1024), (32, 128)
FEWEST_NEURONS, MOST_EPISODES = min(NEURONS), max(EPISODES)  # of the chapter's figure


def bytes_table(
    steps: tuple[int, ...], neurons: tuple[int, ...] = (FEWEST_NEURONS,), episodes: tuple[int, ...] = (MOST_EPISODES,)
) -> pd.DataFrame:
    """Return the peak bytes of compiled programs, a row for each method and case.

    Args:
        steps: lengths of the sequence.
        neurons: numbers of hidden neurons.
        episodes: numbers of episodes of a gradient, or of candidates of a population.

    Returns:
        Columns `method` ("BP": a gradient over all episodes; "ES": the fitness of a population with one episode each),
        `steps`, `neurons`, `episodes`, and `bytes` of arguments and temporaries, missing on platforms that do not
        tell.

    Raises:
        InputError: a setting of JAX or XLA would change numbers.
    """
    numerics.check()
    rows = []
    for case in product(steps, neurons, episodes):
        for method, (function, *arguments) in _programs(*case).items():
            sizes = jax.jit(function).lower(*arguments).compile(devices.hurried()).memory_analysis()
            # The population is an argument of its program, the trajectory a temporary of its own.
            rows.append((method, *case, sizes.temp_size_in_bytes + sizes.argument_size_in_bytes if sizes else None))
    return pd.DataFrame(rows, columns=["method", "steps", "neurons", "episodes", "bytes"])


def collect(profile: str) -> pd.DataFrame:
    """Return the rows of a chapter's figure: published at `paper`, measured at the smaller profiles."""
    if profile == "paper":
        return published()[lambda table: (table["neurons"] == FEWEST_NEURONS) & (table["episodes"] == MOST_EPISODES)]
    return bytes_table((STEPS[-1],) if profile == "smoke" else STEPS)


def published() -> pd.DataFrame:
    """Return the published rows of all cases."""
    return pd.read_csv(FILE)


def _programs(length: int, neurons: int, episodes: int) -> dict[str, tuple]:
    run = descent_run(("chapter", 1), "smoke", "ES", {}, "neuron", length, 0)
    run = run.varied(architecture=replace(run.training.architecture, hidden=neurons))
    drawn = draw(network(run.training), jax.random.key(0))
    origin, seen = start(run.training.genome, drawn), jnp.zeros((episodes, length, run.training.task.inputs))

    def policy(at: jax.Array, **derivative: Any) -> Policy:
        return bind(network(run.training).clone(derivative=derivative), decode(run.training.genome, at, drawn))

    def begin(at: jax.Array) -> Any:
        return repeated(policy(at).initial, episodes)

    def step(at: jax.Array, state: Any, t: Any) -> Any:
        bound = policy(at, surrogate="arctan")
        after = bound.step(state, seen[:, t])
        return after, bound.readout(after, every_step=True).sum() * (t == length - 1)

    def fitness(at: jax.Array, seen: jax.Array) -> jax.Array:
        last = jax.lax.fori_loop(0, length, lambda t, state: policy(at).step(state, seen[t]), policy(at).initial)
        return policy(at).readout(last, every_step=True)[0]

    return {
        "BP": (lambda at: through_time(begin, step, at, length, length)[1], origin),
        "ES": (lambda population: jax.vmap(fitness)(population, seen), jnp.zeros((episodes, origin.size))),
    }


if __name__ == "__main__":
    measured = bytes_table(STEPS, NEURONS, EPISODES)
    measured.to_csv(FILE, index=False, lineterminator="\n")
    print(f"{len(measured)} programs in {FILE}")

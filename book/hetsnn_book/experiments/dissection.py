"""Dissection: trained networks are changed in many ways and tried again, without further training.

Changes: neurons exchange properties, get the mean, the median, or draws from a fitted distribution; some are silenced.
The control: neurons exchange output weights, or weights are drawn from
fitted distributions. Robustness, of networks whose neurons evolved beside networks whose weights evolved: noise on
inputs and membranes, jitter of the weights, lengths and limits that were never seen, and new random weights for the
same neurons. Settings are the winners of the memory contest and of CartPole's search.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Array, Float

from hetsnn.mapping import mapped
from hetsnn.networks.manipulations import (
    exchanged,
    jittered,
    levelled,
    noisy,
    redrawn,
    rewired,
    silenced,
    weights_redrawn,
)
from hetsnn.networks.spiking import Policy, bind, draw
from hetsnn.numbers import check_whole
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.memory import Memory
from hetsnn.training.evolution import Evolution, Search
from hetsnn.training.genomes import Side, decode
from hetsnn.training.method import Fixed
from hetsnn.training.policies import network
from hetsnn_book.experiments import cartpole
from hetsnn_book.experiments.cartpole_search import GENERATIONS, SIDES, cartpole_run
from hetsnn_book.experiments.memory_contest import WINNERS

NAME, VERSION, SCORE, GENOMES = "dissection", 3, "reward", True
CHAPTER = "is_it_heterogeneity"
SILENCED = (5, 10, 20, 30, 50)  # [% of the neurons]
KEPT = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)  # neurons
ENOUGH = 0.9  # share of the intact network's score
JITTERS = (2, 5, 10, 20, 50)  # standard deviation of a weight's jitter [% of the weight]
NOISES = (0.01, 0.03, 0.1, 0.3)  # standard deviation of the noise on inputs, and on membranes
CHANGES = {"exchanged": "exchanged", "mean": "mean", "median": "median", "redrawn": "drawn from the fit"}
SPANS: dict[type, tuple[str, tuple[float, ...]]] = {  # setting of a task, and factors of the one that it was trained at
    # Odd and even lengths, since networks may answer by the parity of the length: 15, 16, 30, 31, 50, 51.
    Memory: ("length", (0.6, 0.64, 1.2, 1.24, 2.0, 2.04)),
    CartPole: ("limit", (2.5, 5.0)),
}
LENGTH, LIMIT = 25, 200
FIRST_SEED = 6000


@struct.dataclass
class Dissection(Evolution):
    """Evolution, then manipulations of the network that it found, each a number of times."""

    draws: int = struct.field(pytree_node=False, default=8)  # of what is random in a manipulation
    starts: int = struct.field(pytree_node=False, default=8)  # episodes of each draw, where a start is random

    def check(self) -> None:
        """Raise InputError for an invalid search or dissection."""
        check_whole("draws", self.draws)
        check_whole("starts", self.starts)
        Evolution.check(self)

    def finish(self, fixed: Fixed, state: Search) -> dict[str, Any]:
        """Return evolution's results, with the score after each manipulation, and what each neuron carries.

        Scores are shares of the best reward. The curve's `carried` has an entry for each neuron.
        """
        left = Evolution.finish(self, fixed, state)
        training = fixed.training
        variables = decode(training.genome, left["genome"], fixed.drawn, training.architecture.neuron)
        keys = jax.random.split(jax.random.fold_in(fixed.evaluation, 1), self.draws)
        alone = carried(fixed, variables, keys, self.starts)
        scores = {name: score.mean() for name, score in networks(fixed, variables, alone, keys, self.starts).items()}
        scores |= disturbed(fixed, variables, keys, self.starts)
        kept = jnp.stack([scores[f"kept_{count}"] for count in KEPT])
        enough = (kept >= ENOUGH * scores["intact"]) & (scores["intact"] > 0)
        scores["carriers"] = jnp.where(enough.any(), jnp.asarray(KEPT)[enough.argmax()], alone.size)
        return {**left, "final": left["final"] | scores, "curve": left["curve"] | {"carried": alone}}


def played(task: Any, policy: Policy, key: jax.Array, starts: int) -> tuple[Array, Array]:
    """Return a network's share of the best reward, and a graded score: on the memory task the mean margin."""
    if isinstance(task, Memory):
        reward, margin = task.episodes(policy)
        return reward.mean(), margin.mean()
    share = task.play(policy, key, starts).reward.mean() / task.steps
    return share, share


def carried(fixed: Fixed, variables: dict, keys: jax.Array, starts: int) -> Float[Array, " hidden"]:
    """Return how far the graded score falls if each neuron alone is silenced."""
    task, hidden = fixed.training.task, fixed.training.architecture.hidden

    def graded(silent: Array) -> Array:
        policy = bind(network(fixed.training), silenced(variables, silent))
        return mapped(lambda key: played(task, policy, key, starts)[1], keys).mean()

    scores = jax.lax.map(graded, jnp.eye(hidden + 1, hidden, -1, dtype=bool))  # the first silences nobody
    return scores[0] - scores[1:]


def networks(
    fixed: Fixed, variables: dict, alone: Float[Array, " hidden"], keys: jax.Array, starts: int
) -> dict[str, Float[Array, " draws"]]:
    """Return the score of each changed network at each draw.

    Args:
        fixed: the training, and all that stayed fixed in it.
        variables: variables of the trained network.
        alone: what each neuron carries.
        keys: a random key for each draw.
        starts: episodes of each draw.
    """
    groups = jax.vmap(partial(manipulated, fixed, variables, alone))(keys)
    names = [name for group in groups for name in group]
    every = jax.tree.map(lambda *values: jnp.concatenate(values, 1), *groups.values())
    every = jax.tree.map(lambda values: values.reshape(-1, *values.shape[2:]), every)

    def score(one: tuple[dict, jax.Array]) -> Array:
        return played(fixed.training.task, bind(network(fixed.training), one[0]), one[1], starts)[0]

    scores = jax.lax.map(score, (every, jnp.repeat(keys, len(names)))).reshape(-1, len(names))
    return dict(zip(names, scores.T, strict=True))


def manipulated(
    fixed: Fixed, variables: dict, alone: Float[Array, " hidden"], key: jax.Array
) -> dict[tuple[str, ...], dict]:
    """Return the variables of changed networks: in groups, by the changes' names, with a leading axis of changes."""
    training, own = fixed.training, variables["neuron"]
    neuron, lowest = training.architecture.neuron, {"tau_m": 1.0, "r_m": training.genome.r_min}
    hidden = alone.size
    order, fresh = jax.random.permutation(key, hidden), draw(network(training), key)
    of_all = {
        "exchanged": exchanged(own, neuron.names, order),
        "mean": levelled(own, neuron.names, jnp.mean),
        "median": levelled(own, neuron.names, jnp.median),
        "redrawn": redrawn(own, neuron.names, key, neuron, lowest=lowest),
    }
    neurons = {"intact": own} | of_all
    for change, changed in of_all.items():
        neurons |= {f"{change}_{name}": {**own, name: changed[name]} for name in neuron.names}
    places = {"random": order, "most": _places(-alone), "least": _places(alone)}
    counts = np.asarray(SILENCED)[:, None] / 100 * hidden
    silent = [of < counts for of in places.values()] + [places["most"] >= np.asarray(KEPT)[:, None]]
    silences = [f"silenced_{kind}_{share}" for kind in places for share in SILENCED]
    others = {
        "exchanged_outputs": rewired(variables, order),
        "redrawn_weights": weights_redrawn(variables, key),
        "new_weights": {**fresh, "neuron": own},
        "untrained": fresh,
    }
    return {
        tuple(neurons): jax.vmap(lambda each: {**variables, "neuron": each})(_stacked(neurons)),
        (*silences, *(f"kept_{count}" for count in KEPT)): jax.vmap(partial(silenced, variables))(
            jnp.concatenate(silent)
        ),
        tuple(f"jitter_{share}" for share in JITTERS): jax.vmap(partial(jittered, variables, key))(
            jnp.asarray(JITTERS) / 100
        ),
        tuple(others): _stacked(others),
    }


def _stacked(of: Mapping[str, dict]) -> dict:
    return jax.tree.map(lambda *values: jnp.stack(values), *of.values())


def _places(values: Float[Array, " hidden"]) -> Array:
    """Return each neuron's place in ascending order, from 0."""
    return jnp.argsort(jnp.argsort(values))


def disturbed(fixed: Fixed, variables: dict, keys: jax.Array, starts: int) -> dict[str, Float[Array, ""]]:
    """Return the score under each noise, and at each length or limit that was not trained."""
    task, policy = fixed.training.task, bind(network(fixed.training), variables)

    def under(noise: Array) -> Array:
        inputs, membranes = noise

        def one(key: jax.Array) -> Array:
            on, begin = jax.random.split(key)
            of = partial(noisy, policy, inputs=inputs, membranes=membranes)
            if isinstance(task, Memory):
                return played(task, of(on), begin, 1)[0]
            # Each episode has noise of its own.
            each = jax.random.split(on, starts), jax.random.split(begin, starts)
            return mapped(lambda noise, start: played(task, of(noise), start, 1)[0], *each).mean()

        return mapped(one, keys).mean()

    kinds = {f"inputs_{noise:g}": (noise, 0.0) for noise in NOISES}
    kinds |= {f"membranes_{noise:g}": (0.0, noise) for noise in NOISES}
    scores = dict(zip(kinds, jax.lax.map(under, jnp.asarray([*kinds.values()])), strict=True))
    setting, factors = SPANS[type(task)]

    def at(factor: Array) -> Array:
        other = replace(task, **{setting: jnp.round(factor * getattr(task, setting)).astype(jnp.int32)})
        return mapped(lambda key: played(other, policy, key, starts)[0], keys).mean()

    spans = jax.lax.map(at, jnp.asarray(factors))
    scores |= {f"span_{factor:g}": score for factor, score in zip(factors, spans, strict=True)}
    return scores


def dissected(run: Run, draws: int, starts: int) -> Run:
    """Return a run of this experiment, from a run whose method is evolution."""
    search = run.training.method
    settings = {name: getattr(search, name) for name in ("population", "generations", "sigma", "learning_rate")}
    return Run(NAME, VERSION, replace(run.training, method=Dissection(draws=draws, starts=starts, **settings)))


def runs(profile: str) -> tuple[Run, ...]:
    """Return both sides on memory and CartPole at each seed; the memoryless read-out only where neurons evolve.

    The smaller profiles lack CartPole's weights and the memoryless read-out: each is a program of its own, and to
    compile it takes longer than to run it.
    """
    length, limit, seeds, generations, draws, starts = {
        "smoke": (5, 20, 2, 4, 2, 1),
        "quick": (10, 50, 4, 20, 4, 2),
        "paper": (LENGTH, LIMIT, 50, GENERATIONS, 8, 8),
    }[profile]
    every = range(FIRST_SEED, FIRST_SEED + seeds)
    named = (NAME, VERSION)
    kinds: list[tuple[Side, str]] = [("neuron", "best"), ("weight", "best")]
    if profile == "paper":
        kinds.append(("neuron", "bare"))  # evolved weights do not learn this delay without a read-out's memory
    memory = [WINNERS[kind].run(named, profile, kind[0], length, seed) for kind, seed in product(kinds, every)]
    balance = [
        cartpole_run(named, "ES", cartpole.WINNERS["ES", side], side, limit, seed, generations)
        for side, seed in product(SIDES[: 2 if profile == "paper" else 1], every)
    ]
    return tuple(dissected(run, draws, starts) for run in (*memory, *balance))


def genome_needed(run: Run) -> bool:
    """Return True for evolved neurons, whose time constants are set beside what they carry."""
    return run.training.genome.evolved == "neuron"


def labels(run: Run) -> dict[str, Any]:
    """Return the name of a run's contest; bare networks, which have no bias, have a memoryless read-out."""
    if isinstance(run.training.task, CartPole):
        return {"contest": "cartpole"}
    return {"contest": "memory" if run.training.architecture.bias else "memory, memoryless read-out"}

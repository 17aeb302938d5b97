"""Guards on meaning: a few tiny runs of every experiment, and what they gave when they were published.

Of each: its first generation, what it leaves then, and a probe. First rewards are often mere signs, and a search that
sees no difference moves nothing; the probe is continuous: networks around the search's start, driven by noise. Robots
have a second generation: before observations are normalised, small networks are silent, and all robots earn the same.

`make guards` publishes those that are missing, into data/guards, and leaves the others as they are: where numbers are
meant to change, an experiment's VERSION is raised, and with it its runs have other identities. It also pins the
identities of new experiments and versions (tests/pins.py).
"""

import dataclasses
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import hurry  # noqa: F401  # it comes before all that starts JAX
import jax
import jax.numpy as jnp
import numpy as np
import pins
from jaxtyping import Array, Float

from hetsnn.files import read, write
from hetsnn.networks.spiking import State
from hetsnn.sweeps import devices
from hetsnn.sweeps.programs import structure
from hetsnn.sweeps.runs import Run, identity
from hetsnn.tasks.robots import Control
from hetsnn.training.genomes import start
from hetsnn.training.method import Fixed, Training
from hetsnn.training.policies import policy
from hetsnn_book import experiments
from hetsnn_book.project import PROJECT

FOLDER = PROJECT / "data" / "guards"
STRUCTURES = 3  # of an experiment, at most, and two runs of each
TRIES = 96  # runs of which the one is taken whose candidates differ most in what they earn
SMALL = {"hidden": 16, "population": 32, "generations": 20}
DISTANCES = (0.1, 0.3, 1.0, 3.0)  # from the search's start, of the networks that are probed: some reach every bound
STEPS = 20


def shrunk(run: Run) -> Run:
    """A run with few neurons and candidates; all else stays."""
    parts = {}
    for name in ("architecture", "method"):
        part = getattr(run.training, name)
        fields = {field.name for field in dataclasses.fields(part)} & set(SMALL)
        parts[name] = dataclasses.replace(part, **{f: min(SMALL[f], getattr(part, f)) for f in fields})
    return run.varied(**parts)


def probe(fixed: Fixed) -> dict[str, Float[Array, "networks entries"]]:
    """Membranes, traces and read-outs of networks around the search's start, summed over the steps with fixed weights.

    There is a number for each neuron, since a spike that falls on the other side of the threshold changes one neuron.
    """
    noise, weight, direction = map(jax.random.key, range(3))
    observations = jax.random.normal(noise, (STEPS, fixed.training.task.inputs))
    weights = jax.random.normal(weight, (STEPS,))
    centre = start(fixed.training.genome, fixed.drawn)
    moves = jnp.asarray(DISTANCES)[:, None] * jax.random.normal(direction, (len(DISTANCES), centre.size))

    def one(coordinates: Float[Array, " dimensions"]) -> dict[str, Array]:
        of = policy(fixed, coordinates)

        def step(before: State, observation: Float[Array, " inputs"]) -> tuple[State, dict[str, Array]]:
            after = of.step(before, observation)
            return after, {"voltage": after.voltage, "trace": after.trace, "readout": of.readout(after)}

        return jax.tree.map(lambda values: weights @ values, jax.lax.scan(step, of.initial, observations)[1])

    return jax.vmap(one)(centre + moves)


def _generations(training: Training, data: Any, count: int = 1) -> tuple[Fixed, Any]:
    """The fixed part of a training, and its state after so many generations."""
    fixed, state = training.method.begin(training, training.key)
    fixed = fixed._replace(data=data)
    return fixed, training.method.advance(fixed, state, 0, count)


def _first_generation(training: Training, data: Any) -> dict[str, Array]:
    """The learning curve after a generation; XLA leaves out what only the next one would need."""
    return _generations(training, data)[1].curve


def _compute(training: Training, data: Any, count: int = 1) -> dict[str, Any]:
    """The last of so many generations, what is left after it, how far the search has moved, and the probe."""
    fixed, state = _generations(training, data, count)
    left = training.method.finish(fixed, state)
    points = {f"curve_{name}": values[count - 1] for name, values in left["curve"].items()} | left["final"]
    return points | probe(fixed) | {"moved": left["genome"] - start(training.genome, fixed.drawn)}


first_generation, compute, compute_robots = (
    jax.jit(of, compiler_options=devices.hurried()) for of in (_first_generation, _compute, partial(_compute, count=2))
)


def shared(training: Training) -> Training:
    """The training with one name of its held-out examples: they are data, and all sorts of them share a program."""
    if not hasattr(training.task, "held_out"):
        return training
    return dataclasses.replace(training, task=training.task.replace(held_out="validation"))


def numbers(run: Run) -> dict[str, Any]:
    """The same as plain numbers, to the digits that float32 has."""
    of = compute_robots if isinstance(run.training.task, Control) else compute
    found = jax.device_get(of(shared(run.training), run.training.task.load()))
    return {name: np.vectorize(lambda x: float(f"{x:.7g}"))(values).tolist() for name, values in found.items()}


def runs(name: str) -> list[list[Run]]:
    """Tiny runs of an experiment: of some of its structures two lists of a few each, of which one run is a guard.

    The structures are those of the smallest profile; the largest has further runs of them, some of them less flat.
    """
    groups: dict[Any, list[Run]] = {structure(shrunk(run)): [] for run in experiments.runs(name, "smoke")}
    every = (run for profile in ("smoke", "paper") for run in experiments.runs(name, profile))
    for run in dict.fromkeys(map(shrunk, every)):
        groups.get(structure(run), []).append(run)
    halves = []
    for group in spread(list(groups.values()), STRUCTURES):
        halves += [spread(half, TRIES) for half in (group[: len(group) // 2], group[len(group) // 2 :]) if half]
    return halves


def spread(of: Sequence[Any], most: int) -> list[Any]:
    """So many of a list, evenly spaced from its first to its last."""
    return [of[i] for i in np.unique(np.linspace(0, len(of) - 1, most).round().astype(int))]


def published(name: str) -> dict[str, dict[str, Any]]:
    """The published guards of an experiment, by identity."""
    found = [read(path, json.loads) for path in FOLDER.glob(f"{name}.*.json")]
    return {guard["identity"]: guard for guards in found if guards for guard in guards}


def publish(name: str) -> None:
    """Add the guards that are missing."""
    old, new = published(name), []
    for group in runs(name):
        if not old.keys() & set(map(identity, group)):
            tried = [(run, numbers(run)) for run in group]
            run, left = max(tried, key=lambda one: one[1].get("curve_untied", 0.0))
            new.append({"identity": identity(run), "cpu": devices.cpu(), "jax": jax.__version__, "numbers": left})
    if new:
        lines = ",\n".join(map(json.dumps, [*old.values(), *new]))
        write(FOLDER, name, "json", f"[\n{lines}\n]\n".encode())
        print(f"{name}: {len(new)} guards published")


if __name__ == "__main__":
    for experiment in experiments.names():
        publish(experiment)
        pins.publish(experiment)

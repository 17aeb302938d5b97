"""Classification by evolved neurons: candidates times images per second, beside a plain version and the machine.

A generation has 128 candidates of 1,024 neurons on 512 images; a sweep computes a run per device. The plain version
steps Eq. 2 four times, mapped over the population, on one device with threads on all cores. Images are random, because
the time does not depend on them.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from benchmarks import harness, training
from hetsnn import resources
from hetsnn.data import image_sets
from hetsnn.data.image_sets import CLASSES, Examples
from hetsnn.networks.neurons import Properties, lif_step
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.images import STEPS, Images
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import decode
from hetsnn.training.method import Training
from hetsnn.training.policies import policy

SIZE = {"hidden": 1024, "population": 128, "batch": 512}
SQUARE = 1024  # side of the matrices whose product measures the cores' arithmetic


def measure(
    generations: int = 10, repeats: int = 5, rounds: int = 2, mib: int = 256, **size: int
) -> list[dict[str, Any]]:
    """Measure candidates times images per second, beside the plain version, arithmetic, and memory (copy of `mib`)."""
    size = SIZE | size
    timing = {"generations": generations, "repeats": repeats}
    ours, plainly, limits = [], [], []
    for _ in range(rounds):  # alternating, so that other load on the machine affects all alike
        ours.append(harness.fresh(f"{__name__}:ours", **size, **timing))
        plainly.append(harness.fresh(f"{__name__}:plain", devices=1, repeats=repeats, **size))
        limits.append(harness.fresh(f"{__name__}:machine", repeats=repeats, mib=mib))
    rate, of_plain = (harness.median_of(each)["rate"] for each in (ours, plainly))
    machine, hidden = harness.median_of(limits), size["hidden"]
    pixels = image_sets.SETS["mnist"].side ** 2
    # A read-out for each candidate and image, and a share of the input currents, which are common to all candidates.
    products = 2 * hidden * (CLASSES + pixels / size["population"])
    traffic = 2 * 4 * hidden  # bytes, if spike trains were written to memory and read back
    name = f"classification, {hidden:,} neurons, {resources.cores()} cores"
    return [
        harness.row(name, rate, "images/s", "plain, mapped", of_plain),
        harness.row(f"{name}: products", rate * products, "flop/s", "large products", machine["flops"]),
        harness.row(f"{name}: trains kept in cache", rate * traffic, "B/s", "memory", machine["bytes"]),
    ]


def run(seed: int, hidden: int, population: int, batch: int) -> Run:
    """Return a run of evolved neurons."""
    return Run(
        "benchmark",
        1,
        Training(
            task=RandomImages(batch=batch),
            architecture=Architecture(hidden=hidden, gain=6.0),
            method=Evolution(population=population, generations=training.GENERATIONS, sigma=0.1),
            seed=seed,
        ),
    )


@struct.dataclass
class RandomImages(Images):
    """Task with random images instead of MNIST's."""

    def load(self) -> tuple[Examples, Examples]:
        """Draw images whose pixels are mostly dark."""
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (10_000, self.inputs), np.uint8)
        images[rng.random(images.shape) < 0.8] = 0
        part = Examples(images, rng.integers(0, CLASSES, len(images), np.int32))
        return part, part


def ours(generations: int, repeats: int, **size: int) -> dict[str, float]:
    """Measure our rate with a run per device."""
    runs = [run(seed, **size) for seed in range(len(jax.local_devices()))]
    program = training.Program(runs, generations)
    seconds = harness.median_seconds(program, repeats) / generations
    return {"rate": len(runs) * size["population"] * size["batch"] / seconds}


def plain(repeats: int, hidden: int, population: int, batch: int) -> dict[str, float]:
    """Measure the rate of one mapped population, step by step."""
    training = run(0, hidden, population, batch).training
    fixed, state = jax.jit(lambda: training.method.begin(training, training.key))()
    task = training.task.on(training.task.load())
    candidates = 0.1 * jax.random.normal(jax.random.key(1), (population, state.strategy.mean.size))
    images, labels = (
        training.task.pixels(jnp.asarray(task.train.images[:batch])),
        jnp.asarray(task.train.labels[:batch]),
    )
    synapse = fixed.drawn["synapse"]

    @jax.jit
    def fitness(candidates: Any) -> Any:
        def one(coordinates: Any) -> Any:
            neurons = Properties(**decode(training.genome, coordinates, fixed.drawn)["neuron"])
            current = training.architecture.gain * images @ synapse["input"]
            voltage, trace = jnp.broadcast_to(neurons.v_rest, current.shape), jnp.zeros_like(current)
            for _ in range(STEPS):
                voltage, spikes = lif_step(voltage, current, neurons)
                trace = 0.5 * trace + 0.5 * spikes
            return task.loss(trace @ synapse["output"], labels).mean()

        return jax.vmap(one)(candidates)

    mapped = jax.vmap(lambda x: policy(fixed, x).respond(images, STEPS))(candidates)
    ours = -jax.vmap(lambda outputs: task.loss(outputs, labels).mean())(mapped)
    np.testing.assert_allclose(-fitness(candidates), ours, rtol=1e-3)  # both compute the same
    seconds = harness.median_seconds(lambda: jax.block_until_ready(fitness(candidates)), repeats)
    return {"rate": population * batch / seconds}


def machine(repeats: int, mib: int) -> dict[str, float]:
    """Measure the limits of the machine: arithmetic of a matrix product, bytes per second of a copy."""
    one, numbers = jnp.ones((SQUARE, SQUARE)), jnp.ones(mib * 2**18)
    product, copy = jax.jit(lambda x: x @ x), jax.jit(lambda x: x + 1.0)
    seconds = harness.median_seconds(lambda: jax.block_until_ready([product(one) for _ in range(8)]), repeats) / 8
    copying = harness.median_seconds(lambda: jax.block_until_ready(copy(numbers)), repeats)
    return {"flops": 2 * SQUARE**3 / seconds, "bytes": 2 * 4 * numbers.size / copying}

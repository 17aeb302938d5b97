"""LIF neurons alone: updates per second in blocks that stay in a core's cache, beside one plain scan.

Each neuron has its own four properties, and in each row of the batch its own constant current; spikes are counted. A
plain scan reads and writes every membrane in memory at each step. Here a block of a few rows takes all its steps before
the next block starts, and the blocks are divided among the cores.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Float

from benchmarks import harness
from hetsnn import resources
from hetsnn.networks.neurons import Properties, lif_step
from hetsnn.sweeps import devices

ROWS = 16  # rows of a block: voltages, counts and currents of 1,024 neurons are 192 KiB
STREAMED = 8  # least bytes that an update of a streaming scan moves: a voltage is read and written


def measure(
    batch: int = 512,
    neurons: int = 1024,
    steps: int = 100,
    rows: int = ROWS,
    mib: int = 256,
    repeats: int = 21,
    rounds: int = 2,
) -> list[dict[str, Any]]:
    """Measure updates per second, their memory traffic beside a plain copy, and the time of the first compile."""
    size = {"batch": batch, "neurons": neurons, "steps": steps, "repeats": repeats}
    ours, plain, copied = [], [], []
    for _ in range(rounds):  # alternating, so that other load on the machine affects all alike
        ours.append(harness.fresh(f"{__name__}:in_blocks", rows=rows, **size))
        plain.append(harness.fresh(f"{__name__}:in_one_scan", devices=1, **size))
        copied.append(harness.fresh(f"{__name__}:copy", mib=mib, repeats=repeats))
    best, scan, bandwidth = harness.median_of(ours), harness.median_of(plain), harness.median_of(copied)
    updates = batch * neurons * steps / best["seconds"]
    return [
        harness.row("LIF updates", updates, "updates/s", "one plain scan", batch * neurons * steps / scan["seconds"]),
        harness.row(
            "LIF voltages read and written", updates * STREAMED, "B/s", "copy in memory", bandwidth["bytes_per_second"]
        ),
        harness.row("LIF first compile", best["compile"], "s", "one plain scan", scan["compile"]),
    ]


def inputs(batch: int, neurons: int) -> tuple[Float[Array, "batch neurons"], Properties]:
    """Draw currents, and neurons of which some fire at every step and others never."""
    keys = jax.random.split(jax.random.key(0), 5)
    bounds = {"tau_m": (2.0, 20.0), "v_th": (0.5, 1.5), "v_rest": (-0.2, 0.2), "r_m": (0.5, 2.0)}
    drawn = {
        name: jax.random.uniform(key, (neurons,), minval=low, maxval=high)
        for key, (name, (low, high)) in zip(keys, bounds.items(), strict=False)
    }
    return jax.random.uniform(keys[4], (batch, neurons), maxval=3.0), Properties(**drawn)


def scan(
    current: Float[Array, "rows neurons"], properties: Properties, steps: int
) -> tuple[Float[Array, "rows neurons"], Float[Array, "rows neurons"]]:
    """Return the membrane potentials after the last step, and the spike count of each neuron."""

    def step(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        voltage, spikes = lif_step(carry[0], current, properties)
        return (voltage, carry[1] + spikes), None

    start = jnp.zeros_like(current) + properties.v_rest
    return jax.lax.scan(step, (start, jnp.zeros_like(current)), length=steps)[0]


def blockwise(
    current: Float[Array, "batch neurons"], properties: Properties, steps: int, rows: int
) -> tuple[Float[Array, "batch neurons"], Float[Array, "batch neurons"]]:
    """Compute `scan` block by block."""
    blocks = current.reshape(-1, rows, current.shape[1])
    voltage, counts = jax.lax.map(lambda block: scan(block, properties, steps), blocks)
    return voltage.reshape(current.shape), counts.reshape(current.shape)


def in_blocks(batch: int, neurons: int, steps: int, rows: int, repeats: int) -> dict[str, float]:
    """Measure the seconds of all steps with blocks divided among the cores."""
    mesh = devices.mesh()
    split, whole = PartitionSpec("runs"), PartitionSpec()
    mapped = jax.shard_map(
        partial(blockwise, steps=steps, rows=rows),
        mesh=mesh,
        in_specs=(split, whole),
        out_specs=split,
        check_vma=False,
    )
    current, properties = inputs(batch, neurons)
    current = jax.device_put(current, NamedSharding(mesh, split))
    return _timed(mapped, current, jax.device_put(properties, NamedSharding(mesh, whole)), repeats)


def in_one_scan(batch: int, neurons: int, steps: int, repeats: int) -> dict[str, float]:
    """Measure the seconds of all steps in one scan over the whole batch, with XLA's own threads."""
    return _timed(partial(scan, steps=steps), *inputs(batch, neurons), repeats)


def copy(mib: int, repeats: int) -> dict[str, float]:
    """Measure the bytes per second, read and written, of copying a large array on all cores."""
    cores = resources.cores()
    source = np.ones((cores, mib * 2**20 // 4 // cores), np.float32)
    target = np.zeros_like(source)
    with ThreadPoolExecutor(cores) as threads:
        seconds = harness.median_seconds(lambda: list(threads.map(np.copyto, target, source)), repeats)
    return {"bytes_per_second": 2 * source.nbytes / seconds}


def _timed(function: Any, current: Array, properties: Properties, repeats: int) -> dict[str, float]:
    started = time.perf_counter()
    compiled = jax.jit(function).lower(current, properties).compile()
    compile_seconds = time.perf_counter() - started
    seconds = harness.median_seconds(lambda: jax.block_until_ready(compiled(current, properties)), repeats)
    return {"seconds": seconds, "compile": compile_seconds}

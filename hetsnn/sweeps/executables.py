"""Compiled functions of a program: begin, advance by some generations, finish."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from hetsnn import numerics
from hetsnn.mapping import mapped
from hetsnn.sweeps import devices
from hetsnn.sweeps.programs import block_size, compile_fast, population_shards
from hetsnn.sweeps.runs import stack
from hetsnn.training.method import Training


class Executable:
    """Compiled functions for trainings of equal structure, in the order of a program."""

    @numerics.pinned()
    def __init__(self, trainings: Sequence[Training]) -> None:
        started = time.monotonic()
        mesh = devices.mesh(population_shards(trainings))
        block = block_size(trainings[0], len(trainings) // mesh.shape["runs"])
        options = devices.hurried() if compile_fast(trainings) else {}
        by_run, shared = PartitionSpec("runs"), PartitionSpec()

        def blockwise(function: Callable) -> Callable:
            """Map over the trainings of one device: blocks one after the other, the trainings of a block at once."""

            def one(block: tuple, data: Any, generations: tuple) -> Any:
                def of_training(fixed: Any, state: Any) -> Any:
                    return function(fixed._replace(data=data), state, *generations)

                return mapped(of_training, *block)

            def all_blocks(trainings: tuple, data: Any, *generations: Any) -> Any:
                blocks = jax.tree.map(lambda x: x.reshape(-1, block, *x.shape[1:]), trainings)
                results = jax.lax.map(lambda block: one(block, data, generations), blocks)
                return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), results)

            return all_blocks

        def compiled(function: Callable, *arguments: Any) -> tuple[Any, Any]:
            specs = (by_run, shared, shared, shared)[: len(arguments)]
            over_devices = jax.shard_map(function, mesh=mesh, in_specs=specs, out_specs=by_run, check_vma=False)
            placements = tuple(NamedSharding(mesh, spec) for spec in specs)
            lowered = jax.jit(over_devices, in_shardings=placements).lower(*arguments)
            return lowered.compile(options), lowered.out_info

        def begin(training: Training) -> Any:
            return training.method.begin(training, training.key)

        def advance(fixed: Any, *rest: Any) -> Any:
            return fixed.training.method.advance(fixed, *rest)

        def finish(fixed: Any, *rest: Any) -> Any:
            return fixed.training.method.finish(fixed, *rest)

        generation = jax.ShapeDtypeStruct((), jnp.int32)
        self.begin, begun = compiled(jax.vmap(begin), stack(trainings))
        # Data are arguments: constants would be copied into every compiled program.
        data = jax.device_put(trainings[0].task.load(), NamedSharding(mesh, shared))
        self.compiled = {
            "advance": compiled(blockwise(advance), begun, data, generation, generation)[0],
            "finish": compiled(blockwise(finish), begun, data)[0],
        }
        self.advance: Callable
        self.finish: Callable
        self.advance, self.finish = (
            lambda begun, *rest, run=run: run(begun, data, *rest) for run in self.compiled.values()
        )
        self.state = begun[1]
        self.by_run = NamedSharding(mesh, by_run)
        self.bytes = max(map(devices.memory_bytes, self.compiled.values()))  # device memory of the larger one
        self.finish_seconds = 0.0  # duration of the last call of `finish`
        self.compile_seconds = time.monotonic() - started

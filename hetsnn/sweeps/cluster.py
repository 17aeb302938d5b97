"""Sweeps on a Dask cluster: each worker computes whole programs.

A worker needs only the package. A worker that sees the sender's store on a shared disk uses it, so if it is killed,
another worker continues its program from the checkpoint. Any other worker uses a store of its own and sends the results
back.
"""

import importlib
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from distributed import Client, Future, KilledWorker, wait

from hetsnn.errors import InputError
from hetsnn.folders import home
from hetsnn.sweeps.runs import Run, identity
from hetsnn.sweeps.signals import Stop, ask_by_signals
from hetsnn.sweeps.store import Store, from_parquet, to_parquet
from hetsnn.sweeps.sweep import LOOK_SECONDS, Outcome, missing, outlook, sweep

ANSWER_SECONDS = 5  # longest wait for a scheduler's answer

one_at_a_time = threading.Lock()  # a worker with several threads computes one program at a time


def distribute(runs: Sequence[Run], store: Store, address: str, time_limit: float | None = None) -> Outcome:
    """Run a sweep as `sweeps.sweep` does, on a cluster. After a signal, workers finish their current programs.

    Args:
        runs: runs of one experiment.
        store: store of the results.
        address: address of the scheduler, such as tcp://HOST:8786.
        time_limit: seconds after which the sweep stops, its workers at a checkpoint.

    Raises:
        InputError: no scheduler answers, a run is invalid, the store cannot be written, or a program kills workers.
    """
    todo = missing([run.check() for run in runs], store)
    store.check_writable()
    with ask_by_signals(Stop(time_limit)) as stop:
        try:
            client = Client(address, timeout=ANSWER_SECONDS)
        except (OSError, ValueError):
            raise InputError(f"no scheduler answers at {address}: start one with `dask scheduler`") from None
        with client:
            check_workers(client)
            until = None if time_limit is None else time.time() + time_limit
            while not stop.due():
                left, plan = outlook(runs, store, {})
                if not left:
                    break
                tasks = {
                    client.submit(compute, tuple(dict.fromkeys(program)), store.folder, until, pure=False)
                    for program in plan
                }
                while tasks and not stop.due():
                    with suppress(TimeoutError):
                        done = wait(tasks, LOOK_SECONDS, return_when="FIRST_COMPLETED").done
                        for task in done:
                            store.keep(runs[0].experiment, from_parquet(_result(task)))
                        tasks -= done
                if not plan:
                    stop.wait(LOOK_SECONDS)
    if todo:
        store.tidy(runs[0].experiment)
    count = len(missing(todo, store))
    return Outcome(len(runs) - count, count)


def check_workers(client: Client) -> None:
    """Check that the scheduler and its present workers have the package; print a message if there is no worker yet.

    Raises:
        InputError: the scheduler or a worker lacks the package or one of its dependencies, or cannot import it.
    """
    # A function of the standard library and a name: a worker without the package can call it.
    asked = importlib.import_module, "hetsnn.sweeps.cluster"
    try:
        client.run_on_scheduler(*asked)
    except ImportError as error:
        raise InputError(f"the scheduler must have hetsnn[cluster] installed, got: {error}") from None
    except ValueError as error:
        raise InputError(f"the scheduler must be able to import hetsnn, got: {error}") from None
    found = client.run(*asked, on_error="return")
    if not found:
        print("no worker yet: waiting for one, such as `dask worker ADDRESS` starts", file=sys.stderr)
    for worker, outcome in found.items():
        if isinstance(outcome, ImportError):
            raise InputError(f"worker {worker} must have hetsnn[cluster] installed, got: {outcome}")
        if isinstance(outcome, ValueError):
            raise InputError(f"worker {worker} must be able to import hetsnn, got: {outcome}")


def compute(runs: tuple[Run, ...], folder: Path, until: float | None) -> bytes:
    """Compute one program on a worker; return the results of the runs that are finished by the given time."""
    store = Store(folder if folder.is_dir() else home(), None)
    with one_at_a_time:
        sweep(runs, store, None if until is None else until - time.time())
    rows = store.rows(runs[0].experiment).drop(columns="published")
    return to_parquet(rows[rows.index.isin(list(map(identity, runs)))].reset_index())


def _result(task: Future) -> bytes:
    try:
        return task.result()
    except ImportError as error:  # a worker that came later
        raise InputError(f"every worker must have hetsnn[cluster] installed, got: {error}") from None
    except KilledWorker as error:
        raise InputError(
            f"every worker that computed the program was killed: {error.last_worker} was the last"
        ) from None

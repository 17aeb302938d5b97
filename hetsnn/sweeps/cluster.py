"""More machines: whole programs are sent to the workers of a Dask cluster.

A worker needs the package alone. Where it sees the sender's store, on a shared disk, it works in there: a program whose
worker is killed goes on elsewhere from its checkpoint. Where it does not, it works in a store of its own and sends the
results back.
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

ANSWER_SECONDS = 5  # that a scheduler may take to answer

one_at_a_time = threading.Lock()  # a worker of several threads, or with a GPU, still computes one program at a time


def distribute(runs: Sequence[Run], store: Store, address: str, time_limit: float | None = None) -> Outcome:
    """As `sweeps.sweep`, on a cluster. Stopped by a signal, workers finish the programs that they compute.

    Args:
        runs: of one experiment.
        store: where results go.
        address: the scheduler's, such as tcp://HOST:8786.
        time_limit: seconds after which it stops, and its workers at a checkpoint.

    Raises:
        InputError: no scheduler, a run that cannot be, a store that cannot be written, or a program that kills workers.
    """
    todo = missing([run.check() for run in runs], store)
    store.check_writable()
    with ask_by_signals(Stop(time_limit)) as stop:
        try:
            client = Client(address, timeout=ANSWER_SECONDS)
        except (OSError, ValueError):
            raise InputError(f"no scheduler answers at {address}: start one by `dask scheduler`") from None
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
    """See whether the scheduler, and the workers that are there, have the package; say so where there is none yet.

    Raises:
        InputError: one of them lacks it, or something that it needs.
    """
    # Function and argument are named, so that even who lacks the package understands them.
    asked = importlib.import_module, "hetsnn.sweeps.cluster"
    try:
        client.run_on_scheduler(*asked)
    except ImportError as error:
        raise InputError(f"the scheduler must have hetsnn[cluster] installed, got: {error}") from None
    found = client.run(*asked, on_error="return")
    if not found:
        print("no worker yet: waiting for one, such as `dask worker ADDRESS` starts", file=sys.stderr)
    for worker, outcome in found.items():
        if isinstance(outcome, ImportError):
            raise InputError(f"worker {worker} must have hetsnn[cluster] installed, got: {outcome}")


def compute(runs: tuple[Run, ...], folder: Path, until: float | None) -> bytes:
    """On a worker: the results of one program's runs, as far as they are done by the given time."""
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
            f"a program lost every worker that it was given to: {error.last_worker} was the last"
        ) from None

"""A ridge read-out on the spikes of the memory task: what a network knows, whatever its own read-out makes of it.

Episodes differ by noise on the membranes: without it an episode would be the same each time, and two of them are no
data. Half of the episodes fit the read-out, the others test it.
"""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeClassifierCV

from hetsnn.networks.manipulations import noisy
from hetsnn.networks.spiking import bind
from hetsnn.sweeps.runs import Run, stack
from hetsnn.training.method import Training
from hetsnn.training.policies import fix, network
from hetsnn_book import experiments

EPISODES = 64  # of each cue, to fit and as many to test
NOISE = 0.03  # standard deviation on each membrane in each step [threshold before the search]
PENALTIES = np.logspace(-4, 2, 7)  # of which cross-validation takes one


def fitted(traces: np.ndarray, outputs: np.ndarray) -> tuple[float, float]:
    """Return the reward of a network's own read-out, and of a ridge read-out, on the episodes that test it.

    The ridge read-out answers by the sign of x w + b, where w and b minimise |x w + b - y|^2 + a |w|^2 over the fitted
    episodes, y is the cue, +1 or -1, and leave-one-out validation chooses a.

    Args:
        traces: filtered spike trains at the answer, (episodes, cues, hidden neurons); the first half is for fitting.
        outputs: the network's own read-outs, (episodes, cues, 2).
    """
    half = len(traces) // 2
    cues = np.broadcast_to([0, 1], traces.shape[:2])
    model = RidgeClassifierCV(PENALTIES).fit(traces[:half].reshape(-1, traces.shape[-1]), cues[:half].ravel())
    answers = model.predict(traces[half:].reshape(-1, traces.shape[-1]))
    right = cues[half:].ravel()
    own = outputs[half:].argmax(-1).ravel()
    own_reward, ridge_reward = (float(2 * (given == right).mean() - 1) for given in (own, answers))
    return own_reward, ridge_reward


def episodes(runs: Sequence[Run], variables: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return filtered spike trains and read-outs at the answer of noisy episodes, (runs, episodes, cues, ...).

    Args:
        runs: runs on the memory task at one length, which differ in numbers only.
        variables: variables of their networks, as `experiments.learned` returns them.
    """
    trainings = stack([run.training for run in runs])
    traces, outputs = _last(trainings, variables, runs[0].training.task.steps)
    return np.asarray(traces), np.asarray(outputs)


@partial(jax.jit, static_argnames="steps")  # trained and drawn networks share the program
def _last(trainings: Training, variables: dict, steps: int) -> tuple[jax.Array, jax.Array]:
    def one(training: Training, variables: dict) -> tuple[jax.Array, jax.Array]:
        policy = bind(network(training), variables)

        def episode(key: jax.Array) -> tuple[jax.Array, jax.Array]:
            states = training.task.record(noisy(policy, key, membranes=NOISE), steps)
            last = jax.tree.map(lambda values: values[:, -1], states)
            return last.trace, policy.readout(last)

        return jax.vmap(episode)(jax.random.split(fix(training, training.key)[0].evaluation, 2 * EPISODES))

    return jax.vmap(one)(trainings, variables)


@jax.jit
def _drawn(trainings: Training) -> dict:
    """Return the variables of networks as they were drawn, before any training."""
    return jax.vmap(lambda training: fix(training, training.key)[0].drawn)(trainings)


def compared(runs: Sequence[Run], variables: dict) -> pd.DataFrame:
    """Return a row per run: rewards of the trained network's own read-out and of ridge read-outs.

    Columns are `seed`; `own`; `ridge`, on the spikes of the trained network; `ridge_untrained`, on those of the network
    as it was drawn, whose neurons are equal.
    """
    drawn = _drawn(stack([run.training for run in runs]))
    rows = []
    for trained, untrained in zip(
        zip(*episodes(runs, variables), strict=True), zip(*episodes(runs, drawn), strict=True), strict=True
    ):
        own, ridge = fitted(*trained)
        rows.append((own, ridge, fitted(*untrained)[1]))
    table = pd.DataFrame(rows, columns=["own", "ridge", "ridge_untrained"])
    return table.assign(seed=[run.training.seed for run in runs])


def networks(profile: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `compared`, with the contest, of the dissection's runs on memory whose neurons evolved."""
    found = [pd.DataFrame(columns=["contest", "own", "ridge", "ridge_untrained", "seed"])]
    chosen = frame[(frame["evolved"] == "neuron") & (frame["contest"] != "cartpole")]
    for contest, rows in chosen.groupby("contest", sort=False):
        found.append(compared(*experiments.learned("dissection", profile, rows)).assign(contest=contest))
    return pd.concat(found[1:] or found, ignore_index=True)

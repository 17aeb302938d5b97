"""Lesions and noise during an episode: they show which part of a network carries its memory."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from hetsnn.networks.spiking import State
from hetsnn.numbers import Integer

NOISES = (1e-6, 1e-3, 1e-2, 1e-1)  # standard deviation per step [threshold for membranes, spikes for traces]
NOISY_EPISODES = 16  # episodes of each cue and noise


class Disturbance(NamedTuple):
    """Lesions and noise that a network's state suffers during an episode."""

    forget_hidden: Bool[Array, "*batch"]  # reset the hidden membranes just before the last step
    forget_readout: Bool[Array, "*batch"]  # reset the read-out just before the last step
    noise: Float[Array, "*batch"]  # standard deviation of the noise on every membrane and trace before each step
    key: jax.Array


def battery(key: jax.Array) -> Disturbance:
    """Return a batch of disturbances: none, each lesion alone, and `NOISY_EPISODES` of each noise."""
    kinds = [(False, False, 0.0), (True, False, 0.0), (False, True, 0.0)]
    kinds += [(False, False, noise) for noise in NOISES for _ in range(NOISY_EPISODES)]
    hidden, readout, noise = map(jnp.asarray, zip(*kinds, strict=True))
    return Disturbance(hidden, readout, noise, jax.random.split(key, len(kinds)))


def disturb(disturbance: Disturbance, state: State, initial: State, t: Int[Array, ""], last: Integer) -> State:
    """Return a network's state before step `t` after one disturbance; lesions act at step `last`."""
    noise = disturbance.noise * jax.random.normal(jax.random.fold_in(disturbance.key, t), (2, *state.voltage.shape))
    now = t == last
    forget = disturbance.forget_hidden & now
    return State(
        jnp.where(forget, initial.voltage, state.voltage) + noise[0],
        jnp.where(disturbance.forget_readout & now, initial.trace, state.trace) + noise[1],
        *jax.tree.map(lambda start, here: jnp.where(forget, start, here), initial[2:], state[2:]),
    )


def mean_rewards(reward: Float[Array, "disturbances cues"]) -> dict[str, Array]:
    """Return the mean reward under each kind of disturbance of `battery`."""
    noisy = reward[3:].reshape(len(NOISES), -1).mean(1)
    return {
        "reward": reward[0].mean(),
        "reward_hidden_forgotten": reward[1].mean(),
        "reward_readout_forgotten": reward[2].mean(),
        **{f"reward_noise_{scale:g}": noisy[i] for i, scale in enumerate(NOISES)},
    }

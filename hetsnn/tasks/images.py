"""Classification of images: an image is a constant current for a few steps, its class what the read-out says then.

The read-out's leaky membrane at the end is a row of scores, whose scaled softmax is compared with the label. All
candidates of a generation see the same images.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import struct
from jaxtyping import Array, Float

from hetsnn.data import image_sets
from hetsnn.data.image_sets import CLASSES, SETS, Examples
from hetsnn.networks.spiking import Policy
from hetsnn.numbers import Real, check_choice, check_real, check_whole
from hetsnn.tasks.task import Score, Task

STEPS = 4
BLOCK = 500  # images that are evaluated at once
SHOWN = 32  # neurons, drawn at random, whose spikes by class are left for a figure


@struct.dataclass
class Images(Task):
    """The declared choices of the task."""

    dataset: str = struct.field(pytree_node=False, default="mnist")
    held_out: str = struct.field(pytree_node=False, default="validation")  # what is evaluated on, or "test"
    batch: int = struct.field(pytree_node=False, default=512)  # images of a generation
    scale: Real = 10.0  # of the outputs in the softmax

    outputs = CLASSES
    steps = STEPS

    def check(self) -> None:
        """Raise InputError for a task that cannot be."""
        check_choice("dataset", self.dataset, SETS)
        check_choice("held_out", self.held_out, image_sets.PARTS[1:])
        check_whole("batch", self.batch)
        check_real("scale", self.scale, above=0)
        Task.check(self)

    @property
    def inputs(self) -> int:
        """Pixels."""
        return SETS[self.dataset].side ** 2

    def pixels(self, images: Any) -> Float[Array, "images pixels"]:
        """Return brightness between 0 and 1."""
        return images.astype(jnp.float32) / SETS[self.dataset].brightest

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """See `Classification.fitness`; the data become constants of compiled code."""
        return self.on(self.load()).fitness(policy, key)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """See `Classification.evaluate`; the data become constants of compiled code."""
        return self.on(self.load()).evaluate(policy, key)

    def load(self) -> tuple[Examples, Examples]:
        """What it is trained on, and what is evaluated on: what carries a training out hands them to `on`."""
        parts = image_sets.load(self.dataset)
        return parts["train"], parts[self.held_out]

    def on(self, data: Any) -> "Classification":
        """The task with its data; without any it reads them itself, and they become constants of what is compiled."""
        return Classification(self, *(self.load() if data is None else data))


class Classification(NamedTuple):
    """The task with its data."""

    task: Images
    train: Any  # Examples
    held_out: Any

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Minus the cross-entropy of a network on a batch of training images, and the steps taken."""
        chosen = jax.random.randint(key, (self.task.batch,), 0, len(self.train.labels))
        outputs = policy.respond(self.task.pixels(jnp.asarray(self.train.images)[chosen]), STEPS)
        loss = self.loss(outputs, jnp.asarray(self.train.labels)[chosen])
        return Score(-loss.mean(), jnp.int32(self.task.batch * STEPS))

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Of the held-out images: accuracy, cross-entropy, confusion matrix (right class first), and spikes.

        `silent_share` of the neurons never fire; `spikes` is the number of spikes of all neurons for an image.
        `selectivity` is the mean over neurons that fire of (largest - others) / (largest + others), where a neuron's
        mean numbers of spikes by class are compared (Morcos et al., arXiv:1803.06959). `shown` has those numbers for
        some random neurons, the same at each stage of a training, class last.
        """
        count = len(self.held_out.labels)
        blocks = jax.tree.map(lambda x: jnp.asarray(x).reshape(-1, math.gcd(count, BLOCK), *x.shape[1:]), self.held_out)

        def one(block: Any) -> tuple[Array, Array, Array]:
            images = self.task.pixels(block.images)
            outputs, of = policy.respond(images, STEPS), jax.nn.one_hot(block.labels, CLASSES)
            found = jax.nn.one_hot(outputs.argmax(-1), CLASSES)
            return of.T @ found, of.T @ policy.spikes(images, STEPS), self.loss(outputs, block.labels).sum()

        confusion, spikes, loss = jax.tree.map(lambda x: x.sum(0), jax.lax.map(one, blocks))
        rates = spikes / jnp.maximum(confusion.sum(1, keepdims=True), 1.0)
        largest, fires = rates.max(0), rates.max(0) > 0
        others = (rates.sum(0) - largest) / (CLASSES - 1)
        index = jnp.where(fires, (largest - others) / jnp.where(fires, largest + others, 1.0), 0.0)
        return {
            "accuracy": jnp.trace(confusion) / count,
            "cross_entropy": loss / count,
            "silent_share": (~fires).mean(),
            "spikes": spikes.sum() / count,
            "selectivity": index.sum() / jnp.maximum(fires.sum(), 1),
            "confusion": confusion,
            "shown": rates.T[jax.random.permutation(key, rates.shape[1])[:SHOWN]],
        }

    def loss(self, outputs: Float[Array, "images classes"], labels: Array) -> Float[Array, " images"]:
        """Cross-entropy of the scaled outputs' softmax."""
        return optax.softmax_cross_entropy_with_integer_labels(self.task.scale * outputs, labels)

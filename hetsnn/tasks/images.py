"""Classification of images: an image is a constant current for a few steps, its class the largest read-out after them.

The scaled softmax of the read-out's leaky membranes is compared with the label. All candidates of a generation see the
same images.
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
BLOCK = 500  # images evaluated at once
SHOWN = 32  # random neurons whose spikes by class are stored for a figure


@struct.dataclass
class Images(Task):
    """Settings of the classification task.

    Example:
        >>> import hetsnn
        >>> hetsnn.Images("mnist").inputs
        784
    """

    dataset: str = struct.field(pytree_node=False, default="mnist")
    held_out: str = struct.field(pytree_node=False, default="validation")  # images of the evaluation, or "test"
    batch: int = struct.field(pytree_node=False, default=512)  # images of a generation
    scale: Real = 10.0  # factor of the outputs in the softmax

    outputs = CLASSES
    steps = STEPS

    def check(self) -> None:
        """Raise InputError for an invalid setting."""
        check_choice("dataset", self.dataset, SETS)
        check_choice("held_out", self.held_out, image_sets.PARTS[1:])
        check_whole("batch", self.batch)
        check_real("scale", self.scale, above=0)
        Task.check(self)

    @property
    def inputs(self) -> int:
        """Number of pixels."""
        return SETS[self.dataset].side ** 2

    def pixels(self, images: Any) -> Float[Array, "images pixels"]:
        """Return brightness between 0 and 1."""
        return images.astype(jnp.float32) / SETS[self.dataset].brightest

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """See `Classification.fitness`; here the data become constants of the compiled code."""
        return self.on(self.load()).fitness(policy, key)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """See `Classification.evaluate`; here the data become constants of the compiled code."""
        return self.on(self.load()).evaluate(policy, key)

    def load(self) -> tuple[Examples, Examples]:
        """Return the training examples and the held-out examples, the argument of `on`."""
        parts = image_sets.load(self.dataset)
        return parts["train"], parts[self.held_out]

    def on(self, data: Any) -> "Classification":
        """Return the task with its data; None loads the data, which become constants of the compiled code."""
        return Classification(self, *(self.load() if data is None else data))


class Classification(NamedTuple):
    """The task with its data."""

    task: Images
    train: Any  # Examples
    held_out: Any

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return minus the cross-entropy of a network on a batch of training images, and the steps taken."""
        chosen = jax.random.randint(key, (self.task.batch,), 0, len(self.train.labels))
        outputs = policy.respond(self.task.pixels(jnp.asarray(self.train.images)[chosen]), STEPS)
        loss = self.loss(outputs, jnp.asarray(self.train.labels)[chosen])
        return Score(-loss.mean(), jnp.int32(self.task.batch * STEPS))

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return accuracy, cross-entropy, confusion matrix (right class first) and spikes on the held-out images.

        `silent_share` is the share of neurons that never fire, `spikes` the mean number of spikes of all neurons per
        image. A neuron's selectivity is (largest - others) / (largest + others), from its mean numbers of spikes per
        class (Morcos et al., arXiv:1803.06959); `selectivity` is the mean over neurons that fire. `shown` holds the
        numbers of some random neurons, the same at each stage of a training, class last.
        """
        count = len(self.held_out.labels)
        blocks = jax.tree.map(lambda x: jnp.asarray(x).reshape(-1, math.gcd(count, BLOCK), *x.shape[1:]), self.held_out)

        def one(block: Any) -> tuple[Array, Array, Array]:
            images = self.task.pixels(block.images)
            outputs, right = policy.respond(images, STEPS), jax.nn.one_hot(block.labels, CLASSES)
            chosen = jax.nn.one_hot(outputs.argmax(-1), CLASSES)
            return right.T @ chosen, right.T @ policy.spikes(images, STEPS), self.loss(outputs, block.labels).sum()

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
        """Return the cross-entropy of the softmax of the scaled outputs."""
        return optax.softmax_cross_entropy_with_integer_labels(self.task.scale * outputs, labels)

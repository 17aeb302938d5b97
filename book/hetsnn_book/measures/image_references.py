"""Accuracies of linear classifiers on the same images, from raw pixels and from spikes of the same random networks.

`python -m hetsnn_book.measures.image_references` writes them to `data/references/images.json`, so that a page needs no
images. Penalties are chosen on validation images.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from hetsnn import numerics
from hetsnn.data.image_sets import CLASSES, SETS, load
from hetsnn.sweeps.runs import Run, identity
from hetsnn.tasks.images import STEPS
from hetsnn.training.policies import fix, policy
from hetsnn_book.experiments.images import runs
from hetsnn_book.experiments.images_search import DATASETS, HIDDEN
from hetsnn_book.project import PROJECT

FILE = PROJECT / "data" / "references" / "images.json"
LOGISTIC, RIDGE = "logistic regression, pixels", "ridge, random features"
STRENGTHS = (0.01, 0.1, 1.0)  # inverse penalties of the logistic regression
PENALTIES = (1.0, 100.0, 10_000.0)
BATCH = 1000  # images


def best(classifiers: Sequence[Any], parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the test accuracy of the classifier that is best on validation images."""
    fitted = [classifier.fit(*parts["train"]) for classifier in classifiers]
    return float(max(fitted, key=lambda one: one.score(*parts["validation"])).score(*parts["test"]))


def logistic(dataset: str) -> dict[str, Any]:
    """Fit a logistic regression on pixels: a weight for each pixel and class, and a bias for each class."""
    kind = SETS[dataset]
    parts = {name: (part.images / np.float32(kind.brightest), part.labels) for name, part in load(dataset).items()}
    accuracy = best([LogisticRegression(C=strength, max_iter=200, tol=1e-3) for strength in STRENGTHS], parts)
    count = CLASSES * (kind.side**2 + 1)
    return {"dataset": dataset, "reference": LOGISTIC, "hidden": 0, "n_parameters": count, "accuracy": accuracy}


def ridge(run: Run) -> dict[str, Any]:
    """Fit a ridge regression on each neuron's number of spikes in a run's untrained network."""
    dataset, hidden = run.training.task.dataset, run.training.architecture.hidden
    features = spikes(run)
    parts = {name: (features(part.images), part.labels) for name, part in load(dataset).items()}
    accuracy = best([RidgeClassifier(alpha=penalty) for penalty in PENALTIES], parts)
    count = CLASSES * (hidden + 1)
    row = {"dataset": dataset, "reference": RIDGE, "hidden": hidden, "n_parameters": count, "accuracy": accuracy}
    return row | {"run": identity(run)}


def spikes(run: Run) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from images to the numbers of spikes of a run's untrained hidden neurons."""
    fixed, start = fix(run.training, run.training.key)
    untrained = policy(fixed, start)
    count = jax.jit(lambda images: untrained.spikes(run.training.task.pixels(images), STEPS))
    return lambda images: np.concatenate(
        [np.asarray(count(images[first : first + BATCH])) for first in range(0, len(images), BATCH)]
    )


def measure(profile: str, largest: int) -> pd.DataFrame:
    """Return a row per reference of a profile's images, for networks of at most `largest` hidden neurons.

    Raises:
        InputError: a setting of JAX or XLA would change numbers.
    """
    numerics.check()
    firsts = [run for run in runs(profile) if run.training.seed == 0 and run.training.genome.evolved == "neuron"]
    rows: list[dict[str, Any]] = [
        logistic(dataset) for dataset in dict.fromkeys(run.training.task.dataset for run in firsts)
    ]
    return pd.DataFrame(rows + [ridge(run) for run in firsts if run.training.architecture.hidden <= largest])


def title(row: Any) -> str:
    """Return the name of a reference on a page."""
    return row.reference + (f" ({row.hidden:,})" if row.hidden else "")


def published() -> list[dict[str, Any]]:
    """Return the references of MNIST and FashionMNIST; `run` is the identity of a run of a reference's network."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def collect(profile: str) -> pd.DataFrame:
    """Return the references for a chapter: measured for the small digits, published for the other sets."""
    if "digits" in {run.training.task.dataset for run in runs(profile)}:
        return measure(profile, HIDDEN["neuron"][0])
    return pd.DataFrame(published())


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    rows = json.loads(measure("paper", HIDDEN["neuron"][1]).to_json(orient="records"))
    FILE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"{len(rows)} references of {', '.join(DATASETS)} in {FILE}")

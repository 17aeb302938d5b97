"""Rules for Table 3 and Fig. 4: accuracies and spikes that must pass, and that must fail."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from made_up import Result, always, frame_of, of_side, spread, verdicts

from hetsnn.sweeps.runs import Run
from hetsnn_book.claims import images, spikes
from hetsnn_book.claims.verdicts import DEPENDS, NOT_FOUND, NOT_MEASURED, ROBUST
from hetsnn_book.experiments import images_search


def on_images(points: Callable[[str, int, int], float], **results: Result) -> dict[str, pd.DataFrame]:
    """Frames of the images, by side, place of the size, and generations."""

    def accuracy(run: Run) -> float:
        side, hidden = run.training.genome.evolved, run.training.architecture.hidden
        sizes = images_search.HIDDEN[side]
        place = sizes.index(hidden) if hidden in sizes else 0
        return (points(side, place, getattr(run.training.method, "generations", 0)) + 10 * spread(run)) / 100

    return {
        name: frame_of(name, accuracy=accuracy, **results).assign(dataset=lambda frame: frame["dataset"])
        for name in ("images_stages", *images.EXPERIMENTS)
    }


def test_accuracies_of_table_3() -> None:
    good = on_images(lambda side, place, _: 92.0 + place * (1 if side == "neuron" else 4) - 3 * (side == "weight"))
    assert verdicts(images, good) == [ROBUST] * 5
    bad = on_images(lambda side, place, _: 60.0 - place - 30 * (side == "weight") * (place > 1))
    reached, weights, few, many, grow = verdicts(images, bad)
    assert [reached, few, many, grow] == [NOT_FOUND] * 4
    assert weights != ROBUST  # FashionMNIST's are reached, MNIST's are not
    nothing = {name: frame[:0] for name, frame in good.items()}
    assert set(verdicts(images, nothing)) == {NOT_MEASURED}


def test_accuracies_that_are_a_matter_of_the_generations() -> None:
    later = on_images(lambda _, __, generations: 95.0 if generations >= 4000 else 30.0)
    claim = images.CLAIMS[0]
    found = claim.judge(*(later[name] for name in claim.experiments))
    assert found.verdict == f"{DEPENDS} generations"


def later(first: float, last: float) -> Result:
    return lambda run: first if getattr(run.training.method, "until", 0) == 1 else last


def test_spikes_of_fig_4() -> None:
    def saturates(early: float) -> Result:
        return lambda _: 1 - np.exp(-np.arange(100) / early)

    def rising(many: float) -> Result:
        return lambda run: (
            many * (1 + np.log10(run.training.method.until or 4000)) * 2.0 ** spread(run)
            if hasattr(run.training.method, "until")
            else many
        )

    good = on_images(
        lambda *_: 90.0,
        silent_share=later(0.0, 0.8),
        selectivity=later(0.4, 0.7),
        curve_mean=of_side(saturates(5.0), saturates(20.0)),
        spikes=of_side(rising(1.0), rising(1000.0)),
    )
    assert verdicts(spikes, good) == [ROBUST] * 5
    bad = on_images(
        lambda *_: 90.0,
        silent_share=later(0.0, 0.3),
        selectivity=later(0.4, 0.3),
        curve_mean=of_side(saturates(20.0), saturates(5.0)),
        spikes=of_side(always(1000.0), always(2.0)),
    )
    assert verdicts(spikes, bad) == [NOT_FOUND] * 5

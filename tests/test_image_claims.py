"""Rules for Table 3 and Fig. 4: accuracies and spikes that must pass, and that must fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from made_up import Result, always, frame_of, of_side, spread, verdicts

from hetsnn.statistics import wilson_interval
from hetsnn.sweeps.runs import Run
from hetsnn_book.claims import images, spikes
from hetsnn_book.claims.claim import Claim, Judgement
from hetsnn_book.claims.verdicts import DEPENDS, NO_VERDICT, NOT_FOUND, NOT_MEASURED, ROBUST
from hetsnn_book.experiments import images_search


def on_images(
    points: Callable[[str, int, int], float], varied: float = 10.0, **results: Result
) -> dict[str, pd.DataFrame]:
    """Frames of the images, by side, place of the size, and generations; and how much seeds vary."""

    def accuracy(run: Run) -> float:
        side, hidden = run.training.genome.evolved, run.training.architecture.hidden
        sizes = images_search.HIDDEN[side]
        place = sizes.index(hidden) if hidden in sizes else 0
        return (points(side, place, getattr(run.training.method, "generations", 0)) + varied * spread(run)) / 100

    return {
        name: frame_of(name, accuracy=accuracy, **results).assign(dataset=lambda frame: frame["dataset"])
        for name in ("images_stages", *images.EXPERIMENTS)
    }


def judged(claim: Claim, frames: dict[str, pd.DataFrame]) -> Judgement:
    return claim.judge(*(frames[name] for name in claim.experiments))


def test_accuracies_of_table_3() -> None:
    good = on_images(lambda side, place, _: 92.0 + place * (1 if side == "neuron" else 4) - 3 * (side == "weight"))
    assert verdicts(images, good) == [*[ROBUST] * 5, NOT_FOUND]  # weights far above the paper's on FashionMNIST
    bad = on_images(lambda side, place, _: 60.0 - place - 30 * (side == "weight") * (place > 1))
    reached, weights, few, many, grow, _ = verdicts(images, bad)
    assert [reached, few, many, grow] == [NOT_FOUND] * 4
    assert weights != ROBUST  # FashionMNIST's are reached, MNIST's are not
    nothing = {name: frame[:0] for name, frame in good.items()}
    assert set(verdicts(images, nothing)) == {NOT_MEASURED}


def test_ties_with_the_smallest_effects_are_none() -> None:
    one_ahead = on_images(lambda side, *_: 51.0 if side == "neuron" else 50.0, varied=0.0)
    assert verdicts(images, one_ahead)[2:5] == [NOT_FOUND] * 3  # a lead of 1, a lag of 1, no gain with size


def test_a_baseline_is_weak_if_tuned_weights_beat_it() -> None:
    claim = images.CLAIMS[-1]
    printed = [48.33, 58.15, 80.41, 81.22]  # Tab. 3's weights on FashionMNIST

    def above(points: float, places: tuple[int, ...] = (0, 1, 2, 3)) -> str:
        return judged(claim, on_images(lambda _, place, __: printed[place] + points * (place in places), 0.5)).verdict

    assert [above(points) for points in (0.0, -20.0, 20.0)] == [ROBUST, ROBUST, NOT_FOUND]
    assert above(15.0, (0, 1)) == NOT_FOUND
    frames = on_images(lambda *_: 90.0)
    few = {name: frame[frame["hidden"] < 10] for name, frame in frames.items()}
    assert judged(claim, few).verdict == NOT_MEASURED


def test_only_random_settings_are_specifications_and_one_on_both_image_sets_counts_once() -> None:
    drawn = len(images_search.trials("neuron"))
    frames = on_images(lambda *_: 90.0)
    found = judged(images.CLAIMS[2], frames)
    assert len(found.specifications) == 2 * drawn
    assert found.specifications["setting"].nunique() == drawn
    assert found.share_interval == wilson_interval(int(found.share * drawn), drawn)
    assert "setting" not in found.settings
    assert "generations" not in found.settings


def test_accuracies_are_judged_where_both_sides_are_tuned_since_random_settings_are_trained_too_shortly() -> None:
    later = on_images(lambda _, __, generations: 95.0 if generations >= 4000 else 30.0)
    assert judged(images.CLAIMS[0], later).verdict == ROBUST
    earlier = on_images(lambda _, __, generations: 30.0 if generations >= 4000 else 95.0)
    assert judged(images.CLAIMS[0], earlier).verdict == NOT_FOUND


def test_accuracies_may_depend_on_the_generations_which_the_paper_does_not_tell() -> None:
    longest = on_images(lambda _, __, generations: 95.0 if generations > 4000 else 30.0, varied=0.1)
    assert judged(images.CLAIMS[0], longest).verdict == f"{DEPENDS} generations"


def test_tuned_cells_alone_are_judged_by_their_intervals() -> None:
    """Random settings have the smallest size only, so that nothing but tuned networks tells about larger ones."""
    many = images.CLAIMS[3]
    assert judged(many, on_images(lambda side, *_: 50.0 + (side == "weight"), varied=2000.0)).verdict == NO_VERDICT
    found = judged(many, on_images(lambda *_: 90.0))
    assert (found.verdict, len(found.specifications)) == (ROBUST, len(found.cells))
    assert np.isnan(found.share_interval).all()
    assert "no setting but the tuned ones was measured" in found.evidence


def later(first: float, last: float) -> Result:
    return lambda run: first if getattr(run.training.method, "until", 0) == 1 else last


flat: dict[str, Any] = {
    "silent_share": later(0.1, 0.5),
    "selectivity": always(0.5),
    "curve_mean": lambda _: np.linspace(0, 1, 100),
    "spikes": lambda run: float(run.training.architecture.hidden),  # as many of each neuron
}


def test_spikes_that_tie_with_the_smallest_effects_or_do_not_differ() -> None:
    assert verdicts(spikes, on_images(lambda *_: 90.0, **flat)) == [NOT_FOUND] * 5


def test_too_few_settings_stages_or_seeds_for_a_verdict_on_spikes() -> None:
    frames = on_images(lambda *_: 90.0, **flat)
    search, stages = frames["images_search"], frames["images_stages"]
    three = search[search["dataset"] == "mnist"].groupby("evolved").head(3)
    assert verdicts(spikes, frames | {"images_search": three})[:3] == [NOT_MEASURED] * 3
    last = stages[stages["until"] != 1]
    assert verdicts(spikes, frames | {"images_stages": last})[:2] == [NOT_MEASURED] * 2
    assert verdicts(spikes, frames | {"images_stages": stages[stages["seed"] == 0]})[3] == NOT_MEASURED


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
    for first, last in ((0.5, 0.8), (0.0, 0.3), (0.1, 0.8), (0.0, 0.5)):  # one part fails, then ties
        half = on_images(lambda *_: 90.0, **flat | {"silent_share": later(first, last)})
        assert judged(spikes.CLAIMS[0], half).verdict != ROBUST
    bad = on_images(
        lambda *_: 90.0,
        silent_share=later(0.0, 0.3),
        selectivity=later(0.4, 0.3),
        curve_mean=of_side(saturates(20.0), saturates(5.0)),
        spikes=of_side(always(1000.0), always(2.0)),
    )
    assert verdicts(spikes, bad) == [NOT_FOUND] * 5

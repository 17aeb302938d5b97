"""Table 3 and Fig. 4 as they are drawn and judged, from results that are made up."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hetsnn.data import image_sets
from hetsnn.data.image_sets import CLASSES
from hetsnn.sweeps.runs import settings
from hetsnn_book import experiments
from hetsnn_book.experiments import images, images_longer, images_stages
from hetsnn_book.figures import NOT_MEASURED
from hetsnn_book.plots import images as draw


def frame_of(name: str, **results: Any) -> pd.DataFrame:
    """A frame with the runs of an experiment, and for each what a function of it gives."""
    runs = experiments.runs(name, "paper")
    rows = [settings(run) | {key: of(run) for key, of in results.items()} for run in runs]
    return pd.DataFrame(rows)


def spread(run: Any, mean: float) -> float:
    return mean + 0.001 * (run.training.seed - 2)


def test_table_3_has_a_line_for_each_size_and_tells_what_is_missing() -> None:
    frame = frame_of("images", accuracy=lambda run: spread(run, 0.85), confusion=lambda _: np.eye(CLASSES).ravel())
    rows = images.table(frame[frame["hidden"] == 1024], "paper")
    assert len(rows) == 16
    assert rows["paper"].notna().all()
    measured = rows[rows["seeds"] > 0]
    np.testing.assert_allclose(measured["mean"], 85.0)
    assert (measured["low"] < 85).all()
    lines = draw.compact(rows)
    assert len(lines) == 16
    accuracy = lines.set_index("evolves")["accuracy"]
    assert accuracy["neurons"].str.startswith("85.0 [").sum() == 2
    assert (accuracy["weights"] == NOT_MEASURED).all()
    assert lines.iloc[0]["paper"] == "80.96"
    shares = draw.confusion_table(frame)
    assert shares[shares["class"] == shares["said"]]["share"].eq(1).all()


@pytest.mark.parametrize("fetched", [True, False])
def test_a_smaller_profile_has_lines_for_what_it_trains(fetched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It trains on the same images whatever has been fetched, and the paper has no number beside them."""
    monkeypatch.setattr(image_sets, "here", lambda _: fetched)
    nothing = pd.DataFrame(columns=["dataset", "evolved", "hidden"])
    lines = draw.compact(images.table(nothing, "quick"))
    assert list(lines["dataset"]) == [images.TITLES["digits"]] * 2
    assert (lines["accuracy"] == NOT_MEASURED).all()
    assert not lines["paper"].any()


def test_spikes_are_shown_at_every_stage() -> None:
    def later(first: float, last: float) -> Any:
        return lambda run: first if run.training.method.until == 1 else last

    def frame(silent: float, spikes: float) -> pd.DataFrame:
        return frame_of("images_stages", accuracy=later(0.1, 0.8), silent_share=later(0.0, silent),
                        spikes=later(10.0, spikes), selectivity=later(0.5, 0.4),
                        shown=lambda _: np.full(32 * CLASSES, 2.0))  # fmt: skip

    shown = draw.shown_table(frame(0.7, 20.0))
    assert (shown["frequency"] == 0.5).all()
    assert set(shown["generation"]) == set(images_stages.STAGES)


def test_table_3_after_more_generations_has_the_sizes_with_several_lengths() -> None:
    """Networks as wide as the neurons' whose weights evolve, and descent, are no longer trainings of Table 3."""
    names = ("images", "images_references", "images_longer")
    frames = [
        frame_of(name, accuracy=lambda run: 0.8 + 0.05 * (getattr(run.training.method, "generations", 0) > 4000))
        for name in names
    ]
    rows = images_longer.table(*frames)
    assert set(zip(rows["evolved"], rows["hidden"], strict=True)) == {
        *(("neuron", hidden) for hidden in (1024, 2048)),
        *(("weight", hidden) for hidden in (5, 10)),
    }
    assert set(rows["generations"]) == {4000, 16000}
    assert rows["seeds"].to_list() == [5, 4] * 8
    lines = draw.longer(rows)
    assert len(lines) == 8
    assert (lines["4,000 generations"].str[:4] == "80.0").all()
    assert (lines["16,000 generations"].str[:4] == "85.0").all()
    assert lines[lines["evolves"] == "neurons"]["paper"].to_list() == ["76.35", "77.64", "80.96", "85.64"]
    assert images_longer.table(*(frame[:0] for frame in frames)).empty
    descent = frames[1][frames[1]["generations"].isna()].drop(columns="generations")  # smoke has nothing else
    assert images_longer.table(frames[0], descent, frames[2]).equals(images_longer.table(frames[0], frames[2]))
    assert draw.longer(images_longer.table(frames[0])).empty

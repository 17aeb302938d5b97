"""The experiment `skeleton`: its smallest profile is computed, and its result compared with chance."""

from hetsnn_book import experiments
from hetsnn_book.experiments import skeleton


def test_skeleton_learns_to_remember_for_a_short_while() -> None:
    frame = experiments.collect("skeleton", "smoke")
    assert len(frame) == len(skeleton.runs("smoke"))
    assert frame[skeleton.SCORE].mean() > 0.5  # guessing earns 0, remembering 1

"""The chapter on evolution: what is measured agrees with closed forms."""

import numpy as np
import pytest

from hetsnn.training.evolution import Evolution
from hetsnn_book.measures import estimates
from hetsnn_book.plots import evolution as draw


def test_a_population_sees_the_smoothed_landscape() -> None:
    """Phi(x / sigma) for a step, -x^2 - sigma^2 for a parabola; 4096 candidates leave an error of a few hundredths."""
    table = estimates.smoothed_table((0.5,), population=4096).dropna()
    assert len(table) == 18
    np.testing.assert_allclose(table["measured"], table["closed"], atol=0.1)
    symmetric = table[(table["landscape"] == "a step") & (table["x"] == 0)]
    assert symmetric["measured"].item() == pytest.approx(0.5)  # of each pair one is above 0


@pytest.mark.parametrize("sampling", estimates.SAMPLING)
def test_the_error_of_an_estimate_is_that_of_its_closed_form(sampling: str) -> None:
    table = estimates.error_table(32, (16,), repeats=400).set_index("sampling").loc[sampling]
    assert table["error"] == pytest.approx(table["error_closed"], rel=0.1)


def test_pairs_have_the_cosine_that_their_error_leaves() -> None:
    assert estimates.cosine(256, 128) == pytest.approx(1 / np.sqrt(1 + 257 / 64))


def test_the_share_of_the_best_by_ranks_depends_on_the_population_only() -> None:
    table = estimates.share_table(16, (0.1, 2.0)).set_index(["weights", "skew"])["share"]
    assert table["ranks", 0.1] == pytest.approx(estimates.best_share(16))
    assert table["ranks", 2.0] == pytest.approx(estimates.best_share(16))
    ranks = np.arange(16) / 15 - 0.5
    assert estimates.best_share(16) == pytest.approx(ranks.max() / np.abs(ranks).sum())
    assert table["fitness", 2.0] > 2 * table["fitness", 0.1]


def test_drift_spreads_by_the_rate_times_the_root_of_the_generations() -> None:
    table = estimates.drift_table((0.01, 0.1), (0.3, 0.03), 16, 150)
    last = table[table["generation"] == 150]
    np.testing.assert_allclose(last["spread"], last["closed"], rtol=0.2)
    first = table[table["generation"] == 1]
    np.testing.assert_allclose(first["spread"], first["rate"], rtol=0.05)  # Adam's first step is the rate, either way


def test_a_walk_climbs() -> None:
    seen, path = estimates.walk(
        Evolution(population=32, generations=30, sigma=0.3, learning_rate=0.1), (-1.5, -1.2), seed=3
    )
    mean = seen.groupby("generation")["fitness"].mean()
    assert mean[29] > mean[0] + 1
    assert path[["x", "y"]].iloc[0].tolist() == pytest.approx([-1.5, -1.2])
    figure = draw.population(seen, path, (0, 5, 10, 29))
    assert [axis.get_title() for axis in figure.axes][:4] == [f"generation {g}" for g in (0, 5, 10, 29)]

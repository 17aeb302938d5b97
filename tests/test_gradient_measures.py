"""Published directions and memory of gradients, beside what the code gives now and closed forms."""

import numpy as np

from hetsnn_book.measures import directions, peak_bytes


def test_published_gradients_are_those_of_the_code() -> None:
    """Backpropagated gradients do not depend on the number of perturbations, so that few will do."""
    names = ["evolved", "length", "seed", "estimate", "surrogate", "width"]
    published = directions.published().set_index(names)
    found = directions.quality_table(("neuron",), (10,), pairs=directions.CHUNK, seeds=1)
    found = found[found["estimate"].isin(directions.GRADIENTS)].set_index(names)
    assert len(found) == 2
    for column in ("norm", "variance"):
        np.testing.assert_allclose(published.loc[found.index, column], found[column], rtol=1e-3)


def test_published_directions_are_whole() -> None:
    sizes, published = directions.SIZES["paper"], directions.published()
    kinds = len(directions.GRADIENTS) * (len(sizes["widths"]) + len(sizes["surrogates"])) + len(directions.PAIRS)
    assert len(published) == 2 * len(sizes["lengths"]) * sizes["seeds"] * kinds
    assert published.groupby(["evolved", "length", "seed"]).size().nunique() == 1


def test_a_trajectory_is_stored_by_backpropagation_alone() -> None:
    published = peak_bytes.published().pivot(index=["neurons", "episodes"], columns=["method", "steps"], values="bytes")
    longer = published.xs(1000, axis=1, level="steps") - published.xs(100, axis=1, level="steps")
    of_number = 4 * 900 * np.prod(longer.index.to_list(), axis=1)  # bytes of a number of each neuron at each step
    assert (longer["BP"] >= of_number).all()
    assert (longer["ES"] < 0.1 * of_number).all()


def test_published_memory_is_that_of_the_compiled_programs() -> None:
    found = peak_bytes.bytes_table((10,)).merge(peak_bytes.published(), on=["method", "steps", "neurons", "episodes"])
    assert len(found) == 2
    np.testing.assert_allclose(found["bytes_x"], found["bytes_y"], rtol=0.2)  # compilers differ

"""Maps are legible in both themes: letters on every tint, and 0 on the ground."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from hetsnn_book.plots import axes

# The dark theme's filter, `invert(1) hue-rotate(180deg)`; the matrix is that of the CSS Filter Effects module.
ROTATED = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
LEAST = 4.5  # WCAG 2.2, level AA


def darkened(colours: np.ndarray) -> np.ndarray:
    return np.clip((1 - colours) @ ROTATED.T, 0, 1)


def luminance(colours: np.ndarray) -> np.ndarray:
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    ends = np.sort([luminance(one), np.broadcast_to(luminance(other), luminance(one).shape)], axis=0)
    return (ends[1] + 0.05) / (ends[0] + 0.05)


@pytest.mark.parametrize("theme", [lambda colours: colours, darkened], ids=["light", "dark"])
def test_numbers_are_legible_on_every_tint(theme: Any) -> None:
    figure, axis = plt.subplots()
    axes.numbers(axis, pd.DataFrame([[-1.0, 0.0, 1.0]]))
    letters = {text.get_color() for text in axis.texts}
    plt.close(figure)
    cells = axes.TINTS(np.linspace(0, 1, 101))[:, :3]
    for letter in letters:
        assert contrast(theme(cells), theme(np.array(to_rgb(letter)))).min() > LEAST


@pytest.mark.parametrize(("colours", "zero"), [(axes.TINTS, 0.5), (mpl.colormaps[axes.SHADES], 0.0)])
def test_nothing_is_the_ground_of_the_page(colours: Any, zero: float) -> None:
    assert luminance(darkened(np.array(colours(zero)[:3]))) < 0.01
    ends = np.array([colours(0.0)[:3], colours(1.0)[:3]])
    assert contrast(darkened(ends), darkened(np.ones(3))).max() > 1.5

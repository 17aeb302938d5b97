"""Style of the book's figures, and their display on a page.

A figure function takes a tidy frame and returns a matplotlib Figure. `show` puts the figure on the page with its
caption, its text alternative and its numbers; `show_table` shows a table, `show_source` the code itself, `glue` a
number within a sentence.
"""

import ast
import inspect
import io
import math
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.text import Text

from hetsnn import numerics
from hetsnn.errors import InputError
from hetsnn_book.words import names_of_code, spoken

numerics.check()  # every chapter imports this file, also where no build has checked

PALETTE = tuple(sns.color_palette("colorblind").as_hex())  # distinguishable for colour-blind readers
# The two sides of every contest differ in marker as well as colour.
COLORS = {"neuron": PALETTE[0], "weight": PALETTE[1]}
MARKERS = {"neuron": "o", "weight": "s"}

# Sizes suit a phone: letters are 9 pixels high when 6.4 inches are scaled to 350 pixels. The white background is
# opaque, so that a figure is legible wherever a notebook is read; the book's dark theme turns its lightness around.
STYLE: dict[str, Any] = {
    "figure.figsize": (6.4, 4.0),
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.1,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 200,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "grid.linewidth": 0.8,
    "axes.prop_cycle": cycler(color=PALETTE),
}
PIXELS_PER_INCH = 110  # on the page; the picture has a higher resolution, for sharp screens
NOT_MEASURED = "not measured yet"
NEGATIVE_ZERO = re.compile(r"(?<![\w.])[-\N{MINUS SIGN}](?=0(?:\.0+)?(?![\w.]*\d))")  # its minus
WIDE, LONG = 6, 12  # columns of a table at most, which is split; rows of a table at most, which is folded

plt.style.use(STYLE)


def show(figure: Figure, name: str, *, alt: str, caption: str, data: pd.DataFrame) -> None:
    """Put a figure on the page and close it.

    The book numbers the figure, so that `` {numref}`NAME` `` refers to it, and prints the caption (MyST) with a link to
    the numbers, which are written to `figures/NAME.csv` beside the notebook. Screen readers read `alt`, in which the
    names and symbols of properties become words.

    Args:
        figure: The figure.
        name: Lower-case letters, digits and hyphens; unique in the book.
        alt: Description of the figure in words.
        caption: Caption, which explains the marks and their meaning.
        data: The plotted numbers.

    Raises:
        InputError: `alt` or `caption` is empty, `name` is invalid, or a name of code stands in words or picture.
    """
    metadata = _describe(name, caption)
    if not alt.strip():
        raise InputError(f"text alternative of figure {name!r} must not be empty: describe the figure in alt=")
    from IPython.display import Image, display

    said = _text(spoken(" ".join(alt.split())))
    _check_words(name, [said, *(text.get_text() for text in figure.findobj(Text))])
    png = picture(figure)
    width = round(figure.get_figwidth() * PIXELS_PER_INCH)
    _write_data(name, data)
    display(Image(png, format="png", width=width, metadata={**metadata, "alt": said}))


def picture(figure: Figure, **options: Any) -> bytes:
    """Return a figure as PNG with a palette of 256 colours, a third of the bytes of one without, and close it.

    Options are those of `savefig`.
    """
    from PIL import Image

    drawn, png = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", pil_kwargs={"compress_level": 0}, **options)
    plt.close(figure)
    with Image.open(drawn) as image:
        colours = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    colours.save(png, format="png", optimize=True)
    return png.getvalue()


def show_table(
    frame: pd.DataFrame, name: str, *, caption: str, data: pd.DataFrame | None = None, whole: bool = False
) -> None:
    """Put a table on the page, without its index; cells are printed with `str`, so format numbers first.

    A table without rows is one cell that says "not measured yet". A table with more than `WIDE` columns becomes
    several, see `split`. A page folds a table with more than `LONG` rows, unless it is shown `whole`.

    Caption, `name` and the CSV file (of `data`, else of the frame) are as for `show`.

    Raises:
        InputError: `caption` is empty, `name` is invalid, or a name of code stands in a cell.
    """
    metadata = _describe(name, caption)
    from IPython.display import display

    _check_words(name, [*map(str, frame.columns), *map(_text, frame.to_numpy(object).ravel())])
    _write_data(name, frame if data is None else data)
    if frame.empty:
        frame = pd.DataFrame({str(column): [NOT_MEASURED] for column in frame.columns[:1]})
    markdown = "\n\n".join(_markdown(part) for part in split(frame))
    if len(frame) > LONG and not whole:
        metadata["folded"] = f"{len(frame)} rows"
    display({"text/markdown": markdown}, raw=True, metadata={"text/markdown": metadata})


def split(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Return a table as tables of at most `WIDE` columns.

    Each begins with the columns that tell its rows apart: the fewest from the left without a repeated row.
    """
    names = list(frame.columns)
    keys = next((count for count in range(1, WIDE) if not frame.iloc[:, :count].astype(str).duplicated().any()), 1)
    others = names[keys:]
    count = max(1, math.ceil(len(others) / (WIDE - keys)))
    size = math.ceil(len(others) / count)
    return [frame[names[:keys] + others[start : start + size]] for start in range(0, max(len(others), 1), max(size, 1))]


def _markdown(frame: pd.DataFrame) -> str:
    rows = [list(map(str, frame.columns)), ["---"] * frame.shape[1]]
    rows += [[_text(cell) for cell in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows)


def show_source(*objects: Any) -> None:
    """Put the source of functions, methods or classes on the page, as it is imported, without docstrings."""
    from IPython.display import display

    parts = []
    for shown in objects:
        real = inspect.unwrap(shown)
        code = _without_docstrings(textwrap.dedent(inspect.getsource(real)))
        parts.append(f"`{real.__module__}.{real.__qualname__}`\n\n```python\n{code}```")
    display({"text/markdown": "\n\n".join(parts)}, raw=True)


def _without_docstrings(code: str) -> str:
    lines = code.splitlines(keepends=True)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno - 1, int(node.body[0].end_lineno or 0)
            # A line becomes empty, so that the places of the others stay.
            lines[first:last] = [""] * (last - first)
            if last < len(lines) and not lines[last].strip():
                lines[last] = ""
    return "".join(lines)


def glue(name: str, value: Any, spec: str = "") -> None:
    """Name a number for the prose: `` {glue:text}`NAME` `` prints `format(value, spec)`.

    None and NaN are printed as "not measured yet", and a number that rounds to 0 without a minus. The text is stored as
    the page prints it, because the representation of a NumPy scalar is unreadable.
    """
    from IPython.display import display

    text = _text(value, spec)
    prefix = "application/papermill.record/"
    metadata = {"scrapbook": {"name": name, "mime_prefix": prefix}}
    display({prefix + "text/plain": repr(text)}, raw=True, metadata=metadata)


def _text(value: Any, spec: str = "") -> str:
    """Return a number, or words with numbers, as a page prints them."""
    return NOT_MEASURED if _missing(value) else NEGATIVE_ZERO.sub("", format(value, spec) if spec else str(value))


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _describe(name: str, caption: str) -> dict[str, str]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise InputError(f"figure name must be lower-case words joined by hyphens, as in 'memory-reward', got {name!r}")
    if not caption.strip():
        raise InputError(f"caption of {name!r} must not be empty")
    _check_words(name, [caption])
    return {"name": name, "caption": " ".join(caption.split())}


def _check_words(name: str, texts: Iterable[str]) -> None:
    if found := list(dict.fromkeys(code for text in texts for code in names_of_code(text))):
        raise InputError(f"words of {name!r} must be a reader's, or marked as `code`, got {', '.join(found)}")


def _write_data(name: str, data: pd.DataFrame) -> None:
    folder = Path("figures")
    folder.mkdir(exist_ok=True)
    data.to_csv(folder / f"{name}.csv", index=False)

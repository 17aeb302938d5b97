"""A miniature book: its chapters as text, and a folder with the project's own settings and looks around them."""

import shutil
from pathlib import Path

from hetsnn_book.project import PROJECT

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
chapter:
  order: 1
---
"""


PARAMETERS = """
```{code-cell} ipython3
:tags: [parameters]

profile = "quick"
```
"""


WAVES = (
    HEAD
    + r"""
# Waves

$$
x' = -x \tag{7}
$$ (decay)

By {eq}`decay` it decays, as {numref}`wave` shows and {numref}`wave-table` lists: a share of {glue:text}`share`;
{glue:text}`unknown`.
"""
    + PARAMETERS
    + """
```{code-cell} ipython3
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from hetsnn_book import figures

print("a line", "of log", file=sys.stderr)
figures.glue("share", np.float64(0.9134), ".1%")
figures.glue("unknown", np.nan, ".1%")
data = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.5]})
both = [path.read_text() for path in sorted(Path("../../../data/results/waves").glob("*.txt"))]
```

```{code-cell} ipython3
:tags: [hide-input]

figure, axes = plt.subplots()
axes.plot(data["x"], data["y"])
figures.show(figure, "wave", alt='A line, "steep", falls: from 1 to a half.', caption="A *falling* line.", data=data)
```

```{code-cell} ipython3
:tags: [hide-input]

figures.show_table(data, "wave-table", caption="The line's ends.")
```
"""
)

# A chapter with published results: while it is computed it waits for the first pages, and keeps its own as it is there.


MEMORY = (
    HEAD.replace("order: 1", "order: 2")
    + "\n# Memory\n"
    + PARAMETERS
    + """
```{code-cell} ipython3
import shutil
import time
from pathlib import Path

rendered, deadline = Path("../../html"), time.monotonic() + 120
while profile != "paper" and not (rendered / "index.html").is_file() and time.monotonic() < deadline:
    time.sleep(0.1)
if profile != "paper":
    shutil.copytree(rendered, "../../seen")
print(f"computed with profile {profile}")
```
"""
)


FAILS = """
```{code-cell} ipython3
import time
while time.process_time() < 1.0:  # of the CPU, which is counted
    pass
raise KeyError("lost")
```
"""
FAILING = HEAD + "\n# A chapter that fails\n" + PARAMETERS + FAILS


def write_book(root: Path, **chapters: str) -> Path:
    """The project's own settings and looks around other chapters."""
    (root / "book").mkdir(parents=True)
    shutil.copy(PROJECT / "_config.yml", root)
    shutil.copy(PROJECT / "book" / "references.bib", root / "book")
    shutil.copytree(PROJECT / "book" / "_static", root / "book" / "_static")
    for name, text in chapters.items():
        (root / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    (root / "data" / "results" / "waves").mkdir(parents=True)
    (root / "data" / "results" / "waves" / "first.txt").write_text("1")
    return root

"""README's Python runs and prints what README says, numbers to a fifth: other machines round otherwise."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", README, re.DOTALL)
# SLURM is not at hand: what it needs is imported, and no more.
RUN = [(code, printed) for code, printed in BLOCKS if "SLURMCluster" not in code]
NUMBER = re.compile(r"-?\d+(?:\.\d*)?")


@pytest.mark.parametrize(("code", "printed"), RUN, ids=["training", "neurons"])
def test_a_block_of_code_prints_what_it_says(code: str, printed: str) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})  # noqa: S102  # it is ours
    assert NUMBER.sub("0", said.getvalue()) == NUMBER.sub("0", printed)
    found, expected = ([float(number) for number in NUMBER.findall(text)] for text in (said.getvalue(), printed))
    np.testing.assert_allclose(found, expected, rtol=0.2)


def test_what_slurm_would_carry_out_can_be_imported() -> None:
    (code,) = [code for code, _ in BLOCKS if "SLURMCluster" in code]
    exec("\n".join(line for line in code.splitlines() if line.startswith("from hetsnn")), {})  # noqa: S102

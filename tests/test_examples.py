"""The examples run, in fewer generations than they show, and what they print is what they say."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
# A line of each, with the numbers left open.
PRINTS = {
    "acrobot": r"generation   0: mean return -\d+\.\d  #*\n",
    "own_neuron": r"Refractory: 5 properties, reward [+-]\d\.\d\nrefractory times evolved: \d",
    "own_task": r"delay 0: \d+% right, where guessing gives 50%\ndelay 1: \d+% right",
}


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(PRINTS)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name == "own_neuron" else name for name in PRINTS]
)
def test_an_example_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"](generations=2)
    assert re.search(PRINTS[name], capsys.readouterr().out)

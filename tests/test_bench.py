"""Benchmarks on tiny sizes: what they report, and that both sides of a comparison do the same work."""

import importlib
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from benchmarks import harness
from hetsnn import resources
from hetsnn.sweeps import devices
from hetsnn.sweeps import sweep as sweeps
from hetsnn.tasks.brax_physics import Own
from hetsnn_book import cli, experiments
from hetsnn_book.measures import speed
from hetsnn_book.project import PROJECT

pytestmark = pytest.mark.usefixtures("light_robot")

TINY = {"hidden": 4, "population": 4, "length": 2}
QUICK: dict[str, dict[str, Any]] = {
    "cartpole": {"seeds": 2, "hidden": 4, "population": 4, "limits": (9,), "generations": 2, "repeats": 1, "rounds": 1},
    "control": {
        "robots": ("hopper",),
        "hidden": 4,
        "population": 4,
        "limit": 9,
        "generations": 2,
        "repeats": 1,
        "rounds": 1,
    },
    "compiling": {"seeds": 2, "rounds": 1} | TINY,
    "cores": {"seeds": 2, "generations": 2, "repeats": 1, "rounds": 1} | TINY,
    "images": {"hidden": 4, "population": 4, "batch": 6, "mib": 1, "generations": 2, "repeats": 1, "rounds": 1},
    "neurons": {"batch": 8, "neurons": 6, "steps": 5, "rows": 2, "mib": 1, "repeats": 1, "rounds": 1},
    "peak_memory": {"profile": "smoke", "seeds": 2} | TINY,
    "physics": {"robots": ("hopper",), "repeats": 1, "rounds": 1},
    "resume": {"seeds": 2, "repeats": 1, "rounds": 1} | TINY,
    "training": {"seeds": 2, "generations": 2, "repeats": 1, "rounds": 1} | TINY,
}

COMPARED = {"cartpole", "control", "images", "training"}  # whose other sides take long to compile


def load(name: str) -> Any:
    return importlib.import_module(f"benchmarks.{name}")


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that should run in a process of its own runs here, on what the tests have compiled already."""

    def call(function: str, *, cores: int | None = None, devices: int | None = None, **arguments: Any) -> Any:
        assert (cores or 1) >= 1 <= (devices or 1)
        module, _, name = function.partition(":")
        return json.loads(json.dumps(getattr(importlib.import_module(module), name)(**arguments)))

    monkeypatch.setattr(harness, "fresh", call)
    monkeypatch.setattr(devices, "prepare", lambda _: None)
    training, robots = load("training"), load("physics")
    # The tests' own, which compiles a program once.
    monkeypatch.setattr(training, "Executable", vars(sweeps)["Executable"])
    monkeypatch.setattr(robots, "PHYSICS", dict.fromkeys(robots.PHYSICS, Own))  # of the light robot, which has none
    monkeypatch.setattr(experiments, "runs", lambda *_: [training.run(seed, **TINY) for seed in range(2)])


def test_every_benchmark_is_tried_here() -> None:
    assert harness.names() == sorted(QUICK)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in COMPARED else name for name in sorted(QUICK)]
)
def test_a_benchmark_reports_rows(name: str) -> None:
    rows = load(name).measure(**QUICK[name])
    assert rows
    assert len({(row["name"], row.get("peer")) for row in rows}) == len(rows)
    for row in rows:
        assert set(row) in ({"name", "value", "unit"}, {"name", "value", "unit", "peer", "peer_value", "ratio"})
        assert all(math.isfinite(row[key]) and row[key] > 0 for key in {"value", "peer_value", "ratio"} & set(row))
    assert len(speed.table(rows)) == len(rows)
    json.dumps(rows)


def test_a_ratio_above_one_is_good() -> None:
    assert harness.row("time", 2.0, "s", "peer", 6.0)["ratio"] == 3
    assert harness.row("rate", 6.0, "steps/s", "peer", 2.0)["ratio"] == 3
    assert "ratio" not in harness.row("alone", 6.0, "steps/s")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.4e9, "updates/s", "2.4 Gupdates/s"),
        (0.0123, "s", "0.0123 s"),
        (999.0, "B/s", "999 B/s"),
        (2048.0, "MiB", "2.05e+03 MiB"),
    ],
)
def test_quantities_are_read_in_three_digits(value: float, unit: str, text: str) -> None:
    assert speed.quantity(value, unit) == text


def test_ratios_have_no_power_of_ten() -> None:
    assert [speed.times(ratio) for ratio in (11834.0, 0.0882, 4.04, 1.0)] == ["12,000", "0.088", "4", "1"]


def test_blocks_give_what_one_scan_gives() -> None:
    neurons = load("neurons")
    current, properties = neurons.inputs(8, 32)
    whole = jax.jit(neurons.scan, static_argnames="steps")(current, properties, steps=50)
    blocks = jax.jit(neurons.blockwise, static_argnames=("steps", "rows"))(current, properties, steps=50, rows=2)
    np.testing.assert_array_equal(whole[1], blocks[1])
    np.testing.assert_allclose(whole[0], blocks[0], rtol=1e-5, atol=1e-6)
    assert 0 < whole[1].mean() < 50


@pytest.mark.usefixtures("here")
def test_both_trainings_take_the_same_environment_steps() -> None:
    training = load("training")
    problem, key = training.evosax_memory(TINY["hidden"], TINY["length"]), jax.random.key(0)
    candidates = jax.vmap(problem.sample)(jax.random.split(key, TINY["population"]))
    _, _, seen = problem.eval(key, candidates, problem.init(key))
    taken = math.prod(seen["env_states"][0].shape[:3])
    assert taken == TINY["population"] * training.EPISODES * (TINY["length"] + 1)
    # An episode of theirs is long enough to be scored: a candidate that answers 1 is right whenever the cue is.
    reward = jax.vmap(problem._rollout, in_axes=(0, None, None))
    right = reward(jax.random.split(key, 8), jax.tree.map(lambda x: x[0], candidates), problem.init(key))[0]
    assert set(np.asarray(right).tolist()) == {-1.0, 1.0}
    ours = training.ours(seeds=2, generations=2, repeats=1, **TINY)
    theirs = training.evosax("mapped", seeds=2, generations=2, repeats=1, **TINY)
    assert ours["steps"] == theirs["steps"] == 2 * taken


def test_a_fresh_process_has_the_cores_that_it_is_given() -> None:
    assert harness.fresh("hetsnn.resources:cores", cores=1) == 1
    assert harness.fresh("hetsnn.resources:cores", devices=3) == resources.cores()


def test_a_failure_in_a_fresh_process_is_not_passed_over() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        harness.fresh("benchmarks.harness:quantity", value="much")


def test_peaks_of_memory_grow() -> None:
    before = harness.peak_mib()
    block = np.ones(2**24)
    assert harness.peak_mib() > before + 64
    assert len(block)


ROW = harness.row("n", 1.0, "s")
RECORD = {"measured": "2026-01-01T00:00:00+00:00", "results": [{"benchmark": "cores", **ROW}]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(speed, "PUBLISHED", tmp_path / "benchmarks")
    return tmp_path / "benchmarks"


def test_a_published_run_replaces_the_one_before_of_the_same_benchmark(folder: Path) -> None:
    assert speed.published() == {}
    other = RECORD | {"results": [{"benchmark": "neurons", **ROW}]}
    harness.publish(RECORD | {"measured": "earlier"})
    paths = harness.publish(RECORD) + harness.publish(other)
    assert sorted(folder.iterdir()) == sorted(paths)
    assert speed.published() == {"cores": RECORD, "neurons": other}


def test_published_runs_say_what_they_were_measured_on() -> None:
    records = speed.published()
    assert records
    for name, record in records.items():
        assert {row["benchmark"] for row in record["results"]} == {name}
        assert record["device"]
        assert {"python", "jax"} <= set(record["versions"])


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_command_prints_rows_and_publishes(
    option: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "run", lambda only: RECORD if only is None else None)
    assert cli.main(["bench", "--publish", *option]) == 0
    out = capsys.readouterr().out
    assert json.loads(out) == RECORD["results"] if option else "1 s" in out
    assert speed.published() == {"cores": RECORD}
    assert len(list(folder.iterdir())) == 1


def test_command_complains_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--only", "speed"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("hetsnn: benchmark must be one of ")
    assert error.count("\n") == 1


def test_command_says_that_a_benchmark_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Any) -> None:
        raise subprocess.CalledProcessError(1, "python")

    monkeypatch.setattr(harness, "run", fail)
    assert cli.main(["bench"]) == 1
    assert capsys.readouterr().err == "hetsnn: a benchmark failed: its traceback is above\n"


def test_without_the_project_there_is_nothing_to_measure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "benchmarks", None)
    assert cli.main(["bench"]) == 2
    assert "come with the project" in capsys.readouterr().err

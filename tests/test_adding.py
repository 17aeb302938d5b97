"""Additions to the project: CONTRIBUTING's walks, and the skeletons that they begin with."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome
from hetsnn.training.method import Training
from hetsnn_book import experiments
from hetsnn_book.building import chapters, skeletons

PROJECT = Path(__file__).parent.parent
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAME = "walk_gaps"


def section(title: str) -> str:
    """The text of CONTRIBUTING under a title."""
    return CONTRIBUTING.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project that has a front page and the folders that skeletons are written into."""
    for folder in ("book/hetsnn_book/experiments", "book/hetsnn_book/plots", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "book" / "intro.md").write_text("# Front page\n", encoding="utf-8")
    return tmp_path


def test_the_new_task_of_the_walk_can_be_trained(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", section("A new task"), re.MULTILINE | re.DOTALL)
    (tmp_path / "level.py").write_text(code, encoding="utf-8")
    written = runpy.run_path(str(tmp_path / "level.py"))
    method = Evolution(population=32, generations=200, sigma=0.3, learning_rate=0.1)
    training = Training(task=written["Level"](), architecture=Architecture(hidden=32), genome=Genome(), method=method)
    training.check()

    @jax.jit
    def distances(training: Training) -> list[jax.Array]:
        fixed, begun = method.begin(training, training.key)
        ended = method.advance(fixed, begun, 0, 200)
        return [method.finish(fixed, state)["final"]["distance"] for state in (begun, ended)]

    before, after = distances(training)
    assert after < 0.1 < before


def test_contributing_names_all_that_an_experiment_declares() -> None:
    listed = re.findall(r"^\| `(\w+)", section("A new experiment"), re.MULTILINE)
    assert listed == [*experiments.DECLARED, "labels", "genome_needed", "PARTLY"]


def test_a_new_chapter_comes_last_with_an_experiment_of_its_name(empty: Path) -> None:
    skeletons.new_chapter("first_light", empty)
    written = skeletons.new_chapter(NAME, empty)
    assert [path.relative_to(empty).as_posix() for path in written] == [
        "book/hetsnn_book/experiments/walk_gaps.py",
        "tests/test_walk_gaps.py",
        "book/walk_gaps.md",
        "book/hetsnn_book/plots/walk_gaps.py",
        "tests/test_walk_gaps_figures.py",
    ]
    assert [page.name for page in chapters.pages(empty)] == ["intro", "first_light", NAME]
    assert chapters.pages(empty)[2].title == "Walk gaps"
    assert not any(skeletons.EXAMPLE in path.read_text(encoding="utf-8").lower() for path in written)
    assert '"walk-gaps-reward"' in (empty / "book" / "walk_gaps.md").read_text(encoding="utf-8")


def test_a_chapter_of_an_experiment_that_is_there_leaves_it_as_it_is(empty: Path) -> None:
    experiment, test = skeletons.new_experiment(NAME, empty)
    experiment.write_text("# mine\n", encoding="utf-8")
    assert {experiment, test}.isdisjoint(skeletons.new_chapter(NAME, empty))
    assert experiment.read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize("name", ["", "Gaps", "walk gaps", "walk-gaps", "../gaps", "_gaps", "2gaps", "gaps_", "class"])
def test_a_bad_name_is_refused_in_one_line(empty: Path, name: str) -> None:
    with pytest.raises(InputError, match="NAME must be lower-case words joined by underscores") as refused:
        skeletons.new_experiment(name, empty)
    assert "\n" not in str(refused.value)


def test_nothing_is_written_where_a_file_is_there_already(empty: Path) -> None:
    (empty / "tests" / "test_walk_gaps_figures.py").write_text("# mine\n", encoding="utf-8")
    before = sorted(empty.rglob("*"))
    with pytest.raises(InputError, match=r"test_walk_gaps_figures\.py is there already"):
        skeletons.new_chapter(NAME, empty)
    assert sorted(empty.rglob("*")) == before


@pytest.mark.parametrize(
    ("matter", "says"),
    [("order: first", "got order: 'first'"), ("oder: 1", "got oder: 1"), ("question: 3", "got question: 3")],
)
def test_a_wrong_line_of_front_matter_is_named(tmp_path: Path, matter: str, says: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"---\nchapter:\n  {matter}\n---\n# Title\n", encoding="utf-8")
    with pytest.raises(InputError, match=says):
        chapters.read(page)


def test_two_chapters_of_one_order_are_refused(empty: Path) -> None:
    for name in ("one", "other"):
        text = "---\nchapter:\n  order: 1\n---\n# Title\n"
        (empty / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="got 1 for one and other"):
        chapters.pages(empty)


@pytest.mark.long
def test_the_walks_of_contributing_lead_to_an_experiment_and_a_chapter(tmp_path: Path, home: Path) -> None:
    for name in ("hetsnn", "book", "tests", "README.md", "_config.yml", "pyproject.toml"):
        source, target = PROJECT / name, tmp_path / name
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(source, target)
    (tmp_path / "data").mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (tmp_path, tmp_path / "book")))}

    def call(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command], check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    walk = "\n".join(section(f"A new {kind}") for kind in ("experiment", "chapter")).replace("memory_gaps", NAME)
    promised = set(re.findall(rf"^(?:book|tests)/\S*{NAME}\S*$", walk, re.MULTILINE))
    written = call("hetsnn_book", "new", "experiment", NAME) + call("hetsnn_book", "new", "chapter", NAME)
    assert set(written.split()) == promised
    for arguments in re.findall(rf"^\$ \.venv/bin/hetsnn (.*{NAME}.*smoke.*)$", walk, re.MULTILINE):
        assert NAME in call("hetsnn_book", *arguments.split())
    call("ruff", "check", "--no-cache", *written.split())
    call("ruff", "format", "--no-cache", "--check", *(path for path in written.split() if path.endswith(".py")))
    call("pytest", "-p", "no:cacheprovider", *(path for path in written.split() if path.startswith("tests/")))
    assert NAME in json.loads(call("hetsnn_book", "chapters", "--json"))
    assert f"[Walk gaps](book/{NAME}.md)" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_a_page_without_an_order_belongs_to_the_appendix(empty: Path) -> None:
    skeletons.new_chapter("first_light", empty)
    (empty / "book" / "speed.md").write_text("# Speed\n", encoding="utf-8")
    chapter, appendix = chapters.contents(chapters.pages(empty))["parts"]
    assert chapter == {"caption": "Chapters", "numbered": True, "chapters": [{"file": "first_light"}]}
    assert appendix == {"caption": "Appendix", "chapters": [{"file": "speed"}]}

"""Chapters are executed side by side, and all of their processes end with the build, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import nbformat
import pytest
from miniature import HEAD, PARAMETERS

from hetsnn_book.building import environment, execution
from hetsnn_book.building.errors import BuildError
from hetsnn_book.building.execution import execute
from hetsnn_book.building.staging import INPUTS, Chapter, stage

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="/proc tells which processes run, and kernels are forks"
)
SLEEPS = """import os, subprocess, time
child = subprocess.Popen(["sleep", "600"])
with open("processes.txt", "w") as file:
    print(os.getpid(), os.getppid(), child.pid, file=file)
time.sleep(600)"""
KILLS = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
WORKS = "import hetsnn_book.paper; print('5 x 7')"


def staged(root: Path, **code: str) -> tuple[list[Chapter], dict[str, str]]:
    """Chapters with a cell each, and the environment for them."""
    (root / "book").mkdir()
    for name, cell in code.items():
        (root / "book" / f"{name}.md").write_text(
            f"{HEAD}\n# A chapter\n{PARAMETERS}\n```{{code-cell}} ipython3\n{cell}\n```\n"
        )
    chapters = stage(root, root / "executed", [*code], {"profile": "smoke"})
    return chapters, environment.make(root / "environment", root, "smoke")


def running(root: Path) -> list[int]:
    """The processes of the chapter that sleeps, once it has told them."""
    file = root / "executed" / "processes.txt"
    return [int(number) for number in file.read_text().split()] if file.exists() else []


def gone(process: int) -> bool:
    """Whether a process has ended within seconds, whoever is told of its end."""
    for _ in range(100):
        stat = Path(f"/proc/{process}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_all_processes_end_when_a_build_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapters, variables = staged(tmp_path, sleeps=SLEEPS)
    monkeypatch.setattr(execution, "LOOK_SECONDS", 0.1)

    def meanwhile() -> None:
        if running(tmp_path):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(chapters, variables, meanwhile)
    assert len(running(tmp_path)) == 3
    assert all(map(gone, running(tmp_path)))


def test_all_processes_end_with_the_one_that_has_started_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapters, variables = staged(tmp_path, sleeps=SLEEPS)
    monkeypatch.setattr(execution, "LOOK_SECONDS", 0.1)

    def meanwhile() -> None:
        if running(tmp_path):
            stat = Path(f"/proc/{running(tmp_path)[1]}/stat").read_text()
            os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)  # the parent of the chapter's process

    with pytest.raises(BuildError, match="the process that executes chapters has died"):
        execute(chapters, variables, meanwhile)
    assert all(map(gone, running(tmp_path)))


@pytest.mark.long
def test_an_interrupt_before_the_first_chapter_starts_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapters, variables = staged(tmp_path, sleeps=SLEEPS, works=WORKS)
    monkeypatch.setattr(execution, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(execution, "at_once", lambda _: 1)  # so that the libraries come first
    with pytest.raises(KeyboardInterrupt):
        execute(chapters, variables, Mock(side_effect=KeyboardInterrupt))
    assert not running(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_all_processes_end_when_the_build_is_killed(tmp_path: Path, number: int) -> None:
    staged(tmp_path, sleeps=SLEEPS, intro="1")
    code = "import sys; from pathlib import Path; from hetsnn_book.building import build; "
    code += "build.build('smoke', root=Path(sys.argv[1]), execute_only=True)"
    (tmp_path / "_config.yml").write_text("title: A book\n")
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) as process:
        file = tmp_path / "_build" / "book" / "smoke" / "processes.txt"
        for _ in range(600):
            if process.poll() is not None or (file.exists() and file.read_text()):
                break
            time.sleep(0.1)
        process.send_signal(number)
    assert process.returncode == -number
    assert all(gone(int(each)) for each in file.read_text().split())


def test_a_chapter_whose_process_is_killed_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "at_once", lambda _: 1)  # so that kernels have their libraries from the start
    chapters, variables = staged(tmp_path, kills=KILLS, works=WORKS)
    with pytest.raises(BuildError, match="chapter kills failed: its process ended with exit status -9"):
        execute(chapters, variables)
    notebook = nbformat.read(chapters[1].executed, as_version=4)
    assert any("5 x 7" in str(cell.get("outputs", "")) for cell in notebook.cells)
    # It depends on what it has imported, and not on what has executed it.
    read = notebook.metadata[INPUTS]["read"]
    assert "package: paper.py" in read
    assert not {"package: building/side_by_side.py", "package: building/staging.py"} & read.keys()


@pytest.mark.long
def test_libraries_may_be_loaded_before_a_fork() -> None:
    """JAX warns of a fork once it has started."""
    code = "import os; from hetsnn_book.building import forks; forks.prepare(); os.fork() or os._exit(0); os.wait()"
    command = [sys.executable, "-W", "always::RuntimeWarning", "-c", code]
    assert "os.fork" not in subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    chapters, variables = staged(tmp_path, works=WORKS)
    with pytest.raises(BuildError, match="the process that executes chapters has died"):
        execute(chapters, {**variables, "PYTHONHOME": os.devnull})

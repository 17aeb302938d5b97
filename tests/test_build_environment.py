"""Chapters run in an environment that the build makes: a user's own settings reach neither numbers nor pictures."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from miniature import HEAD, PARAMETERS

from hetsnn import resources
from hetsnn.errors import InputError
from hetsnn.folders import home, own_data, settle
from hetsnn_book.building import environment, execution, inputs
from hetsnn_book.building.execution import execute
from hetsnn_book.building.staging import INPUTS, stage

LOOKS = (
    HEAD
    + "\n# A kernel's surroundings\n"
    + PARAMETERS
    + """
```{code-cell} ipython3
1
2
```

```{code-cell} ipython3
import os, sys
import matplotlib.pyplot as plt
[plt.rcParams["lines.linewidth"], plt.get_backend(), "startup" in globals(), os.environ["HETSNN_HOME"],
 os.environ["HETSNN_DATA"], os.environ.get("PYTHONSTARTUP"), [path for path in sys.path if "surprise" in path]]
```
"""
)


def test_a_users_settings_stay_out_of_a_chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = tmp_path / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "startup" / "first.py").write_text("startup = True\n")
    (profile / "ipython_config.py").write_text("c.InteractiveShell.ast_node_interactivity = 'all'\n")
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    description = {"argv": ["false"], "display_name": "Another", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(description))
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\n")
    (tmp_path / "start.py").write_text("startup = True\n")
    (tmp_path / "surprise").mkdir()
    (tmp_path / "surprise" / "ipykernel.py").write_text("raise RuntimeError\n")
    (tmp_path / "data").mkdir()
    variables = {
        "IPYTHONDIR": tmp_path / "ipython",
        "JUPYTER_PATH": tmp_path / "jupyter",
        "MATPLOTLIBRC": tmp_path / "matplotlibrc",
        "MPLBACKEND": "svg",
        "PYTHONSTARTUP": tmp_path / "start.py",
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "surprise"), os.environ.get("PYTHONPATH", "")]),
        "HETSNN_HOME": "store",  # in the folder where the command was typed
        "HETSNN_DATA": "data",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "project"
    (root / "book").mkdir(parents=True)
    (root / "book" / "looks.md").write_text(LOOKS)
    (root / "book" / "again.md").write_text(LOOKS)
    chapters = stage(root, root / "executed", ["looks", "again"], {"profile": "smoke"})
    monkeypatch.setattr(execution, "at_once", lambda _: 1)  # so that kernels have their libraries from the start
    execute(chapters, environment.make(root / "environment", root, "smoke"))
    for chapter in chapters:
        notebook = nbformat.read(chapter.executed, as_version=4)
        numbers, seen, _ = (cell for cell in notebook.cells if cell.get("outputs"))  # the last one is the build's
        assert [output.data["text/plain"] for output in numbers.outputs] == ["2"]
        backend = "module://matplotlib_inline.backend_inline"
        expected = [1.5, backend, False, str(tmp_path / "store"), str(tmp_path / "data"), None, []]
        assert ast.literal_eval(seen.outputs[0].data["text/plain"]) == expected
        assert notebook.metadata[INPUTS]["source"] == chapter.source


def test_folders_are_settled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HETSNN_HOME", "~/hs")
    monkeypatch.setenv("HETSNN_DATA", ".")
    settle()
    assert os.environ["HETSNN_HOME"] == str(tmp_path / "user" / "hs") == str(home())
    assert os.environ["HETSNN_DATA"] == str(tmp_path) == str(own_data())


@pytest.mark.parametrize(("name", "value"), [("HETSNN_DATA", "nowhere"), ("HETSNN_HOME", "~nobody-of-this-name/hs")])
def test_a_folder_that_is_none_is_told_before_anything_is_computed(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{name} must be a folder, got .*{value}"):
        settle()


def test_what_is_read_is_recorded_as_it_was_when_last_read(tmp_path: Path) -> None:
    (tmp_path / "root" / "folder").mkdir(parents=True)
    (tmp_path / "root" / "read.txt").write_text("before")
    code = """
import json, os, pathlib, sys
from hetsnn_book.building import inputs
inputs.start()
os.chdir(sys.argv[1])
open("read.txt").read()
pathlib.Path("written.txt").write_text("mine")
sorted(pathlib.Path("folder").glob("*"))
pathlib.Path("folder/later.txt").write_text("mine")
sorted(os.listdir("folder"))
try:
    open("absent.txt")
except FileNotFoundError:
    pass
open(sys.argv[0]).read() if sys.argv[0] != "-c" else None
found = inputs.recorded()
print(json.dumps(found))
"""
    roots = {"book": str(tmp_path / "root")}
    variables = os.environ | {inputs.ROOTS: json.dumps(roots)}
    printed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "root")], env=variables, capture_output=True, text=True, check=True
    ).stdout
    found = json.loads(printed)
    assert list(found) == ["book: absent.txt", "book: folder/", "book: read.txt"]
    assert found["book: absent.txt"] is None
    assert inputs.unchanged(found, roots, {})
    for path, text in (("read.txt", "after"), ("absent.txt", ""), ("folder/new.txt", "")):
        before = (tmp_path / "root" / path).read_text() if path == "read.txt" else None
        (tmp_path / "root" / path).write_text(text)
        assert not inputs.unchanged(found, roots, {}), path
        (tmp_path / "root" / path).unlink()
        if before is not None:
            (tmp_path / "root" / path).write_text(before)
    assert inputs.unchanged(found, roots, {})


def test_the_working_store_counts_where_its_results_are_shown(tmp_path: Path) -> None:
    assert "results" in inputs.roots(tmp_path, "paper")
    assert "results" not in inputs.roots(tmp_path, "quick")


@pytest.mark.parametrize(("cores", "gib", "expected"), [(1, 64, 1), (8, 64, 8), (8, 5, 2), (8, 0.5, 1), (64, 256, 10)])
def test_chapters_at_once_are_as_many_as_cores_and_memory_allow(
    cores: int, gib: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "cores", lambda: cores)
    monkeypatch.setattr(resources, "memory", lambda: gib * 2**30)
    assert execution.at_once(10) == expected

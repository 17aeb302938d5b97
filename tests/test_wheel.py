"""The package as it is installed, without the checkout: what chapters read comes with it."""

import json
import os
import runpy
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from types import ModuleType

import jupytext
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn_book import project

ROOT = Path(__file__).parent.parent
HEADS = {path.stem: path.read_text(encoding="utf-8").partition("\n---\n")[0] for path in (ROOT / "book").glob("*.md")}
CHAPTERS = sorted(name for name, head in HEADS.items() if "\nkernelspec:" in head)


def test_a_checkout_has_its_data_around_it_and_an_installed_package_within(tmp_path: Path) -> None:
    package = tmp_path / "book" / "hetsnn_book"
    (package / "data").mkdir(parents=True)
    assert project._project(package) == package
    (tmp_path / "data").mkdir()
    (tmp_path / "pyproject.toml").touch()
    assert project._project(package) == tmp_path


def test_what_is_published_goes_into_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    project.check_checkout("publishing")
    monkeypatch.setattr(project, "PROJECT", project.PACKAGE)
    with pytest.raises(InputError, match="publishing needs the project's checkout, got the installed package in"):
        project.check_checkout("publishing")


def test_a_session_that_has_loaded_an_older_version_must_be_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = str(project.PACKAGE / "building" / "colab_restart.py")
    assert metadata.version("numpy") == np.__version__
    runpy.run_path(cell)
    for name in ("pyarrow", "matplotlib"):
        older = ModuleType(name)
        older.__version__ = "1.0"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, older)
    with pytest.raises(
        SystemExit, match=r"Restart the session .* it has loaded matplotlib, pyarrow in another version"
    ):
        runpy.run_path(cell)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel; what the wheel depends on is lent by this one's."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "data"))]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "fresh"], check=True)
    python = folder / "fresh" / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*uv, "--python", python, wheel], check=True)
    (site,) = (folder / "fresh" / "lib").glob("python*/site-packages")
    # Of a path that is named in a .pth file, the .pth files, by which this checkout is installed, are not read.
    (site / "lent.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    return python


def run(python: Path, folder: Path, *arguments: str) -> str:
    left_out = ("PYTHONPATH", "HETSNN_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {"HETSNN_HOME": str(folder / "home"), "MPLBACKEND": "agg"}
    found = subprocess.run(
        [python, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.long
def test_the_command_knows_what_is_published(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "-c", "import hetsnn, hetsnn_book; print(hetsnn.__file__, hetsnn_book.__file__)")
    assert str(ROOT) not in where
    script = str(installed.with_name("hetsnn"))
    found = json.loads(run(installed, tmp_path, script, "status", "--json"))
    assert {row["experiment"] for row in found if row["published"]} >= {"memory", "control", "ablation", "images"}
    assert "depends on" in run(installed, tmp_path, script, "claims")


@pytest.mark.long
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_needs_nothing_but_the_wheel(chapter: str, installed: Path, tmp_path: Path) -> None:
    cells = [cell for cell in jupytext.read(ROOT / "book" / f"{chapter}.md").cells if cell.cell_type == "code"]
    code = "\n".join(cell.source for cell in cells).replace('profile = "quick"', 'profile = "paper"')
    assert 'profile = "paper"' in code
    (tmp_path / "chapter.py").write_text(code)
    run(installed, tmp_path, "chapter.py")
    assert list((tmp_path / "figures").glob("*.csv"))

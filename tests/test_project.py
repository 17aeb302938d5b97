"""The project itself: locks, workflows, size, set-up, and what must not stand in a public file."""

import json
import os
import re
import shutil
import subprocess
import tomllib
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hetsnn_book import experiments
from hetsnn_book.building import chapters, regeneration
from hetsnn_book.cli import main
from scripts import release

PROJECT = Path(__file__).parent.parent
MOST, MOST_CLONED = 40, 60  # megabytes of the tree, and of a shallow clone: the tree with its compressed copy
LOCKS = ["requirements.txt", "requirements-cuda.txt"]
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


def declared() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> list[str]:
    """The lock file's entries, each with its hashes on one line, without comments."""
    text = re.sub(r"\\\n", " ", (PROJECT / name).read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def workflow(name: str) -> dict[Any, Any]:
    return yaml.safe_load((PROJECT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def executable_chapters() -> set[str]:
    return {
        path.stem for path in (PROJECT / "book").glob("*.md") if "\nkernelspec:" in path.read_text(encoding="utf-8")
    }


def git_files() -> list[Path]:
    """Everything that git has or would take."""
    if not (PROJECT / ".git").exists():
        pytest.skip("this copy of the project has no git history to list its files from")
    # The checkout may be another user's, as where a container mounts it.
    command = ["git", "-c", f"safe.directory={PROJECT}", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    files = [PROJECT / name for name in listed.split("\0") if name]
    return [path for path in files if path.is_file()]


def text_files() -> list[Path]:
    """The same but binary files."""
    return [path for path in git_files() if b"\0" not in path.read_bytes()[:8000]]


def make(*arguments: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    # A make that runs these tests hands its own settings down, which are not this one's.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "CUDA")
    }
    return subprocess.run(
        ["make", *arguments], check=False, cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_tree_has_room() -> None:
    """Results are published without end, and a clone carries them all."""
    sizes = {path.relative_to(PROJECT): path.stat().st_size for path in git_files()}
    largest = sorted(sizes.items(), key=lambda one: -one[1])[:5]
    total = sum(sizes.values()) / 2**20
    assert total < MOST, f"the tree has {total:.1f} MB, more than {MOST}; the largest are {largest}: publish less of it"
    cloned = total + sum(len(zlib.compress(path.read_bytes())) for path in git_files()) / 2**20
    assert cloned < MOST_CLONED, f"a clone has {cloned:.1f} MB, more than {MOST_CLONED}; the largest are {largest}"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_pinned_and_hashed(lock: str) -> None:
    entries = locked(lock)
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[\w.+!]+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address(lock: str) -> None:
    pin = r"[a-z0-9-]+==[\w.+!]+(?: ; [\w\s.<>=!'()*-]+)? \\"
    digest = r"    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    reason = r"    #(?: via)?(?:\s+(?:-c )?[\w.\[\],-]+(?: \(pyproject\.toml\))?)?"
    lines = (PROJECT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(f"{pin}|{digest}|{reason}", line)] == []


@pytest.mark.parametrize(("lock", "without"), [("requirements.txt", {"cuda"}), ("requirements-cuda.txt", set())])
def test_lock_satisfies_what_is_declared(lock: str, without: set[str]) -> None:
    versions = {entry.split("==")[0]: entry.split("==")[1].split()[0] for entry in locked(lock)}
    extras = declared()["optional-dependencies"]
    wanted = declared()["dependencies"] + [line for extra in extras if extra not in without for line in extras[extra]]
    for line in wanted:
        requirement = Requirement(line)
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{line} is not locked: run `make lock`"
        assert requirement.specifier.contains(version), f"{line} is locked as {version}: run `make lock`"


def test_both_locks_agree() -> None:
    assert set(locked("requirements.txt")) <= set(locked("requirements-cuda.txt"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned(path: Path) -> None:
    uses = re.findall(r"uses:(.*)", path.read_text(encoding="utf-8"))
    assert uses
    for action in uses:
        assert re.fullmatch(r" [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_only_publishing_jobs_may_write(path: Path) -> None:
    content = workflow(path.name)
    assert content["permissions"] == {}
    writing = {name for name, job in content["jobs"].items() if "write" in job["permissions"].values()}
    known = {"book.yml": {"pages", "notebooks"}, "release.yml": {"attest", "registry", "page"}}
    assert writing == known.get(path.name, set())
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_gpu_workflow_recomputes_every_chapter_and_experiment(capfd: pytest.CaptureFixture[str]) -> None:
    content = workflow("gpu.yml")
    assert set(content[True]) == {"workflow_dispatch", "schedule"}  # YAML reads the key `on` as true
    jobs = content["jobs"]
    assert "fromJSON(needs.list.outputs.chapters)" in jobs["chapter"]["strategy"]["matrix"]["chapter"]
    assert "hetsnn chapters --json" in jobs["list"]["steps"][-1]["run"]
    assert any("make --silent regenerate" in step.get("run", "") for step in jobs["chapter"]["steps"])
    assert main(["chapters", "--json"]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert set(json.loads(line)) == executable_chapters()
    recomputed = [name for chapter in json.loads(line) for name in regeneration.concerned(chapter, "smoke", None)]
    assert sorted(recomputed) == sorted(name for name in experiments.names() if experiments.runs(name, "smoke"))


@pytest.mark.parametrize("name", ["README.md", "_toc.yml"])
def test_lists_of_chapters_are_current(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert text == chapters.lists(PROJECT)[name], f"{name} is older than the chapters: `hetsnn chapters --write`"


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_is_shown_by_a_chapter(name: str) -> None:
    chapter = experiments.load(name).CHAPTER
    mend = f"name one, or `make new-chapter NAME={chapter}`"
    assert chapter in executable_chapters(), f"CHAPTER of {name} must be a chapter of book/, got {chapter!r}: {mend}"


def test_files_of_another_users_checkout_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert PROJECT / "Makefile" in text_files()


def test_files_tell_of_no_machine_and_no_registry() -> None:
    machine = r"(?<![\w.~}])/(?:work|tmp|root|home|opt|mnt|srv|Users)/\w"
    registry = r"\b(?:py(?:pi|thonhosted)|(?:ana)?conda)\.(?:org|com)|(?i:index[-_]url|find[-_]links)[ =]"
    private = re.compile(f"{machine}|{registry}")
    found = [
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:100]}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if private.search(line)
    ]
    assert found == []


def test_version_and_description_are_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REF_TYPE", raising=False)
    assert release.faults() == []
    monkeypatch.setattr(release, "version", lambda: "9.9.9")
    monkeypatch.setenv("GITHUB_REF_TYPE", "tag")
    monkeypatch.setenv("GITHUB_REF_NAME", "v9.9.8")
    assert [fault.split(" must ")[0] for fault in release.faults()] == [
        "CHANGELOG.md", "version in CITATION.cff", "the tag"
    ]  # fmt: skip


def test_help_lists_every_target() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets
    listed = re.findall(r"^make (\S+) +\S.*$", make("help").stdout, re.MULTILINE)
    assert listed == targets[1].split()


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with all that the set-up reads, and no .venv yet."""
    for name in ["Makefile", "pyproject.toml", *LOCKS]:
        shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


def test_setup_without_a_suitable_python_says_so_in_one_line(fresh: Path) -> None:
    result = make("setup", "PYTHON=false", folder=fresh)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.splitlines()[0].startswith("hetsnn needs Python 3.11, 3.12 or 3.13: ")
    assert not (fresh / ".venv").exists()


@pytest.mark.parametrize("changed", ["", "requirements.txt", "pyproject.toml"])
def test_setup_is_done_again_only_after_a_change(fresh: Path, changed: str) -> None:
    (fresh / ".venv").mkdir()
    names = ["pyproject.toml", *LOCKS, ".venv/requirements.txt.installed", ".venv/ready"]
    for age, name in enumerate(names):
        (fresh / name).touch()
        os.utime(fresh / name, (age, age))
    if changed:
        (fresh / changed).touch()
    assert make("--question", "setup", folder=fresh).returncode == (1 if changed else 0)


def test_setup_for_cuda_does_not_take_the_other_one_for_its_own(fresh: Path) -> None:
    (fresh / ".venv").mkdir()
    for name in ("requirements.txt.installed", "ready"):
        (fresh / ".venv" / name).touch()
    assert make("--question", "setup", folder=fresh).returncode == 0
    assert make("--question", "setup", "CUDA=1", folder=fresh).returncode == 1


def test_a_setup_for_cuda_stays_one(fresh: Path) -> None:
    (fresh / ".venv").mkdir()
    for name in ("requirements-cuda.txt.installed", "ready"):
        (fresh / ".venv" / name).touch()
    assert make("--question", "setup", folder=fresh).returncode == 0
    assert make("--question", "setup", "CUDA=", folder=fresh).returncode == 1


def test_a_release_needs_the_tree_as_it_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert release.changed() == []
    (tmp_path / "new.txt").write_text("new")
    assert release.changed() == ["the tree must be as it is committed, got 1 other files: new.txt"]

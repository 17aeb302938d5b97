"""Check and build a release into dist/: `make release`, or some of its steps by name.

- check: one version everywhere, the tag's too; CITATION.cff and the archive's metadata are valid
- packages: wheel and source archive
- try: the wheel in an empty environment of each Python: import, `hetsnn status`, one chapter
- book: the rendered book at paper, its PDF, and the notebooks that Colab opens
- results: archives of older results that this release carries
- sums: the notes of this version, and SHA256SUMS of all files
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import yaml

from hetsnn_book.archives import archives
from hetsnn_book.building import site
from hetsnn_book.project import REPOSITORY

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PYTHONS = ("3.11", "3.13")  # the lowest and the newest
CHAPTER = "spiking_neurons"
CFFCONVERT = "cffconvert==2.0.0"  # it needs older packages than the book, so it runs in an environment of its own
METADATA = ("title", "upload_type", "license", "creators", "description", "related_identifiers")


def version() -> str:
    """Return the version, which pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def changed() -> list[str]:
    """Return a fault if files are not as they are committed: packages would carry them."""
    command = ["git", "status", "--porcelain"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    named = ", ".join(line[3:] for line in lines[:3])
    return [f"the tree must be as it is committed, got {len(lines)} other files: {named}"] if lines else []


def faults() -> list[str]:
    """Return the faults of the files that repeat the version, its date or its description."""
    here, found = version(), []
    if not re.fullmatch(r"\d+(?:\.\d+)*", here):  # the site sorts its books by these numbers
        found.append(f"version in pyproject.toml must be numbers joined by dots, got {here}")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if newest is None or newest[1] != here:
        found.append(f"CHANGELOG.md must begin with version {here}, got {newest and newest[1]}")
    elif newest[2] != citation["date-released"]:
        found.append(f"date-released in CITATION.cff must be {newest[2]}, got {citation['date-released']}")
    if citation["version"] != here:
        found.append(f"version in CITATION.cff must be {here}, got {citation['version']}")
    metadata = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    found += [f".zenodo.json must have {name}" for name in METADATA if not metadata.get(name)]
    if metadata.get("title") != citation["title"]:
        found.append("title in .zenodo.json must be that of CITATION.cff")
    tag = os.environ.get("GITHUB_REF_NAME", "") if os.environ.get("GITHUB_REF_TYPE") == "tag" else ""
    if tag and tag != f"v{here}":
        found.append(f"the tag must be v{here}, got {tag}")
    return found


def check() -> None:
    """Check that the tree is as it is committed, and that all files tell the same of this version."""
    if found := [*changed(), *faults()]:
        sys.exit("\n".join(f"release: {fault}" for fault in found))
    run(*uv("tool", "run", CFFCONVERT), "--validate", "--infile", "CITATION.cff")


def packages() -> None:
    """Build the wheel and the source archive."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", DIST)


def attempt() -> None:
    """Install the wheel into empty environments, outside the checkout, and use it there."""
    wheel = DIST / f"hetsnn-{version()}-py3-none-any.whl"
    if not wheel.is_file():
        sys.exit(f"release: dist/ must hold {wheel.name}, got none: first `make release STEP=packages`")
    for python in PYTHONS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run(*uv("venv", "--quiet", "--no-project", "--python", python), folder / "venv")
            programs = folder / "venv" / "bin"
            locked = ("--constraints", ROOT / "requirements.txt")
            run(*uv("pip", "install", "--quiet", "--python", programs / "python"), *locked, f"{wheel}[chapters,book]")
            where = "import hetsnn, hetsnn_book; print(hetsnn.__file__, hetsnn_book.__file__)"
            run(programs / "python", "-c", where, folder=folder)
            run(programs / "hetsnn", "status", "memory", folder=folder)
            once = ("--profile", "paper", "--chapter", CHAPTER, "--execute-only")
            run(programs / "hetsnn", "book", *once, folder=folder)
            figures = list(folder.rglob("figures/*.csv"))
            if not figures:
                sys.exit(f"release: {CHAPTER} on Python {python} must write its figures' data, got none")
            print(f"release: Python {python}: {CHAPTER} executed from the wheel, {len(figures)} figures", flush=True)


def book() -> None:
    """Render and print the book from published results, and pack it with the notebooks that Colab opens."""
    os.environ[site.EDITION] = version()
    shutil.rmtree(ROOT / "_build" / "notebooks", ignore_errors=True)  # an earlier book's
    run(sys.executable, "-m", "hetsnn_book", "book", "--profile", "paper", "--pdf")
    for printed in (ROOT / "_build" / "html").glob("*.pdf"):
        shutil.copy(printed, DIST / f"{printed.stem}-{version()}.pdf")
    pack(ROOT / "_build" / "html", f"book-{version()}")
    if (ROOT / "_build" / "notebooks").is_dir():
        pack(ROOT / "_build" / "notebooks", f"notebooks-{version()}")
    for name, without in ((REPOSITORY, "no notebooks for Colab"), (site.SITE, "no address and no switch of versions")):
        if not os.environ.get(name):
            print(f"release: {name} is not set: the book has {without}", flush=True)


def results() -> None:
    """Pack the older results that this release carries, from the commits that had them."""
    for archive in archives():
        if archive.release == f"v{version()}":
            command = ("git", "-c", "tar.umask=0022", "archive", "--format=tar", archive.commit, "data/results")
            packed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
            if packed.returncode:
                said = packed.stderr.decode(errors="replace").strip()
                sys.exit(f"release: the history must have commit {archive.commit} for {archive.name}: {said}")
            content = packed.stdout
            found = hashlib.sha256(content).hexdigest()
            if found != archive.sha256:
                sys.exit(f"release: SHA-256 of {archive.name} must be {archive.sha256}, got {found}")
            (DIST / f"{archive.name}.tar").write_bytes(content)
            print(f"release: {archive.name}.tar, {len(content) / 2**20:.0f} MB", flush=True)


def sums() -> None:
    """Write the notes of this version, which are its part of CHANGELOG.md, and the digest of each file."""
    part = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    (DIST / "NOTES.md").write_text(part.partition("\n")[2].strip() + "\n", encoding="utf-8")
    files = sorted(path for path in DIST.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (DIST / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    print("".join(lines), end="")


def pack(folder: Path, name: str) -> Path:
    """Pack a folder into dist/NAME.tar.gz, below the folder NAME, without owners or times of this machine."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    path = DIST / f"{name}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.add(file, f"{name}/{file.relative_to(folder).as_posix()}", filter=plain)
    return path


def uv(*arguments: str | Path) -> tuple[str | Path, ...]:
    """Return the command of the locked uv."""
    return (sys.executable, "-m", "uv", *arguments)


def run(*command: str | Path, folder: Path | None = None) -> None:
    """Run a program; in a folder other than the checkout, without the checkout's settings. A failure ends this one."""
    environment = dict(os.environ)
    if folder:
        left_out = ("PYTHONPATH", "HETSNN_DATA", "VIRTUAL_ENV")
        environment = {key: value for key, value in environment.items() if key not in left_out}
        environment |= {"HETSNN_HOME": str(folder / "home")}
    result = subprocess.run(list(map(str, command)), cwd=folder or ROOT, env=environment, check=False)
    if result.returncode:
        sys.exit(f"release: {' '.join(map(str, command))} failed with exit code {result.returncode}")


STEPS = {"check": check, "packages": packages, "try": attempt, "book": book, "results": results, "sums": sums}


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out the steps that are named, or all in a new dist/."""
    parser = argparse.ArgumentParser(description="Check and build a release into dist/.")
    parser.add_argument("step", nargs="*", help=", ".join(STEPS))
    steps = parser.parse_args(arguments).step
    if unknown := [step for step in steps if step not in STEPS]:
        parser.error(f"step must be one of {', '.join(STEPS)}, got {unknown[0]}")
    if not steps:
        shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(exist_ok=True)
    for step in steps or STEPS:
        STEPS[step]()


if __name__ == "__main__":
    main()

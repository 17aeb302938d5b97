"""Older results: named in the tree, packed from the history, fetched from a release, which is a server on loopback."""

import hashlib
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from hetsnn.sweeps.store import to_parquet
from hetsnn_book import archives
from hetsnn_book.cli import main
from hetsnn_book.project import PROJECT

NAME = "results-0.0.1"


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A release with one archive of one result, and a project that names it."""
    result = to_parquet(pd.DataFrame({"identity": ["a"], "record": ["{}"], "reward": [1.0]}))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(f"data/results/memory/stem.{hashlib.sha256(result).hexdigest()}.parquet")
        member.size = len(result)
        archive.addfile(member, io.BytesIO(result))
    folder = tmp_path / "served" / "releases" / "download" / "v1"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.tar").write_bytes(packed.getvalue())
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    (tmp_path / "data").mkdir()
    entry = {"name": NAME, "commit": "0" * 40, "release": "v1", "sha256": digest, "about": "all of it"}
    (tmp_path / "data" / "archives.json").write_text(json.dumps([entry]))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.delenv("HETSNN_DATA", raising=False)
    monkeypatch.setattr(archives, "PROJECT", tmp_path)
    monkeypatch.setattr(archives, "repository", lambda: f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_older_results_are_fetched_and_merged(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", NAME]) == 0
    folder = capsys.readouterr().out.split("`")[1].removeprefix("hetsnn merge ")
    assert main(["merge", folder]) == 0
    assert "1 runs merged" in capsys.readouterr().out
    (release / f"{NAME}.tar").unlink()
    assert main(["data", "fetch", NAME]) == 0  # it has been downloaded


def test_an_altered_archive_is_not_unpacked(release: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (release / f"{NAME}.tar").write_bytes((release / f"{NAME}.tar").read_bytes()[:-1])
    assert main(["data", "fetch", NAME]) == 1
    assert "is altered or cut short" in capsys.readouterr().err
    assert not (home / "data" / NAME).exists()


def test_without_an_address_the_error_names_the_variable(
    release: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(archives, "repository", lambda: "")
    assert main(["data", "fetch", NAME]) == 1
    assert capsys.readouterr().err.startswith("hetsnn: HETSNN_REPOSITORY must be the project's address on GitHub")


def test_archives_are_named_by_commits_of_the_history() -> None:
    found = archives.archives()
    assert len({archive.name for archive in found}) == len(found)
    for archive in found:
        shown = subprocess.run(
            ["git", "-c", f"safe.directory={PROJECT}", "cat-file", "-t", archive.commit],
            cwd=PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if shown.returncode:
            pytest.skip("this copy of the project has no history")
        assert shown.stdout == "commit\n"

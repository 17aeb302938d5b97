"""Downloads from a server of our own, on loopback, that does what servers do; and what the command line makes of it."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hetsnn.data import downloads, image_sets
from hetsnn.data.downloads import DataFile, locate, read
from hetsnn.errors import InputError
from hetsnn_book.archives import archives
from hetsnn_book.cli import main
from hetsnn_book.measures import cell_types

CONTENT = b"a public file\n" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """A server that does what the last part of the path says."""

    server: Any  # with what the fixture gives it

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        kind = self.path.split("/")[-1]
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
            return
        if kind.isdigit():
            self.send_error(int(kind))
            return
        body = {"altered": CONTENT.replace(b"public", b"pubic"), "empty": b""}.get(kind, CONTENT)
        if kind == "once" and len(self.server.asked) > 1:
            kind = "good"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if kind == "stalls":
            self.server.stopped.wait(5)
        self.wfile.write(body[: len(body) // 2] if kind in ("cut", "once") else body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("HETSNN_DATA", raising=False)
    monkeypatch.setattr(downloads, "TIMEOUT", 0.2)
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    found: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.asked, found.stopped = [], threading.Event()
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.stopped.set()
    found.shutdown()
    thread.join()
    found.server_close()


def file_of(server: Any, *kinds: str, **changes: Any) -> DataFile:
    homes = tuple(f"http://127.0.0.1:{server.server_port}/{kind}" for kind in kinds)
    return DataFile(**({"name": "set/file.gz", "sha256": DIGEST, "homes": homes, "terms": "none"} | changes))


def left(home: Path) -> list[str]:
    return sorted(path.name for path in home.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once(server: Any, home: Path) -> None:
    file = file_of(server, "moved")
    assert locate(file) is None
    assert read(file) == CONTENT == read(file)
    assert server.asked == ["/moved", "/good"]
    assert left(home) == [f"file.{DIGEST}.gz"]
    assert locate(file) == home / "data" / "set" / f"file.{DIGEST}.gz"


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("404", "HTTP 404"),
        ("500", "HTTP 500"),
        ("cut", "ChunkedEncodingError"),
        ("stalls", "ConnectionError|ReadTimeout"),
        ("altered", "altered or cut short: SHA-256"),
        ("empty", f"got {hashlib.sha256(b'').hexdigest()}"),
    ],
)
def test_a_bad_answer_is_one_line_and_leaves_nothing(server: Any, home: Path, kind: str, says: str) -> None:
    file = file_of(server, kind)
    with pytest.raises(InputError, match=says) as error:
        read(file)
    for part in ("set/file.gz", DIGEST, file.homes[0], "HETSNN_DATA"):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    assert left(home) == []


def test_an_unreachable_home_is_one_line(server: Any, home: Path) -> None:
    file = file_of(server, homes=("http://127.0.0.1:1/file",))
    with pytest.raises(InputError, match=r"http://127.0.0.1:1/file: ConnectionError"):
        read(file)
    assert left(home) == []


def test_what_breaks_off_is_tried_again_then_the_mirror(server: Any) -> None:
    assert read(file_of(server, "once")) == CONTENT
    assert server.asked == ["/once", "/once"]
    server.asked.clear()
    assert read(file_of(server, "500", "good", name="set/other.gz")) == CONTENT
    assert server.asked == ["/500"] * (1 + downloads.RETRIES) + ["/good"]


def test_a_damaged_copy_is_set_aside_and_downloaded_again(server: Any, home: Path) -> None:
    file = file_of(server, "good")
    read(file)
    path = locate(file)
    assert path
    path.write_bytes(CONTENT[:-1])
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(InputError, match="not on this machine"):
        read(file, download=False)
    assert read(file) == CONTENT
    assert left(home) == [f"file.{DIGEST}.gz", f"file.{DIGEST}.gz.damaged"]


def test_a_folder_of_ones_own_comes_first_and_is_checked(
    server: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, own = file_of(server, "good"), tmp_path / "own"
    (own / "set").mkdir(parents=True)
    monkeypatch.setenv("HETSNN_DATA", str(own))
    assert locate(file) is None  # another file of the folder may be there, this one is not
    (own / "set" / "file.gz").write_bytes(CONTENT)
    assert read(file) == CONTENT
    (own / "set" / "file.gz").write_bytes(CONTENT[1:])
    with pytest.raises(InputError, match=f"file.gz is altered or cut short: SHA-256 must be {DIGEST}, got"):
        read(file)
    (own / "set" / "file.gz").chmod(0)
    assert server.asked == []
    assert not home.exists()


def test_a_folder_of_data_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HETSNN_DATA", str(tmp_path / "none"))
    with pytest.raises(InputError, match=r"HETSNN_DATA must be a folder, got .*none"):
        locate(cell_types.TABLE)


def test_an_update_is_told_of_and_has_to_pass_the_checks(server: Any, home: Path) -> None:
    def check(content: bytes) -> None:
        if not content:
            raise InputError("it is empty")

    file = file_of(server, "empty", sha256="0" * 64, check=check)
    with pytest.raises(InputError, match="it is empty"):
        read(file)
    assert left(home) == []
    file = file_of(server, "good", sha256="0" * 64, check=check)
    for _ in range(2):  # downloaded, then from the cache
        with pytest.warns(UserWarning, match=f"was updated .SHA-256 {DIGEST}, expected 0000"):
            assert read(file) == CONTENT
    with pytest.warns(UserWarning, match="update"):
        read(file, download=False)
    assert server.asked[-1] == "/good"
    assert left(home) == [f"file.{DIGEST}.gz"]


def test_the_command_line_fetches_verifies_and_tells(
    server: Any, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "where"]) == 0
    assert capsys.readouterr().out.count(": not here\n") == 1 + len(image_sets.FILES) + len(archives())
    monkeypatch.setattr(cell_types, "TABLE", file_of(server, "good"))
    monkeypatch.setattr(image_sets, "FILES", ())
    assert main(["data", "where"]) == 0
    assert "set/file.gz: not here\n" in capsys.readouterr().out
    assert main(["data", "verify"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["data", "fetch", "set"]) == 0
    assert main(["data", "verify"]) == 0
    assert capsys.readouterr().out == f"set/file.gz: {home}/data/set/file.{DIGEST}.gz\n" * 2
    assert main(["data", "fetch", "sets"]) == 2
    assert "no data set is named sets" in capsys.readouterr().err

"""The site: earlier books below the newest one, and the list for the switch between them."""

import json
from pathlib import Path

import pytest

from hetsnn.errors import InputError
from hetsnn_book.building import site
from scripts import release
from scripts.site import assemble

PLACE = "https://someone.github.io/hetsnn/"


@pytest.fixture
def newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rendered book, and two earlier ones as releases pack them."""
    monkeypatch.setattr(release, "DIST", tmp_path / "earlier")
    (tmp_path / "earlier").mkdir()
    (tmp_path / "html" / "_static").mkdir(parents=True)
    for number in ("0.2.0", "0.10.0", "newest"):
        (tmp_path / "html" / "index.html").write_text(number)
        if number != "newest":
            release.pack(tmp_path / "html", f"book-{number}")
    return tmp_path / "html"


def test_earlier_books_lie_beside_the_newest_and_are_listed(newest: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    assert assemble(newest, tmp_path / "earlier", target, PLACE) == ["0.10.0", "0.2.0"]
    assert (target / "index.html").read_text() == "newest"
    assert (target / "v0.2.0" / "index.html").read_text() == "0.2.0"
    listed = json.loads((target / site.VERSIONS).read_text())
    assert [entry["url"] for entry in listed] == [PLACE, f"{PLACE}v0.10.0/", f"{PLACE}v0.2.0/"]


def test_the_same_book_gives_the_same_archive_but_for_its_time(newest: Path) -> None:
    import gzip

    first = gzip.decompress(release.pack(newest, "book-1").read_bytes())
    (newest / "index.html").touch()
    assert gzip.decompress(release.pack(newest, "book-1").read_bytes()) == first


@pytest.mark.parametrize("name", ["book-newest.tar.gz", "book-0.3.0.tar.gz"])
def test_another_archive_is_refused(name: str, newest: Path, tmp_path: Path) -> None:
    (newest / "index.html").rename(newest / "other.html")
    release.pack(newest, name.removesuffix(".tar.gz"))
    (newest / "index.html").touch()
    with pytest.raises(InputError, match=name):
        assemble(newest, tmp_path / "earlier", tmp_path / "site", PLACE)


@pytest.mark.parametrize("given", ["https://someone.github.io/hetsnn", "someone.github.io/", "https://x/?y=/"])
def test_an_address_must_be_that_of_a_folder(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(site.SITE, given)
    with pytest.raises(InputError, match=r"HETSNN_SITE must look like https://OWNER\.github\.io/NAME/"):
        site.address()


def test_pages_know_their_address_only_where_there_is_one() -> None:
    config = {"title": "A book", "sphinx": {"config": {"extensions": ["myst_nb"], "html_theme_options": {"logo": 1}}}}
    site.configure(config, PLACE)
    sphinx = config["sphinx"]["config"]  # type: ignore[index]
    assert sphinx["html_baseurl"] == sphinx["ogp_site_url"] == PLACE
    assert sphinx["notfound_urls_prefix"] == "/hetsnn/"
    assert sphinx["html_theme_options"]["switcher"]["json_url"] == "/hetsnn/versions.json"

"""A miniature book in a temporary folder: its pages, its kernels and its faults."""

import os
import re
import shutil
from html import unescape
from pathlib import Path

import nbformat
import pytest
from miniature import FAILING, MEMORY, WAVES, write_book

from hetsnn.errors import InputError
from hetsnn_book.building import build as book
from hetsnn_book.building import chapters as listed
from hetsnn_book.building import execution, preview, rendering, staging
from hetsnn_book.building.errors import BuildError
from hetsnn_book.project import REPOSITORY


def test_an_installed_package_puts_its_book_into_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "hetsnn_book"
    (package / "book").mkdir(parents=True)
    (package / "_config.yml").write_text("title: A book\n")
    monkeypatch.setattr(book, "PACKAGE", package)
    monkeypatch.setattr(book, "PROJECT", package)
    monkeypatch.chdir(tmp_path)
    copy = book._find_root()
    assert copy == tmp_path / "hetsnn-book"
    (copy / "_config.yml").write_text("title: Changed\n")
    assert book._find_root() == copy
    assert (copy / "_config.yml").read_text() == "title: Changed\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build from the start at `quick`, as its second chapter watches it."""
    root = write_book(tmp_path_factory.mktemp("book"), intro="# A front page\n", waves=WAVES, memory=MEMORY)
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "theirs.html").write_text("not ours")
    (root / "_build").mkdir()
    (root / "_build" / "html").symlink_to(root / "elsewhere")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(REPOSITORY, "https://github.com/someone/hetsnn")
        environment.setattr(execution, "LOOK_SECONDS", 0.5)
        environment.setattr(preview, "FIRST_SECONDS", float("inf"))  # until the published chapter is there
        book.build("quick", root=root)
    return root


@pytest.fixture(scope="module")
def html(built: Path) -> str:
    return (built / "_build" / "html" / "waves.html").read_text(encoding="utf-8")


def test_a_figure_has_alt_text_caption_number_and_data(html: str, built: Path) -> None:
    assert 'A line, "steep", falls: from 1 to a half.' in unescape(html)
    figure = re.search(r"<figcaption>.*?</figcaption>", html, re.DOTALL)
    assert figure is not None
    assert "Fig. 1.1" in figure[0]
    assert "<em>falling</em> line." in figure[0]
    link = re.search(r'href="(_downloads/[^"]*wave\.csv)"', figure[0])
    assert link is not None
    assert (built / "_build" / "html" / link[1]).read_text(encoding="utf-8") == "x,y\n0.0,1.0\n1.0,0.5\n"


def test_a_table_has_caption_number_and_data(html: str) -> None:
    caption = re.search(r"<caption>.*?</caption>", html, re.DOTALL)
    assert caption is not None
    assert "Table 1.1" in caption[0]
    assert "wave-table.csv" in caption[0]


def test_numbers_in_prose_come_from_results(html: str) -> None:
    assert re.search(r"a share of <span[^>]*>91\.3%</span>;\s<span[^>]*>not measured yet</span>", html)


def test_an_equation_keeps_the_number_it_was_given(html: str) -> None:
    assert '<span class="eqno">(7)' in html
    assert re.search(r'By <a [^>]*href="#equation-decay">\(7\)</a>', html)


def test_a_page_tells_its_origin_and_carries_neither_log_nor_parameters_nor_paths(html: str, built: Path) -> None:
    assert re.search(r"executed on \d\d ", html)
    assert "a line of log" not in html
    assert "profile = " not in re.sub("<[^>]*>", "", html)
    published = [path for path in (built / "_build" / "html").rglob("*.ipynb") if path.name == "waves.ipynb"]
    assert published
    assert all(str(built) not in path.read_text(encoding="utf-8") for path in published)


def test_no_page_asks_for_anything_outside(built: Path) -> None:
    for path in (built / "_build" / "html").glob("*.html"):
        assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=.(?:https?:)?//[^>]*", path.read_text())


def test_what_has_not_changed_is_not_executed_again(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    executed = built / "_build" / "book" / "quick" / "waves.ipynb"
    before = executed.read_bytes()
    book.build("quick", execute_only=True, root=built)
    assert "waves: unchanged" in capsys.readouterr().out
    assert executed.read_bytes() == before


@pytest.mark.parametrize("changed", ["book/waves.md", "data/results/waves/first.txt", "data/results/waves/second.txt"])
def test_what_has_changed_is_executed_again(built: Path, changed: str) -> None:
    """A source, a file that a chapter has read, and a file that is new in a folder that it has listed."""

    def standing() -> list[staging.Chapter]:
        folder = built / "_build" / "book" / "quick"
        return staging.unchanged(staging.stage(built, folder, ["waves"], {"profile": "quick"}), built)

    assert standing()
    path = built / changed
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + b"\n")
    assert not standing()
    path.unlink() if before is None else path.write_bytes(before)
    assert standing()


def test_what_is_recorded_is_what_was_read_and_nothing_of_it_is_published(built: Path) -> None:
    notebook = nbformat.read(built / "_build" / "book" / "quick" / "waves.ipynb", as_version=4)
    found = notebook.metadata[staging.INPUTS]["read"]
    assert {"book: data/results/waves/", "book: data/results/waves/first.txt", "package: figures.py"} <= set(found)
    assert not any("__pycache__" in name or "_build" in name for name in found)
    assert "package: cli.py" not in found
    for path in (built / "_build" / "html").rglob("*.ipynb"):
        assert "first.txt" not in re.sub(r'"source": \[.*?\]', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_a_link_in_the_place_of_the_book_is_replaced_and_what_it_points_to_stays(built: Path) -> None:
    assert not (built / "_build" / "html").is_symlink()
    assert (built / "_build" / "html" / "waves.html").is_file()
    assert [path.name for path in (built / "elsewhere").iterdir()] == ["theirs.html"]


def test_a_book_that_cannot_be_moved_away_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("html", "new"):
        (tmp_path / name).mkdir()

    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(BuildError, match=r"html cannot be replaced \(Device or resource busy\): remove it; .*new$"):
        rendering.replace_folder(tmp_path / "html", tmp_path / "new")


def test_pages_so_far_are_there_before_the_last_chapter_is_done(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here without a chapter that takes long: what is executed meanwhile is called by hand."""
    text = "# A front page\n\nA share of {glue:text}`waves.ipynb::share:s`, see {numref}`pages <wave>`.\n"
    root = write_book(
        tmp_path, intro=text, waves=WAVES, slow=WAVES.replace("# Waves", "# Slow waves").replace("order: 1", "order: 2")
    )
    folder = root / "_build" / "book" / "smoke"
    monkeypatch.setattr(preview, "FIRST_SECONDS", 0.0)
    look = preview.Preview(rendering.Book(root, folder, listed.pages(root), "", {**os.environ}))
    look()
    html = root / "_build" / "html"
    assert "Pages so far are at" in capsys.readouterr().out
    assert all("is being computed" in (html / f"{name}.html").read_text() for name in ("waves", "slow"))
    shutil.copytree(built / "_build" / "book" / "quick" / "figures", folder / "figures")
    shutil.copy(built / "_build" / "book" / "quick" / "waves.ipynb", folder)
    look()
    assert "is being computed" in (html / "waves.html").read_text()  # not yet time for more
    look.due = 0.0
    look()
    assert "is being computed" not in (html / "waves.html").read_text()
    assert "is being computed" in (html / "slow.html").read_text()
    assert preview.wanted(look.book)
    (html / rendering.SO_FAR).unlink()
    assert not preview.wanted(look.book)


def test_pages_show_published_results_until_their_chapters_are_computed(built: Path) -> None:
    seen, final = (
        {name: (built / "_build" / folder / f"{name}.html").read_text() for name in ("intro", "waves", "memory")}
        for folder in ("seen", "html")
    )
    assert "computed with profile paper" in seen["memory"]
    below_title = seen["memory"].partition("</h1>")[2].partition("<h2")[0]
    assert re.search(r"<div class=\"[^\"]*admonition[^>]*>\s*<p[^>]*>Published results</p>", below_title)
    assert "while the chapter is being computed" in seen["memory"]
    assert ">profile paper</a>" in seen["memory"]
    assert ">profile quick</a>" in final["memory"]
    assert "profile" not in final["waves"].partition("<article")[2].partition("</article>")[0]  # the same at each
    assert "computed with profile quick" in final["memory"]
    assert "Published results" not in final["memory"]
    assert (built / "_build" / "seen" / rendering.SO_FAR).exists()
    assert not (built / "_build" / "html" / rendering.SO_FAR).exists()


def test_only_chapters_whose_experiments_are_published_have_published_results() -> None:
    assert preview.has_published("memory")
    assert not preview.has_published("spiking_neurons")


def test_a_number_that_no_chapter_gives_fails_the_build(built: Path) -> None:
    intro = built / "book" / "intro.md"
    good = intro.read_text(encoding="utf-8")
    page = built / "_build" / "html" / "intro.html"
    before = page.read_bytes()
    intro.write_text(good + "\n{glue:text}`waves.ipynb::lost:s`\n", encoding="utf-8")
    with pytest.raises(BuildError, match="lost"):
        book.build("quick", root=built)
    intro.write_text(good, encoding="utf-8")
    assert page.read_bytes() == before


def test_a_chapter_that_fails_is_named_and_keeps_its_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = write_book(tmp_path, intro="# A front page\n", failing=FAILING)
    executed = root / "_build" / "book" / "smoke" / "failing.ipynb"
    with pytest.raises(BuildError, match=rf"^chapter failing failed: KeyError: 'lost' \(traceback in {executed}\)$"):
        book.build("smoke", root=root)
    errors = [out for cell in nbformat.read(executed, 4).cells for out in cell.get("outputs", [])]
    assert [error.ename for error in errors] == ["KeyError"]
    assert not (root / "_build" / "html").exists()
    told = re.fullmatch(r"failing: failed in \d+ s, (\d+) CPU seconds\n", capfd.readouterr().out)
    assert told
    assert int(told[1]) >= 1  # the kernel's


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"profile": "smokey"}, "profile must be one of smoke, quick, paper, got 'smokey'"),
        ({"profile": "smoke", "chapters": ["wave"]}, "chapter must be one of waves, got 'wave'"),
        (
            {"profile": "smoke", "parameters": {"seeds": 3}},
            "parameter of chapter waves must be one of profile, got 'seeds'",
        ),
    ],
)
def test_bad_input_is_one_clear_line_before_anything_runs(tmp_path: Path, arguments: dict, message: str) -> None:
    root = write_book(tmp_path, intro="# A front page\n", waves=WAVES)
    with pytest.raises(InputError) as raised:
        book.build(**arguments, root=root)
    assert str(raised.value) == message
    assert not (root / "_build" / "book" / "smoke" / "waves.ipynb").exists()


def test_the_book_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"chapter must be one of .*memory.*, got 'none'"):
        book.build("smoke", ["none"])


def test_colab_opens_a_notebook_that_fetches_the_package(html: str, built: Path) -> None:
    assert "https://colab.research.google.com/github/someone/hetsnn/blob/notebooks/waves.ipynb" in html
    notebook = nbformat.read(built / "_build" / "notebooks" / "waves.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "git clone --quiet --depth 1 https://github.com/someone/hetsnn" in notebook.cells[0].source
    assert "Restart the session" in notebook.cells[1].source
    assert notebook.cells[2].source.startswith("# Waves")

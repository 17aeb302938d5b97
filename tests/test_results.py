"""The store: files that are whole or not there, and never read when they are damaged."""

import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hetsnn import files
from hetsnn.errors import InputError
from hetsnn.processes import me
from hetsnn.sweeps import slim
from hetsnn.sweeps import store as stores
from hetsnn.sweeps.store import Store, from_parquet, stem_of, to_parquet


def frame(*names: str) -> pd.DataFrame:
    size = len(names)
    genomes = [np.ones(3, np.float32)] * size
    return pd.DataFrame({"identity": names, "record": "{}", "reward": np.arange(size), "genome": genomes})


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failing_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    files.write(tmp_path, "a", "txt", b"first")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"fsync": (os, "fsync", full), "replace": (Path, "replace", full)}[fails])
    with pytest.raises(InputError, match="No space left on device") as caught:
        files.write(tmp_path, "a", "txt", b"second")
    assert str(tmp_path) in str(caught.value)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


def test_two_processes_may_look_at_once_whether_a_store_is_writable(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*arguments: Any) -> Path:
        path = write(*arguments)
        path.unlink()
        return path

    write = files.write
    monkeypatch.setattr(stores, "write", overtaken)
    store.check_writable()
    assert not list(store.folder.iterdir())


def test_a_second_write_takes_the_place_of_the_first(tmp_path: Path) -> None:
    for content in (b"first", b"second", b"second"):
        path = files.write(tmp_path, "a", "txt", content)
    files.write(tmp_path, "b", "txt", b"neighbour")
    assert sorted(tmp_path.glob("a.*")) == [path]
    assert files.read(path) == b"second"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "empty", "another's name"])
def test_a_damaged_file_is_set_aside_and_its_neighbours_are_read(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path, None)
    one, two = (store.save("memory", stem, frame(stem)) for stem in ("one", "two"))
    content = one.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    one.write_bytes(
        {"a flipped bit": bytes(flipped), "cut short": content[:-1], "empty": b"", "another's name": two.read_bytes()}[
            damage
        ]
    )
    with pytest.warns(UserWarning, match=r"is damaged.*set aside"):
        assert list(store.rows("memory").index) == ["two"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(store.rows("memory").index) == ["two"]  # nothing is left to warn of
    assert [path.name for path in one.parent.glob("*.damaged")] == [one.name + ".damaged"]


def made(kind: str) -> tuple[str, bytes]:
    """Name and content of a small file of the store."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder), None)
        if kind == "results":
            path = store.save("memory", "one", frame("a", "b"))
        else:
            path = store.save_checkpoint("memory", "one", [np.arange(5.0)], {"runs": ["a"], "generation": 1})
        return path.name, path.read_bytes()


MADE = {kind: made(kind) for kind in ("results", "checkpoints")}


@pytest.mark.parametrize("kind", MADE)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_flipped_byte_is_read(kind: str, data: st.DataObject) -> None:
    """At the head, in the body, at the foot: whatever a byte has become."""
    name, content = MADE[kind]
    size = len(content)
    where = data.draw(st.sampled_from([range(8), range(8, size - 8), range(size - 8, size)]).flatmap(st.sampled_from))
    damaged = bytearray(content)
    damaged[where] ^= data.draw(st.integers(1, 255))
    with TemporaryDirectory() as folder:
        path = Path(folder) / kind / "memory" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(damaged)
        store = Store(Path(folder), None)
        assert list(store.verify()) == [(path, False)]
        with pytest.warns(UserWarning, match="is damaged"):
            assert len(store.rows("memory")) + len(list(store.checkpoints("memory"))) == 0
        assert [each.read_bytes() for each in path.parent.iterdir()] == [bytes(damaged)]  # set aside, not deleted
        path.write_bytes(content)
        assert list(store.verify()) == [(path, True)]
        assert len(store.rows("memory")) + len(list(store.checkpoints("memory"))) > 0


def test_foreign_files_are_set_aside(store: Store) -> None:
    store.save("memory", "one", frame("a"))
    files.write(store.folder / "results" / "memory", "text", "parquet", b"no parquet")
    files.write(store.folder / "results" / "memory", "other", "parquet", to_parquet(pd.DataFrame({"x": [1]})))
    files.write(store.folder / "checkpoints" / "memory", "text", "npz", b"no archive")
    files.write(store.folder / "plans" / "memory", "list", "json", b"[]")
    with pytest.warns(UserWarning, match="none of ours") as caught:
        found = [list(store.rows("memory").index), *(list(each("memory")) for each in (store.checkpoints, store.plans))]
    assert found == [["a"], [], []]
    assert len(caught) == 4
    assert len(list(store.folder.rglob("*.damaged"))) == 4


def test_what_is_set_aside_does_not_replace_what_was_before(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        path = tmp_path / ("a." + "0" * 64 + ".txt")
        path.write_bytes(content)
        with pytest.warns(UserWarning, match="damaged"):
            assert files.read(path) is None
    assert sorted(each.read_bytes() for each in tmp_path.iterdir()) == [b"first", b"second"]


def test_a_store_is_merged_without_harm_to_either(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here", None), Store(tmp_path / "there", None)
    here.save("memory", "program", frame("a", "b"))
    there.save("memory", "program", frame("b", "c").assign(reward=7))
    there.save("other", "program", frame("d"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    assert here.merge(tmp_path / "there") == 2
    assert here.merge(tmp_path / "there" / "results") == 0  # published results have no folder of that name
    assert {path: path.read_bytes() for path in before} == before
    assert here.rows("memory")["reward"].to_dict() == {"a": 0, "b": 1, "c": 7}
    assert here.known("other") == {"d"}
    with pytest.raises(InputError, match="no results in"):
        here.merge(tmp_path)


def test_finished_and_killed_processes_are_tidied_up_after(store: Store) -> None:
    note = {"runs": ["a"], "generation": 1}
    store.save("memory", "one", frame("a"))
    store.save_checkpoint("memory", stem_of(["a"]), [], note)
    store.save_checkpoint("memory", stem_of(["b"]), [], note | {"runs": ["b"]})
    store.save_plan("memory", [["a"], ["a"]], 1)
    store.save_plan("memory", [["a"], ["b"]], 1)
    folder = store.folder / "results" / "memory"
    mine, others = folder / f".{me()}.x.part", folder / f".{me()}9.x.part"
    for path in (mine, others):
        path.write_bytes(b"")
    store.tidy("memory")
    assert [note["runs"] for note, _ in store.checkpoints("memory")] == [["b"]]
    assert list(store.plans("memory")) == [([["a"], ["b"]], 1)]
    assert mine.exists()
    assert not others.exists()


def test_a_file_without_a_column_that_is_asked_for_stays(store: Store) -> None:
    path = store.save("memory", "first", frame("a").drop(columns="genome"))
    store.save("memory", "second", frame("b"))
    rows = store.rows("memory", columns=["genome"])
    assert rows["genome"].notna().to_dict() == {"a": False, "b": True}
    assert path.is_file()


def test_what_a_killed_write_left_is_not_read(tmp_path: Path) -> None:
    store = Store(tmp_path, None)
    path = store.save("memory", "one", frame("a"))
    path.with_name(".half.parquet.part").write_bytes(path.read_bytes()[:50])
    assert list(store.rows("memory").index) == ["a"]


def test_rows_come_back_as_they_were(store: Store) -> None:
    before = frame("a", "b")
    before["genome"] = [np.array(x, np.float32) for x in ([0.1, -0.0, 1e-45], [np.inf, np.nan, 3e38])]
    store.save("memory", "program", before)
    after = store.rows("memory")
    for one, other in zip(before["genome"], after["genome"], strict=True):
        np.testing.assert_array_equal(one.view(np.int32), other.view(np.int32))
    assert list(store.rows("memory", columns=["reward"]).columns) == ["reward", "published"]
    assert to_parquet(before) == to_parquet(before.copy())


def test_a_store_without_results_has_the_columns_asked_for(store: Store) -> None:
    assert list(store.rows("memory", columns=["seconds"]).columns) == ["seconds", "published"]
    assert store.rows("memory", columns=["seconds"])["seconds"].sum() == 0


def test_publishing_copies_what_is_wanted_and_new(store: Store) -> None:
    assert store.published is not None
    store.save("memory", "first", frame("a", "b"))
    (path,) = store.publish("memory", {"a", "z"}, current={"a", "b", "c"}, genomes=set())
    before = path.read_bytes()
    only = Store(store.folder / "none", store.published)
    assert list(only.rows("memory").index) == ["a"]
    assert "genome" not in only.rows("memory")
    store.save("memory", "second", frame("b", "a", "c"))
    assert store.publish("memory", {"a"}, current={"a", "b", "c"}, genomes=set()) == []
    assert len(store.publish("memory", {"a", "b", "c"}, current={"a", "b", "c"}, genomes={"b"})) == 2
    assert list(only.rows("memory")["genome"].dropna().index) == ["b"]
    assert sorted(only.rows("memory").index) == ["a", "b", "c"]
    assert path.read_bytes() == before
    assert store.rows("memory")["published"].all()


def test_publishing_adds_a_genome_that_is_needed_later(store: Store) -> None:
    store.save("memory", "first", frame("a", "b"))
    store.publish("memory", {"a", "b"}, current={"a", "b"}, genomes=set())
    only = Store(store.folder / "none", store.published)
    assert "genome" not in only.rows("memory")
    assert len(store.publish("memory", {"a", "b"}, current={"a", "b"}, genomes={"b"})) == 1
    assert list(only.rows("memory")["genome"].dropna().index) == ["b"]
    assert sorted(only.rows("memory").index) == ["a", "b"]
    assert store.publish("memory", {"a", "b"}, current={"a", "b"}, genomes={"b"}) == []


def test_publishing_removes_what_is_no_longer_current_or_needed(store: Store) -> None:
    assert store.published is not None
    every = {"a", "b", "c", "d"}
    for names in (("a", "b"), ("c",), ("d",)):
        store.save("memory", names[0], frame(*names))
    store.publish("memory", every, current=every, genomes=every)
    kept = next(path for path in store.files("memory") if "d" in from_parquet(path.read_bytes())["identity"].to_list())
    before = kept.read_bytes()
    assert store.publish("memory", set(), current={"a", "d"}, genomes={"d"}) == []
    published = Store(store.folder / "none", store.published)
    assert sorted(published.rows("memory").index) == ["a", "d"]
    assert list(published.rows("memory")["genome"].dropna().index) == ["d"]
    assert kept.read_bytes() == before
    assert all(sound for _, sound in published.verify())


@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False), max_size=20),
    st.integers(-(2**slim.PUBLISHED_BITS), 2**slim.PUBLISHED_BITS),
)
def test_published_numbers_are_rounded_once_and_counts_stay(numbers: list[float], count: int) -> None:
    values = np.array(numbers, np.float32)
    once = slim.rounded(values)
    # Half a distance; a whole one for the largest numbers, which are rounded down.
    share = np.where(
        abs(values) < np.finfo(np.float32).max / 2, 2.0**-slim.PUBLISHED_BITS, 2.0 ** (1 - slim.PUBLISHED_BITS)
    )
    assert (abs(once - values) <= abs(values) * share).all()
    np.testing.assert_array_equal(slim.rounded(once), once)
    assert slim.rounded(np.array([count], np.float32)) == [count]


def test_a_store_with_nowhere_to_publish_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must have a published folder"):
        Store(tmp_path, None).publish("memory", set(), current=set(), genomes=set())


def test_a_checkpoint_comes_back_bit_for_bit(store: Store) -> None:
    leaves = [np.array([0.1, np.nan, -0.0]), np.array(7, np.int32), np.zeros((0, 3), np.uint32), np.array([[True]])]
    note = {"runs": ["a", "b"], "generation": 3, "seconds": 0.1}
    store.save_checkpoint("memory", "program", leaves, note)
    ((found, back),) = store.checkpoints("memory")
    assert found == note
    for one, other in zip(leaves, back, strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    store.drop_checkpoint("memory", "another")
    assert len(list(store.checkpoints("memory"))) == 1
    store.drop_checkpoint("memory", "program")
    assert list(store.checkpoints("memory")) == []

"""IDX files, whole and malformed in ten ways; the split of each set; what its files have to be."""

import gzip
import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hetsnn.data import downloads, image_sets
from hetsnn.data.downloads import DataFile
from hetsnn.data.image_sets import FILES, PARTS, SETS, load, parse
from hetsnn.errors import InputError

SHAPE = (3, 4, 4)


def idx(array: np.ndarray, sizes: tuple[int, ...] | None = None, kind: int = 8) -> bytes:
    """An IDX file, written from the format's description."""
    sizes = array.shape if sizes is None else sizes
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes) + array.tobytes()


PIXELS = st.binary(min_size=48, max_size=48).map(lambda data: np.frombuffer(data, np.uint8).reshape(SHAPE))


@given(PIXELS)
@settings(max_examples=25, deadline=None)
def test_what_was_written_is_read(array: np.ndarray) -> None:
    np.testing.assert_array_equal(parse(gzip.compress(idx(array)), SHAPE), array)
    labels = array.ravel() % 10
    np.testing.assert_array_equal(parse(gzip.compress(idx(labels)), (48,)), labels)


def zipped(change: Callable[[bytes, st.DataObject], bytes]) -> Callable[[bytes, st.DataObject], bytes]:
    return lambda plain, data: gzip.compress(change(plain, data))


def replaced(content: bytes, place: int, data: st.DataObject) -> bytes:
    new = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    changed = bytearray(content)
    changed[place] = new
    return bytes(changed)


# Ten kinds: of each, how a file becomes one, and what is said of it.
KINDS: dict[str, tuple[Callable[[bytes, st.DataObject], bytes], str]] = {
    "not packed": (lambda plain, _: plain, "gzip format"),
    "empty": (lambda *_: b"", "got 0"),
    "packed, cut": (lambda p, d: (c := gzip.compress(p))[: d.draw(st.integers(1, len(c) - 1))], "gzip format"),
    "packed, sum altered": (lambda p, d: replaced(gzip.compress(p), -8 + d.draw(st.integers(0, 3)), d), "gzip format"),
    "other type": (zipped(lambda p, d: replaced(p, 2, d)), "must begin with"),
    "no magic": (zipped(lambda p, d: replaced(p, d.draw(st.integers(0, 1)), d)), "must begin with"),
    "other dimensions": (zipped(lambda p, d: replaced(p, 3, d)), "must begin with"),
    "other sizes": (zipped(lambda p, d: replaced(p, d.draw(st.integers(4, 15)), d)), "sizes must be"),
    "too short": (zipped(lambda p, d: p[: d.draw(st.integers(0, len(p) - 1))]), "bytes, got"),
    "too long": (zipped(lambda p, d: p + d.draw(st.binary(min_size=1, max_size=9))), "got more"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(array=PIXELS, data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_malformed_file_is_one_line(kind: str, array: np.ndarray, data: st.DataObject) -> None:
    damage, says = KINDS[kind]
    with pytest.raises(InputError, match=says) as error:
        parse(damage(idx(array), data), SHAPE)
    assert "\n" not in str(error.value)


@given(st.lists(st.integers(0, 255), min_size=5, max_size=5).filter(lambda labels: max(labels) > 9))
@settings(max_examples=25, deadline=None)
def test_a_label_is_a_class(labels: list[int]) -> None:
    with pytest.raises(InputError, match=f"a label must be below 10, got {max(labels)}"):
        parse(gzip.compress(idx(np.array(labels, np.uint8))), (5,))


@pytest.fixture
def bare() -> Iterator[None]:
    load.cache_clear()
    yield
    load.cache_clear()


def test_sets_are_split_in_three_and_the_last_training_images_are_for_choices(
    bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    counts, side = (60, 20), 4
    shapes = [(256, (n, side, side)) if images else (10, (n,)) for n in counts for images in (True, False)]
    arrays = [rng.integers(0, end, shape, np.uint8) for end, shape in shapes]
    files = dict(zip(SETS["mnist"].files, (gzip.compress(idx(array)) for array in arrays), strict=True))
    monkeypatch.setattr(downloads, "read", files.__getitem__)
    monkeypatch.setattr(image_sets, "COUNTS", counts)
    monkeypatch.setitem(SETS, "mnist", SETS["mnist"]._replace(side=side, held_out=15))
    parts = load("mnist")
    assert tuple(parts) == PARTS
    assert [len(part.labels) for part in parts.values()] == [45, 15, 20]
    np.testing.assert_array_equal(parts["train"].images, arrays[0][:45].reshape(45, -1))
    np.testing.assert_array_equal(parts["validation"].labels, arrays[1][45:])
    np.testing.assert_array_equal(parts["test"].images, arrays[2].reshape(20, -1))


def test_the_small_digits_come_with_scikit_learn(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "read", None)
    parts = load("digits")
    assert [len(part.labels) for part in parts.values()] == [1197, 300, 300]
    assert all(part.images.max() == SETS["digits"].brightest for part in parts.values())
    assert image_sets.here("digits")


def test_every_file_has_a_home_a_mirror_a_digest_and_terms() -> None:
    assert len(FILES) == 8 == len({file.sha256 for file in FILES})
    for file in FILES:
        assert len(file.homes) == 2
        assert all(home.endswith(file.name.split("/")[1]) for home in file.homes)
        assert len(file.sha256) == 64
        assert file.terms


def test_an_altered_file_is_told_with_its_digest_and_an_unknown_set_with_the_known(
    bare: None, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    def damaged(file: DataFile) -> bytes:
        raise InputError(f"{file.name} is altered")

    monkeypatch.setattr(downloads, "read", damaged)
    with pytest.raises(InputError, match=r"mnist/train-images-idx3-ubyte\.gz is altered"):
        load("mnist")
    with pytest.raises(InputError, match="dataset must be one of mnist, fashion_mnist, digits, got 'letters'"):
        load("letters")

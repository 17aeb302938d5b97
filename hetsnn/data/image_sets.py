"""Images and their classes: MNIST and FashionMNIST from their IDX files, and the small digits of scikit-learn.

Sources: LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86, 1998; Xiao, Rasul and Vollgraf,
arXiv:1708.07747; Alpaydin and Kaynak, doi:10.24432/C50P49. Each set is split in three: what is trained on, what
choices are made by (the last images of the training files), and what is reported.
"""

import gzip
import io
import math
import zlib
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8

from hetsnn.data import downloads as datasets
from hetsnn.errors import InputError
from hetsnn.numbers import check_choice

CLASSES = 10
PARTS = ("train", "validation", "test")
UNSIGNED_BYTE = 8  # the only type of entries that these files have
MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
FASHION = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
TERMS = {
    "mnist": "CC BY-SA 3.0; LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791",
    "fashion_mnist": "MIT; Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747",
}


class Examples(NamedTuple):
    """Images and the classes that they are of."""

    images: UInt8[np.ndarray, "examples pixels"]
    labels: Int[np.ndarray, " examples"]


class Kind(NamedTuple):
    """What is known of a set before it is read."""

    side: int  # pixels
    brightest: int  # value of a pixel
    held_out: int  # examples of the training files that are kept for choices
    files: tuple[datasets.DataFile, ...] = ()  # images and labels to train on, then to test on
    names: tuple[str, ...] = tuple("0123456789")  # of the classes


def _files(name: str, homes: tuple[str, ...], *digests: str) -> tuple[datasets.DataFile, ...]:
    stems = [f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]
    return tuple(
        datasets.DataFile(f"{name}/{stem}", digest, tuple(home + stem for home in homes), TERMS[name])
        for stem, digest in zip(stems, digests, strict=True)
    )


SETS = {
    "mnist": Kind(28, 255, 10_000, _files(
        "mnist", MNIST,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    )),
    "fashion_mnist": Kind(28, 255, 10_000, _files(
        "fashion_mnist", FASHION,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ), ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")),
    "digits": Kind(8, 16, 300),
}  # fmt: skip
FILES = tuple(file for kind in SETS.values() for file in kind.files)
COUNTS = (60_000, 10_000)  # images in the files


def here(name: str) -> bool:
    """Whether a set can be read without downloading anything."""
    return all(datasets.locate(file) for file in SETS[name].files)


@cache
def load(name: str) -> dict[str, Examples]:
    """A set's three parts by their names, downloaded if it is not here; classes in turn as they are in the files.

    Raises:
        InputError: there is no such set, or its files are damaged or not to be had.
    """
    check(name)
    kind = SETS[name]
    if kind.files:
        shapes = [shape for count in COUNTS for shape in ((count, kind.side, kind.side), (count,))]
        arrays = [parse(datasets.read(file), shape) for file, shape in zip(kind.files, shapes, strict=True)]
        (images, labels), test = arrays[:2], arrays[2:]
    else:
        from sklearn.datasets import load_digits

        digits = load_digits()
        first = len(digits.target) - kind.held_out
        images, labels = digits.images[:first], digits.target[:first]
        test = [digits.images[first:], digits.target[first:]]
    ends = len(labels) - kind.held_out
    parts = ((images[:ends], labels[:ends]), (images[ends:], labels[ends:]), test)
    return {
        part: Examples(images.reshape(len(labels), -1).astype(np.uint8), labels.astype(np.int32))
        for part, (images, labels) in zip(PARTS, parts, strict=True)
    }


def check(name: str) -> None:
    """Raise InputError for a set that does not exist."""
    check_choice("dataset", name, SETS)


def parse(content: bytes, shape: tuple[int, ...]) -> UInt8[np.ndarray, "..."]:
    """The array in a gzipped IDX file of unsigned bytes; labels, which have one dimension, are below `CLASSES`.

    Args:
        content: of the file.
        shape: what it has to hold.

    Raises:
        InputError: it holds something else.
    """
    header = 4 * (1 + len(shape))
    size = header + math.prod(shape)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = file.read(size + 1)  # one more than there should be, so that too much is seen and not unpacked
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"it cannot be unpacked ({error})") from None
    if len(found) < header:
        raise InputError(f"it has {len(found)} bytes: an IDX header of {len(shape)} dimensions has {header}")
    magic = bytes((0, 0, UNSIGNED_BYTE, len(shape)))
    if found[:4] != magic:
        raise InputError(
            f"it begins with {found[:4].hex()}: IDX of {len(shape)} dimensions of bytes with {magic.hex()}"
        )
    sizes = tuple(np.frombuffer(found, ">u4", len(shape), 4).tolist())
    if sizes != shape:
        raise InputError(f"its sizes are {sizes}, expected {shape}")
    if len(found) != size:
        raise InputError(f"it has {'more' if len(found) > size else 'less'} than the {size} bytes that its sizes say")
    array = np.frombuffer(found, np.uint8, offset=header).reshape(shape)
    if array.ndim == 1 and array.max(initial=0) >= CLASSES:
        raise InputError(f"a label is {array.max()}: the largest of {CLASSES} classes is {CLASSES - 1}")
    return array

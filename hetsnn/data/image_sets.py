"""Images and their classes: MNIST and FashionMNIST from their IDX files, and the small digits of scikit-learn.

Sources: LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86, 1998; Xiao, Rasul and Vollgraf,
arXiv:1708.07747; Alpaydin and Kaynak, doi:10.24432/C50P49. Each set has three parts: training images, validation images
for choosing settings (the last images of the training files), and test images for reported results.
"""

import gzip
import io
import math
import zlib
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8

from hetsnn.data import downloads
from hetsnn.errors import InputError
from hetsnn.numbers import check_choice

CLASSES = 10
PARTS = ("train", "validation", "test")
UNSIGNED_BYTE = 8  # IDX code of the entries' type
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
    """Images and their classes."""

    images: UInt8[np.ndarray, "examples pixels"]
    labels: Int[np.ndarray, " examples"]


class Kind(NamedTuple):
    """Description of an image set."""

    side: int  # pixels
    brightest: int  # largest value of a pixel
    held_out: int  # validation images, the last of the training files
    files: tuple[downloads.DataFile, ...] = ()  # training images and labels, test images and labels
    names: tuple[str, ...] = tuple("0123456789")  # names of the classes


def _files(name: str, homes: tuple[str, ...], *digests: str) -> tuple[downloads.DataFile, ...]:
    stems = [f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]
    return tuple(
        downloads.DataFile(f"{name}/{stem}", digest, tuple(home + stem for home in homes), TERMS[name])
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
    """Return True if a set can be read without a download."""
    return all(downloads.locate(file) for file in SETS[name].files)


@cache
def load(name: str) -> dict[str, Examples]:
    """Return the three parts of a set by name, in the order of the files; download it if needed.

    Raises:
        InputError: the set is unknown, or its files are damaged or cannot be downloaded.
    """
    check(name)
    kind = SETS[name]
    if kind.files:
        shapes = [shape for count in COUNTS for shape in ((count, kind.side, kind.side), (count,))]
        arrays = [parse(downloads.read(file), shape) for file, shape in zip(kind.files, shapes, strict=True)]
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
    """Return the array in a gzipped IDX file of unsigned bytes; labels (one dimension) must be below `CLASSES`.

    Args:
        content: content of the file.
        shape: expected shape of the array.

    Raises:
        InputError: the content is no such array.
    """
    header = 4 * (1 + len(shape))
    size = header + math.prod(shape)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(size + 1)  # one extra byte detects a file that is too long without unpacking it all
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"the file must be in gzip format, got an error: {error}") from None
    if len(unpacked) < header:
        raise InputError(f"an IDX header of {len(shape)} dimensions must have {header} bytes, got {len(unpacked)}")
    magic = bytes((0, 0, UNSIGNED_BYTE, len(shape)))
    if unpacked[:4] != magic:
        raise InputError(
            f"IDX of {len(shape)} dimensions of bytes must begin with {magic.hex()}, got {unpacked[:4].hex()}"
        )
    sizes = tuple(np.frombuffer(unpacked, ">u4", len(shape), 4).tolist())
    if sizes != shape:
        raise InputError(f"sizes must be {shape}, got {sizes}")
    if len(unpacked) != size:
        raise InputError(f"the file must have {size} bytes, got {'more' if len(unpacked) > size else len(unpacked)}")
    array = np.frombuffer(unpacked, np.uint8, offset=header).reshape(shape)
    if array.ndim == 1 and array.max(initial=0) >= CLASSES:
        raise InputError(f"a label must be below {CLASSES}, got {array.max()}")
    return array

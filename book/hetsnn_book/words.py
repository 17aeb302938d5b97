"""Names that code has for things, as symbols and words for readers; and the names that no reader should meet."""

import re
from typing import Any

SYMBOLS = {"tau_m": r"$\tau_m$", "v_th": "$v_{th}$", "v_rest": "$v_{rest}$", "r_m": "$R$"}
SPOKEN = {"tau_m": "time constant", "v_th": "threshold", "v_rest": "resting potential", "r_m": "resistance"}
ROBOTS = {"halfcheetah": "HalfCheetah", "ant": "Ant", "hopper": "Hopper", "walker2d": "Walker2d"}
CONTESTS = {
    "memory": "memory",
    "memory, memoryless read-out": "memory, read-out without memory",
    "cartpole": "CartPole",
    "recall": "recall",
    "recall, recurrent": "recall, recurrent",
}
IMAGES = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "digits": "small digits"}
SIDES = {"neuron": "neurons", "weight": "weights"}
OTHERS = {"shared": "alike", "fast_sigmoid": "fast sigmoid", "True": "yes", "False": "no"}
TITLES = {**ROBOTS, **CONTESTS, **IMAGES, **SIDES, **OTHERS}
PROPERTY = re.compile(rf"\b({'|'.join(SYMBOLS)})\b")
# Text that is marked as code, mathematics or markup.
MARKED = re.compile(r"(\{[\w:-]+\}`[^`]*`|`[^`]*`|\$[^$]*\$|<[^>]*>|https?://\S+)")
CODE = re.compile(r"\b[A-Za-z]\w*_\w+(?:\.\d+)?|\b(?:mnist|halfcheetah|walker2d|True|False|nan)\b")


def title(value: Any) -> str:
    """Return the name that a value of a setting has for readers."""
    return TITLES.get(str(value), str(value))


def with_titles(text: str) -> str:
    """Return words in which the names that robots have in code are those of readers."""
    return re.sub(rf"\b({'|'.join(ROBOTS)})\b", lambda name: ROBOTS[name[0]], text)


def with_symbols(text: str) -> str:
    """Return words in which the names that properties have in code are the page's symbols."""
    return PROPERTY.sub(lambda name: SYMBOLS[name[0]], text)


def spoken(text: str) -> str:
    """Return words for listeners: the names and symbols of properties are words."""
    for name, symbol in SYMBOLS.items():
        text = text.replace(symbol, name)
    return PROPERTY.sub(lambda name: SPOKEN[name[0]], text)


def as_code(text: str) -> str:
    """Return a name of code as a page shows it."""
    return f"`{text}`" if text else ""


def marked(text: str) -> str:
    """Return words in which the names of code are shown as code."""
    parts = MARKED.split(text)  # every second part is marked
    return "".join(part if place % 2 else CODE.sub(r"`\g<0>`", part) for place, part in enumerate(parts))


def names_of_code(text: str) -> list[str]:
    """Return the names of code among words for readers; what is shown as code or mathematics does not count."""
    return list(dict.fromkeys(CODE.findall(MARKED.sub(" ", text))))

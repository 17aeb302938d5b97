"""What a state that is stepped must carry: not what is constant, what equals something else, or what nobody reads."""

from collections.abc import Iterable, Sequence

import numpy as np

from hetsnn.lanes import Graph, Scalar, Value, name, order, substituted


def stand_ins(first: Sequence[Scalar], step: Graph) -> list[int | np.generic]:
    """For each entry of a state the first that always equals it, or the number that it always is.

    Those that are equal at first are taken to be so for ever, then told apart where a step tells them apart, until no
    step does: what is left is true by induction.

    Args:
        first: the state at the start, as scalars.
        step: its inputs begin with the entries of a state, its outputs are those of the next.
    """
    kinds: list = list(map(name, first))
    while True:
        firsts = {kind: place for place, kind in reversed(list(enumerate(kinds)))}
        stands: list[int | np.generic] = [
            one if isinstance(one, np.generic) and kind == name(one) else firsts[kind]
            for one, kind in zip(first, kinds, strict=True)
        ]
        after = substituted(step.outputs, dict(zip(step.inputs, seen(step.inputs, stands), strict=False)))
        told: list = [
            kind if isinstance(stand, np.generic) and name(one) == kind else (firsts[kind], name(one))
            for stand, kind, one in zip(stands, kinds, after, strict=True)
        ]
        if len(set(told)) == len(firsts) and all(
            (new == kind) == isinstance(stand, np.generic) for new, kind, stand in zip(told, kinds, stands, strict=True)
        ):
            return stands
        kinds = told


def seen(entries: Sequence[Value], stands: Sequence[int | np.generic]) -> list[Scalar]:
    """The entries of a state by those that stand for them."""
    return [one if isinstance(one, np.generic) else entries[one] for one in stands]


def read(outputs: Iterable[Scalar], entries: Sequence[Value]) -> set[int]:
    """Places of the entries that some outputs are made of."""
    behind = set(order(outputs))
    return {place for place, entry in enumerate(entries) if entry in behind}


def needed(wanted: Iterable[int], after: Sequence[Scalar], entries: Sequence[Value]) -> list[int]:
    """Places of the entries of a state that some entries of later states are made of, one or more steps on.

    Args:
        wanted: places of those later entries.
        after: the state after a step.
        entries: the state before it.
    """
    wanted, found = set(wanted), set()
    while True:
        more = read([after[place] for place in wanted | found], entries)
        if more <= found:
            return sorted(found)
        found |= more

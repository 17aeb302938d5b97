"""What a state that is stepped has to carry: not what is constant, what equals something else, or what nobody reads."""

from collections.abc import Iterable, Sequence

from hetsnn.lanes.scalars import Scalar, Value, name, order, substituted, unknown


def stand_ins(first: Sequence[Scalar], before: Sequence[Value], after: Sequence[Scalar]) -> list[Scalar]:
    """For each entry of a state the first one that always equals it, or the number that it always is.

    Entries that are equal at first are taken to be so for ever, then told apart where a step tells them apart, until
    no step does: what is left is true by induction.

    Args:
        first: the state at the start.
        before: the state before a step.
        after: the state after it.
    """
    kinds = list(map(name, first))
    while True:
        places = {kind: place for place, kind in reversed(list(enumerate(kinds)))}
        constant = [not unknown(one) and name(one) == kind for one, kind in zip(first, kinds, strict=True)]
        stands = [
            one if still else before[places[kind]] for one, still, kind in zip(first, constant, kinds, strict=True)
        ]
        stepped = map(name, substituted(after, dict(zip(before, stands, strict=True))))
        told = [
            kind if still and new == kind else (places[kind], new)
            for kind, still, new in zip(kinds, constant, stepped, strict=True)
        ]
        settled = all((new == kind) == still for new, kind, still in zip(told, kinds, constant, strict=True))
        if settled and len(set(told)) == len(places):
            return stands
        kinds = told


def read(outputs: Iterable[Scalar], entries: Sequence[Value]) -> set[int]:
    """Places of the entries that some outputs are made of."""
    behind = set(order(outputs))
    return {place for place, entry in enumerate(entries) if entry in behind}


def needed(wanted: Iterable[int], before: Sequence[Value], after: Sequence[Scalar]) -> list[int]:
    """Places of the entries of a state that some entries of later states are made of, one or more steps on.

    Args:
        wanted: places of those later entries.
        before: the state before a step.
        after: the state after it.
    """
    wanted = set(wanted)
    found: set[int] = set()
    while not (more := read([after[place] for place in wanted | found], before)) <= found:
        found |= more
    return sorted(found)

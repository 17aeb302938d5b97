"""The entries that a state has to carry from step to step: no constants, no copies, nothing that nobody reads."""

from collections.abc import Iterable, Sequence

from hetsnn.lanes.scalars import Scalar, Value, name, order, substituted, unknown


def stand_ins(first: Sequence[Scalar], before: Sequence[Value], after: Sequence[Scalar]) -> list[Scalar]:
    """Return for each entry of a state the first entry that always equals it, or the number that it always is.

    Entries that are equal at the start are assumed equal for ever. Where a step makes them differ, they are separated,
    until no step does; the equalities that are left hold by induction.

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
    """Return the places of the entries that the outputs depend on."""
    behind = set(order(outputs))
    return {place for place, entry in enumerate(entries) if entry in behind}


def needed(wanted: Iterable[int], before: Sequence[Value], after: Sequence[Scalar]) -> list[int]:
    """Return the places of the entries that wanted entries of the state depend on, one or more steps later.

    Args:
        wanted: places of the wanted entries.
        before: the state before a step.
        after: the state after it.
    """
    wanted = set(wanted)
    found: set[int] = set()
    while not (more := read([after[place] for place in wanted | found], before)) <= found:
        found |= more
    return sorted(found)

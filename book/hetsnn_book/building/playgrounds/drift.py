"""Data of the playground `drift`: the spread of real neurons' time constants, beside its own."""

from hetsnn_book.measures.cell_types import MAIN, SPECIES, summary


def data() -> dict[str, float]:
    """Return the standard deviation of log tau_m of each species' cells."""
    cells = summary()
    return {species: float(cells.loc[(species, MAIN), "log_sd"]) for species in SPECIES}

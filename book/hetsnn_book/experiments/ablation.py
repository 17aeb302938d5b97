"""Tables 2 and S2: subsets of the four properties evolve.

By Eq. 2 spikes depend on tau_m, r_m and v_th - v_rest alone, so a subset with v_th is equivalent to its twin, the
subset with v_rest in its place: 11 of the 15 subsets differ. Properties that do not evolve keep their initial values.
"""

from itertools import combinations, product
from typing import Any

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import WIDTHS, Widths, widths
from hetsnn_book.experiments.control import BUDGET, ENVIRONMENTS, SEEDS, SHORT, WINNERS
from hetsnn_book.experiments.control import NEURONS as SIZES
from hetsnn_book.experiments.control_search import SMALLER, Budget, control_run

NAME, VERSION, SCORE, GENOMES = "ablation", 1, "reward", False
CHAPTER = "ablation"
PARTLY = "the full budget needs a GPU"  # why not all of it is published
NEURONS = 4096
TWINS_ON = "hopper"  # the robot on which twins are compared
SINGLES: list[tuple[str, ...]] = [(name,) for name in PROPERTIES]
DISTINCT: list[tuple[str, ...]] = [
    subset for n in (1, 2, 3, 4) for subset in combinations(PROPERTIES, n) if "v_th" in subset or "v_rest" not in subset
]

# With which a search changes as many spikes through each property, by `measures.search_widths`; a test measures it.
EQUALISED: Widths = (2.2, 1.0, 1.0, 1.0)

VARIANTS = {
    "main": "4,096 neurons, spikes reset to v_rest, equalised widths",
    "twin": "v_rest in the place of v_th",
    "reset to 0": "spikes reset to 0 instead of v_rest",
    "one width": "the same width for all, so that tau_m is searched in smaller steps",
    "more neurons": "16,384 neurons: as many parameters as all four of 4,096 neurons have",
    "short": "1,024 neurons, and the short budget of Table 1",
    "short with one width": "the same, with the same width for all",
    "short with reset to 0": "the same, spikes reset to 0 instead of v_rest",
    "short with more neurons": "the same, with 4,096 neurons: as many parameters as all four of 1,024 neurons have",
}


def mirrored(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the twin of a subset, in which v_th and v_rest change places."""
    swap = {"v_th": "v_rest", "v_rest": "v_th"}
    return tuple(sorted((swap.get(name, name) for name in names), key=PROPERTIES.index))


def labels(run: Run) -> dict[str, Any]:
    """Return the names of the evolved properties, and the key of `VARIANTS`."""
    names = tuple(name for name, width in zip(PROPERTIES, run.training.genome.widths, strict=True) if width)
    short = run.training.method.population == SHORT["population"]
    if run.training.architecture.reset == "zero":
        other = "reset to 0"
    elif "tau_m" in names and run.training.genome.widths == widths(*names):
        other = "one width"
    elif run.training.architecture.hidden > (min(SIZES) if short else NEURONS):
        other = "more neurons"
    else:
        other = ""
    if short:
        variant = f"short with {other}" if other else "short"
    else:
        variant = other or ("main" if names in DISTINCT else "twin")
    return {"properties": "+".join(names), "variant": variant}


def ablated(
    environment: str,
    names: tuple[str, ...],
    seed: int,
    budget: Budget = BUDGET,
    *,
    neurons: int = NEURONS,
    reset: str = "rest",
    full: Widths = EQUALISED,
) -> Run:
    """Return a run in which only the named properties evolve, each with its search width from `full`."""
    named, setting, count = (NAME, VERSION), WINNERS["neuron"], 4 * neurons
    options: dict[str, Any] = {"n_parameters": count, "widths": widths(*names, full=full), "reset": reset}
    return control_run(named, environment, "neuron", setting, seed, budget, **options)


def runs(profile: str) -> tuple[Run, ...]:
    """Return Table 2's rows and twins at the short budget, the rows and twins, variants of them, and other subsets.

    Only v_rest is repeated with a reset to 0: v_rest is 0 in all other single-property runs. Only tau_m is repeated
    with equal widths: it is the only property whose width in `EQUALISED` is not 1.
    """
    if profile != "paper":
        neurons, budget = SMALLER[profile]
        rows = {"smoke": [("tau_m",), PROPERTIES], "quick": [*SINGLES, PROPERTIES]}[profile]
        return tuple(ablated("hopper", names, 0, budget, neurons=neurons) for names in rows)
    singles = [names for names in SINGLES if names in DISTINCT]
    others = [names for names in DISTINCT if names not in (*singles, PROPERTIES)]
    twins = [names for names in map(mirrored, DISTINCT) if names not in DISTINCT]

    def grid(rows: list[tuple[str, ...]], robots: tuple[str, ...] = ENVIRONMENTS, **options: Any) -> list[Run]:
        return [ablated(*choice, **options) for choice in product(robots, rows, range(SEEDS))]

    with_twins = [names for names in DISTINCT if mirrored(names) != names and names not in singles]
    short: dict[str, Any] = {"budget": SHORT, "neurons": min(SIZES), "robots": (TWINS_ON,)}
    return (
        *grid([*SINGLES, PROPERTIES], **short),
        *grid([("tau_m",)], full=WIDTHS, **short),
        *grid([*with_twins, *map(mirrored, with_twins)], **short),
        *grid([("v_rest",)], reset="zero", **short),
        *grid(singles, **short | {"neurons": 4 * min(SIZES)}),
        *grid([*singles, PROPERTIES]),
        *grid(twins, (TWINS_ON,)),
        *grid([("tau_m",)], full=WIDTHS),
        *grid([("v_rest",)], reset="zero"),
        *grid(singles, neurons=4 * NEURONS),
        *grid(others),
    )

"""Tables 2 and S2: which of the four properties evolve.

By Eq. 2 spikes depend on tau_m, r_m and v_th - v_rest alone, so that what evolves v_th in a subset could as well evolve
v_rest, its twin by mirror: of the 15 subsets 11 differ. What does not evolve is exactly its initial value.
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
TWINS_ON = "hopper"  # the robot on which twins are shown to be twins
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
    """The subset that is another's mirror image: v_th and v_rest have changed places."""
    swap = {"v_th": "v_rest", "v_rest": "v_th"}
    return tuple(sorted((swap.get(name, name) for name in names), key=PROPERTIES.index))


def labels(run: Run) -> dict[str, Any]:
    """Which properties evolve, and in which of `VARIANTS`."""
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
    """A training in which just the named properties evolve, each searched as widely as in `full`."""
    named, setting, count, of = (NAME, VERSION), WINNERS["neuron"], 4 * neurons, widths(*names, full=full)
    return control_run(named, environment, "neuron", setting, seed, budget, n_parameters=count, widths=of, reset=reset)


def runs(profile: str) -> tuple[Run, ...]:
    """What the short budget gives for Table 2's rows and twins; the rows; what could explain them; other subsets.

    With spikes that reset to 0, only v_rest differs from the main table: the others leave it at 0, where it is. With
    one width for all, of the single properties only tau_m does.
    """
    if profile != "paper":
        neurons, budget = SMALLER[profile]
        rows = {"smoke": [("tau_m",), PROPERTIES], "quick": [*SINGLES, PROPERTIES]}[profile]
        return tuple(ablated("hopper", names, 0, budget, neurons=neurons) for names in rows)
    singles = [names for names in SINGLES if names in DISTINCT]
    others = [names for names in DISTINCT if names not in (*singles, PROPERTIES)]
    twins = [names for names in map(mirrored, DISTINCT) if names not in DISTINCT]

    def every(rows: list[tuple[str, ...]], robots: tuple[str, ...] = ENVIRONMENTS, **further: Any) -> list[Run]:
        return [ablated(*each, **further) for each in product(robots, rows, range(SEEDS))]

    with_twins = [names for names in DISTINCT if mirrored(names) != names and names not in singles]
    brief: dict[str, Any] = {"budget": SHORT, "neurons": min(SIZES), "robots": (TWINS_ON,)}
    return (
        *every([*SINGLES, PROPERTIES], **brief),
        *every([("tau_m",)], full=WIDTHS, **brief),
        *every([*with_twins, *map(mirrored, with_twins)], **brief),
        *every([("v_rest",)], reset="zero", **brief),
        *every(singles, **brief | {"neurons": 4 * min(SIZES)}),
        *every([*singles, PROPERTIES]),
        *every(twins, (TWINS_ON,)),
        *every([("tau_m",)], full=WIDTHS),
        *every([("v_rest",)], reset="zero"),
        *every(singles, neurons=4 * NEURONS),
        *every(others),
    )

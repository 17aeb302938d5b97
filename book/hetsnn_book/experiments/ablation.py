"""Tables 2 and S2: subsets of the four properties evolve.

By Eq. 2 spikes depend on tau_m, r_m and v_th - v_rest alone, so a subset with v_th is equivalent to its twin, the
subset with v_rest in its place: 11 of the 15 subsets differ. Properties that do not evolve keep their initial values.
"""

from itertools import combinations, product
from typing import Any

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import widths
from hetsnn_book.experiments.control import BUDGET, NEURONS, SEEDS
from hetsnn_book.experiments.control_finals import settled
from hetsnn_book.experiments.control_search import SMALLER, Budget, completed, control_run, provisional

NAME, VERSION, SCORE, GENOMES = "ablation", 2, "reward", False
__all__ = ["completed"]
CHAPTER = "ablation"
ROBOT, OTHER = "hopper", "walker2d"
LARGE = 4096  # neurons of the paper's Table 2
SINGLES: list[tuple[str, ...]] = [(name,) for name in PROPERTIES]
SUBSETS: list[tuple[str, ...]] = [subset for n in (1, 2, 3, 4) for subset in combinations(PROPERTIES, n)]
DISTINCT = [subset for subset in SUBSETS if "v_th" in subset or "v_rest" not in subset]

VARIANTS = {
    "main": "1,024 neurons, spikes reset to v_rest",
    "output scale alone": "one number evolves, which multiplies all read-outs; no neuron does",
    "shared": "one value of each property, shared by all neurons, evolves",
    "reset to 0": "spikes reset to 0 instead of v_rest",
    "4,096 neurons": "the size of the paper's Table 2",
}


def mirrored(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the twin of a subset, in which v_th and v_rest change places."""
    swap = {"v_th": "v_rest", "v_rest": "v_th"}
    return tuple(sorted((swap.get(name, name) for name in names), key=PROPERTIES.index))


def labels(run: Run) -> dict[str, Any]:
    """Return the names of the evolved properties, and the key of `VARIANTS`."""
    genome, architecture = run.training.genome, run.training.architecture
    names = tuple(name for name, width in zip(PROPERTIES, genome.widths, strict=True) if width)
    if genome.evolved == "scale":
        return {"properties": "output scale", "variant": "output scale alone"}
    if genome.alike:
        variant = "shared"
    elif architecture.reset == "zero":
        variant = "reset to 0"
    else:
        variant = "4,096 neurons" if architecture.hidden == LARGE else "main"
    return {"properties": "+".join(names), "variant": variant}


def ablated(
    names: tuple[str, ...],
    seed: int,
    budget: Budget = BUDGET,
    *,
    robot: str = ROBOT,
    neurons: int = NEURONS[0],
    **options: Any,
) -> Run:
    """Return a run in which only the named properties evolve.

    All have one search width, with which a search changes about as many spikes through each property, by
    `measures.search_widths`; a test measures it.

    Args:
        names: names of the properties that evolve; none for the output scale.
        seed: seed of the run.
        budget: budget of the training.
        robot: name of the robot.
        neurons: number of hidden neurons.
        options: further arguments of `control_run`.
    """
    setting = settled(robot).get("neuron", provisional())
    chosen = {"widths": widths(*names)} if names else {}
    counted: dict[str, Any] = {"n_parameters": 4 * neurons, **chosen, **options}
    return control_run((NAME, VERSION), robot, "neuron" if names else "scale", setting, seed, budget, **counted)


def runs(profile: str) -> tuple[Run, ...]:
    """Return all subsets on the hopper, three seeds and then the others; the references; then the variants.

    Table 2's rows are repeated with more neurons, and on the other robot that shares the hopper's settings. Only v_rest
    is repeated with a reset to 0: v_rest is 0 in all other single-property runs.
    """
    if profile != "paper":
        neurons, budget = SMALLER[profile]
        rows = {"smoke": [("tau_m",), PROPERTIES], "quick": [*SINGLES, PROPERTIES]}[profile]
        return tuple(ablated(names, 0, budget, neurons=neurons) for names in rows)
    if not settled(ROBOT):
        return ()

    def grid(rows: list[tuple[str, ...]], seeds: range = range(SEEDS), **options: Any) -> list[Run]:
        return [ablated(names, seed, **options) for names, seed in product(rows, seeds)]

    return (
        *grid(SUBSETS, range(3)),
        *grid([()], range(3)),
        *grid([PROPERTIES], range(3), alike=True),
        *grid(SUBSETS, range(3, SEEDS)),
        *grid([()], range(3, SEEDS)),
        *grid([PROPERTIES], range(3, SEEDS), alike=True),
        *grid([("v_rest",)], reset="zero"),
        *grid([*SINGLES, PROPERTIES], neurons=LARGE),
        *grid([*SINGLES, PROPERTIES], robot=OTHER),
    )

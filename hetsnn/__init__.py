"""Spiking networks whose neurons evolve: can they compute with frozen random weights?

`hetsnn.train` trains a network on a task; `hetsnn.tasks` makes tasks of the environments of gymnax and Brax. Names are
imported when they are first used: importing `hetsnn` itself neither starts JAX nor changes a setting of it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hetsnn import tasks as tasks
    from hetsnn.errors import InputError as InputError
    from hetsnn.networks.models import LIF as LIF
    from hetsnn.networks.models import Membrane as Membrane
    from hetsnn.networks.models import Neuron as Neuron
    from hetsnn.networks.models import Property as Property
    from hetsnn.networks.neurons import Properties as Properties
    from hetsnn.networks.neurons import lif_step as lif_step
    from hetsnn.networks.neurons import simulate as simulate
    from hetsnn.networks.rates import firing_rate as firing_rate
    from hetsnn.networks.spiking import Architecture as Architecture
    from hetsnn.networks.spiking import Policy as Policy
    from hetsnn.tasks.acting import EnvironmentTask as EnvironmentTask
    from hetsnn.tasks.images import Images as Images
    from hetsnn.tasks.memory import Memory as Memory
    from hetsnn.tasks.recall import Recall as Recall
    from hetsnn.tasks.task import Score as Score
    from hetsnn.tasks.task import Task as Task
    from hetsnn.training.descent import Gradient as Gradient
    from hetsnn.training.descent import Supervised as Supervised
    from hetsnn.training.evolution import Evolution as Evolution
    from hetsnn.training.genomes import Genome as Genome
    from hetsnn.training.genomes import widths as widths
    from hetsnn.training.method import Method as Method
    from hetsnn.training.random_search import RandomSearch as RandomSearch
    from hetsnn.training.reinforce import Reinforce as Reinforce
    from hetsnn.training.train import Trained as Trained
    from hetsnn.training.train import train as train

# The public names, by the module that each comes from; a test compares them with the imports above.
NAMES = {
    "errors": ("InputError",),
    "networks.models": ("LIF", "Membrane", "Neuron", "Property"),
    "networks.neurons": ("Properties", "lif_step", "simulate"),
    "networks.rates": ("firing_rate",),
    "networks.spiking": ("Architecture", "Policy"),
    "tasks.acting": ("EnvironmentTask",),
    "tasks.images": ("Images",),
    "tasks.memory": ("Memory",),
    "tasks.recall": ("Recall",),
    "tasks.task": ("Score", "Task"),
    "training.descent": ("Gradient", "Supervised"),
    "training.evolution": ("Evolution",),
    "training.genomes": ("Genome", "widths"),
    "training.method": ("Method",),
    "training.random_search": ("RandomSearch",),
    "training.reinforce": ("Reinforce",),
    "training.train": ("Trained", "train"),
}
_HOMES = {name: module for module, names in NAMES.items() for name in names}

__all__ = ["tasks"]
__all__ += list(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "tasks":
        return importlib.import_module("hetsnn.tasks")
    if name in _HOMES:
        return getattr(importlib.import_module(f"hetsnn.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'hetsnn' has no attribute {name!r}; its public names are {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

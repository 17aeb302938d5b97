"""The robots of the paper's Table 1: robots of Brax that are rewarded for moving forward, most also for not falling."""

from flax import struct

from hetsnn.tasks.brax_tasks import BraxTask


@struct.dataclass
class Control(BraxTask):
    """A robot of Brax, with the name and the settings that published results have."""

    environment: str = struct.field(pytree_node=False, default="hopper")
    lanes: bool = struct.field(pytree_node=False, default=False)  # published results have Brax's own rounding

"""The robots of the paper's Table 1, from Brax: rewarded for moving forward, and most of them for not falling."""

from flax import struct

from hetsnn.tasks.brax_tasks import BraxTask


@struct.dataclass
class Control(BraxTask):
    """A robot of Brax, by the name and with the settings that published results have."""

    environment: str = struct.field(pytree_node=False, default="hopper")
    lanes: bool = struct.field(pytree_node=False, default=False)  # published results have Brax's own rounding

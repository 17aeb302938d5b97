"""The robots of the paper's Table 1: robots of Brax that are rewarded for moving forward, most also for not falling."""

from flax import struct

from hetsnn.tasks.brax_tasks import BraxTask

# Observations and actions of each robot: networks are described without loading Brax. A test compares them with Brax's.
SIZES = {"halfcheetah": (17, 6), "ant": (27, 8), "hopper": (11, 3), "walker2d": (17, 6)}


@struct.dataclass
class Control(BraxTask):
    """A robot of Brax, with the name and the settings that published results have."""

    environment: str = struct.field(pytree_node=False, default="hopper")
    lanes: bool = struct.field(pytree_node=False, default=False)  # published results have Brax's own rounding

    @property
    def inputs(self) -> int:
        """Size of an observation."""
        return SIZES[self.environment][0] if self.environment in SIZES else super().inputs

    @property
    def outputs(self) -> int:
        """Number of joints that are moved."""
        return SIZES[self.environment][1] if self.environment in SIZES else super().outputs

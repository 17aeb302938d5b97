"""A.3: the environments of all experiments, with the numbers that their own code has."""

import dataclasses
import inspect
from typing import Any

import pandas as pd
from gymnax.environments.classic_control.cartpole import EnvParams

from hetsnn.data.image_sets import SETS
from hetsnn.tasks.brax_tasks import brax
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.images import Images
from hetsnn.tasks.memory import LENGTHS, Memory
from hetsnn.tasks.robots import SIZES
from hetsnn_book.words import title

COLUMNS = ["environment", "observations", "actions", "reward", "ends"]
SHOWN = ("mnist", "fashion_mnist", "digits")


def table() -> pd.DataFrame:
    """Return a row per environment: what a network sees, what it does, what it earns, when an episode ends."""
    pole, images = CartPole(), Images()
    angle = f"{EnvParams().theta_threshold_radians:.2f} rad"
    rows = [
        (
            "memory (bsuite's `memory_len`)",
            f"{Memory.inputs}: clock, query, cue (+1 or -1, at the reset and after the first step)",
            f"{Memory.outputs}: +1, -1",
            "+1 or -1, for the last action",
            f"after L + 1 steps, L = {LENGTHS[0]} to {LENGTHS[-1]}",
        ),
        (
            "CartPole-v1 (gymnax)",
            f"{pole.inputs}: position, speed, angle, angular speed",
            f"{pole.outputs}: push left, push right",
            "1 a step",
            f"angle beyond {angle}, position beyond {EnvParams().x_threshold:g}, or the limit",
        ),
        (
            f"images ({', '.join(f'{SETS[name].side}² {title(name)}' for name in SHOWN)})",
            "the pixels, from 0 to 1, at every step",
            f"{images.outputs} classes, by the largest output",
            "minus the cross-entropy",
            f"after {images.steps} steps",
        ),
    ]
    for robot, (seen, moved) in SIZES.items():
        of = constants(robot)
        healthy = f"{of['healthy_reward']:g} + " if "healthy_reward" in of else ""
        reward = (
            f"{healthy}{of.get('forward_reward_weight', 1.0):g} x speed ahead - {of['ctrl_cost_weight']:g} x effort"
        )
        rows.append(
            (f"{title(robot)} (Brax)", f"{seen}: posture and speeds", f"{moved}: torques, -1 to 1", reward, ends(of))
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def constants(robot: str) -> dict[str, Any]:
    """Return the settings of a robot of Brax, as its class declares them."""
    parameters = inspect.signature(brax()._envs[robot].__init__).parameters
    return {name: of.default for name, of in parameters.items() if of.default is not inspect.Parameter.empty}


def ends(of: dict[str, Any]) -> str:
    """Return in words what ends an episode of a robot with these settings, before its limit."""
    if not of.get("terminate_when_unhealthy", False):
        return "never"
    low, high = of["healthy_z_range"]
    upper = "" if high == float("inf") else f", or above {high:g}"
    lean = f", or leaning beyond {of['healthy_angle_range'][1]:g} rad" if "healthy_angle_range" in of else ""
    return f"height below {low:g}{upper}{lean}"


def all_constants() -> pd.DataFrame:
    """Return a row per setting of CartPole and of each robot, as their own code declares them."""
    pole = [("CartPole-v1", field.name, field.default) for field in dataclasses.fields(EnvParams)]
    robots = [(title(robot), name, value) for robot in SIZES for name, value in constants(robot).items()]
    return pd.DataFrame(
        [(environment, name, str(value)) for environment, name, value in (*pole, *robots)],
        columns=["environment", "setting", "value"],
    )

"""Moving pictures of robots: recorded from published networks, moved by a playground of the page.

`python -m hetsnn_book.building.motion` records the best published network of each robot and side into data/motion, so
that a page needs no physics, no kernel and no network to show it.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from html import escape
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from hetsnn.files import read, write
from hetsnn.networks.observations import RunningMoments
from hetsnn.sweeps.runs import Run, identity
from hetsnn.tasks.brax_physics import Own
from hetsnn.tasks.brax_tasks import brax, robot
from hetsnn.tasks.rollouts import Environment, advance, begin
from hetsnn.training.policies import fix, policy
from hetsnn_book import experiments
from hetsnn_book.building import playgrounds
from hetsnn_book.experiments.control import BACKENDS, ENVIRONMENTS
from hetsnn_book.figures import PALETTE, picture
from hetsnn_book.plots.styles import LABELS
from hetsnn_book.project import PROJECT, published_only
from hetsnn_book.words import ROBOTS

FOLDER = PROJECT / "data" / "motion"
SECONDS, PER_SECOND = 8.0, 25
SCALE = 120.0  # pixels of a metre, as in playgrounds/robot.mjs
OBLIQUE = (0.35, 0.35)  # shift to the right and upwards of a point one metre behind [m]


def trajectory(run: Run, genome: np.ndarray, seen: RunningMoments) -> tuple[np.ndarray, np.ndarray, int]:
    """Return positions and rotations of a robot's parts after each step of an episode, and the number of steps."""

    @jax.jit
    def play() -> Any:
        task = run.training.task
        fixed, _ = fix(run.training, run.training.key)
        # Brax's own physics, whose states hold the places of the robot's parts.
        physics = Own(robot(task.environment, task.backend), brax().State)
        network, acts_in = policy(fixed, jnp.asarray(genome), seen), Environment(physics.reset, physics.step)

        def step(episode: Any, _: None) -> tuple[Any, Any]:
            after = advance(episode, network, acts_in, task.act, task.limit)[0]
            return after, (after.environment.x.pos, after.environment.x.rot)

        last, places = jax.lax.scan(step, begin(network, acts_in, fixed.evaluation, task.limit), length=1000)
        return *places, last.steps

    positions, rotations, steps = jax.device_get(play())
    return positions, rotations, int(steps)


def turned(vector: Float[np.ndarray, "*any 3"], quaternion: Float[np.ndarray, "*any 4"]) -> Float[np.ndarray, "*any 3"]:
    """Rotate vectors by quaternions, scalar part first."""
    scalar, axis = quaternion[..., :1], quaternion[..., 1:]
    across = np.cross(axis, vector)
    return vector + 2 * (scalar * across + np.cross(axis, across))


def capsules(model: Any, positions: np.ndarray, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of a robot's capsules, (frames, capsules, 2, 3), and their radii; a ball has length 0.

    Args:
        model: MuJoCo's model, which fixes shapes to parts.
        positions: positions of the parts, (frames, parts, 3) [m].
        rotations: rotations of the parts, (frames, parts, 4).
    """
    shapes = [i for i in range(model.ngeom) if model.geom_bodyid[i] > 0]
    part = model.geom_bodyid[shapes] - 1
    half = np.where(model.geom_type[shapes] == 3, model.geom_size[shapes, 1], 0.0)  # 3 is a capsule
    along = turned(np.stack([0 * half, 0 * half, half], -1), model.geom_quat[shapes])
    ends = model.geom_pos[shapes][:, None] + np.stack([-along, along], 1)
    rotation = np.broadcast_to(rotations[:, part, None], (len(positions), len(shapes), 2, 4))
    return positions[:, part, None] + turned(
        np.broadcast_to(ends, (*rotation.shape[:-1], 3)), rotation
    ), model.geom_size[shapes, 0]


def seen_from_the_side(points: Float[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any 2"]:
    """Project points onto a picture, x to the right and z upwards."""
    right, up = OBLIQUE
    return np.stack([points[..., 0] + right * points[..., 1], points[..., 2] + up * points[..., 1]], -1)


def record(row: pd.Series, run: Run) -> dict[str, Any]:
    """Record an episode of a run's trained network, in whole millimetres."""
    seen = RunningMoments(
        jnp.float32(1), jnp.asarray(row["observation_mean"]), jnp.asarray(row["observation_variance"])
    )
    positions, rotations, steps = trajectory(run, row["genome"], seen)
    physics = robot(run.training.task.environment, run.training.task.backend)
    every = max(1, round(1 / (PER_SECOND * float(physics.dt))))
    kept = slice(0, min(steps, round(SECONDS / float(physics.dt))), every)
    ends, radii = capsules(physics.sys.mj_model, positions[kept], rotations[kept])
    return {
        "environment": run.training.task.environment,
        "evolved": run.training.genome.evolved,
        **experiments.labels(run),
        "identity": identity(run),
        "genome": digest(row["genome"]),
        "steps": steps,
        "seconds": every * float(physics.dt),
        "lowest": round(1000 * float((ends[..., 2].min((0, 2)) - radii).min())),
        "radii": np.rint(1000 * radii).astype(int).tolist(),
        "frames": np.rint(1000 * seen_from_the_side(ends)).astype(int).reshape(len(ends), -1).tolist(),
    }


def digest(genome: np.ndarray) -> str:
    """Return the digest of a genome, which tells whether a recording belongs to it."""
    return hashlib.sha256(np.asarray(genome, np.float32).tobytes()).hexdigest()[:16]


def recordings() -> list[dict[str, Any]]:
    """Return the recordings, in the order of Table 1."""
    found = [read(path, json.loads) for path in FOLDER.glob("*.json")]
    return sorted(
        (one for one in found if one), key=lambda one: (ENVIRONMENTS.index(one["environment"]), one["evolved"])
    )


def poses(recording: dict[str, Any]) -> Float[np.ndarray, "frames capsules 2 2"]:
    """Return the capsules of a recording by frame [m]."""
    frames = np.array(recording["frames"], float) / 1000
    return frames.reshape(len(frames), -1, 2, 2)


def outline(one: np.ndarray, other: np.ndarray, radius: float) -> Float[np.ndarray, "points 2"]:
    """Return the outline of a capsule on a picture."""
    across = np.arctan2(*(other - one)[::-1])
    around = across + np.linspace(np.pi / 2, 5 * np.pi / 2, 40)
    centres = np.where((np.arange(40) < 20)[:, None], one, other)
    return centres + radius * np.stack([np.cos(around), np.sin(around)], -1)


class View:
    """Space on a picture for a recording's stills, side by side."""

    def __init__(self, every: Float[np.ndarray, "frames capsules 2 2"], count: int) -> None:
        self.every = every
        self.middle = every[:, 0, :, 0].mean(-1)  # of the first part, the torso
        self.apart = 1.15 * np.ptp(every[..., 0] - self.middle[:, None, None]) + 0.1
        self.lowest = min(0.0, every[..., 1].min()) - 0.1
        self.width, self.height = count * self.apart, every[..., 1].max() + 0.15 - self.lowest


def strip(recordings: list[dict[str, Any]], count: int = 7) -> Figure:
    """Draw stills of each recording side by side, at equal time steps from left to right."""
    views = [View(poses(recording), count) for recording in recordings]
    inches = [6.4 * view.height / view.width + 0.9 for view in views]  # with room for words
    figure, axes = plt.subplots(
        len(views), 1, squeeze=False, figsize=(6.4, sum(inches)), gridspec_kw={"height_ratios": inches}
    )
    for axis, recording, view in zip(axes[:, 0], recordings, views, strict=True):
        every, middle, apart, lowest = view.every, view.middle, view.apart, view.lowest
        chosen = np.linspace(0, len(every) - 1, count).round().astype(int)
        for number, moment in enumerate(chosen):
            at = np.array([number * apart - middle[moment], 0.0])
            draw_pose(axis, every[moment] + at, recording["radii"])
            way = middle[moment] - middle[0]
            words = f"{recording['seconds'] * moment:.1f} s\n{way:+.1f} m"
            axis.text(number * apart, lowest, words, ha="center", va="top", fontsize=10)
        axis.axhline(0, color="0.4", lw=1)
        axis.set(aspect="equal", xlim=(-apart / 2, (count - 0.5) * apart), ylim=(lowest, lowest + view.height))
        axis.set_title(f"{ROBOTS[recording['environment']]}, {LABELS[recording['evolved']]}")
        axis.axis("off")
    return figure


def draw_pose(axis: Axes, pose: Float[np.ndarray, "capsules 2 2"], radii: list[int]) -> None:
    """Draw a robot's capsules [m], whose radii are in millimetres."""
    for part, ((one, other), radius) in enumerate(zip(pose, radii, strict=True)):
        axis.add_patch(Polygon(outline(one, other, radius / 1000), fc=PALETTE[part % 2], ec="white", lw=0.5))


def still(recording: dict[str, Any]) -> bytes:
    """Return a PNG of the recording's first frame, with the size, scale and place of the player's frames."""
    pose = poses(recording)[0]
    middle = pose[0, :, 0].mean()
    figure = plt.figure(figsize=(6.4, 3.0), layout="none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(middle - 320 / SCALE, middle + 320 / SCALE), ylim=(-30 / SCALE, 270 / SCALE), aspect="equal")
    axis.axis("off")
    axis.axhline(0, color="0.4", lw=1)
    draw_pose(axis, pose, recording["radii"])
    return picture(figure, dpi=100)


def player(recording: dict[str, Any], alt: str) -> str:
    """Return the recording as HTML: a still, and the data from which the page's playground `robot` moves it.

    The page fetches nothing. Where scripts do not run, as when GitHub shows a notebook, the still stays.
    """
    picture = base64.b64encode(still(recording)).decode()
    title = f"{ROBOTS[recording['environment']]}, {LABELS[recording['evolved']]}"
    data = {name: recording[name] for name in ("frames", "radii", "seconds")}
    image = f'<img width="640" height="300" alt="{escape(alt, quote=True)}" src="data:image/png;base64,{picture}">'
    return playgrounds.place("robot", title, image, data, of=f"{recording['environment']}-{recording['evolved']}")


def show_player(recording: dict[str, Any], alt: str, heading: str) -> None:
    """Put the recording on the page below a line of HTML; a reader of plain text gets `alt`."""
    from IPython.display import display

    display({"text/html": f"<p>{heading}</p>{player(recording, alt)}", "text/plain": alt}, raw=True)


def best(frame: pd.DataFrame) -> Iterable[tuple[Any, pd.DataFrame]]:
    """Return robots and sides, each with its runs in the usual physics, the best first."""
    usual = frame[frame["backend"] == BACKENDS[0]] if len(frame) else frame
    return usual.sort_values("reward", ascending=False).groupby(["environment", "evolved"])


def main() -> None:
    """Record the best published network of each robot and side, and remove recordings of other networks."""
    described = {identity(run): run for run in experiments.runs("control", "paper")}
    frame = experiments.read("control", "paper", published_only())
    old = set(FOLDER.glob("*.json"))
    for (environment, side), group in best(frame):
        row = group.iloc[0]
        recording = record(row, described[row["identity"]])
        name = f"{environment}-{side}"
        old.discard(write(FOLDER, name, "json", json.dumps(recording, separators=(",", ":")).encode()))
        print(f"{name}: {len(recording['frames'])} frames")
    for path in old:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

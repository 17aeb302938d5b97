"""Moving pictures: shapes where the physics has them, and pages that fetch nothing."""

import base64
import io
import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hetsnn_book import experiments
from hetsnn_book.building import motion, pages
from hetsnn_book.project import published_only

RNG = np.random.default_rng(0)


def test_rotations_are_scipys() -> None:
    vectors, quaternions = RNG.normal(size=(20, 3)), RNG.normal(size=(20, 4))
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    expected = Rotation.from_quat(quaternions, scalar_first=True).apply(vectors)
    np.testing.assert_allclose(motion.turned(vectors, quaternions), expected, atol=1e-12)


def test_capsules_are_where_their_parts_are() -> None:
    lying = Rotation.from_euler("y", 90, degrees=True).as_quat(scalar_first=True)
    model = SimpleNamespace(
        ngeom=3,
        geom_bodyid=np.array([0, 1, 2]),  # the floor is fixed to the world
        geom_type=np.array([0, 3, 2]),  # a capsule and a ball
        geom_size=np.array([[9.0, 9.0, 9.0], [0.1, 0.5, 0.0], [0.2, 0.0, 0.0]]),
        geom_pos=np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        geom_quat=np.array([[1.0, 0.0, 0.0, 0.0], lying, [1.0, 0.0, 0.0, 0.0]]),
    )
    positions = np.array([[[0.0, 0.0, 2.0], [5.0, 0.0, 0.0]], [[1.0, 0.0, 2.0], [5.0, 0.0, 0.0]]])
    rotations = np.broadcast_to([1.0, 0.0, 0.0, 0.0], (2, 2, 4))
    ends, radii = motion.capsules(model, positions, rotations)
    np.testing.assert_allclose(ends[0, 0], [[-0.5, 0.0, 3.0], [0.5, 0.0, 3.0]], atol=1e-12)
    np.testing.assert_allclose(ends[1, 0] - ends[0, 0], [[1.0, 0.0, 0.0]] * 2, atol=1e-12)
    np.testing.assert_allclose(ends[:, 1], 5.0 * np.eye(3)[[0, 0]][None].repeat(2, 0))
    np.testing.assert_array_equal(radii, [0.1, 0.2])
    up = np.broadcast_to(Rotation.from_euler("y", -90, degrees=True).as_quat(scalar_first=True), (2, 2, 4))
    upright = motion.capsules(model, positions, up)[0]
    np.testing.assert_allclose(upright[0, 0], [[-1.0, 0.0, 1.5], [-1.0, 0.0, 2.5]], atol=1e-12)


@pytest.mark.parametrize(
    "recording", motion.recordings(), ids=lambda recording: f"{recording['environment']}-{recording['evolved']}"
)
def test_recordings_are_of_published_networks(recording: dict) -> None:
    rows = published_only().rows("control")
    assert motion.digest(rows.loc[recording["identity"], "genome"]) == recording["genome"]
    poses = motion.poses(recording)
    assert poses.shape[1:] == (len(recording["radii"]), 2, 2)
    assert len(poses) > 1
    # The ground gives way by centimetres; Brax's Ant may begin with a foot below it.
    assert recording["lowest"] > (-200 if recording["environment"] == "ant" else -100)
    if recording["environment"] != "ant":  # all of whose legs are not in one plane
        assert abs(poses[..., 1].min() - recording["lowest"] / 1000) <= max(recording["radii"]) / 1000 + 1e-3
    assert np.isfinite(poses).all()


HOPPER = {"environment": "hopper", "evolved": "neuron", "frames": [[0, 0, 0, 1000]] * 3, "radii": [50], "seconds": 0.04}


def test_where_scripts_are_stripped_a_robot_stands_still() -> None:
    stripped = re.sub(r"<script[^>]*>.*?</script>", "", motion.player(HOPPER, "a hopper"), flags=re.DOTALL)
    assert "<canvas" not in stripped
    assert "<button" not in stripped
    (still,) = re.findall(r'<img [^>]*src="data:image/png;base64,([^"]*)">', stripped)
    picture = plt.imread(io.BytesIO(base64.b64decode(still)))[..., :3]
    assert picture.shape[:2] == (300, 640)
    # The torso, a capsule from the ground to a metre, stands in the middle: blue on white, 120 pixels high.
    blue = (picture[..., 2] > picture[..., 0] + 0.3).nonzero()
    assert abs(blue[1].mean() - 320) < 2
    assert 125 < np.ptp(blue[0]) < 137


def test_plain_text_says_what_a_player_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    motion.show_player(HOPPER, "a hopper", "<b>Hopper</b>")
    assert shown[0]["text/plain"] == "a hopper"
    assert shown[0]["text/html"].startswith("<p><b>Hopper</b></p>")


def test_a_player_fetches_nothing_and_says_what_it_shows() -> None:
    html = motion.player(HOPPER, 'a "hopper"')
    assert 'alt="a &quot;hopper&quot;"' in html
    faults = pages._Faults()
    faults.feed(html)
    assert not faults.found
    without = re.sub('base64,[^"]*', "", html)
    assert "//" not in without


def test_of_every_robot_and_side_the_best_network_is_recorded() -> None:
    frame = experiments.read("control", "paper", published_only())
    usual = frame[frame["backend"] == "spring"].sort_values("reward")
    best = usual.groupby(["environment", "evolved"])["identity"].last().to_dict()
    assert {(one["environment"], one["evolved"]): one["identity"] for one in motion.recordings()} == best

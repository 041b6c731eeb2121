import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.base.errors import FaceError
from core.face.alignment import WEIGHTS, weights_path
from core.face.canonical import CANONICAL
from core.face.lift import MATCH, lift
from core.face.measures import measure
from core.face.rig import landmarks_3d
from core.face.topology import N_SURFACE
from core.face.tracker import create_tracker


def drawn(**values):
    controls = REST.copy()
    for name, value in values.items():
        controls[INDEX[name]] = value
    return landmarks_3d(controls) * 20.0 + np.array([300.0, 200.0, 0.0])


def test_missing_weights_are_one_clear_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(FaceError, match=WEIGHTS) as caught:
        create_tracker("face-alignment")
    assert str(tmp_path) in str(caught.value)
    assert "facemesh" in str(caught.value)


def test_weights_are_sought_where_torch_keeps_them(monkeypatch, tmp_path):
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weights_path() == tmp_path / "torch" / "hub" / "checkpoints" / WEIGHTS


def test_the_68_are_distinct_and_lie_where_their_names_say():
    assert len(set(MATCH.tolist())) == 68
    face = CANONICAL[MATCH]
    assert (np.diff(face[:17, 0]) > 0).all()  # the jaw runs from the image's left to its right
    assert np.isclose(face[8, 0], 0)
    assert (np.diff(face[27:31, 1]) > 0).all()  # down the bridge of the nose
    assert face[36:42, 0].max() < 0 < face[42:48, 0].min()
    assert face[61:64, 1].mean() < face[65:68, 1].mean()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"yaw": 20.0, "pitch": -10.0, "roll": 15.0},
        {"jawOpen": 0.6},
        {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "yaw": -12.0},
        {"eyeBlinkLeft": 1.0, "browInnerUp": 0.7},
    ],
)
def test_the_face_is_lifted_from_68_of_its_points(values):
    truth = drawn(**values)
    lifted = lift(truth[MATCH, :2])
    assert np.abs(lifted - truth)[:N_SURFACE, :2].mean() < 1.6  # of about 330 px
    found, expected = measure(lifted[None]), measure(truth[None])
    for name in ("yaw", "pitch", "roll"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=2.5)
    for name in ("ear_left", "mouth_open", "mouth_width", "smile", "brow"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=0.03)


def test_irises_look_straight():
    lifted = lift(drawn(yaw=10.0)[MATCH, :2])
    assert measure(lifted[None]).gaze_x == pytest.approx(0, abs=0.05)

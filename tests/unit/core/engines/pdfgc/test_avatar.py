"""What the generator is given, and the pictures: composed by factor, exact, repeatable."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.controls import FACTOR_SLICE, INDEX, REST, Factor
from core.base.errors import Cancelled, EngineError
from core.base.progress import Progress
from core.engines.pdfgc.composition import EXPRESSION, EYES, MOUTH, PUBLISHED
from core.engines.pdfgc.composition import POSE as HEAD
from core.engines.pdfgc.engine import PdfgcEngine
from core.engines.protocol import Framing, Rehearsing, Source, SourceKind, View
from core.media.image import read_image
from core.motion.motion import LatentMotion, LatentPart, Motion

RATE = Fraction(25)
COLUMNS = {
    Factor.LIPS: MOUTH,
    Factor.EXPRESSION: EXPRESSION,
    Factor.EYES: EYES,
    Factor.HEAD_POSE: HEAD,
}
GAINS = {
    Factor.LIPS: PUBLISHED.mouth_gain,
    Factor.EXPRESSION: PUBLISHED.expression_gain,
    Factor.EYES: PUBLISHED.eyes_gain,
    Factor.HEAD_POSE: PUBLISHED.pose_gain,
}
MOVES = {
    Factor.LIPS: ("jawOpen", 0.6),
    Factor.EXPRESSION: ("mouthSmileLeft", 0.7),
    Factor.EYES: ("eyeBlinkLeft", 0.8),
    Factor.HEAD_POSE: ("yaw", 12.0),
}


def moving(*factors: Factor, n_frames: int = 1) -> np.ndarray:
    controls = np.tile(REST, (n_frames, 1))
    for factor in factors:
        name, value = MOVES[factor]
        controls[:, INDEX[name]] = value
    return controls


def random_parts(avatar, seed: int, n_frames: int) -> dict[Factor, LatentPart]:
    rng = np.random.default_rng(seed)
    return {
        factor: LatentPart(
            rng.normal(size=(n_frames, len(own))).astype(np.float32),
            rng.uniform(0, 1, n_frames).astype(np.float32),
        )
        for factor, own in avatar.own_latents.items()
    }


def test_at_rest_it_is_the_portrait_itself(avatar) -> None:
    row = avatar.rows(LatentMotion({}, moving()))[0]
    for factor, own in avatar.own_latents.items():
        np.testing.assert_allclose(row[COLUMNS[factor]], GAINS[factor] * own, rtol=1e-6)


def test_a_factor_is_its_weighted_latents_with_the_published_gain(avatar) -> None:
    parts = random_parts(avatar, 0, 3)
    rows = avatar.rows(LatentMotion(parts, moving(n_frames=3)))
    for factor, part in parts.items():
        wanted = part.values + part.own[:, None] * avatar.own_latents[factor]
        np.testing.assert_allclose(rows[:, COLUMNS[factor]], GAINS[factor] * wanted, rtol=2e-6)


@settings(max_examples=30)
@given(st.sets(st.sampled_from(list(Factor))), st.sets(st.sampled_from(list(Factor))))
def test_a_muted_factor_is_exactly_zero_and_changes_nothing_else(avatar, muted, driven) -> None:
    parts = {f: p for f, p in random_parts(avatar, 1, 2).items() if f in driven}
    controls = moving(*set(Factor) - driven, n_frames=2)
    before = avatar.rows(LatentMotion(parts, controls))
    kept = {f: p for f, p in parts.items() if f not in muted}
    for factor in muted:
        controls[:, FACTOR_SLICE[factor]] = REST[FACTOR_SLICE[factor]]
    after = avatar.rows(LatentMotion(kept, controls, frozenset(muted)))
    for factor, columns in COLUMNS.items():
        expected = 0.0 if factor in muted else before[:, columns]
        assert (after[:, columns] == expected).all()


def test_blink_gain_and_look_at_camera_act_on_their_dims_of_the_eyes(avatar) -> None:
    part = random_parts(avatar, 2, 3)[Factor.EYES]
    own = GAINS[Factor.EYES] * avatar.own_latents[Factor.EYES]

    def eyes(**settings: object) -> np.ndarray:
        return avatar.rows(LatentMotion({Factor.EYES: part}, moving(n_frames=3), **settings))

    plain, calm = eyes()[:, EYES], eyes(blink_gain=0.5)[:, EYES]
    blink, gaze = [0, 1, 4, 5], [2, 3]
    assert (calm[:, gaze] == plain[:, gaze]).all()
    np.testing.assert_allclose(calm[:, blink], (0.5 * plain + 0.5 * own)[:, blink], rtol=1e-5)
    looking = eyes(look_at_camera=1.0)
    assert (looking[:, EYES][:, blink] == plain[:, blink]).all()
    np.testing.assert_allclose(looking[:, EYES][:, gaze], np.tile(own[gaze], (3, 1)), rtol=1e-5)
    assert (np.delete(looking, EYES, 1) == np.delete(eyes(), EYES, 1)).all()
    muted = LatentMotion({}, moving(), frozenset({Factor.EYES}), blink_gain=0.5)
    assert (avatar.rows(muted)[:, EYES] == 0).all()


@pytest.mark.parametrize(
    ("switch", "zeroed"),
    [
        ("mouth", list(range(500))),
        ("emotion", list(range(500, 530))),
        ("blink", [530, 531, 534, 535]),
        ("gaze", [532, 533]),
        ("head_pose", list(range(536, 542))),
    ],
)
def test_switches_are_the_published_ones(avatar, switch, zeroed) -> None:
    before = avatar.rows(LatentMotion({}, moving()))
    after = avatar.rows(LatentMotion({}, moving(), switched_off=frozenset({switch})))
    assert (after[:, zeroed] == 0).all()
    assert (np.delete(after, zeroed, 1) == np.delete(before, zeroed, 1)).all()


def test_an_unknown_switch_is_one_clear_sentence(avatar) -> None:
    with pytest.raises(EngineError, match="“ears” off, which PD-FGC does not know"):
        avatar.rows(LatentMotion({}, moving(), switched_off=frozenset({"ears"})))


@pytest.mark.parametrize("factor", Factor)
def test_controls_reach_their_own_factor_through_the_puppet(avatar, factor) -> None:
    rest = avatar.rows(LatentMotion({}, moving()))
    moved = avatar.rows(LatentMotion({}, moving(factor)))
    changed = (moved != rest)[0]
    assert changed[COLUMNS[factor]].any()
    changed[COLUMNS[factor]] = False
    assert not changed.any()
    together = avatar.rows(LatentMotion({}, moving(*Factor)))
    assert (together[:, COLUMNS[factor]] == moved[:, COLUMNS[factor]]).all()


def test_the_puppet_is_the_portrait_as_the_network_sees_it(avatar, networks) -> None:
    """What the encoder makes of the resting puppet is what it makes of the portrait."""
    seen = avatar._puppet.picture(REST)
    assert seen.shape == (networks.eye_side, networks.eye_side, 3)
    for factor, rows in networks.see(seen[None]).items():
        own = avatar.own_latents[factor]
        assert np.abs(rows[0] - own).max() < 0.15 * np.abs(own).max()


# --- pictures ----------------------------------------------------------------------------------


def test_frames_are_the_same_every_time_and_one_by_one(engine, avatar) -> None:
    motion = Motion(np.concatenate([moving(), moving(*Factor), moving(Factor.EYES)]), RATE)
    view = View(Framing.FACE, 96)
    frames = list(engine.render(avatar, motion, view))
    assert [frame.shape for frame in frames] == [(96, 96, 3)] * 3
    assert all(
        (a == b).all() for a, b in zip(frames, engine.render(avatar, motion, view), strict=True)
    )
    assert (frames[0] != frames[1]).any()
    for i, frame in enumerate(frames):
        (alone,) = engine.render(avatar, Motion(motion.controls[i : i + 1], RATE), view)
        assert (alone == frame).all()


def test_the_whole_portrait_only_changes_around_the_face(engine, avatar, portrait) -> None:
    view = View(Framing.FULL, None)
    assert avatar.output_size(view) == (320, 476)
    (frame,) = engine.render(avatar, Motion(moving(*Factor), RATE), view)
    before = read_image(portrait).rgb
    changed = (frame != before).any(2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert changed.mean() < 0.2
    assert (columns[0] > 60, columns[-1] < 230, rows[0] > 50, rows[-1] < 230) == (True,) * 4
    assert changed[rows[0] + 20 : rows[-1] - 20, columns[0] + 20 : columns[-1] - 20].mean() > 0.95


def test_drafts_take_the_map_once_it_was_rehearsed(engine, portrait) -> None:
    """Rehearsing can be stopped, is done once per portrait, and leaves other pictures alone."""
    avatar = engine.prepare(Source(portrait), progress=Progress())
    assert isinstance(avatar, Rehearsing)
    latents = LatentMotion({}, moving(Factor.EYES))
    exact = avatar.rows(latents)
    assert (avatar.rows(latents, is_draft=True) == exact).all()
    stopping = Progress(lambda step: stopping.cancel())
    with pytest.raises(Cancelled):
        avatar.rehearse(stopping)
    avatar.rehearse(Progress())
    draft = avatar.rows(latents, is_draft=True)
    assert (draft != exact).any()
    assert (avatar.rows(latents) == exact).all()
    rest = LatentMotion({}, moving())
    assert (avatar.rows(rest, is_draft=True) == avatar.rows(rest)).all()

    steps: list[object] = []
    again = engine.prepare(Source(portrait), progress=Progress())
    again.rehearse(Progress(steps.append))
    assert not steps  # taken from the cache
    assert (again.rows(latents, is_draft=True) == draft).all()


def test_a_clip_is_refused_in_one_sentence(engine: PdfgcEngine, clip) -> None:
    with pytest.raises(EngineError, match="animates a picture"):
        engine.prepare(Source(clip, kind=SourceKind.VIDEO), progress=Progress())


def test_an_avatar_of_another_engine_is_refused(engine) -> None:
    with pytest.raises(EngineError, match="made by another engine"):
        list(engine.render(object(), Motion(moving(), RATE), View()))

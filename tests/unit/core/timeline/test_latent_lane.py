"""Latents through the timeline: trims, fades and gains as of controls; mute; what has none."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, INDEX, REST, Factor
from core.base.time import FrameRange
from core.motion.clip_end import ClipEnd
from core.motion.latent import LatentTrack
from core.motion.motion import LatentMotion
from core.motion.retarget import Mode
from core.motion.track import FactorTrack
from core.timeline.curve import Curve, Key
from core.timeline.document import DEFAULT_SMOOTHING, Document, OffsetCurve
from core.timeline.evaluate import evaluate
from core.timeline.strip import Blend, Strip

RATE = Fraction(25)
WHOLE = FrameRange(-5, 90)
LIPS = Factor.LIPS
N_LIPS = len(FACTOR_CONTROLS[LIPS])

Array = NDArray[np.float32]


def latent_track(values: Array, factor: Factor = LIPS, published: Array | None = None):
    valid = np.ones(len(values), np.bool_)
    published = values if published is None else published
    share = np.ones(len(values), np.float32)
    return LatentTrack(factor, values, published, valid, RATE, "s", share)


def source(values: Array, latents: Array | None = None) -> dict[Factor, FactorTrack]:
    """Lips with these controls, and these latents."""
    valid = np.ones(len(values), np.bool_)
    track = FactorTrack(LIPS, values, valid, RATE, "made here")
    return {LIPS: track if latents is None else replace(track, latents=latent_track(latents))}


def wave(n_frames: int, seed: int) -> Array:
    """Controls that stay well within their limits, whatever is mixed of them."""
    return np.random.default_rng(seed).uniform(0.0, 0.2, (n_frames, N_LIPS)).astype(np.float32)


def document_of(*strips: Strip, **changes: object) -> Document:
    document = Document(rate=RATE, n_frames=80)
    track = replace(document.track(LIPS), strips=strips, smoothing=0.0, **changes)
    return document.with_track(track)


def latents_of(document: Document, bank, frames: FrameRange = WHOLE) -> LatentMotion:
    latents = evaluate(document, frames, bank, with_latents=True).latents
    assert latents is not None
    return latents


STRIPS = st.lists(
    st.builds(
        lambda n, source_id, start, n_frames, **how: Strip(
            f"s{n}", source_id, start, n_frames, **how
        ),
        st.integers(0, 10**6),
        st.sampled_from(["a", "b"]),
        st.integers(0, 50),
        st.integers(1, 40),
        source_in=st.sampled_from([0.0, 0.2, 0.53]),
        speed=st.sampled_from([0.5, 1.0, 1.7]),
        gain=st.sampled_from([0.0, 0.5, 1.0]),
        blend=st.sampled_from(Blend),
        clip_end=st.sampled_from(ClipEnd),
        motion=st.sampled_from(Mode),
        fade_in=st.sampled_from([None, 0, 4]),
        fade_out=st.sampled_from([None, 0, 4]),
        is_muted=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda strip: strip.id,
)


@given(STRIPS, st.sampled_from([0.0, 0.6, 1.0]), st.sampled_from([-0.12, 0.0, 0.04]))
def test_latents_are_placed_and_mixed_exactly_as_controls(strips, gain, delay_s) -> None:
    """Lips rest at zero: with equal numbers for both, both must come to the same."""
    a, b = wave(30, 1), wave(45, 2)
    bank = {"a": source(a, a), "b": source(b, b)}
    influence = Curve((Key(0.0, 1.0), Key(60.0, 0.3)))
    document = document_of(*strips, gain=gain, delay_s=delay_s, influence=influence)
    motion = evaluate(document, WHOLE, bank, with_latents=True)
    controls = motion.factor(LIPS)
    assert motion.latents is not None
    part = motion.latents.parts.get(LIPS)
    if part is None:
        assert (controls == 0).all()
    else:
        np.testing.assert_allclose(np.clip(part.values, 0, 1), controls, atol=2e-6)
    assert (motion.latents.controls == REST).all()  # latents stand for every strip


@given(STRIPS)
def test_weights_sum_to_one(strips) -> None:
    ones = np.ones((60, 3), np.float32)
    bank = {name: source(wave(60, 1), ones) for name in ("a", "b")}
    for part in latents_of(document_of(*strips), bank).parts.values():
        np.testing.assert_allclose(part.values + part.own[:, None], 1.0, atol=1e-6)


@pytest.mark.parametrize("factor", Factor)
def test_a_muted_factor_changes_nothing_else(factor: Factor) -> None:
    rng = np.random.default_rng(0)
    tracks = {}
    for other in Factor:
        values = np.tile(REST[FACTOR_SLICE[other]], (40, 1))
        values += rng.uniform(0, 0.1, values.shape).astype(np.float32)
        track = FactorTrack(other, values, np.ones(40, np.bool_), RATE, "all")
        latents = latent_track(rng.normal(size=(40, 5)).astype(np.float32), other)
        tracks[other] = replace(track, latents=latents)
    document = Document(rate=RATE, n_frames=40)
    for track in document.tracks:
        strips = (Strip(f"{track.factor}", "all", 2, 30),)
        document = document.with_track(replace(track, strips=strips))
    muted = document.with_track(replace(document.track(factor), is_muted=True))
    before, after = (latents_of(d, {"all": tracks}) for d in (document, muted))
    assert after.muted == {factor}
    assert factor not in after.parts
    for other in set(Factor) - {factor}:
        assert (after.parts[other].values == before.parts[other].values).all()
        assert (after.parts[other].own == before.parts[other].own).all()
    assert (after.controls == before.controls).all()


def test_two_clips_cross_fade() -> None:
    bank = {
        "a": source(wave(60, 1), np.full((60, 2), 1.0, np.float32)),
        "b": source(wave(60, 2), np.full((60, 2), 3.0, np.float32)),
    }
    document = document_of(Strip("1", "a", 0, 40), Strip("2", "b", 30, 40))
    part = latents_of(document, bank, FrameRange(0, 70)).parts[LIPS]
    assert (part.own == 0).all()
    assert (part.values[:30] == 1).all()
    assert (part.values[41:] == 3).all()
    assert (np.diff(part.values[29:41, 0]) > 0).all()  # from one to the other, within the overlap


def test_what_has_no_latents_is_left_to_controls() -> None:
    """A preset below, a mirrored and a partial strip, and a curve; the clip between covers."""
    bank = {"plain": source(wave(60, 1)), "clip": source(wave(60, 2), np.ones((60, 2), np.float32))}
    curve = OffsetCurve("jawOpen", Curve((Key(0.0, 0.25),)))
    document = document_of(
        Strip("1", "plain", 0, 20),
        Strip("2", "clip", 20, 20, fade_in=0),
        Strip("3", "clip", 40, 20, fade_in=0, mirror=True),
        Strip("4", "clip", 60, 15, fade_in=0, controls=("jawOpen",)),
        offsets=(curve,),
    )
    document = document.with_track(replace(document.track(LIPS), delay_s=0.0))
    full = evaluate(document, FrameRange(0, 75), bank, with_latents=True)
    latents = full.latents
    assert latents is not None
    own, jaw = latents.parts[LIPS].own, INDEX["jawOpen"]
    assert (own[:20] == 1).all()
    assert (own[20:40] == 0).all()
    assert (own[45:] == 1).all()
    assert (latents.controls[:20] == full.controls[:20]).all()
    assert (latents.controls[30:40, jaw] == 0.25).all()
    assert (np.delete(latents.controls[30:40], jaw, 1) == np.delete(REST, jaw)).all()
    assert (latents.controls[46:75] == full.controls[46:75]).all()


def test_smoothing_is_the_published_one_until_another_is_set() -> None:
    raw, published = wave(60, 1), wave(60, 2)
    track = replace(source(raw)[LIPS], latents=latent_track(raw, published=published))
    bank = {"a": {LIPS: track}}
    document = document_of(Strip("1", "a", 0, 60))
    default = document.with_track(replace(document.track(LIPS), smoothing=DEFAULT_SMOOTHING[LIPS]))
    frames = FrameRange(0, 60)
    assert (latents_of(default, bank, frames).parts[LIPS].values == published).all()
    assert (latents_of(document, bank, frames).parts[LIPS].values == raw).all()
    calm = document.with_track(replace(document.track(LIPS), smoothing=0.8))
    assert latents_of(calm, bank, frames).parts[LIPS].values.std() < 0.5 * raw.std()


def test_what_a_source_has_no_share_in_is_the_avatars_own() -> None:
    """As of a voice that falls silent: half of the weight, then none of it."""
    share = np.repeat([1.0, 0.5, 0.0], 20).astype(np.float32)
    latents = latent_track(np.full((60, 2), 3.0, np.float32)).faded(share)
    bank = {"a": {LIPS: replace(source(wave(60, 1))[LIPS], latents=latents)}}
    document = document_of(Strip("1", "a", 0, 60), gain=0.5)
    part = latents_of(document, bank, FrameRange(0, 60)).parts[LIPS]
    np.testing.assert_allclose(part.values[:, 0], 0.5 * 3.0 * share)
    np.testing.assert_allclose(part.own, 1.0 - 0.5 * share)


def test_the_settings_of_the_eyes_travel_along() -> None:
    document = Document(rate=RATE, n_frames=80)
    eyes = replace(document.track(Factor.EYES), blink_gain=0.5, look_at_camera=0.25)
    latents = latents_of(document.with_track(eyes), {})
    assert (latents.blink_gain, latents.look_at_camera) == (0.5, 0.25)
    assert latents.rows(slice(1)).blink_gain == 0.5


def test_switches_of_the_engine_travel_along() -> None:
    document = document_of()
    avatar = replace(document.avatar, switched_off=("blink", "gaze"))
    assert latents_of(replace(document, avatar=avatar), {}).switched_off == {"blink", "gaze"}


def test_without_an_engine_that_wants_them_there_are_none() -> None:
    bank = {"a": source(wave(60, 1), wave(60, 2))}
    plain = {"a": source(wave(60, 1))}
    document = document_of(Strip("1", "a", 0, 60))
    motion = evaluate(document, WHOLE, bank)
    assert motion.latents is None
    assert (motion.controls == evaluate(document, WHOLE, plain).controls).all()

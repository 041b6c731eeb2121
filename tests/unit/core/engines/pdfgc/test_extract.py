"""Clips and voices as latents: from the right frames, filled where no face is, kept, stopped."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.cache import ArrayCache
from core.base.controls import Factor
from core.base.errors import Cancelled
from core.base.progress import Note, Progress, Step
from core.engines.pdfgc.alignment import align_clip, network_picture
from core.engines.pdfgc.composition import PUBLISHED, smooth_mouth, smooth_pose
from core.engines.pdfgc.extract import STAGE, PdfgcExtractor, _filled
from core.engines.pdfgc.networks import Networks, load_networks
from core.face.tracker import create_tracker
from core.media.audio import audio_duration
from core.motion.latent import LatentTrack
from core.motion.latent_cache import clip_latents, voice_latents
from core.motion.tracking import clip_frames, clip_rate, track_clip

RATE = Fraction(25)
N_FRAMES, GAP = 11, slice(5, 7)
WIDTHS = {Factor.LIPS: 500, Factor.HEAD_POSE: 6, Factor.EYES: 6, Factor.EXPRESSION: 30}


@pytest.fixture(scope="module")
def latents(networks: Networks, clip: Path) -> dict[Factor, LatentTrack]:
    return PdfgcExtractor(networks).clip(clip, None, "facemesh", Progress())


def test_each_frame_is_encoded_as_the_network_expects(latents, networks, clip) -> None:
    rate = clip_rate(clip)
    tracked = track_clip(clip, rate, 0, create_tracker(), Progress())
    matrices = align_clip(tracked.points, tracked.valid)
    frames = list(clip_frames(clip, rate))
    for index in (0, 4, 8, 10):
        seen = network_picture(frames[index], matrices[index], networks.eye_side)
        for factor, rows in networks.see(seen[None]).items():
            # another batch size adds up in another order
            np.testing.assert_allclose(latents[factor].values[index], rows[0], atol=1e-4)


def test_all_four_factors_come_with_rate_and_validity(latents, networks) -> None:
    assert {factor: track.width for factor, track in latents.items()} == WIDTHS
    for factor, track in latents.items():
        assert (len(track), track.rate, track.factor) == (N_FRAMES, 25, factor)
        assert track.space == networks.space
        assert not track.valid[GAP].any()
        assert track.valid[:5].all()
        before, after = track.values[4], track.values[np.flatnonzero(track.valid[7:])[0] + 7]
        assert np.abs(before - after).max() > 0
        between = np.stack([before, after])
        assert (track.values[GAP] >= between.min(0) - 1e-6).all()
        assert (track.values[GAP] <= between.max(0) + 1e-6).all()


def test_long_without_a_face_the_latents_give_way() -> None:
    """As controls do: held for 0.25 s, gone after 0.75 s, back over the last 0.5 s."""
    valid = np.ones(80, np.bool_)
    valid[10:60] = False
    codes = np.where(valid, 2.0, 777.0).astype(np.float32)[:, None] * np.ones(3, np.float32)
    rows, share = _filled(codes, valid, RATE)
    assert (share[valid] == 1).all()
    assert (share[10:16] == 1).all()
    assert (share[29:47] == 0).all()
    assert (np.diff(share[16:29]) < 0).all()
    assert (np.diff(share[47:60]) > 0).all()
    np.testing.assert_allclose(rows, 2.0 * share[:, None] * np.ones(3), rtol=1e-6)


def test_published_smoothing_is_that_of_the_composition(latents) -> None:
    lips, pose = latents[Factor.LIPS], latents[Factor.HEAD_POSE]
    assert (lips.published == smooth_mouth(lips.values, PUBLISHED.mouth_sigma)).all()
    assert (pose.published == smooth_pose(pose.values, PUBLISHED.pose_radius)).all()
    for factor in (Factor.EYES, Factor.EXPRESSION):
        assert (latents[factor].published == latents[factor].values).all()


def test_a_voice_gives_lips_for_every_frame(networks, sample_speech) -> None:
    track = PdfgcExtractor(networks).voice(sample_speech, Progress())
    assert (track.factor, track.width, track.rate) == (Factor.LIPS, 500, 25)
    assert len(track) == pytest.approx(25 * audio_duration(sample_speech), abs=3)
    assert track.valid.all()
    assert track.values.std(0).max() > 0


def test_encoding_stops_within_a_batch(networks, clip) -> None:
    told: list[Step | Note] = []

    def hear(step: Step | Note) -> None:
        told.append(step)
        if isinstance(step, Step) and step.stage == STAGE:
            progress.cancel()

    progress = Progress(hear)
    with pytest.raises(Cancelled):
        PdfgcExtractor(networks).clip(clip, None, "facemesh", progress)
    assert [step.done for step in told if isinstance(step, Step) and step.stage == STAGE] == [8]


# --- the cache ---------------------------------------------------------------------------------


@dataclass
class Counting:
    """An encoder that remembers how often it was asked."""

    space: str = "counting"
    asked: list[str] = field(default_factory=list)

    def _track(self, name: str, factor: Factor) -> LatentTrack:
        self.asked.append(name)
        values = np.full((4, 3), len(self.asked), np.float32)
        seen, share = np.ones(4, np.bool_), np.ones(4, np.float32)
        return LatentTrack(factor, values, values, seen, RATE, self.space, share)

    def clip(self, path, face, tracker, progress, *, crop=None):
        return {factor: self._track(path.name, factor) for factor in Factor}

    def voice(self, path, progress):
        return self._track(path.name, Factor.LIPS)


def test_a_clip_is_encoded_once_per_content_face_and_encoder(tmp_path: Path) -> None:
    cache, progress = ArrayCache(tmp_path / "cache"), Progress()
    clip, copy, other = (tmp_path / name for name in ("a.mp4", "copy.mp4", "b.mp4"))
    clip.write_bytes(b"one")
    copy.write_bytes(b"one")
    other.write_bytes(b"two")
    encoder = Counting()

    def encode(path: Path, face: int | None = None) -> int:
        before = len(encoder.asked)
        tracks = clip_latents(encoder, path, face, "facemesh", cache, progress)
        assert set(tracks) == set(Factor)
        assert {track.factor for track in tracks.values()} == set(Factor)
        return (len(encoder.asked) - before) // len(Factor)

    assert [encode(clip), encode(clip), encode(copy), encode(clip, 0)] == [1, 0, 0, 0]
    assert [encode(other), encode(clip, 1)] == [1, 1]
    boxed = (0.0, 0.0, 0.5, 1.0)
    clip_latents(encoder, clip, None, "facemesh", cache, progress, crop=boxed)
    assert len(encoder.asked) == 4 * len(Factor)  # another part of the picture
    encoder.space = "other weights"
    assert [encode(clip), encode(clip)] == [1, 0]
    assert voice_latents(encoder, clip, cache, progress).factor is Factor.LIPS
    assert encoder.asked[-1] == "a.mp4"


def test_what_was_kept_is_what_was_encoded(tmp_path: Path, networks, latents, clip) -> None:
    cache = ArrayCache(tmp_path)
    encoder = PdfgcExtractor(networks)
    first = clip_latents(encoder, clip, None, "facemesh", cache, Progress())
    kept = clip_latents(encoder, clip, None, "facemesh", cache, Progress())
    for factor in Factor:
        for name in ("values", "published", "valid", "share"):
            assert (getattr(kept[factor], name) == getattr(first[factor], name)).all()
            assert (getattr(first[factor], name) == getattr(latents[factor], name)).all()
        assert (kept[factor].rate, kept[factor].space) == (first[factor].rate, networks.space)


def test_other_weights_are_another_space(pdfgc_weights) -> None:
    pdfgc_weights(0)
    before = load_networks()
    assert load_networks() is before  # loaded once
    pdfgc_weights(1)
    after = load_networks()
    assert before.space != after.space
    assert before.content != after.content

"""The motion of a document's sources, and what of it reaches the engine."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, INDEX, REST, Factor
from core.base.errors import SessionError, StudioError
from core.base.progress import Note, Progress
from core.base.time import FrameRange
from core.face.pose import Pose
from core.motion.speaker_file import load_speaker
from core.motion.track import FactorTrack, rest_of
from core.session.bank import final_motion, gather_motion, heard_cues, origin, source_path
from core.session.takes import save_take
from core.speech.cues import MouthCue
from core.timeline.cue_edits import set_cues
from core.timeline.document import AudioTrack, AvatarSettings, Document
from core.timeline.source import (
    AudioParams,
    ClipParams,
    Emotion,
    Generator,
    GeneratorParams,
    MediaReference,
    Params,
    PortraitParams,
    PresetParams,
    Source,
    TakeParams,
    VoiceMethod,
    VoiceParams,
)
from core.timeline.strip import Strip

RATE, N = Fraction(25), 50
FRONT = Pose(0.0, 0.0, 0.0)


def document_with(factor: Factor, params: Params, media: MediaReference | None = None) -> Document:
    """A document whose only strip shows one source from end to end."""
    document = Document(rate=RATE, n_frames=N, sources=(Source("it", "It", params, media),))
    strip = Strip("strip", "it", 0, N, smoothing=0.0, fade_in=0, fade_out=0)
    return document.with_track(replace(document.track(factor), strips=(strip,), smoothing=0.0))


def gathered(document: Document, folder: Path) -> dict[str, dict[Factor, FactorTrack]]:
    bank = gather_motion(document, folder, ArrayCache(folder / "cache"), Progress())
    return {name: dict(tracks) for name, tracks in bank.items()}


def turning(n_frames: int, rate: Fraction, degrees: float) -> FactorTrack:
    """A head that turns to `degrees` evenly."""
    values = np.tile(rest_of(Factor.HEAD_POSE), (n_frames, 1))
    values[:, FACTOR_CONTROLS[Factor.HEAD_POSE].index("yaw")] = np.linspace(0, degrees, n_frames)
    return FactorTrack(Factor.HEAD_POSE, values, np.ones(n_frames, bool), rate, "turn", 0)


def test_generators_make_what_their_names_say(tmp_path: Path) -> None:
    for generator, factor, prefix in (
        (Generator.BLINKS, Factor.EYES, "eyeBlink"),
        (Generator.GAZE, Factor.EYES, "eyeLook"),
        (Generator.HEAD, Factor.HEAD_POSE, ""),
    ):
        document = replace(document_with(factor, GeneratorParams(generator, 1)), n_frames=500)
        track = gathered(document, tmp_path)["it"][factor]
        moving = np.ptp(track.values, axis=0) > 0
        names = [n for n, moves in zip(FACTOR_CONTROLS[factor], moving, strict=True) if moves]
        assert len(track) == 500
        assert names
        assert all(name.startswith(prefix) for name in names)


def test_a_preset_holds_its_expression(tmp_path: Path) -> None:
    document = document_with(Factor.EXPRESSION, PresetParams((Emotion("happy", 1.0),)))
    smile = gathered(document, tmp_path)["it"][Factor.EXPRESSION].column("mouthSmileLeft")
    assert len(smile) == N
    assert smile[0] == 0
    assert smile[10:] == pytest.approx(0.75)


def test_sources_that_nothing_uses_are_not_made(tmp_path: Path) -> None:
    document = document_with(Factor.EYES, GeneratorParams(Generator.BLINKS))
    muted = document.with_track(replace(document.track(Factor.EYES), is_muted=True))
    idle = Source("idle", "Idle", GeneratorParams(Generator.HEAD))
    assert gathered(muted, tmp_path) == {}
    assert set(gathered(replace(document, sources=(*document.sources, idle)), tmp_path)) == {"it"}


def test_a_take_loses_its_latency_and_gets_its_gain(tmp_path: Path) -> None:
    reference = save_take(tmp_path, "take", {Factor.HEAD_POSE: turning(N, RATE, 9.8)})
    params = TakeParams(latency_s=0.08, gain=2.0)
    document = document_with(Factor.HEAD_POSE, params, reference)
    yaw = gathered(document, tmp_path)["it"][Factor.HEAD_POSE].column("yaw")
    assert yaw[0] == pytest.approx(2 * 0.4)  # two frames earlier, twice as far
    assert yaw[10] == pytest.approx(2 * 2.4, abs=1e-4)


def test_a_voice_whose_sound_is_not_there_is_named(tmp_path: Path) -> None:
    document = document_with(Factor.LIPS, VoiceParams("gone"))
    with pytest.raises(SessionError, match="“gone”"):
        gathered(document, tmp_path)


def test_without_weights_a_trained_voice_does_as_well_as_it_can(
    tmp_path: Path, sample_speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.base.paths._BUNDLED", tmp_path)
    monkeypatch.setattr("core.motion.performance._trained", load_speaker)  # not the remembered one
    sound = Source("sound", "Sound", AudioParams(), MediaReference(sample_speech.as_posix()))
    document = document_with(Factor.LIPS, VoiceParams("sound", method=VoiceMethod.FACIAL, seed=2))
    document = replace(document, n_frames=500, sources=(*document.sources, sound))
    notes: list[str] = []
    progress = Progress(lambda step: notes.append(step.text) if isinstance(step, Note) else None)
    tracks = gather_motion(document, tmp_path, ArrayCache(tmp_path), progress)["it"]
    assert len(notes) == 1
    assert "facial-speaker" in notes[0]
    plain = document_with(Factor.LIPS, VoiceParams("sound"))
    plain = replace(plain, sources=(*plain.sources, sound))
    lips = gathered(plain, tmp_path)["it"][Factor.LIPS]
    assert tracks[Factor.LIPS].values.tobytes() == lips.values.tobytes()
    for factor in (Factor.HEAD_POSE, Factor.EYES):
        assert np.ptp(tracks[factor].values, axis=0).max() > 0.0


def test_the_motion_of_a_voice_depends_on_the_length_and_on_its_style() -> None:
    document = document_with(Factor.LIPS, VoiceParams("sound", style_id="style"))
    it = document.sources[0]
    assert origin(it, document) != origin(it, replace(document, n_frames=2 * N))
    style = Source("style", "Style", ClipParams(), MediaReference("style.mp4"))
    styled = replace(document, sources=(*document.sources, style))
    assert origin(it, document) != origin(it, styled)


def test_a_source_without_a_file_is_named() -> None:
    with pytest.raises(SessionError, match="“Face”"):
        source_path(Source("a", "Face", PortraitParams()), Path())


def test_a_still_is_driven_by_the_document_alone() -> None:
    document = document_with(Factor.HEAD_POSE, TakeParams())
    track = turning(N, RATE, 9.8)
    bank = {"it": {Factor.HEAD_POSE: track}}
    motion = final_motion(document, FrameRange(10, 20), bank, FRONT)
    assert motion.start_frame == 10
    assert motion.controls[:, INDEX["yaw"]] == pytest.approx(track.column("yaw")[10:20], abs=1e-4)


def moving_portrait(document: Document) -> Document:
    own = Source("own", "Own", PortraitParams(), MediaReference("own.mp4"))
    return replace(
        document, sources=(*document.sources, own), avatar=AvatarSettings(source_id="own")
    )


def test_of_a_source_clip_the_driven_factors_own_motion_is_taken_away() -> None:
    document = moving_portrait(document_with(Factor.HEAD_POSE, TakeParams()))
    own = turning(2 * N, 2 * RATE, 19.8)  # 0.2° a frame at 50 fps: 0.4° a document frame
    bank = {"it": {Factor.HEAD_POSE: turning(N, RATE, 4.9)}, "own": {Factor.HEAD_POSE: own}}
    yaw = final_motion(document, FrameRange(0, 10), bank, FRONT).controls[:, INDEX["yaw"]]
    assert yaw == pytest.approx((0.1 - 0.4) * np.arange(10), abs=1e-4)


def test_factors_that_nothing_drives_stay_the_source_clips() -> None:
    document = moving_portrait(Document(rate=RATE, n_frames=N))
    bank = {"own": {Factor.HEAD_POSE: turning(N, RATE, 10.0)}}
    motion = final_motion(document, FrameRange(0, N), bank, FRONT)
    assert (motion.controls == REST).all()


def test_a_muted_factor_of_a_source_clip_is_held_still() -> None:
    document = moving_portrait(Document(rate=RATE, n_frames=N))
    muted = document.with_track(replace(document.track(Factor.HEAD_POSE), is_muted=True))
    own = turning(N, RATE, 9.8)
    motion = final_motion(muted, FrameRange(0, N), {"own": {Factor.HEAD_POSE: own}}, FRONT)
    assert motion.controls[:, INDEX["yaw"]] == pytest.approx(-own.column("yaw"))
    assert (motion.controls[:, FACTOR_SLICE[Factor.EYES]] == 0).all()


def test_edited_mouth_shapes_are_part_of_a_voices_origin() -> None:
    sound = Source("sound", "Sound", AudioParams(), MediaReference("a.wav"))
    voice = Source("it", "It", VoiceParams("sound"))
    document = Document(sources=(sound, voice))
    edited = set_cues(document, "sound", (MouthCue(0.0, 1.0, "D"),))
    assert origin(voice, document) != origin(voice, edited)
    assert heard_cues(edited, VoiceParams("sound")) == (MouthCue(0.0, 1.0, "D"),)
    assert set_cues(edited, "sound", ()) == document
    with pytest.raises(StudioError, match="locked"):
        set_cues(replace(document, audio=AudioTrack(is_locked=True)), "sound", ())

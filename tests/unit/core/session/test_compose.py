"""From ingredients to the document of a new session."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.base.controls import Factor
from core.base.errors import MediaError
from core.media.image import write_png
from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor, Mode
from core.session.compose import (
    DEFAULT_DURATION_S,
    Ingredients,
    compose,
    with_generated_motion,
    with_spoken_motion,
)
from core.timeline.document import Document
from core.timeline.source import Generator, GeneratorParams, VoiceMethod, VoiceParams


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    write_png(tmp_path / "face.png", np.full((64, 64, 3), 120, np.uint8))
    return tmp_path / "face.png"


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return save_speech(tmp_path / "speech.wav", 3.0)


def save_speech(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * round(16_000 * seconds)))
    return path


def save_clip(path: Path, n_frames: int, *, with_sound: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=48_000) if with_sound else None
        for _ in range(n_frames):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            silence = av.AudioFrame.from_ndarray(
                np.zeros((2, 1024), np.float32), format="fltp", layout="stereo"
            )
            silence.sample_rate = 48_000
            container.mux(sound.encode(silence))
            container.mux(sound.encode(None))
    return path


def kinds(document: Document, factor: Factor) -> list[str]:
    """What the strips of a factor take their motion from."""
    sources = [document.source(strip.source_id) for strip in document.track(factor).strips]
    return [
        str(s.params.generator) if isinstance(s.params, GeneratorParams) else s.kind
        for s in sources
        if s is not None
    ]


def test_a_still_alone_blinks_looks_and_idles(portrait: Path) -> None:
    document = compose(Ingredients(portrait, seed=7))
    assert document.n_frames == DEFAULT_DURATION_S * 25
    assert kinds(document, Factor.EYES) == ["blinks", "gaze"]
    assert kinds(document, Factor.HEAD_POSE) == ["head"]
    assert kinds(document, Factor.LIPS) == kinds(document, Factor.EXPRESSION) == []
    assert document.audio.strips == ()
    assert {s.params.seed for s in document.sources if isinstance(s.params, GeneratorParams)} == {7}


def test_speech_sets_the_length_and_drives_lips_and_nods(portrait: Path, speech: Path) -> None:
    document = compose(
        Ingredients(portrait, audio=speech, rate=Fraction(30), lips_from=VoiceMethod.PHONES)
    )
    assert document.n_frames == 90
    assert [strip.source_id for strip in document.audio.strips] == ["audio"]
    assert kinds(document, Factor.LIPS) == ["voice"]
    voice, head = document.source("voice"), document.source(Generator.HEAD)
    assert voice is not None
    assert head is not None
    assert voice.params == VoiceParams("audio", method=VoiceMethod.PHONES)
    assert isinstance(head.params, GeneratorParams)
    assert head.params.audio_id == "audio"


def test_a_trained_voice_moves_every_track_by_a_strip_of_its_own(
    portrait: Path, speech: Path, tmp_path: Path
) -> None:
    style = save_clip(tmp_path / "style.mp4", 10)
    document = compose(Ingredients(portrait, audio=speech, seed=5, style=style))
    assert kinds(document, Factor.LIPS) == kinds(document, Factor.HEAD_POSE) == ["voice"]
    assert kinds(document, Factor.EXPRESSION) == ["voice"]
    assert kinds(document, Factor.EYES) == ["voice", "gaze"]
    blinks, gaze = document.track(Factor.EYES).strips
    assert blinks.controls == ("eyeBlinkLeft", "eyeBlinkRight")
    assert gaze.controls == ()
    voice = document.source("voice")
    assert voice is not None
    assert voice.params == VoiceParams("audio", method=VoiceMethod.FACIAL, seed=5, style_id="style")
    ids = [strip.id for track in document.tracks for strip in track.strips]
    assert len(set(ids)) == len(ids)
    again = with_spoken_motion(document, "voice")
    assert again == document


def test_a_lips_clip_comes_before_the_voice_which_is_still_heard(
    portrait: Path, speech: Path, tmp_path: Path
) -> None:
    clip = save_clip(tmp_path / "clip.mp4", 10)
    document = compose(Ingredients(portrait, audio=speech, clips={Factor.LIPS: clip}))
    assert kinds(document, Factor.LIPS) == ["clip"]
    [strip] = document.audio.strips
    heard = document.source(strip.source_id)
    assert heard is not None
    assert heard.media is not None
    assert heard.media.path == speech.as_posix()


def test_one_clip_for_several_factors_is_one_source(portrait: Path, tmp_path: Path) -> None:
    clip = save_clip(tmp_path / "clip.mp4", 50)
    document = compose(
        Ingredients(
            portrait,
            clips={Factor.HEAD_POSE: clip, Factor.EYES: clip},
            pose_mode=Mode.ABSOLUTE,
            reference=Anchor.LAST,
            clip_end=ClipEnd.LOOP,
        )
    )
    assert document.n_frames == 50
    assert [source.kind for source in document.sources] == ["portrait", "clip"]
    [head], [eyes] = (document.track(f).strips for f in (Factor.HEAD_POSE, Factor.EYES))
    assert (head.motion, eyes.motion) == (Mode.ABSOLUTE, Mode.RELATIVE)
    for strip in (head, eyes):
        assert (strip.reference, strip.clip_end) == (Anchor.LAST, ClipEnd.LOOP)


def test_without_a_recording_the_sound_of_the_lips_clip_is_heard(
    portrait: Path, tmp_path: Path
) -> None:
    mute = save_clip(tmp_path / "mute.mp4", 10)
    loud = save_clip(tmp_path / "loud.mp4", 10, with_sound=True)
    heard = compose(Ingredients(portrait, clips={Factor.LIPS: loud})).source("audio")
    assert heard is not None
    assert heard.media is not None
    assert heard.media.path == loud.as_posix()
    assert compose(Ingredients(portrait, clips={Factor.LIPS: mute})).source("audio") is None
    assert compose(Ingredients(portrait, clips={Factor.EYES: loud})).source("audio") is None


def test_a_clip_as_portrait_keeps_its_own_motion_length_and_sound(tmp_path: Path) -> None:
    clip = save_clip(tmp_path / "clip.mp4", 30, with_sound=True)
    document = compose(Ingredients(clip))
    assert document.n_frames == 30
    assert all(track.is_empty for track in document.tracks)
    assert document.source("audio") is not None


def test_a_given_duration_wins(portrait: Path, speech: Path) -> None:
    assert compose(Ingredients(portrait, audio=speech, duration_s=1.01)).n_frames == 26


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e9, float("nan"), float("inf")])
def test_an_impossible_duration_is_refused(portrait: Path, seconds: float) -> None:
    with pytest.raises(MediaError, match="duration"):
        compose(Ingredients(portrait, duration_s=seconds))


def test_a_recording_without_sound_is_refused(portrait: Path, tmp_path: Path) -> None:
    mute = save_clip(tmp_path / "mute.mp4", 10)
    with pytest.raises(MediaError, match="sound"):
        compose(Ingredients(portrait, audio=mute))


def test_generated_motion_leaves_driven_tracks_alone(portrait: Path, tmp_path: Path) -> None:
    clip = save_clip(tmp_path / "clip.mp4", 10)
    document = compose(Ingredients(portrait, clips={Factor.EYES: clip}))
    assert kinds(document, Factor.EYES) == ["clip"]
    assert kinds(document, Factor.HEAD_POSE) == ["head"]
    assert with_generated_motion(document, "") == document


def test_equal_ingredients_give_equal_documents(portrait: Path, speech: Path) -> None:
    ingredients = Ingredients(portrait, audio=speech)
    assert compose(ingredients) == compose(ingredients)

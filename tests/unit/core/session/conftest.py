from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from core.base.controls import Factor
from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor, Mode
from core.timeline.curve import Curve, Extend, Handle, Handles, Interpolation, Key
from core.timeline.document import (
    AudioTrack,
    AvatarSettings,
    Document,
    Gap,
    Marker,
    OffsetCurve,
    Track,
    ViewSettings,
)
from core.timeline.source import (
    AudioParams,
    ClipParams,
    CropBox,
    Cue,
    Emotion,
    Generator,
    GeneratorParams,
    LiveLinkParams,
    MediaReference,
    PortraitParams,
    PresetParams,
    Source,
    TakeParams,
    VoiceParams,
)
from core.timeline.strip import AudioStrip, Blend, Strip


def _sources() -> tuple[Source, ...]:
    def media(name: str) -> MediaReference:
        return MediaReference(f"media/{name}", "ab" * 32)

    crop = CropBox(0.0, 0.25, 0.5, 1.0)
    cues = (Cue(0.0, "X"), Cue(0.5, "D"), Cue(2.0, "X"))
    mood = (Emotion("happy", 0.5), Emotion("surprised", 0.2))
    return (
        Source("face", "Gesicht – 顔", PortraitParams(crop), media("face.jpg")),
        Source("speech", "Speech", AudioParams(cues), media("speech.wav")),
        Source("clip", "Clip", ClipParams(face=1, crop=crop), media("clip.mp4")),
        Source("take", "Head take 01", TakeParams("webcam", 0.08, 1.5), media("take.safetensors")),
        Source("csv", "Live Link", LiveLinkParams(), media("slate_1.csv")),
        Source("voice", "Voice", VoiceParams("speech", None, 0.2)),
        Source("blinks", "Blinks", GeneratorParams(Generator.BLINKS, 7, 12.5, 0.3, 0.9)),
        Source("mood", "Mood", PresetParams(mood, 0.5)),
    )


def _tracks() -> tuple[Track, ...]:
    curve = Curve(
        (
            Key(0.0, 0.125),
            Key(10.5, -0.1, Interpolation.HOLD),
            Key(20.0, 0.3, Interpolation.LINEAR, Handles.VECTOR),
            Key(1 / 3 + 40, 0.7, handles=Handles.FREE, left=Handle(-3, 0.1), right=Handle(2, 0.2)),
        ),
        Extend.LOOP,
    )
    full = Strip(
        "s2", "take", 90, 40, 0.1, 0.5, 1.25, Blend.ADD, ClipEnd.PINGPONG, 17, Mode.ABSOLUTE,
        0.35, True, 3, 0, ("yaw", "roll"), True,
    )  # fmt: skip
    eyes = Track(
        Factor.EYES, (Strip("s3", "blinks", 0, 9, reference=Anchor.AVERAGE),),
        gap=Gap.HOLD, blink_gain=0.5, look_at_camera=0.25, is_muted=True, delay_s=-0.04,
    )  # fmt: skip
    return (
        Track(Factor.LIPS, (Strip("s1", "voice", 0, 250),), (OffsetCurve("open", curve, True),)),
        Track(Factor.HEAD_POSE, (full,), influence=Curve((Key(0.0, 0.5),)), gain=1.5),
        eyes,
        Track(Factor.EXPRESSION, (Strip("s4", "mood", 5, 100),), is_solo=True, is_locked=True),
    )


@pytest.fixture
def rich() -> Document:
    """A document with something in every field."""
    return Document(
        rate=Fraction(30000, 1001),
        n_frames=300,
        seed=3,
        avatar=AvatarSettings("face", 0, "mesh", ViewSettings("full", None)),
        sources=_sources(),
        audio=AudioTrack((AudioStrip("a1", "speech", 0, 250, 0.5, -0.02, -3.0),), 1.5),
        tracks=_tracks(),
        markers=(Marker(12, "Hier", "#0072B2"),),
        in_frame=5,
        out_frame=200,
    )


@pytest.fixture
def small(tmp_path: Path) -> Document:
    """A document whose two files exist in `tmp_path/originals`."""
    originals = tmp_path / "originals"
    originals.mkdir()
    (originals / "face.jpg").write_bytes(b"a face")
    (originals / "speech.wav").write_bytes(b"some words")
    sources = (
        Source("face", "Face", PortraitParams(), MediaReference(str(originals / "face.jpg"))),
        Source("speech", "Speech", AudioParams(), MediaReference(str(originals / "speech.wav"))),
    )
    return replace(Document(), sources=sources)

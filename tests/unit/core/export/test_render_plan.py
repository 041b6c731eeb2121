"""From a document to what a film needs."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.controls import INDEX, REST, Factor
from core.base.errors import MediaError, SessionError
from core.base.time import FrameRange
from core.engines.protocol import Framing, SourceKind, View
from core.export.render_plan import (
    at_rate,
    avatar_source,
    check_target,
    document_view,
    frames_between,
    sounds_of,
)
from core.motion.motion import LatentMotion, LatentPart, Motion
from core.timeline.document import AudioTrack, AvatarSettings, Document, ViewSettings
from core.timeline.source import AudioParams, MediaReference, PortraitParams, Source
from core.timeline.strip import AudioStrip

JAW = INDEX["jawOpen"]


def opening(n_frames: int, rate: int, start: int = 0) -> Motion:
    controls = np.tile(REST, (n_frames, 1))
    controls[:, JAW] = np.arange(n_frames) / 100
    return Motion(controls, Fraction(rate), start)


def test_another_rate_keeps_the_time() -> None:
    motion = opening(25, 25, start=50)
    twice = at_rate(motion, Fraction(50))
    assert (len(twice), twice.rate, twice.start_frame) == (50, 50, 100)
    assert twice.controls[:48, JAW] == pytest.approx(np.arange(48) / 200)
    assert twice.controls[-1, JAW] == motion.controls[-1, JAW]  # the last frame holds
    half = at_rate(motion, Fraction(25, 2))
    assert half.controls[:, JAW] == pytest.approx(np.arange(len(half)) / 50)
    assert len(half) in (12, 13)
    assert len(at_rate(opening(1, 25), Fraction(1))) == 1
    assert at_rate(motion, Fraction(25)) is motion


@pytest.mark.parametrize(
    ("first", "stop", "expected"),
    [(None, None, (20, 80)), (0, None, (0, 80)), (None, 100, (20, 100)), (5, 6, (5, 6))],
)
def test_a_range_is_the_working_range_unless_told(
    first: int | None, stop: int | None, expected: tuple[int, int]
) -> None:
    document = Document(n_frames=100, in_frame=20, out_frame=80)
    assert frames_between(document, first, stop) == FrameRange(*expected)


@pytest.mark.parametrize(("first", "stop"), [(-1, 5), (5, 5), (6, 5), (0, 101), (90, None)])
def test_a_range_that_holds_nothing_is_refused(first: int, stop: int | None) -> None:
    document = Document(n_frames=100, out_frame=80)
    with pytest.raises(MediaError, match="within 0 to 100"):
        frames_between(document, first, stop)


def test_the_avatar_comes_from_the_chosen_portrait(sample_portrait: Path) -> None:
    with pytest.raises(SessionError, match="no portrait"):
        avatar_source(Document(), Path())
    media = MediaReference(sample_portrait.name)
    document = Document(
        avatar=AvatarSettings("me", face=1, view=ViewSettings("full", None)),
        sources=(Source("me", "Me", PortraitParams(), media),),
    )
    source = avatar_source(document, sample_portrait.parent)
    assert (source.path, source.face, source.kind) == (sample_portrait, 1, SourceKind.STILL)
    assert document_view(document) == View(Framing.FULL, None)


def test_a_film_cannot_replace_what_it_is_made_of(tmp_path: Path) -> None:
    clip = tmp_path / "me.mp4"
    clip.touch()
    source = Source("me", "Me", PortraitParams(), MediaReference("me.mp4"))
    document = Document(sources=(source,))
    with pytest.raises(MediaError, match="is also an input"):
        check_target(document, tmp_path, clip)
    check_target(document, tmp_path, tmp_path / "film.mp4")


def test_sounds_lie_in_the_films_time() -> None:
    strip = AudioStrip("one", "speech", 50, 100, source_in=1.0, offset_s=0.5, gain_db=-3.0)
    other = AudioStrip("two", "speech", 200, 25, is_muted=True)
    lost = AudioStrip("three", "nobody", 300, 25)
    document = Document(
        n_frames=400,
        sources=(Source("speech", "Speech", AudioParams(), MediaReference("speech.wav")),),
        audio=AudioTrack(strips=(strip, other, lost), gain_db=1.0),
    )
    [sound] = sounds_of(document, Path("it.avatar"), FrameRange(25, 400))
    assert sound.path == Path("it.avatar/speech.wav")
    assert (sound.at_s, sound.from_s, sound.length_s, sound.gain_db) == (1.5, 1.0, 4.0, -2.0)
    muted = replace(document, audio=replace(document.audio, is_muted=True))
    assert sounds_of(muted, Path(), FrameRange(0, 400)) == ()


def test_latents_are_converted_with_the_controls() -> None:
    """Rising latents rise as evenly at twice the rate; their weights still make one whole."""
    controls = np.tile(REST, (5, 1))
    rising = np.arange(5, dtype=np.float32)
    part = LatentPart(np.stack([rising, rising], 1), 1 - rising / 8)
    latents = LatentMotion({Factor.EYES: part}, controls, frozenset({Factor.LIPS}))
    found = at_rate(Motion(controls, Fraction(25), latents=latents), Fraction(50)).latents
    assert found is not None
    values, own = found.parts[Factor.EYES].values, found.parts[Factor.EYES].own
    assert values[:9, 0] == pytest.approx(np.arange(9) / 2)
    assert values[:, 0] / 8 + own == pytest.approx(np.ones(10))
    assert len(found.controls) == 10
    assert found.muted == {Factor.LIPS}

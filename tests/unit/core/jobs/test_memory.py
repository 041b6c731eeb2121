"""What motion previews may show, and what is made again."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from core.base.controls import Factor
from core.base.errors import Cancelled
from core.base.progress import Progress
from core.jobs.memory import MotionMemory
from core.session import bank
from core.timeline.document import AvatarSettings, Document
from core.timeline.source import (
    Emotion,
    Generator,
    GeneratorParams,
    MediaReference,
    Params,
    PortraitParams,
    PresetParams,
    Source,
    TakeParams,
)
from core.timeline.strip import Strip

FOLDER = Path("it.avatar")


def strip_of(document: Document, factor: Factor, source: Source) -> Document:
    strip = Strip(f"{source.id}-strip", source.id, 0, document.n_frames)
    document = replace(document, sources=(*document.sources, source))
    return document.with_track(replace(document.track(factor), strips=(strip,)))


@pytest.fixture
def document() -> Document:
    """A generated head and a happy face; another source lies unused in the library."""
    unused = Source("unused", "Unused", PresetParams((Emotion("sad", 1.0),)))
    document = Document(rate=Fraction(25), n_frames=60, sources=(unused,))
    head = Source("head", "Head", GeneratorParams(Generator.HEAD, 1))
    document = strip_of(document, Factor.HEAD_POSE, head)
    happy = Source("happy", "Happy", PresetParams((Emotion("happy", 0.5),)))
    return strip_of(document, Factor.EXPRESSION, happy)


def with_params(document: Document, source_id: str, params: Params) -> Document:
    sources = tuple(
        replace(source, params=params) if source.id == source_id else source
        for source in document.sources
    )
    return replace(document, sources=sources)


def test_nothing_is_known_before_it_is_gathered(document: Document) -> None:
    memory = MotionMemory()
    assert memory.recall(document, FOLDER, is_moving=False) == ({}, False)
    gathered = memory.gather(document, FOLDER, Progress())
    assert set(gathered) == {"head", "happy"}
    assert memory.recall(document, FOLDER, is_moving=False) == (gathered, True)


def test_a_document_without_sources_is_complete() -> None:
    assert MotionMemory().recall(Document(), FOLDER, is_moving=False) == ({}, True)


def test_another_folder_is_another_session(document: Document) -> None:
    memory = MotionMemory()
    memory.gather(document, FOLDER, Progress())
    assert memory.recall(document, Path("other.avatar"), is_moving=False) == ({}, False)


def test_a_clip_that_is_the_avatar_has_motion_too(document: Document) -> None:
    portrait = Source("me", "Me", PortraitParams(), MediaReference("me.mp4"))
    filmed = replace(document, sources=(portrait, *document.sources), avatar=AvatarSettings("me"))
    memory = MotionMemory()
    memory.gather(document, FOLDER, Progress())
    assert memory.recall(filmed, FOLDER, is_moving=False)[1]
    assert not memory.recall(filmed, FOLDER, is_moving=True)[1]


def test_old_motion_of_the_same_thing_serves_meanwhile(document: Document) -> None:
    memory = MotionMemory()
    gathered = memory.gather(document, FOLDER, Progress())
    stronger = with_params(document, "happy", PresetParams((Emotion("happy", 1.0),)))
    longer = replace(document, n_frames=90)
    for changed in (stronger, longer):
        assert memory.recall(changed, FOLDER, is_moving=False) == (gathered, False)
    generated = with_params(document, "happy", GeneratorParams(Generator.GAZE, 1))
    taken = replace(
        document,
        sources=tuple(
            replace(source, params=TakeParams("mouse"), media=MediaReference("take"))
            if source.id == "happy"
            else source
            for source in document.sources
        ),
    )
    for changed in (generated, taken):
        known, is_complete = memory.recall(changed, FOLDER, is_moving=False)
        assert (set(known), is_complete) == ({"head"}, False)


def test_only_what_changed_is_made_again(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    tracks = bank._Maker.tracks

    def noted(maker: bank._Maker, source: Source) -> bank.Tracks:
        made.append(source.id)
        return tracks(maker, source)

    monkeypatch.setattr(bank._Maker, "tracks", noted)
    memory = MotionMemory()
    memory.gather(document, FOLDER, Progress())
    memory.gather(document, FOLDER, Progress())
    assert sorted(made) == ["happy", "head"]
    made.clear()
    stronger = with_params(document, "happy", PresetParams((Emotion("happy", 1.0),)))
    memory.gather(stronger, FOLDER, Progress())
    assert made == ["happy"]
    made.clear()
    memory.gather(replace(stronger, n_frames=90), FOLDER, Progress())
    assert sorted(made) == ["happy", "head"]


def test_it_forgets_nothing_when_it_is_cancelled(document: Document) -> None:
    memory = MotionMemory()
    gathered = memory.gather(document, FOLDER, Progress())
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        memory.gather(replace(document, n_frames=90), FOLDER, progress)
    assert memory.recall(document, FOLDER, is_moving=False) == (gathered, True)

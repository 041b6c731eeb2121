"""Mouth shapes in the document: edits of a sound's cues.

While nothing was edited the document holds none: they are recognised in the sound. The first edit
writes all of them down.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from core.base.errors import StudioError
from core.speech.cues import REST_SHAPE, MouthCue
from core.timeline.document import Document
from core.timeline.project_edits import add_source
from core.timeline.source import AudioParams, Cue


def edited_cues(params: AudioParams) -> tuple[MouthCue, ...]:
    """The cues that a person edited; empty while they are the recognised ones."""
    return tuple(
        MouthCue(cue.start_s, following.start_s, cue.shape)
        for cue, following in pairwise(params.cues)
    )


def set_cues(document: Document, audio_id: str, cues: Sequence[MouthCue]) -> Document:
    """Gives a sound these mouth shapes; none brings back those that are recognised.

    Args:
        document: What is edited.
        audio_id: An audio source.
        cues: Without gaps, from second 0 on.

    Raises:
        StudioError: the audio track is locked.
        KeyError: there is no such sound.
    """
    if document.audio.is_locked:
        raise StudioError("The Audio track is locked: unlock it to change it.")
    source = document.source(audio_id)
    if source is None or not isinstance(source.params, AudioParams):
        raise KeyError(audio_id)
    rows = tuple(Cue(float(cue.start_s), cue.shape) for cue in cues)
    if rows:
        rows = (*rows, Cue(float(cues[-1].end_s), REST_SHAPE))
    return add_source(document, replace(source, params=replace(source.params, cues=rows)))

"""What the inspector shows of tracks: the factor tracks and the sound."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.base.controls import Factor
from core.timeline.document import Document, Gap, Track
from core.timeline.edits import edit_audio, edit_track, set_locked, set_muted, set_solo
from core.timeline.project_edits import add_source
from core.timeline.source import Source, VoiceMethod, VoiceParams
from studio.panels.inspector_form import Parameter
from studio.widgets.fields import Choices, Switch, Value
from studio.widgets.number_field import NumberRange

PERCENT = NumberRange(0, 100, 1, 0, "%")
GAIN = NumberRange(0, 200, 1, 0, "%")
DECIBEL = NumberRange(-24, 24, 0.5, 1, "dB")
_DEFAULTS = Document()
_GATE_DB, _GATE_HOLD_S = -45.0, 0.12


def number(value: Value) -> float:
    """The number in a value that a number row gave."""
    return float(value) if isinstance(value, (int, float)) else 0.0


def share(value: Value) -> float:
    """Percent as a share; exact for every percentage with one digit."""
    return round(number(value) / 100.0, 6)


def percent(value: float) -> float:
    """A share as percent."""
    return round(value * 100.0, 4)


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds."""
    return round(seconds * 1000.0, 3)


def seconds(value: Value) -> float:
    """Milliseconds as seconds."""
    return round(number(value) / 1000.0, 6)


def _parameter(
    section: str,
    title: str,
    tooltip: str,
    editor: Any,  # noqa: ANN401
    read: Callable[[Track], Value],
    change: Callable[[Track, Value], Track],
    only: Factor | None = None,
) -> Parameter[Factor]:
    return Parameter(
        section,
        title,
        tooltip,
        editor,
        lambda _, factor: read(_DEFAULTS.track(factor)),
        lambda document, factor: read(document.track(factor)),
        lambda document, factor, value: edit_track(
            document, factor, lambda track: change(track, value)
        ),
        applies=lambda _, factor: only is None or factor is only,
    )


_GAPS = Choices(((Gap.EASE, "Ease to rest"), (Gap.HOLD, "Hold last pose")))

_MIX: tuple[Parameter[Factor], ...] = (
    _parameter(
        "Motion",
        "Gain",
        "How far the strips' motion goes from the portrait's rest.",
        GAIN,
        lambda track: percent(track.gain),
        lambda track, value: replace(track, gain=share(value)),
    ),
    _parameter(
        "Motion",
        "Smoothing",
        "Calms the motion of strips that set no smoothing of their own; blinks stay sharp.",
        PERCENT,
        lambda track: percent(track.smoothing),
        lambda track, value: replace(track, smoothing=share(value)),
    ),
    _parameter(
        "Motion",
        "Delay",
        "Lets the strips' motion come later than their frames; negative is earlier.",
        NumberRange(-300, 300, 5, 0, "ms"),
        lambda track: milliseconds(track.delay_s),
        lambda track, value: replace(track, delay_s=seconds(value)),
    ),
    _parameter(
        "Motion",
        "Gaps",
        "What happens where no strip lies: the last pose is held 0.25 s and eases to rest, "
        "or is held for good.",
        _GAPS,
        lambda track: str(track.gap),
        lambda track, value: replace(track, gap=Gap(str(value))),
    ),
    _parameter(
        "Eyes",
        "Blink gain",
        "How far the strips' blinks close the eyes.",
        GAIN,
        lambda track: percent(track.blink_gain),
        lambda track, value: replace(track, blink_gain=share(value)),
        Factor.EYES,
    ),
    _parameter(
        "Eyes",
        "Look at camera",
        "How far the gaze makes up for the turn of the head, so that it stays on the viewer.",
        PERCENT,
        lambda track: percent(track.look_at_camera),
        lambda track, value: replace(track, look_at_camera=share(value)),
        Factor.EYES,
    ),
)


def track_voices(document: Document, factor: Factor) -> list[Source]:
    """The voices that a track's strips speak with."""
    used = {strip.source_id for strip in document.track(factor).strips}
    return [s for s in document.sources if s.id in used and isinstance(s.params, VoiceParams)]


def voice_parameters(
    voices: Callable[[Document, Any], list[Source]],
) -> tuple[Parameter[Any], ...]:
    """The silence gate of the voices that a subject has."""

    def first(document: Document, subject: Any) -> VoiceParams:  # noqa: ANN401
        found = voices(document, subject)
        params = found[0].params if found else None
        return params if isinstance(params, VoiceParams) else VoiceParams("")

    def write(change: Callable[[VoiceParams, Value], VoiceParams]) -> Any:  # noqa: ANN401
        def apply(document: Document, subject: Any, value: Value) -> Document:  # noqa: ANN401
            for source in voices(document, subject):
                if isinstance(source.params, VoiceParams):
                    changed = replace(source, params=change(source.params, value))
                    document = add_source(document, changed)
            return document

        return apply

    def has_gate(document: Document, subject: Any) -> bool:  # noqa: ANN401
        return bool(voices(document, subject)) and first(document, subject).gate_db is not None

    return (
        Parameter(
            "Speech",
            "Trained speaker",
            "The voice moves lips, expression, head and lids by a trained network; without it the "
            "lips by the recognised sounds.",
            Switch("Move by the trained network"),
            True,
            lambda document, subject: first(document, subject).method is VoiceMethod.FACIAL,
            write(
                lambda params, on: replace(
                    params, method=VoiceMethod.FACIAL if on else VoiceMethod.PHONES
                )
            ),
            applies=lambda document, subject: bool(voices(document, subject)),
        ),
        Parameter(
            "Speech",
            "Silence gate",
            "Keeps the mouth shut where the recording is quiet.",
            Switch("Shut the mouth in silence"),
            True,
            lambda document, subject: first(document, subject).gate_db is not None,
            write(lambda params, on: replace(params, gate_db=_GATE_DB if on else None)),
            applies=lambda document, subject: bool(voices(document, subject)),
        ),
        Parameter(
            "Speech",
            "Gate level",
            "The level below which the recording counts as silence.",
            NumberRange(-80, -10, 1, 0, "dBFS"),
            _GATE_DB,
            lambda document, subject: first(document, subject).gate_db,
            write(lambda params, value: replace(params, gate_db=number(value))),
            applies=has_gate,
        ),
        Parameter(
            "Speech",
            "Gate hold",
            "How long it must be quiet before the mouth shuts.",
            NumberRange(0, 1000, 10, 0, "ms"),
            milliseconds(_GATE_HOLD_S),
            lambda document, subject: milliseconds(first(document, subject).gate_hold_s),
            write(lambda params, value: replace(params, gate_hold_s=seconds(value))),
            applies=has_gate,
        ),
    )


_STATE: tuple[Parameter[Factor], ...] = (
    Parameter(
        "State",
        "Mute",
        "Leaves this factor at the portrait's rest.",
        Switch("At rest"),
        False,
        lambda document, factor: document.track(factor).is_muted,
        lambda document, factor, value: set_muted(document, factor, bool(value)),
        is_free=True,
    ),
    Parameter(
        "State",
        "Solo",
        "Mutes every track that is not solo.",
        Switch("Only this"),
        False,
        lambda document, factor: document.track(factor).is_solo,
        lambda document, factor, value: set_solo(document, factor, bool(value)),
        is_free=True,
    ),
    Parameter(
        "State",
        "Lock",
        "Refuses edits of this track.",
        Switch("No edits"),
        False,
        lambda document, factor: document.track(factor).is_locked,
        lambda document, factor, value: set_locked(document, factor, bool(value)),
        is_free=True,
    ),
)

FACTOR_TRACK: tuple[Parameter[Factor], ...] = (*_MIX, *voice_parameters(track_voices), *_STATE)
"""The rows of a factor track."""

AUDIO_TRACK: tuple[Parameter[str], ...] = (
    Parameter(
        "Sound",
        "Gain",
        "Makes all recordings on the track louder or quieter.",
        DECIBEL,
        0.0,
        lambda document, _: document.audio.gain_db,
        lambda document, _, value: edit_audio(
            document, lambda audio: replace(audio, gain_db=number(value))
        ),
    ),
    Parameter(
        "State",
        "Mute",
        "Leaves the sound out of playback and films; lips still speak it.",
        Switch("Silent"),
        False,
        lambda document, _: document.audio.is_muted,
        lambda document, _, value: replace(
            document, audio=replace(document.audio, is_muted=bool(value))
        ),
        is_free=True,
    ),
    Parameter(
        "State",
        "Lock",
        "Refuses edits of the audio track.",
        Switch("No edits"),
        False,
        lambda document, _: document.audio.is_locked,
        lambda document, _, value: replace(
            document, audio=replace(document.audio, is_locked=bool(value))
        ),
        is_free=True,
    ),
)
"""The rows of the audio track."""

"""What the inspector shows of the source behind a strip: clips, takes, voices, generators."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from core.motion.generators import BLINK_JITTER, BLINKS_PER_MINUTE
from core.motion.presets import DEFAULT_INTENSITY, EMOTIONS, MAX_EMOTIONS, TRANSITION_S
from core.timeline.document import Document
from core.timeline.project_edits import add_source
from core.timeline.source import (
    ClipParams,
    Emotion,
    Generator,
    GeneratorParams,
    PresetParams,
    Source,
    TakeParams,
)
from studio.panels.inspector_form import Parameter
from studio.panels.inspector_tracks import (
    GAIN,
    PERCENT,
    milliseconds,
    number,
    percent,
    seconds,
    share,
    voice_parameters,
)
from studio.widgets.fields import Choices, Editor, Value
from studio.widgets.number_field import NumberRange

FACE = NumberRange(
    1, 16, 1, 0, "", is_whole=True, none_text="Largest", none_start=0.0, has_bar=False
)
"""Which face of a picture, counted from 1, largest first."""
_NO_EMOTION: Final = ""
MAX_SEED: Final = 999_999


def _source(document: Document, source_id: str) -> Source:
    source = document.source(source_id)
    if source is None:
        raise KeyError(source_id)
    return source


def _parameter(
    section: str,
    title: str,
    tooltip: str,
    editor: Editor,
    default: Value,
    kind: type[Any],
    read: Callable[[Any], Value],
    change: Callable[[Any, Value], Any],
    applies: Callable[[Any], bool] = lambda _: True,
) -> Parameter[str]:
    def write(document: Document, source_id: str, value: Value) -> Document:
        source = _source(document, source_id)
        return add_source(document, replace(source, params=change(source.params, value)))

    def has_it(document: Document, source_id: str) -> bool:
        params = _source(document, source_id).params
        return isinstance(params, kind) and applies(params)

    return Parameter(
        section,
        title,
        tooltip,
        editor,
        default,
        lambda document, source_id: read(_source(document, source_id).params),
        write,
        applies=has_it,
    )


def face_value(face: int | None) -> float | None:
    """A face as people count it."""
    return None if face is None else float(face + 1)


def face_number(value: Value) -> int | None:
    """A face as documents count it."""
    return None if value is None else round(number(value)) - 1


def _makes_blinks(params: GeneratorParams) -> bool:
    return params.generator is Generator.BLINKS


def _emotion(params: PresetParams, slot: int) -> Emotion | None:
    return params.emotions[slot] if slot < len(params.emotions) else None


def _with_emotion(params: PresetParams, slot: int, emotion: Emotion | None) -> PresetParams:
    emotions = list(params.emotions)
    others = [e for i, e in enumerate(emotions) if i != slot]
    if emotion is None or any(e.name == emotion.name for e in others):
        return replace(params, emotions=tuple(others))
    emotions[slot : slot + 1] = [emotion]
    return replace(params, emotions=tuple(emotions))


_EMOTIONS = Choices(((_NO_EMOTION, "None"), *((name, name.capitalize()) for name in EMOTIONS)))


def _emotion_rows(slot: int) -> tuple[Parameter[str], ...]:
    def name(params: PresetParams) -> str:
        emotion = _emotion(params, slot)
        return _NO_EMOTION if emotion is None else emotion.name

    def strength(params: PresetParams) -> float:
        emotion = _emotion(params, slot)
        return percent(DEFAULT_INTENSITY if emotion is None else emotion.intensity)

    def set_name(params: PresetParams, value: Value) -> PresetParams:
        chosen = Emotion(str(value), strength(params) / 100.0) if value else None
        return _with_emotion(params, slot, chosen)

    def set_strength(params: PresetParams, value: Value) -> PresetParams:
        emotion = _emotion(params, slot)
        if emotion is None:
            return params
        return _with_emotion(params, slot, replace(emotion, intensity=share(value)))

    return (
        _parameter(
            "Emotion",
            f"Emotion {slot + 1}",
            "What the face shows; up to three emotions mix.",
            _EMOTIONS,
            _NO_EMOTION,
            PresetParams,
            name,
            set_name,
            lambda params: slot <= len(params.emotions),
        ),
        _parameter(
            "Emotion",
            f"Strength {slot + 1}",
            "How strongly it is shown.",
            PERCENT,
            percent(DEFAULT_INTENSITY),
            PresetParams,
            strength,
            set_strength,
            lambda params: slot < len(params.emotions),
        ),
    )


def _own_voice(document: Document, source_id: str) -> list[Source]:
    source = _source(document, source_id)
    return [source] if source.kind == "voice" else []


SOURCE: tuple[Parameter[str], ...] = (
    _parameter(
        "Clip",
        "Face",
        "Which face of the clip is followed, counted from 1, largest first.",
        FACE,
        None,
        ClipParams,
        lambda params: face_value(params.face),
        lambda params, value: replace(params, face=face_number(value)),
    ),
    _parameter(
        "Take",
        "Latency",
        "By how much the recording lags behind; taken off when it is used.",
        NumberRange(-500, 500, 5, 0, "ms"),
        0.0,
        TakeParams,
        lambda params: milliseconds(params.latency_s),
        lambda params, value: replace(params, latency_s=seconds(value)),
    ),
    _parameter(
        "Take",
        "Take gain",
        "How much of the recorded motion is used.",
        GAIN,
        100.0,
        TakeParams,
        lambda params: percent(params.gain),
        lambda params, value: replace(params, gain=share(value)),
    ),
    *voice_parameters(_own_voice),
    _parameter(
        "Generator",
        "Amount",
        "How large the generated motion is.",
        GAIN,
        100.0,
        GeneratorParams,
        lambda params: percent(params.amount),
        lambda params, value: replace(params, amount=share(value)),
    ),
    _parameter(
        "Generator",
        "Blinks",
        "The mean number of blinks.",
        NumberRange(0, 60, 1, 0, "/min"),
        float(BLINKS_PER_MINUTE),
        GeneratorParams,
        lambda params: float(params.per_minute),
        lambda params, value: replace(params, per_minute=number(value)),
        _makes_blinks,
    ),
    _parameter(
        "Generator",
        "Jitter",
        "How irregularly the blinks follow each other.",
        PERCENT,
        percent(BLINK_JITTER),
        GeneratorParams,
        lambda params: percent(params.jitter),
        lambda params, value: replace(params, jitter=share(value)),
        _makes_blinks,
    ),
    _parameter(
        "Generator",
        "Seed",
        "Another number gives other motion of the same kind; equal numbers give equal motion.",
        NumberRange(0, MAX_SEED, 1, 0, "", is_whole=True, has_bar=False),
        0.0,
        GeneratorParams,
        lambda params: float(params.seed),
        lambda params, value: replace(params, seed=round(number(value))),
    ),
    *(row for slot in range(MAX_EMOTIONS) for row in _emotion_rows(slot)),
    _parameter(
        "Emotion",
        "Transition",
        "How long the expression takes to come up.",
        NumberRange(0, 2000, 50, 0, "ms"),
        milliseconds(TRANSITION_S),
        PresetParams,
        lambda params: milliseconds(params.transition_s),
        lambda params, value: replace(params, transition_s=seconds(value)),
    ),
)
"""The rows of a strip's source."""

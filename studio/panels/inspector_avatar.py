"""What the inspector shows of the avatar: portrait, engine and picture, and of the project."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Final

from core.engines.protocol import EngineSpec
from core.engines.protocol import Switch as EngineSwitch
from core.engines.registry import DEFAULT, list_engines, spec_of
from core.timeline.document import AvatarSettings, Document, ViewSettings
from core.timeline.project_edits import set_avatar, set_engine, set_length, set_rate
from studio.panels.inspector_form import Parameter
from studio.panels.inspector_sources import FACE, MAX_SEED, face_number, face_value
from studio.panels.inspector_tracks import number
from studio.widgets.fields import Choices, Editor, Switch, Value
from studio.widgets.number_field import NumberRange

MIN_SIZE_PX, MAX_SIZE_PX = 256, 1080
MAX_FRAMES: Final = 10_000_000
_DEFAULTS: Final = AvatarSettings()
_RATES: Final = ("24", "25", "30000/1001", "30", "50", "60000/1001", "60")


def _portraits(document: Document, _: str) -> Choices:
    used = document.avatar.source_id
    sources = [s for s in document.sources if s.kind == "portrait" or s.id == used]
    return Choices((("", "None"), *((s.id, s.name) for s in sources)))


def _engines(document: Document, _: str) -> Choices:
    names = [spec.name for spec in list_engines()]
    if document.avatar.engine not in names:
        names.append(document.avatar.engine)
    return Choices(tuple((name, spec_of(name).shown_name) for name in names))


def _rates(document: Document, _: str) -> Choices:
    names = list(_RATES)
    if str(document.rate) not in names:
        names.append(str(document.rate))
    return Choices(tuple((name, f"{_rate_text(Fraction(name))} fps") for name in names))


def _rate_text(rate: Fraction) -> str:
    return f"{float(rate):.2f}".rstrip("0").rstrip(".")


def _parameter(
    section: str,
    title: str,
    tooltip: str,
    editor: Editor | Callable[[Document, str], Editor],
    read: Callable[[AvatarSettings], Value],
    change: Callable[[AvatarSettings, Value], AvatarSettings],
    applies: Callable[[AvatarSettings], bool] = lambda _: True,
) -> Parameter[str]:
    return Parameter(
        section,
        title,
        tooltip,
        editor,
        read(_DEFAULTS),
        lambda document, _: read(document.avatar),
        lambda document, _, value: set_avatar(document, change(document.avatar, value)),
        applies=lambda document, _: applies(document.avatar),
    )


def _switch(spec: EngineSpec, switch: EngineSwitch) -> Parameter[str]:
    """The row of something that can be left out by one engine; only shown with that engine."""

    def change(avatar: AvatarSettings, value: Value) -> AvatarSettings:
        others = tuple(name for name in avatar.switched_off if name != switch.name)
        return replace(avatar, switched_off=others if value else (*others, switch.name))

    return _parameter(
        spec.shown_name,
        switch.title,
        switch.tooltip,
        Switch("On"),
        lambda avatar: switch.name not in avatar.switched_off,
        change,
        lambda avatar: avatar.engine == spec.name,
    )


def _view(avatar: AvatarSettings, **changes: object) -> AvatarSettings:
    return replace(avatar, view=replace(avatar.view, **changes))  # type: ignore[arg-type]


_FACE_SIZE: Final = ViewSettings().size

AVATAR: tuple[Parameter[str], ...] = (
    _parameter(
        "Portrait",
        "Portrait",
        "The picture or clip that is animated.",
        _portraits,
        lambda avatar: avatar.source_id,
        lambda avatar, value: replace(avatar, source_id=str(value), face=None),
    ),
    _parameter(
        "Portrait",
        "Face",
        "Which face of the picture, counted from 1, largest first.",
        FACE,
        lambda avatar: face_value(avatar.face),
        lambda avatar, value: replace(avatar, face=face_number(value)),
    ),
    Parameter(
        "Engine",
        "Engine",
        "What draws the frames.",
        _engines,
        _DEFAULTS.engine,
        lambda document, _: document.avatar.engine or DEFAULT,
        lambda document, _, value: set_engine(document, str(value)),
    ),
    *(_switch(spec, switch) for spec in list_engines() for switch in spec.switches),
    _parameter(
        "Picture",
        "View",
        "The crop around the face, or the whole portrait.",
        Choices((("face", "Face crop"), ("full", "Whole portrait"))),
        lambda avatar: avatar.view.mode,
        lambda avatar, value: _view(
            avatar, mode=str(value), size=_FACE_SIZE if value == "face" else None
        ),
    ),
    _parameter(
        "Picture",
        "Size",
        "Side of the face crop, or the longest side of the whole portrait.",
        NumberRange(
            MIN_SIZE_PX, MAX_SIZE_PX, 16, 0, "px", is_whole=True, none_text="The portrait’s"
        ),
        lambda avatar: None if avatar.view.size is None else float(avatar.view.size),
        lambda avatar, value: _view(avatar, size=None if value is None else round(number(value))),
    ),
    Parameter(
        "Project",
        "Rate",
        "Frames per second; everything stays at its second when it changes.",
        _rates,
        "25",
        lambda document, _: str(document.rate),
        lambda document, _, value: set_rate(document, Fraction(str(value))),
    ),
    Parameter(
        "Project",
        "Length",
        "How long the film is.",
        NumberRange(1, MAX_FRAMES, 1, 0, "f", is_whole=True, has_bar=False),
        250.0,
        lambda document, _: float(document.n_frames),
        lambda document, _, value: set_length(document, round(number(value))),
    ),
    Parameter(
        "Project",
        "Seed",
        "Base of all generated motion: another number gives other motion of the same kind.",
        NumberRange(0, MAX_SEED, 1, 0, "", is_whole=True, has_bar=False),
        0.0,
        lambda document, _: float(document.seed),
        lambda document, _, value: replace(document, seed=round(number(value))),
    ),
)
"""The rows of the avatar and the project."""

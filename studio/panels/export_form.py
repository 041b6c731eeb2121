"""The fields of the export dialog: plain widgets in, `ExportSettings` out."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.export.presets import PRESETS, Kind, Preset, available_presets
from core.export.settings import (
    MAX_BITS_PER_S,
    MAX_CRF,
    MAX_SIDE_PX,
    MIN_BITS_PER_S,
    MIN_SIDE_PX,
    Corner,
    ExportSettings,
    Mark,
    Picture,
    Sidecar,
    SoundMode,
)
from core.media.film_sound import why_not_copied
from core.media.soundtrack import Sound
from studio.widgets.fields import Choices, FieldRow, Section, Switch, Value
from studio.widgets.number_field import NumberRange

RATES: Final = ("project", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
CUSTOM: Final = "custom"
_SCALES: Final = ("0.5", "1", "2", CUSTOM)
_RATE_TITLES: Final = {"30000/1001": "29.97", "60000/1001": "59.94"}
_CORNERS: Final = tuple((str(c), str(c).replace("_", " ").capitalize()) for c in Corner)
_SOUNDS: Final = (
    (str(SoundMode.CODED), "In the film"),
    (str(SoundMode.COPY), "In the film, copied unchanged"),
    (str(SoundMode.WAV), "WAV file beside it"),
    (str(SoundMode.NONE), "None"),
)
_CUT_OUT: Final = (
    "Only the person, for other backgrounds: in ProRes 4444 and PNG sequences, with the engines "
    "that tell the person from the background."
)
_SPEEDS: Final = ("ultrafast", "veryfast", "fast", "medium", "slow", "veryslow")
_SIDECARS: Final = {
    Sidecar.LIVE_LINK: ("Live Link CSV", "Live Link Face: for Unreal, Blender and this program."),
    Sidecar.CURVES: ("Curves JSON", "Every control at every frame, and your curves."),
    Sidecar.OTIO: (
        "OTIO timeline",
        "OpenTimelineIO: placement, markers, media.",
    ),
    Sidecar.RHUBARB: ("Rhubarb JSON", "Mouth shapes A to H and X of the sound."),
}
DEFAULTS: Final[dict[str, Value]] = {
    "preset": "mp4",
    "range": "range",
    "picture": str(Picture.FACE),
    "scale": "1",
    "side": 512.0,
    "rate": "project",
    "rate_control": "quality",
    "crf": 18.0,
    "megabits": 4.0,
    "speed": "medium",
    "full_chroma": False,
    "cut_out": False,
    "sound": str(SoundMode.CODED),
    **{f"sidecar_{s}": False for s in Sidecar},
    "mark": False,
    "corner": str(Corner.BOTTOM_RIGHT),
    "after": "reveal",
}
"""Field → what it shows at first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the form must know of the project.

    Attributes:
        rate: The document's frames per second.
        n_range: Frames from in to out.
        n_whole: Frames of the document.
        n_strip: Frames of the selected strip; 0 when none is selected.
        has_in_out: Whether a range is set.
        has_driver: Whether a driving clip can be shown beside.
        picture: What the document previews.
        face_px: Side of the face crop as previewed.
        full_size: Width and height of the whole portrait in px.
        can_cut_out: Whether the engine can leave the background away.
        sounds: What is heard, to tell whether it can be copied as it is.
    """

    rate: Fraction
    n_range: int
    n_whole: int
    n_strip: int
    has_in_out: bool
    has_driver: bool
    picture: Picture
    face_px: int
    full_size: tuple[int, int]
    can_cut_out: bool = False
    sounds: tuple[Sound, ...] = ()

    def n_frames(self, chosen: str) -> int:
        """Frames of a choice of range: `range`, `whole` or `strip`."""
        return {"range": self.n_range, "strip": self.n_strip}.get(chosen, self.n_whole)


class ExportForm(QWidget):
    """All fields of UX 4.8 but name and folder.

    Args:
        facts: Of the project.
        chosen: Field → value of the last time.
    """

    changed = Signal()

    def __init__(
        self, facts: Facts, chosen: Mapping[str, Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._facts = facts
        self.rows: dict[str, FieldRow] = {}
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(24)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(4)
            columns.addLayout(column, 1)
        left.addWidget(Section("Output", self._output_rows(), self))
        left.addWidget(Section("Picture", self._picture_rows(), self))
        right.addWidget(Section("Quality", self._quality_rows(), self))
        right.addWidget(Section("Motion files", self._sidecar_rows(), self))
        right.addWidget(Section("Disclosure", self._mark_rows(), self))
        left.addStretch(1)
        right.addStretch(1)
        start = {**DEFAULTS, "picture": str(facts.picture), "side": float(facts.face_px)}
        # the range belongs to the project, not to the habits of a person
        start["range"] = "range" if facts.has_in_out else "whole"
        known = {n: v for n, v in chosen.items() if n in self.rows and n != "range"}
        for name, row in self.rows.items():
            row.set_value(_fitting(known.get(name), start[name]))
        self.mark_text.setText(str(chosen.get("mark_text", "AI-generated")))
        self._refresh()

    def value(self, name: str) -> Value:
        """What a field shows."""
        return self.rows[name].value

    def set_value(self, name: str, value: Value) -> None:
        """Fills a field as a person would."""
        self.rows[name].set_value(value)
        self._on_changed()

    def values(self) -> dict[str, Any]:
        """All fields, for the next time."""
        return {name: row.value for name, row in self.rows.items()} | {
            "mark_text": self.mark_text.text()
        }

    @property
    def rate(self) -> Fraction:
        """Frames per second that are written."""
        chosen = str(self.value("rate"))
        return self._facts.rate if chosen == "project" else Fraction(chosen)

    @property
    def n_frames(self) -> int:
        """Document frames that are exported."""
        return self._facts.n_frames(str(self.value("range")))

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height in px of a rendered frame, before a driver is put beside it."""
        if self.picture is not Picture.FULL:
            side = self._side() or self._facts.face_px
            return side, side
        width, height = self._facts.full_size
        longest = self._side()
        scale = 1.0 if longest is None else longest / max(width, height)
        return _even(width * scale), _even(height * scale)

    @property
    def picture(self) -> Picture:
        """What the frames show."""
        return Picture(str(self.value("picture")))

    @property
    def problem(self) -> str:
        """What keeps the chosen fields from being written, as one sentence; empty if nothing."""
        if self._sound() is SoundMode.COPY and self._preset.kind is Kind.FILM:
            reason = why_not_copied(self._facts.sounds, self._preset.codec)
            if reason is not None:
                return f"The sound cannot be copied unchanged, because {reason}: choose another."
        return ""

    @property
    def settings(self) -> ExportSettings:
        """The choices in the words of the core."""
        is_marked = bool(self.value("mark"))
        return ExportSettings(
            preset=str(self.value("preset")),
            picture=self.picture,
            size=self._side(),
            rate=None if self.value("rate") == "project" else self.rate,
            crf=round(_number(self.value("crf"))),
            bits_per_s=self._bits_per_s(),
            speed=str(self.value("speed")),
            full_chroma=bool(self.value("full_chroma")),
            sound=self._sound(),
            is_cut_out=bool(self.value("cut_out")) and self._can_cut_out(),
            sidecars=frozenset(s for s in Sidecar if self.value(f"sidecar_{s}")),
            mark=Mark(
                self.mark_text.text().strip() if is_marked else "",
                Corner(str(self.value("corner"))),
            ),
        )

    def _sound(self) -> SoundMode:
        """What becomes of the audio track; other files than films hold it whole or not at all."""
        chosen = SoundMode(str(self.value("sound")))
        if self._preset.kind is Kind.FILM or chosen is SoundMode.NONE:
            return chosen
        return SoundMode.CODED

    def _bits_per_s(self) -> int | None:
        """The bit rate that is asked for; None for a constant quality."""
        if self.value("rate_control") != "bits" or not self._preset.has_quality:
            return None
        return round(_number(self.value("megabits")) * 1e6)

    def _can_cut_out(self) -> bool:
        return self._preset.has_alpha and self._facts.can_cut_out

    @property
    def _preset(self) -> Preset:
        return PRESETS[str(self.value("preset"))]

    def _side(self) -> int | None:
        """The size that is asked for; None for the whole portrait as it is."""
        chosen = str(self.value("scale"))
        is_full = self.picture is Picture.FULL
        native = max(self._facts.full_size) if is_full else self._facts.face_px
        if chosen == "1" and is_full:
            return None
        wanted = _number(self.value("side")) if chosen == CUSTOM else native * float(chosen)
        return min(max(_even(wanted), MIN_SIDE_PX), MAX_SIDE_PX)

    def _output_rows(self) -> list[QWidget]:
        ranges = [("whole", "Whole timeline")]
        if self._facts.has_in_out:
            ranges.insert(0, ("range", "In to out"))
        if self._facts.n_strip:
            ranges.append(("strip", "Selected strip"))
        presets = tuple((p.name, p.title) for p in available_presets())
        after = (("reveal", "Show in folder"), ("nothing", "Nothing"), ("open", "Open"))
        return [
            self._row("preset", "Preset", Choices(presets), "What is written."),
            self._row("range", "Range", Choices(tuple(ranges)), "Which part is written."),
            self._row("sound", "Sound", Choices(_SOUNDS), "What becomes of the audio track."),
            self._row("after", "After", Choices(after), "What happens when it is done."),
        ]

    def _picture_rows(self) -> list[QWidget]:
        pictures = [(str(Picture.FACE), "Face crop"), (str(Picture.FULL), "Full portrait")]
        if self._facts.has_driver:
            pictures.append((str(Picture.BESIDE_DRIVER), "Beside the driving clip"))
        rates = tuple((r, _RATE_TITLES.get(r, r) + " fps") for r in RATES[1:])
        project = (RATES[0], f"Project ({float(self._facts.rate):g} fps)")
        side = NumberRange(MIN_SIDE_PX, MAX_SIDE_PX, 2, 0, "px", is_whole=True)
        return [
            self._row("picture", "Picture", Choices(tuple(pictures)), "What the frames show."),
            self._row("cut_out", "Background", Switch("Transparent"), _CUT_OUT),
            self._row("scale", "Size", Choices(self._sizes()), "Even numbers are forced."),
            self._row("side", "Custom size", side, "Side of the crop, or the longest side."),
            self._row("rate", "Rate", Choices((project, *rates)), "Frames per second."),
        ]

    def _quality_rows(self) -> list[QWidget]:
        crf = NumberRange(0, MAX_CRF, 1, 0, "CRF", is_whole=True)
        speeds = tuple((name, name.capitalize()) for name in _SPEEDS)
        bits = NumberRange(MIN_BITS_PER_S / 1e6, MAX_BITS_PER_S / 1e6, 0.5, 1, "Mb/s")
        control = (("quality", "Constant quality"), ("bits", "Bit rate"))
        return [
            self._row("rate_control", "Aim at", Choices(control), "An even look, or a known size."),
            self._row("crf", "Quality", crf, "0 is lossless, 18 looks the same, 28 is small."),
            self._row("megabits", "Bit rate", bits, "On average, without the sound."),
            self._row("speed", "Speed", Choices(speeds), "Slower makes the file smaller."),
            self._row(
                "full_chroma",
                "Colour",
                Switch("Full resolution (4:4:4)"),
                "Coloured edges stay sharp; some players and web pages refuse the file.",
            ),
        ]

    def _sidecar_rows(self) -> list[QWidget]:
        return [
            self._row(f"sidecar_{s}", title, Switch(), about)
            for s, (title, about) in _SIDECARS.items()
        ]

    def _mark_rows(self) -> list[QWidget]:
        self.mark_text = QLineEdit(self)
        self.mark_text.setToolTip("Text of the visible mark, in plain letters")
        self.mark_text.setAccessibleName("Text of the visible mark")
        self.mark_text.setMaxLength(80)
        self.mark_text.textChanged.connect(self._on_changed)
        return [
            self._row("mark", "Visible mark", Switch("Draw a text"), "Every film says in its "
                      "metadata that it is AI-generated; this draws it on the picture too."),
            self.mark_text,
            self._row("corner", "Corner", Choices(_CORNERS), "Where the mark stands."),
        ]  # fmt: skip

    def _row(
        self, name: str, title: str, editor: Choices | NumberRange | Switch, tooltip: str
    ) -> FieldRow:
        default = DEFAULTS[name]
        if name == "range" and not self._facts.has_in_out:
            default = "whole"
        row = FieldRow(title, editor, tooltip, default, self)
        row.changed.connect(self._on_changed)
        self.rows[name] = row
        return row

    def _sizes(self) -> tuple[tuple[str, str], ...]:
        is_full = "picture" in self.rows and self.rows["picture"].value == str(Picture.FULL)
        width, height = self._facts.full_size if is_full else (self._facts.face_px,) * 2
        titles = {
            s: f"{float(s):g}× · {_even(width * float(s))} × {_even(height * float(s))} px"
            for s in _SCALES[:-1]
        }
        titles["2"] += " · upscaled"
        return (*titles.items(), (CUSTOM, "Custom"))

    def _on_changed(self) -> None:
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        """Shows the fields that count for the chosen preset."""
        preset = self._preset
        self.rows["scale"].set_editor(Choices(self._sizes()))
        for name in ("picture", "scale", "mark"):
            self.rows[name].setEnabled(preset.has_pictures)
        is_custom = self.value("scale") == CUSTOM
        self.rows["side"].setVisible(is_custom)
        self.rows["side"].setEnabled(preset.has_pictures)
        self.rows["cut_out"].setEnabled(self._can_cut_out())
        self.rows["rate"].setEnabled(preset.kind is not Kind.SOUND)
        is_by_bits = self.value("rate_control") == "bits"
        self.rows["crf"].setVisible(not is_by_bits)
        self.rows["megabits"].setVisible(is_by_bits)
        for name in ("rate_control", "crf", "megabits", "speed"):
            self.rows[name].setEnabled(preset.has_quality)
        has_full_chroma = preset.codec is not None and bool(preset.codec.pixel_formats[1])
        self.rows["full_chroma"].setEnabled(has_full_chroma)
        self.rows["sound"].setEnabled(preset.kind in (Kind.FILM, Kind.PICTURES))
        is_marked = bool(self.value("mark")) and preset.has_pictures
        self.mark_text.setEnabled(is_marked)
        self.rows["corner"].setEnabled(is_marked)


def _even(number: float) -> int:
    return max(2, 2 * round(number / 2))


def _number(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _fitting(value: Any, default: Value) -> Value:  # noqa: ANN401  (settings hold anything)
    """A remembered value if it is of the kind that the field takes."""
    return value if type(value) is type(default) else default

"""Colours of the timeline: the fixed palette of the tracks, and shades taken from the theme."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QColor

from studio.widgets.theme import TRACK_COLORS, colors, is_dark

_LANE_TURNS = (0, 40, -40, 80, -80, 120, -120, 20, -20, 60, -60)  # degrees of hue
_LEAST_ON_DARK, _MOST_ON_LIGHT = 0.5, 0.45
DASHES: Final[tuple[tuple[int, int], ...]] = ((1, 0), (10, 4), (3, 3), (16, 5), (6, 6))
"""Dash patterns (drawn, left out; px) that lanes of one track take in turn."""


@dataclass(frozen=True, slots=True)
class Shades:
    """Neutral colours that fit the theme."""

    is_dark: bool
    ground: QColor
    raised: QColor
    line: QColor
    faint_line: QColor
    text: QColor
    dim_text: QColor
    accent: QColor
    playhead: QColor
    none: QColor
    good: QColor
    warn: QColor
    bad: QColor


def shades_of() -> Shades:
    """The neutral colours of now."""
    worn = colors()
    ground, text = QColor(worn.field), QColor(worn.text)
    return Shades(
        is_dark=is_dark(),
        ground=ground,
        raised=QColor(worn.panel),
        line=mix(ground, text, 0.24),
        faint_line=mix(ground, text, 0.09),
        text=text,
        dim_text=QColor(worn.muted),
        accent=QColor(worn.accent),
        playhead=QColor(worn.text),
        none=mix(ground, text, 0.3),
        good=QColor(worn.good),
        warn=QColor(worn.warn),
        bad=QColor(worn.bad),
    )


def track_color(track: str, on_dark: bool = True) -> QColor:
    """The colour of a track, a little lighter on dark ground so that thin lines are seen."""
    color = QColor(TRACK_COLORS[track])
    return color.lighter(118) if on_dark else color.darker(106)


def lane_color(track: str, index: int, on_dark: bool = True) -> QColor:
    """The colour of a track's lane: the track's own, its hue turned a little further each time."""
    color = track_color(track, on_dark)
    turned = (color.hslHue() + _LANE_TURNS[index % len(_LANE_TURNS)]) % 360
    result = QColor.fromHsl(turned, color.hslSaturation(), color.lightness())
    # blues look darker than greens of the same lightness; every line must be seen
    target = QColor("white" if on_dark else "black")
    while (luminance(result) < _LEAST_ON_DARK) if on_dark else (luminance(result) > _MOST_ON_LIGHT):
        result = mix(result, target, 0.12)
    return result


def luminance(color: QColor) -> float:
    """How light a colour looks, 0..1 (Rec. 709 weights, without gamma)."""
    return 0.2126 * color.redF() + 0.7152 * color.greenF() + 0.0722 * color.blueF()


def dash_of(index: int) -> tuple[int, int]:
    """The dash pattern of a track's lane."""
    return DASHES[index % len(DASHES)]


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """A colour between two: `share` 0 is the first, 1 the second."""
    keep = 1.0 - share
    return QColor.fromRgbF(
        first.redF() * keep + second.redF() * share,
        first.greenF() * keep + second.greenF() * share,
        first.blueF() * keep + second.blueF() * share,
    )


def faded(color: QColor, alpha: float) -> QColor:
    """A colour that lets through what lies below; `alpha` 0..1."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result

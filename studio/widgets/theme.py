"""Colours, type and style sheet of the window, in a dark and a light dress.

`apply_theme` dresses the whole application; who paints by hand asks `colors()` while painting and
repaints by itself, because Qt tells every widget of a new palette.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

_ASSETS = Path(__file__).parents[2] / "assets"
ICONS: Final = _ASSETS / "icons"
_STYLE = _ASSETS / "styles" / "studio.qss"

THEMES: Final = ("dark", "light", "system")
_FAMILIES = ("Inter", "SF Pro Text", "Segoe UI Variable", "Segoe UI", "Noto Sans", "DejaVu Sans")
_MONO_FAMILIES = (
    "JetBrains Mono",
    "SF Mono",
    "Cascadia Mono",
    "Noto Sans Mono",
    "DejaVu Sans Mono",
)
_TEXT_PX = 13
_TOKEN = re.compile(r"@icon\((?P<icon>[a-z-]+), *(?P<tone>[a-z_]+)\)|@(?P<color>[a-z_]+)")


@dataclass(frozen=True, slots=True)
class Colors:
    """One dress. All are `#rrggbb`.

    Attributes:
        window: Behind the panels.
        panel: Ground of a panel.
        raised: Buttons, headers, rows that stand out.
        hover: The same under the mouse.
        field: Where values are typed, and the ground of curves.
        canvas: Around pictures.
        line: Borders and separators.
        text: What is read.
        muted: Units, captions.
        faint: What is switched off.
        accent: The one thing to press, selection and focus.
        accent_hover: The same under the mouse.
        on_accent: Text on `accent`.
        good: Ready.
        warn: Stale, beyond what looks right.
        bad: Failed, recording.
    """

    window: str
    panel: str
    raised: str
    hover: str
    field: str
    canvas: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    good: str
    warn: str
    bad: str


DARK: Final = Colors(
    window="#15171a",
    panel="#1d2024",
    raised="#292d33",
    hover="#343940",
    field="#121416",
    canvas="#101214",
    line="#32363d",
    text="#e8eaed",
    muted="#a0a7b1",
    faint="#646b75",
    accent="#6c5bef",
    accent_hover="#7d6df3",
    on_accent="#ffffff",
    good="#3fb97f",
    warn="#e0a63a",
    bad="#e5484d",
)
LIGHT: Final = Colors(
    window="#e6e8ec",
    panel="#f7f8fa",
    raised="#e9ebef",
    hover="#dcdfe5",
    field="#ffffff",
    canvas="#d9dce2",
    line="#cfd3da",
    text="#1b1e23",
    muted="#575e69",
    faint="#9aa1ab",
    accent="#5b48d9",
    accent_hover="#4a38c4",
    on_accent="#ffffff",
    good="#1a8a55",
    warn="#a86a00",
    bad="#c92a2f",
)
TRACK_COLORS: Final = {
    "audio": "#999999",
    "lips": "#D55E00",
    "head_pose": "#0072B2",
    "eyes": "#009E73",
    "expression": "#CC79A7",
}
"""Track → colour that colour-blind people can tell apart (Okabe and Ito)."""
TRACK_ICONS: Final = {
    "audio": "audio",
    "lips": "lips",
    "head_pose": "head",
    "eyes": "eyes",
    "expression": "expression",
}
"""Track → name of its icon: no meaning lies in the colour alone."""


class _Dress(QObject):
    """What the application wears now, and the files of its style sheet."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.colors = DARK
        self.name = ""
        self.folder = QTemporaryDir()


_dress: list[_Dress] = []


def _worn() -> _Dress:
    if not _dress:
        _dress.append(_Dress())
    return _dress[0]


def colors() -> Colors:
    """The colours of now."""
    return _worn().colors


def theme_signal() -> _Dress:
    """The object whose `changed` is emitted after the colours changed."""
    return _worn()


def icon_file() -> Path:
    """The application's own icon."""
    return _ASSETS / "icons" / "avatar-studio.svg"


def is_dark() -> bool:
    """Whether the dark dress is worn."""
    return _worn().colors is DARK


def mono_font(px: int = _TEXT_PX) -> QFont:
    """A font whose digits are equally wide, for time codes and values."""
    font = QFont()
    font.setFamilies([*_MONO_FAMILIES])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(px)
    return font


def apply_theme(app: QApplication, name: str) -> None:
    """Dresses the application.

    Args:
        app: What to dress.
        name: One of `THEMES`; `system` follows the platform, also when it changes later.

    Raises:
        ValueError: there is no such theme.
    """
    if name not in THEMES:
        raise ValueError(f"there is no theme {name}")
    dress = _worn()
    hints = QGuiApplication.styleHints()
    if name == "system" and dress.name != "system":
        hints.colorSchemeChanged.connect(_on_scheme_changed)
    elif name != "system" and dress.name == "system":
        hints.colorSchemeChanged.disconnect(_on_scheme_changed)
    dress.name = name
    is_light = name == "light" or (name == "system" and hints.colorScheme() is Qt.ColorScheme.Light)
    dress.colors = LIGHT if is_light else DARK
    style = QStyleFactory.create("Fusion")
    if style is not None:
        app.setStyle(style)
    app.setFont(_text_font())
    app.setPalette(_palette(dress.colors))
    app.setStyleSheet(style_sheet(dress.colors))
    dress.changed.emit()


def style_sheet(worn: Colors) -> str:
    """The style sheet in these colours; icons in it are files coloured for the purpose."""
    values = asdict(worn)
    folder = Path(_worn().folder.path())

    def fill(match: re.Match[str]) -> str:
        if match["icon"]:
            return _colored_file(folder, match["icon"], values[match["tone"]])
        return str(values[match["color"]])

    return _TOKEN.sub(fill, _STYLE.read_text(encoding="utf-8"))


def _on_scheme_changed() -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply_theme(app, "system")


def _colored_file(folder: Path, icon: str, color: str) -> str:
    target = folder / f"{icon}-{color[1:]}.svg"
    if not target.exists():
        drawing = (ICONS / f"{icon}.svg").read_text(encoding="utf-8")
        target.write_text(drawing.replace("currentColor", color), encoding="utf-8")
    return target.as_posix()


def _text_font() -> QFont:
    known = set(QFontDatabase.families())
    font = QFont()
    font.setFamilies([family for family in _FAMILIES if family in known] or [*_FAMILIES])
    font.setPixelSize(_TEXT_PX)
    return font


def _palette(worn: Colors) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for key, color in {
        role.Window: worn.panel,
        role.WindowText: worn.text,
        role.Base: worn.field,
        role.AlternateBase: worn.panel,
        role.ToolTipBase: worn.raised,
        role.ToolTipText: worn.text,
        role.PlaceholderText: worn.faint,
        role.Text: worn.text,
        role.Button: worn.raised,
        role.ButtonText: worn.text,
        role.BrightText: worn.bad,
        role.Light: worn.hover,
        role.Midlight: worn.raised,
        role.Mid: worn.line,
        role.Dark: worn.line,
        role.Shadow: worn.window,
        role.Highlight: worn.accent,
        role.HighlightedText: worn.on_accent,
        role.Link: worn.accent_hover,
        role.Accent: worn.accent,
    }.items():
        palette.setColor(key, QColor(color))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(worn.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(worn.line))
    return palette

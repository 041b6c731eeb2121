"""The menus of the timeline: what is under the pointer, and what can be added to a track."""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from core.base.controls import Factor
from core.motion.clip_end import ClipEnd
from core.motion.presets import EMOTIONS
from core.timeline.curve import Handles, Interpolation
from core.timeline.document import Gap
from core.timeline.keying import Ease
from core.timeline.source import AudioParams, PortraitParams
from core.timeline.strip import AudioStrip, Blend, Strip
from studio.controller.curve_verbs import Shaping
from studio.controller.selection import AUDIO
from studio.controller.studio import Studio
from studio.controller.verbs import Verbs
from studio.panels.timeline.cue_lane import SHAPE_NAMES, CueHit, CueLane

_INTERPOLATIONS = {
    Interpolation.HOLD: "Hold",
    Interpolation.LINEAR: "Linear",
    Interpolation.BEZIER: "Bezier",
}
_HANDLES = {
    Handles.AUTO: "Auto-clamped",
    Handles.ALIGNED: "Aligned",
    Handles.FREE: "Free",
    Handles.VECTOR: "Vector",
}
_ENDS = {
    ClipEnd.HOLD: "Hold last",
    ClipEnd.LOOP: "Loop",
    ClipEnd.PINGPONG: "Back and forth",
}
_BLENDS = {Blend.REPLACE: "Replace", Blend.ADD: "Add"}
_SPEEDS = (25, 50, 75, 100, 150, 200, 400)
_CROSSFADES = (0, 6, 12, 25, 50)
_EASES = {Ease.BOTH: "Both ends", Ease.IN: "In", Ease.OUT: "Out"}


def add_action(menu: QMenu, title: str, run: Callable[[], object], keys: str = "") -> QAction:
    """Puts a line into a menu; `keys` are shown, not bound: the command table binds them."""
    action = menu.addAction(f"{title}\t{keys}" if keys else title)
    action.triggered.connect(lambda: run())
    return action


def curve_menu(
    verbs: Verbs,
    type_value: Callable[[], None],
    shape: Callable[[Shaping], None],
    parent: QWidget,
) -> QMenu:
    """What can be done to the keys of the focused curve."""
    menu = QMenu(parent)
    add_action(menu, "Add or remove key", verbs.toggle_key, ";")
    add_action(menu, "Type frame and value…", type_value, "Enter")
    menu.addSeparator()
    shapes = menu.addMenu("Interpolation (T)")
    for interpolation, title in _INTERPOLATIONS.items():
        add_action(shapes, title, partial(verbs.set_interpolation, interpolation))
    kinds = menu.addMenu("Handles (V)")
    for handles, title in _HANDLES.items():
        add_action(kinds, title, partial(verbs.set_handles, handles))
    eases = menu.addMenu("Ease (Ctrl+E)")
    for ease, title in _EASES.items():
        add_action(eases, title, partial(verbs.ease, ease))
    menu.addSeparator()
    add_action(menu, "Smooth…", partial(shape, Shaping.SMOOTH), "Alt+O")
    add_action(menu, "Simplify…", partial(shape, Shaping.SIMPLIFY), "Alt+Shift+O")
    add_action(menu, "Flatten…", partial(shape, Shaping.FLATTEN))
    add_action(menu, "Mirror values", verbs.mirror_values, "Ctrl+Shift+H")
    add_action(menu, "Mirror time", verbs.mirror_time, "Ctrl+H")
    menu.addSeparator()
    _add_clipboard(menu, verbs)
    menu.addSeparator()
    add_action(menu, "Reset curve", verbs.reset_lane, "Backspace")
    return menu


def strip_menu(verbs: Verbs, is_sound: bool, parent: QWidget) -> QMenu:
    """What can be done to the selected strips."""
    menu = QMenu(parent)
    add_action(menu, "Split at playhead", verbs.split, "Ctrl+K")
    if is_sound:
        add_action(menu, "Normalise to −16 LUFS", verbs.normalise)
        add_action(menu, "Sound 10 ms earlier", lambda: verbs.nudge_audio(-0.01), "[")
        add_action(menu, "Sound 10 ms later", lambda: verbs.nudge_audio(0.01), "]")
    else:
        _add_motion(menu, verbs)
    menu.addSeparator()
    strips: list[Strip | AudioStrip] = [*verbs.selected_strips, *verbs.selected_sounds]
    muted = add_action(menu, "Mute", verbs.toggle_strip_mute)
    _check(muted, bool(strips) and all(strip.is_muted for strip in strips))
    menu.addSeparator()
    _add_clipboard(menu, verbs)
    return menu


def _add_motion(menu: QMenu, verbs: Verbs) -> None:
    strips = verbs.selected_strips
    add_action(menu, "Fit to audio", verbs.fit_to_audio)
    speeds = menu.addMenu("Speed")
    for percent in _SPEEDS:
        action = add_action(speeds, f"{percent} %", partial(verbs.set_speed, percent / 100.0))
        _check(action, all(round(100 * s.speed) == percent for s in strips))
    ends = menu.addMenu("After its end")
    for end, title in _ENDS.items():
        action = add_action(ends, title, partial(verbs.set_clip_end, end))
        _check(action, all(s.clip_end is end for s in strips))
    fades = menu.addMenu("Crossfade")
    for n_frames in _CROSSFADES:
        title = "None" if n_frames == 0 else f"{n_frames} frames"
        action = add_action(fades, title, partial(verbs.set_crossfade, n_frames))
        _check(action, all(s.fade_in == n_frames for s in strips))
    blends = menu.addMenu("Blend")
    for blend, title in _BLENDS.items():
        action = add_action(blends, title, partial(verbs.set_blend, blend))
        _check(action, all(s.blend is blend for s in strips))
    mirrored = add_action(menu, "Mirror left and right", verbs.mirror_strips)
    _check(mirrored, bool(strips) and all(s.mirror for s in strips))
    menu.addSeparator()
    add_action(menu, "Bake to keys", verbs.bake_strips)


def _check(action: QAction, is_on: bool) -> None:
    action.setCheckable(True)
    action.setChecked(is_on)


def cue_menu(
    lane: CueLane,
    hit: CueHit,
    bring: Callable[[], None],
    save: Callable[[], None],
    parent: QWidget,
) -> QMenu:
    """What can be done to the mouth shape under the pointer, and to all of its sound.

    Args:
        lane: Does it.
        hit: The mouth shape.
        bring: Asks for a file of Rhubarb and takes its shapes.
        save: Asks for a file and writes them.
        parent: Of the menu.
    """
    menu = QMenu(parent)
    now = lane.cues(hit.strip)[hit.index].shape
    for shape, name in SHAPE_NAMES.items():
        action = add_action(menu, f"{shape}  {name}", partial(lane.set_shape, hit, shape))
        action.setCheckable(True)
        action.setChecked(shape == now)
    menu.addSeparator()
    add_action(menu, "Split here", partial(lane.split, hit))
    add_action(menu, "Delete", partial(lane.delete, hit))
    menu.addSeparator()
    add_action(menu, "Import mouth shapes…", bring)
    add_action(menu, "Export mouth shapes…", save)
    again = add_action(menu, "As recognised", partial(lane.replace, hit.strip, ()))
    again.setEnabled(lane.is_edited(hit.strip))
    return menu


def track_menu(studio: Studio, track: str, parent: QWidget) -> QMenu:
    """What holds for a whole track; it has the focus."""
    menu = QMenu(parent)
    document, verbs = studio.project.document, studio.verbs
    factor = None if track == AUDIO else Factor(track)
    of = document.audio if factor is None else document.track(factor)
    armed = add_action(menu, "Record into it", verbs.toggle_arm, "Shift+R")
    _check(armed, track in studio.selection.armed)
    _check(add_action(menu, "Mute", verbs.toggle_mute, "Shift+M"), of.is_muted)
    if factor is not None:
        is_solo = document.track(factor).is_solo
        _check(add_action(menu, "Solo", verbs.toggle_solo), is_solo)
    _check(add_action(menu, "Lock", verbs.toggle_lock), of.is_locked)
    menu.addSeparator()
    add_action(menu, "Select its strips", verbs.select_all_strips)
    if factor is not None:
        add_action(menu, "Mirror left and right", verbs.mirror_track)
        add_action(menu, "Hold the last pose in gaps", verbs.toggle_gap_hold)
        _check(menu.actions()[-1], document.track(factor).gap is Gap.HOLD)
    menu.addSeparator()
    return menu


def ruler_menu(verbs: Verbs, parent: QWidget) -> QMenu:
    """What can be done at the playhead's time."""
    menu = QMenu(parent)
    add_action(menu, "Set in", verbs.set_in, "I")
    add_action(menu, "Set out", verbs.set_out, "O")
    add_action(menu, "Clear in and out", verbs.clear_range, "Alt+X")
    menu.addSeparator()
    add_action(menu, "Set or remove marker", verbs.toggle_marker, "M")
    add_action(menu, "Split at playhead", verbs.split, "Ctrl+K")
    add_action(menu, "Fit length to strips", verbs.fit_length)
    return menu


def add_menu(
    studio: Studio, track: str, frame: int, import_files: Callable[[], None], parent: QWidget
) -> QMenu:
    """What can be laid on a track at a frame."""
    menu = QMenu(parent)
    add_action(menu, "Import a file…", import_files)
    menu.addSeparator()
    document = studio.project.document
    factors = () if track == AUDIO else (Factor(track),)
    for source in document.sources:
        is_sound = isinstance(source.params, AudioParams)
        if is_sound is (track == AUDIO) and not isinstance(source.params, PortraitParams):
            add_action(menu, source.name, partial(studio.drop_source, source.id, factors, frame))
    if track == Factor.EXPRESSION:
        emotions = menu.addMenu("Emotion")
        for emotion in EMOTIONS:
            add_action(emotions, emotion.capitalize(), partial(studio.apply_preset, emotion, frame))
    return menu


def _add_clipboard(menu: QMenu, verbs: Verbs) -> None:
    add_action(menu, "Cut", verbs.cut, "Ctrl+X")
    add_action(menu, "Copy", verbs.copy, "Ctrl+C")
    add_action(menu, "Paste", verbs.paste, "Ctrl+V").setEnabled(verbs.can_paste)
    add_action(menu, "Duplicate", verbs.duplicate, "Ctrl+D")
    add_action(menu, "Delete", verbs.delete, "Del")
    add_action(menu, "Ripple delete", verbs.ripple_delete, "Shift+Del")

"""Every command of the window in one table: menus, palette and shortcut editor read it.

A callback is a dotted name below the studio (`project.undo`) or a name that a panel binds
(`window.…`, `timeline.…`, `viewer.…`, `recording.…`); conditions likewise.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MENUS: Final = (
    "File", "Edit", "Clip", "Key", "Record", "Playback", "View", "Tools", "Help",
)  # fmt: skip


class Context(StrEnum):
    """Where a shortcut counts."""

    GLOBAL = "global"
    TIMELINE = "timeline"  # the timeline has focus
    CURVES = "curves"  # the curve view has focus and keys are selected


@dataclass(frozen=True, slots=True)
class Action:
    """One command.

    Attributes:
        id: Stable, for settings.
        title: As menus show it.
        menu: One of `MENUS`, or `View/Theme` for a submenu; empty for the palette only.
        callback: What it calls.
        shortcuts: Key sequences in Qt's portable text; the first one is shown.
        arguments: What the callback is given.
        enabled: Name of a condition; empty is always.
        checked: Name of a condition for commands that are on or off; empty for the others.
        context: Where the shortcuts count.
        has_separator: Whether a line is drawn above it in its menu.
    """

    id: str
    title: str
    menu: str
    callback: str
    shortcuts: tuple[str, ...] = ()
    arguments: tuple[object, ...] = ()
    enabled: str = ""
    checked: str = ""
    context: Context = Context.GLOBAL
    has_separator: bool = False


def _of(menu: str, *rows: Action) -> tuple[Action, ...]:
    return tuple(
        Action(
            row.id, row.title, row.menu or menu, row.callback, row.shortcuts, row.arguments,
            row.enabled, row.checked, row.context, row.has_separator,
        )
        for row in rows
    )  # fmt: skip


def _row(
    action_id: str,
    title: str,
    callback: str,
    *shortcuts: str,
    arguments: tuple[object, ...] = (),
    enabled: str = "",
    checked: str = "",
    context: Context = Context.GLOBAL,
    line: bool = False,
    menu: str = "",
) -> Action:
    return Action(
        action_id, title, menu, callback, shortcuts, arguments, enabled, checked, context, line
    )


_FILE = _of(
    "File",
    _row("file.new", "New", "window.new", "Ctrl+N"),
    _row("file.new_from", "New from portrait and voice…", "window.new_from", "Ctrl+Shift+N"),
    _row("file.open", "Open…", "window.open", "Ctrl+O"),
    _row("file.save", "Save", "window.save", "Ctrl+S", line=True),
    _row("file.save_as", "Save as…", "window.save_as", "Ctrl+Shift+S"),
    _row("file.share", "Share as zip…", "window.share"),
    _row("file.import", "Import media…", "window.import_media", "Ctrl+I", line=True),
    _row("file.relink", "Find missing media…", "window.relink", enabled="has_missing"),
    _row("file.export", "Export…", "window.export", "Ctrl+M", enabled="has_portrait", line=True),
    _row("file.quit", "Quit", "window.close", "Ctrl+Q", line=True),
)

_EDIT = _of(
    "Edit",
    _row("edit.undo", "Undo", "project.undo", "Ctrl+Z", enabled="can_undo"),
    _row("edit.redo", "Redo", "project.redo", "Ctrl+Shift+Z", "Ctrl+Y", enabled="can_redo"),
    _row("edit.history", "History…", "window.show_history"),
    _row("edit.cut", "Cut", "verbs.cut", "Ctrl+X", enabled="has_selection", line=True),
    _row("edit.copy", "Copy", "verbs.copy", "Ctrl+C", enabled="has_selection"),
    _row("edit.paste", "Paste", "verbs.paste", "Ctrl+V", enabled="can_paste"),
    _row(
        "edit.paste_scaled", "Paste to this lane", "verbs.paste", "Ctrl+Shift+V",
        enabled="can_paste",
    ),
    _row(
        "edit.duplicate", "Duplicate", "verbs.duplicate", "Ctrl+D", "Shift+D",
        enabled="has_selection",
    ),
    _row("edit.delete", "Delete", "verbs.delete", "Del", enabled="has_selection", line=True),
    _row(
        "edit.ripple_delete", "Ripple delete", "verbs.ripple_delete", "Shift+Del",
        enabled="has_selection",
    ),
    _row("edit.select_all", "Select all", "verbs.select_all", "Ctrl+A"),
    _row("edit.select_none", "Select none", "selection.clear", "Ctrl+Shift+A"),
)  # fmt: skip

_CLIP = _of(
    "Clip",
    _row(
        "clip.generate", "Generate preview", "generate_preview", "Ctrl+G", enabled="has_portrait"
    ),
    _row("clip.split", "Split at playhead", "verbs.split", "Ctrl+K", line=True),
    _row("clip.nudge_left", "Nudge left", "verbs.nudge", "Alt+Left", arguments=(-1,),
         enabled="has_selection"),
    _row("clip.nudge_right", "Nudge right", "verbs.nudge", "Alt+Right", arguments=(1,),
         enabled="has_selection"),
    _row("clip.nudge_left_10", "Nudge left by 10", "verbs.nudge", "Alt+Shift+Left",
         arguments=(-10,), enabled="has_selection"),
    _row("clip.nudge_right_10", "Nudge right by 10", "verbs.nudge", "Alt+Shift+Right",
         arguments=(10,), enabled="has_selection"),
    _row("clip.bake", "Bake strips to keys", "verbs.bake_strips", enabled="has_strips"),
    _row("clip.fit_to_audio", "Fit to audio", "verbs.fit_to_audio", enabled="has_strips"),
    _row("clip.normalise", "Normalise to −16 LUFS", "verbs.normalise",
         enabled="has_selected_sound"),
    _row("clip.mute_strip", "Mute strip", "verbs.toggle_strip_mute", enabled="has_strips"),
    _row("clip.sound_earlier", "Sound 10 ms earlier", "verbs.nudge_audio", "[",
         arguments=(-0.01,), enabled="has_sound", line=True),
    _row("clip.sound_later", "Sound 10 ms later", "verbs.nudge_audio", "]",
         arguments=(0.01,), enabled="has_sound"),
    _row("clip.mute", "Mute track", "verbs.toggle_mute", "Shift+M", line=True),
    _row("clip.solo", "Solo track", "verbs.toggle_solo", enabled="has_factor"),
    _row("clip.lock", "Lock track", "verbs.toggle_lock"),
    _row("clip.fit_length", "Fit length to strips", "verbs.fit_length"),
)  # fmt: skip

_CURVES = Context.CURVES
_KEY = _of(
    "Key",
    _row("key.toggle", "Add or remove key", "verbs.toggle_key", ";", enabled="has_lane"),
    _row("key.type", "Type frame and value…", "timeline.type_value", "Return",
         enabled="has_keys", context=_CURVES),
    _row("key.move", "Move keys", "timeline.move_keys", "G", enabled="has_keys",
         context=_CURVES, line=True),
    _row("key.scale", "Scale keys", "timeline.scale_keys", "S", enabled="has_keys",
         context=_CURVES),
    _row("key.pivot", "Next pivot of scaling", "verbs.cycle_pivot", "Ctrl+."),
    _row("key.select_next", "Select next key", "verbs.select_key", "Ctrl+Down",
         arguments=(1,), enabled="has_lane", line=True),
    _row("key.select_previous", "Select previous key", "verbs.select_key", "Ctrl+Up",
         arguments=(-1,), enabled="has_lane"),
    _row("key.add_next", "Add next key to selection", "verbs.select_key", "Ctrl+Shift+Down",
         arguments=(1, True), enabled="has_lane"),
    _row("key.add_previous", "Add previous key to selection", "verbs.select_key",
         "Ctrl+Shift+Up", arguments=(-1, True), enabled="has_lane"),
    _row("key.up", "Nudge up 1 %", "verbs.nudge_keys", "Alt+Up", arguments=(0.0, 1.0),
         enabled="has_keys"),
    _row("key.down", "Nudge down 1 %", "verbs.nudge_keys", "Alt+Down", arguments=(0.0, -1.0),
         enabled="has_keys"),
    _row("key.up_10", "Nudge up 10 %", "verbs.nudge_keys", "Alt+Shift+Up",
         arguments=(0.0, 10.0), enabled="has_keys"),
    _row("key.down_10", "Nudge down 10 %", "verbs.nudge_keys", "Alt+Shift+Down",
         arguments=(0.0, -10.0), enabled="has_keys"),
    _row("key.interpolation", "Next interpolation", "verbs.cycle_interpolation", "T",
         enabled="has_keys", context=_CURVES, line=True),
    _row("key.handles", "Next kind of handles", "verbs.cycle_handles", "V",
         enabled="has_keys", context=_CURVES),
    _row("key.ease", "Ease in and out", "verbs.ease", "Ctrl+E", enabled="has_keys"),
    _row("key.smooth", "Smooth…", "timeline.smooth", "Alt+O", enabled="has_lane", line=True),
    _row("key.simplify", "Simplify…", "timeline.simplify", "Alt+Shift+O", enabled="has_lane"),
    _row("key.flatten", "Flatten…", "timeline.flatten", enabled="has_lane"),
    _row("key.mirror", "Mirror values", "verbs.mirror_values", "Ctrl+Shift+H",
         enabled="has_lane"),
    _row("key.mirror_time", "Mirror time", "verbs.mirror_time", "Ctrl+H", enabled="has_lane"),
    _row("key.reset", "Reset keys or curve", "verbs.reset", "Backspace", enabled="has_lane",
         context=Context.TIMELINE),
    _row("key.link_blink", "Link both blinks", "verbs.toggle_blink_link",
         checked="is_blink_linked", line=True),
    _row("key.auto", "Auto-key", "toggle_auto_key", checked="is_auto_key"),
)  # fmt: skip

_RECORD = _of(
    "Record",
    _row("record.arm", "Arm track", "verbs.toggle_arm", "Shift+R", checked="is_armed"),
    _row("record.start", "Record", "recording.toggle", "R", enabled="has_armed"),
    _row("record.rehearse", "Rehearse", "recording.rehearse", enabled="has_armed"),
    _row("record.rest_pose", "Set rest pose", "recording.set_rest_pose"),
    _row("record.keep", "Keep take", "recorder.keep", enabled="has_take", line=True),
    _row("record.retake", "Retake", "recorder.retake", enabled="has_take"),
    _row("record.discard", "Discard take", "recorder.discard", enabled="has_take"),
)

_PLAYBACK = _of(
    "Playback",
    _row("play.toggle", "Play or pause", "playback.toggle", "Space", checked="is_playing"),
    _row("play.range", "Play in to out", "playback.play_range", "Shift+Space"),
    _row("play.back", "Shuttle back", "playback.shuttle", "J", arguments=(-1,)),
    _row("play.hold", "Pause shuttle", "playback.shuttle", "K", arguments=(0,)),
    _row("play.forth", "Shuttle forward", "playback.shuttle", "L", arguments=(1,)),
    _row("play.loop", "Loop", "toggle_loop", "Ctrl+L", checked="is_looping"),
    _row("play.previous", "Previous frame", "playhead.step", "Left", arguments=(-1,), line=True),
    _row("play.next", "Next frame", "playhead.step", "Right", arguments=(1,)),
    _row("play.second_back", "One second back", "playhead.step_seconds", "Shift+Left",
         arguments=(-1.0,)),
    _row("play.second_forth", "One second forward", "playhead.step_seconds", "Shift+Right",
         arguments=(1.0,)),
    _row("play.start", "Start", "playhead.to_start", "Home"),
    _row("play.end", "End", "playhead.to_end", "End"),
    _row("play.previous_edit", "Previous edit or key", "playhead.to_edit", "Up", arguments=(-1,)),
    _row("play.next_edit", "Next edit or key", "playhead.to_edit", "Down", arguments=(1,)),
    _row("play.set_in", "Set in", "verbs.set_in", "I", line=True),
    _row("play.set_out", "Set out", "verbs.set_out", "O"),
    _row("play.to_in", "Go to in", "playhead.to_in", "Shift+I"),
    _row("play.to_out", "Go to out", "playhead.to_out", "Shift+O"),
    _row("play.clear_range", "Clear in and out", "verbs.clear_range", "Alt+X"),
    _row("play.marker", "Marker", "verbs.toggle_marker", "M", line=True),
    _row("play.previous_marker", "Previous marker", "playhead.to_marker", "<", arguments=(-1,)),
    _row("play.next_marker", "Next marker", "playhead.to_marker", ">", arguments=(1,)),
    _row("play.scrub_sound", "Scrub sound", "toggle_scrub_sound", checked="is_scrub_sound",
         line=True),
)  # fmt: skip

_VIEW = _of(
    "View",
    _row("view.result", "Result", "viewer.set_mode", "F1", arguments=("result",)),
    _row("view.wipe", "Wipe A|B", "viewer.set_mode", "F2", arguments=("wipe",)),
    _row("view.side", "Side by side", "viewer.set_mode", "F3", arguments=("side",)),
    _row("view.onion", "Onion", "viewer.set_mode", "F4", arguments=("onion",)),
    _row("view.landmarks", "Landmarks", "viewer.set_mode", "F5", arguments=("landmarks",)),
    _row("view.store_a", "Store snapshot A", "preview.store_snapshot", "Shift+1",
         arguments=(1,), line=True),
    _row("view.store_b", "Store snapshot B", "preview.store_snapshot", "Shift+2", arguments=(2,)),
    _row("view.show_a", "Show snapshot A", "viewer.show_snapshot", "1", arguments=(1,)),
    _row("view.show_b", "Show snapshot B", "viewer.show_snapshot", "2", arguments=(2,)),
    _row("view.zoom_in", "Zoom in", "timeline.zoom_in", "=", "+", line=True),
    _row("view.zoom_out", "Zoom out", "timeline.zoom_out", "-"),
    _row("view.zoom_fit", "Zoom to fit", "timeline.zoom_fit", "\\"),
    _row("view.zoom_selected", "Zoom to selection", "timeline.zoom_selected", "."),
    _row("view.snap", "Snap", "toggle_snap", "N", checked="is_snapping"),
    _row("view.edit", "Edit", "window.set_workspace", arguments=("Edit",),
         menu="View/Workspace", line=True),
    _row("view.record", "Record", "window.set_workspace", arguments=("Record",),
         menu="View/Workspace"),
    _row("view.curves", "Curves", "window.set_workspace", arguments=("Curves",),
         menu="View/Workspace"),
    _row("view.dark", "Dark", "window.set_theme", arguments=("dark",), menu="View/Theme"),
    _row("view.light", "Light", "window.set_theme", arguments=("light",), menu="View/Theme"),
    _row("view.system", "As the system", "window.set_theme", arguments=("system",),
         menu="View/Theme"),
    _row("view.larger", "Larger", "window.scale_by", "Ctrl+=", arguments=(10,), menu="View/Size"),
    _row("view.smaller", "Smaller", "window.scale_by", "Ctrl+-", arguments=(-10,),
         menu="View/Size"),
    _row("view.reset_layout", "Reset layout", "window.reset_layout", line=True),
    _row("view.full_screen", "Full screen", "window.toggle_full_screen", "F11"),
)  # fmt: skip

_TOOLS = _of(
    "Tools",
    _row("tools.palette", "Command palette…", "window.show_palette", "Ctrl+Shift+P"),
    _row("tools.weights", "Weights…", "window.show_weights", line=True),
    _row("tools.engine", "Engine…", "window.show_engines"),
    _row("tools.shortcuts", "Keyboard shortcuts…", "window.show_shortcuts"),
    _row("tools.settings", "Settings…", "window.show_settings", "Ctrl+,"),
    _row("tools.exports", "Export queue", "window.show_exports", line=True),
    _row("tools.doctor", "What this computer has…", "window.show_doctor"),
)

_HELP = _of(
    "Help",
    _row("help.first_run", "First steps…", "window.show_first_run"),
    _row("help.sample", "Open the sample project", "window.open_sample"),
    _row("help.report", "Copy report", "window.copy_report", line=True),
    _row("help.about", "About Avatar Studio", "window.show_about"),
)

ACTIONS: Final = _FILE + _EDIT + _CLIP + _KEY + _RECORD + _PLAYBACK + _VIEW + _TOOLS + _HELP
"""All commands, in the order of their menus."""

PRESETS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "Studio": {},
    "Blender": {
        "key.toggle": ("I",),
        "play.set_in": ("Ctrl+Home",),
        "play.set_out": ("Ctrl+End",),
        "clip.split": ("Y",),
        "edit.delete": ("X", "Del"),
        "edit.duplicate": ("Shift+D",),
        "view.zoom_selected": ("Num+.",),
        "view.zoom_fit": ("\\", "Num+Home"),
        "key.interpolation": ("T",),
        "play.loop": (),
    },
}
"""Shortcut presets: what differs from `ACTIONS`, by action id."""

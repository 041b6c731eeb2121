"""When a command can be run: the conditions that the action table names."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.controller.recorder import Phase

if TYPE_CHECKING:
    from studio.controller.studio import Studio


def conditions_of(studio: "Studio") -> dict[str, Callable[[], bool]]:
    """Name → whether it holds now. Called often: each is cheap."""
    project, selection, settings = studio.project, studio.selection, studio.settings
    return {
        "can_undo": lambda: project.undo_label is not None,
        "can_redo": lambda: project.redo_label is not None,
        "can_paste": lambda: studio.verbs.can_paste,
        "has_selection": lambda: bool(selection.strips or selection.keys),
        "has_strips": lambda: bool(selection.strips),
        "has_keys": lambda: bool(selection.keys),
        "has_lane": lambda: selection.lane is not None,
        "has_factor": lambda: selection.factor is not None,
        "has_portrait": lambda: bool(project.document.avatar.source_id),
        "has_sound": lambda: bool(project.document.audio.strips),
        "has_selected_sound": lambda: bool(studio.verbs.selected_sounds),
        "has_missing": lambda: studio.library.has_missing,
        "has_armed": lambda: bool(selection.armed),
        "has_take": lambda: studio.recorder.phase is Phase.REVIEW,
        "is_armed": lambda: selection.track in selection.armed,
        "is_playing": lambda: studio.playhead.is_playing,
        "is_looping": lambda: studio.playhead.is_looping,
        "is_auto_key": lambda: bool(settings.get("auto_key")),
        "is_snapping": lambda: bool(settings.get("snap")),
        "is_scrub_sound": lambda: bool(settings.get("scrub_sound")),
        "is_blink_linked": lambda: studio.verbs.is_blink_linked,
    }

"""What every part of the timeline works on, in one place."""

from dataclasses import dataclass

from studio.controller.curve_verbs import CurveVerbs
from studio.controller.playhead import Playhead
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.selection import Selection
from studio.services.settings import Settings
from studio.widgets.timeline_axis import TimeAxis


@dataclass(frozen=True, slots=True)
class Desk:
    """The controllers and the time axis that the parts of the timeline share."""

    project: Project
    selection: Selection
    playhead: Playhead
    verbs: CurveVerbs
    settings: Settings
    axis: TimeAxis
    preview: Preview

"""Where drags snap to: playhead, markers, in and out, keys, strip edges, and whole frames."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from core.timeline.document import Document
from studio.panels.timeline.lane_access import curve_of, lanes_of

SNAP_PX = 8.0
Targets = tuple[NDArray[np.float64], ...]


def snap_targets(
    document: Document,
    playhead: int,
    *,
    without_strips: Collection[str] = (),
    without_lane: tuple[str, str] | None = None,
) -> Targets:
    """The frames to snap to, by rank; what is dragged itself is left out.

    Args:
        document: As it was before the drag.
        playhead: Its frame.
        without_strips: Ids of the dragged strips.
        without_lane: (factor, lane) of the dragged keys.
    """
    edges: list[float] = [0.0, float(document.n_frames)]
    for strip in document.audio.strips:
        if strip.id not in without_strips:
            edges += [strip.start, strip.stop]
    keys: list[NDArray[np.float64]] = []
    for track in document.tracks:
        for other in track.strips:
            if other.id not in without_strips:
                edges += [other.start, other.stop]
        keys += [
            curve_of(track, lane).frames
            for lane in lanes_of(track)
            if (track.factor, lane) != without_lane
        ]
    ends = [f for f in (document.in_frame, document.out_frame) if f is not None]
    return (
        np.array([playhead], np.float64),
        np.array([marker.frame for marker in document.markers], np.float64),
        np.array(ends, np.float64),
        np.unique(np.concatenate(keys)) if keys else np.empty(0),
        np.unique(np.array(edges, np.float64)),
    )


def snap(
    frames: Collection[float], targets: Targets, px_per_frame: float
) -> tuple[float, float | None]:
    """How far to move so that one of `frames` lies on a target within 8 px.

    Of several the first in rank wins, then the nearest. Without one, the first of the frames
    goes to its nearest whole frame.

    Returns:
        (shift in frames, the frame that was snapped to or None)
    """
    reach = SNAP_PX / px_per_frame
    moving = np.array(list(frames), np.float64)
    for rank in targets:
        if len(rank) == 0:
            continue
        right = np.clip(np.searchsorted(rank, moving), 0, len(rank) - 1)
        left = np.maximum(right - 1, 0)
        gaps = np.stack([rank[left] - moving, rank[right] - moving])
        best = np.unravel_index(np.argmin(np.abs(gaps)), gaps.shape)
        gap = float(gaps[best])
        if abs(gap) <= reach:
            return gap, float(moving[best[1]] + gap)
    return round(float(moving[0])) - float(moving[0]), None

"""100 edits, then 100 undos: the document is the same to the last byte."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.controls import Factor
from core.session.schema import Project, from_text, to_text
from core.timeline import edits, keying, lane_edits, project_edits
from core.timeline.curve import Handles, Interpolation
from core.timeline.document import Document, Marker
from core.timeline.fitting import simplify
from core.timeline.history import History
from core.timeline.lanes import LANES
from core.timeline.source import ClipParams, Source
from core.timeline.strip import Strip

Random = np.random.Generator


def pick(random: Random, items: tuple[str, ...]) -> str:
    return items[int(random.integers(len(items)))]


def any_strip(document: Document, random: Random) -> str | None:
    ids = [strip.id for track in document.tracks for strip in track.strips]
    ids += [strip.id for strip in document.audio.strips]
    return ids[int(random.integers(len(ids)))] if ids else None


def add(document: Document, random: Random) -> Document:
    strip_id = next(document.new_ids("strip"))
    start, n = int(random.integers(200)), int(random.integers(1, 90))
    factor = tuple(Factor)[int(random.integers(4))]
    return edits.add_strip(document, factor, Strip(strip_id, "clip", start, n))


def change_strip(document: Document, random: Random) -> Document:
    strip_id = any_strip(document, random)
    if strip_id is None:
        return document
    frame = int(random.integers(-20, 260))
    verbs: list[Callable[[], Document]] = [
        lambda: edits.move_strip(document, strip_id, frame),
        lambda: edits.trim_strip(document, strip_id, frame, frame + int(random.integers(1, 99))),
        lambda: edits.split_strip(document, strip_id, frame),
        lambda: edits.slip_strip(document, strip_id, float(random.normal())),
        lambda: edits.set_speed(document, strip_id, float(random.uniform(0, 5))),
        lambda: edits.set_crossfade(document, strip_id, int(random.integers(60))),
        lambda: edits.duplicate_strip(document, strip_id),
        lambda: edits.ripple_delete_strip(document, strip_id),
    ]
    return verbs[int(random.integers(len(verbs)))]()


def change_lane(document: Document, random: Random) -> Document:
    lane = pick(random, ("open", "yaw", "gaze_x", "scale", "happy", "browInnerUp"))
    curve = document.track(LANES[lane].factor).offset(lane)
    some = [i for i in range(len(curve)) if random.random() < 0.5]
    frame, value = int(random.integers(250)), float(random.normal())
    stroke = np.arange(frame, frame + 20.0)
    kind = tuple(Handles)[int(random.integers(4))]
    shape = tuple(Interpolation)[int(random.integers(3))]
    verbs: list[Callable[[], Document]] = [
        lambda: lane_edits.set_value(document, lane, frame, value),
        lambda: lane_edits.toggle_key(document, lane, frame),
        lambda: lane_edits.draw_stroke(document, lane, stroke, random.normal(size=20)),
        lambda: lane_edits.reset_lane(document, lane),
        lambda: lane_edits.mirror_track(document, LANES[lane].factor),
        lambda: lane_edits.edit_curve(
            document, lane, lambda c: keying.move_keys(c, some, value, 0.1)
        ),
        lambda: lane_edits.edit_curve(document, lane, lambda c: keying.set_handles(c, some, kind)),
        lambda: lane_edits.edit_curve(
            document, lane, lambda c: keying.set_interpolation(c, some, shape)
        ),
        lambda: lane_edits.edit_curve(document, lane, lambda c: keying.smooth(c, some, 0.5)),
        lambda: lane_edits.edit_curve(document, lane, lambda c: keying.mirror_time(c, some)),
        lambda: lane_edits.edit_curve(document, lane, lambda c: simplify(c, 0.05)),
    ]
    return verbs[int(random.integers(len(verbs)))]()


def change_project(document: Document, random: Random) -> Document:
    frame = int(random.integers(document.n_frames))
    source = Source(next(document.new_ids("clip")), "Clip", ClipParams())
    verbs: list[Callable[[], Document]] = [
        lambda: project_edits.set_marker(document, Marker(frame, "m")),
        lambda: project_edits.set_range(document, frame, frame + 10),
        lambda: project_edits.add_source(document, source),
        lambda: project_edits.cut_time(document, frame, frame + 7),
        lambda: project_edits.set_rate(document, Fraction(int(random.integers(20, 60)))),
        lambda: project_edits.fit_length(document),
    ]
    return verbs[int(random.integers(len(verbs)))]()


VERBS = (add, change_strip, change_strip, change_lane, change_lane, change_lane, change_project)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_100_edits_and_100_undos_give_the_same_bytes(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = Document(sources=(Source("clip", "Clip", ClipParams()),))
    history = History(start)
    texts = [to_text(Project(document=start))]
    while len(history.labels) <= 100:
        verb = VERBS[int(random.integers(len(VERBS)))]
        before = history.position
        history.apply(verb.__name__, verb(history.document, random))
        if history.position > before:
            texts.append(to_text(Project(document=history.document)))
            assert from_text(texts[-1]).document == history.document
    for text in reversed(texts[:-1]):
        assert to_text(Project(document=history.undo())) == text
    assert history.document is start
    for text in texts[1:]:
        assert to_text(Project(document=history.redo())) == text


@pytest.mark.parametrize("n_previews", [1, 50])
def test_a_cancelled_drag_leaves_the_same_bytes(rich: Document, n_previews: int) -> None:
    history = History(replace(rich, seed=1))
    before = to_text(Project(document=history.document))
    history.begin("Drag")
    for i in range(n_previews):
        history.preview(lane_edits.set_value(history.document, "round", i, i / 100))
    history.cancel()
    assert to_text(Project(document=history.document)) == before

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np
import pytest

from core.base.controls import Factor
from core.base.progress import Progress
from core.base.time import FrameRange
from core.export.job import ExportJob
from core.export.otio import otio_timeline
from core.export.settings import Sidecar
from core.export.sidecars import Scene, sidecar_path, write_sidecars
from core.motion.livelink import read_live_link
from core.motion.motion import Motion
from core.speech.cues import MouthCue
from core.speech.rhubarb import rhubarb_json
from core.timeline.curve import Curve, Key
from core.timeline.document import Document, Marker, OffsetCurve
from core.timeline.source import Generator, GeneratorParams, Source
from core.timeline.strip import Strip


@pytest.fixture
def drawn(driven: Document) -> Document:
    """With a gaze curve, a marker, and two generators that overlap on the eyes."""
    names = (Generator.BLINKS, Generator.GAZE)
    sources = [Source(str(n), str(n), GeneratorParams(n, 3)) for n in names]
    strips = tuple(Strip(f"{n}-strip", str(n), 0, 50) for n in names)
    curve = Curve((Key(0.0, 0.0), Key(40.0, 0.5)))
    document = replace(
        driven, sources=(*driven.sources, *sources), markers=(Marker(12, "Look up"),)
    )
    eyes = document.track(Factor.EYES)
    return document.with_track(
        replace(eyes, strips=strips, offsets=(OffsetCurve("gaze_x", curve),))
    )


def children(timeline: dict[str, Any], name: str) -> list[list[dict[str, Any]]]:
    return [t["children"] for t in timeline["tracks"]["children"] if t["name"] == name]


def frames_of(item: dict[str, Any]) -> int:
    duration = item["source_range"]["duration"]
    assert duration["rate"] == 25.0
    return int(duration["value"])


def test_every_sidecar_beside_a_film(
    job: ExportJob, run: Callable[[ExportJob], list[int]], drawn: Document
) -> None:
    settings = replace(job.settings, sidecars=frozenset(Sidecar))
    run(replace(job, document=drawn, settings=settings))
    names = {p.name for p in job.folder.iterdir()} - {"driver.mp4"}
    expected = {"film.mp4", "film.csv", "film.curves.json", "film.otio", "film.mouth.json"}
    assert names == expected


def test_live_link_gives_the_motion_back(job: ExportJob, motion: Motion) -> None:
    scene = Scene(job.document, job.folder, job.frames, motion)
    (path,) = write_sidecars(scene, job.output, None, {Sidecar.LIVE_LINK}, Progress())
    head = read_live_link(path).tracks[Factor.HEAD_POSE]
    assert head.rate == Fraction(25)
    assert np.abs(head.column("yaw") - np.arange(50) * 0.5).max() < 1e-3


def test_curves_json(job: ExportJob, drawn: Document, motion: Motion) -> None:
    scene = Scene(drawn, job.folder, job.frames, motion)
    (path,) = write_sidecars(scene, job.output, None, {Sidecar.CURVES}, Progress())
    data = json.loads(path.read_text())
    assert data["schema"] == "AvatarStudio.Curves.1"
    assert (data["rate"], data["n_frames"]) == ({"numerator": 25, "denominator": 1}, 50)
    assert list(data["controls"]["head_pose"]) == ["yaw"]
    assert data["controls"]["head_pose"]["yaw"][4] == 2.0
    keys = data["curves"]["eyes"]["offsets"]["gaze_x"]["keys"]
    assert [(k["frame"], k["value"]) for k in keys] == [(0.0, 0.0), (40.0, 0.5)]


def test_otio_places_strips_and_gaps(job: ExportJob, drawn: Document, driver_clip: Path) -> None:
    timeline = otio_timeline(drawn, job.folder, job.output, FrameRange(10, 50), "film")
    assert timeline["OTIO_SCHEMA"] == "Timeline.1"
    assert timeline["tracks"]["OTIO_SCHEMA"] == "Stack.1"
    (head,) = children(timeline, "Head pose")
    assert [(c["OTIO_SCHEMA"], frames_of(c)) for c in head] == [("Gap.1", 5), ("Clip.2", 20)]
    reference = head[1]["media_references"][head[1]["active_media_reference_key"]]
    assert reference["OTIO_SCHEMA"] == "ExternalReference.1"
    assert Path(unquote(urlparse(reference["target_url"]).path)) == driver_clip
    (audio,) = children(timeline, "Audio")
    assert [frames_of(c) for c in audio] == [10, 40]
    assert audio[1]["source_range"]["start_time"]["value"] == 10.0  # 0.4 s
    (film,) = children(timeline, "film")
    assert [frames_of(c) for c in film] == [10, 40]
    (marker,) = timeline["tracks"]["markers"]
    assert (marker["name"], marker["marked_range"]["start_time"]["value"]) == ("Look up", 12.0)


def test_otio_tracks_never_overlap(job: ExportJob, drawn: Document) -> None:
    timeline = otio_timeline(drawn, job.folder, None, job.frames, "film")
    eyes = children(timeline, "Eyes")
    assert len(eyes) == 2
    kinds = {
        clip["media_references"]["DEFAULT_MEDIA"]["generator_kind"]
        for lane in eyes
        for clip in lane
    }
    assert kinds == {"blinks", "gaze"}


def test_otio_carries_our_curves(job: ExportJob, drawn: Document) -> None:
    timeline = otio_timeline(drawn, job.folder, None, job.frames, "film")
    own = timeline["metadata"]["avatar_studio"]
    assert own["curves"]["eyes"]["offsets"]["gaze_x"]["keys"][1]["value"] == 0.5


def test_otio_time_warp(job: ExportJob, driven: Document) -> None:
    head = driven.track(Factor.HEAD_POSE)
    fast = driven.with_track(replace(head, strips=(replace(head.strips[0], speed=2.0),)))
    timeline = otio_timeline(fast, job.folder, None, job.frames, "film")
    clip = children(timeline, "Head pose")[0][1]
    assert clip["effects"][0]["time_scalar"] == 2.0
    assert frames_of(clip) == 20


def test_rhubarb_json() -> None:
    cues = (MouthCue(0.0, 0.25, "X"), MouthCue(0.25, 1.0, "D"))
    assert json.loads(rhubarb_json(cues, "a.wav", 1.0)) == {
        "metadata": {"soundFile": "a.wav", "duration": 1.0},
        "mouthCues": [
            {"start": 0.0, "end": 0.25, "value": "X"},
            {"start": 0.25, "end": 1.0, "value": "D"},
        ],
    }


def test_rhubarb_follows_the_strip(job: ExportJob, document: Document, motion: Motion) -> None:
    scene = Scene(document, job.folder, job.frames, motion)
    (path,) = write_sidecars(scene, job.output, None, {Sidecar.RHUBARB}, Progress())
    cues = json.loads(path.read_text())["mouthCues"]
    assert path == sidecar_path(job.output, Sidecar.RHUBARB)
    assert (cues[0]["start"], cues[0]["value"], cues[-1]["end"]) == (0.0, "X", 2.0)
    assert cues[0]["end"] >= 0.399  # silent until the strip begins
    assert len({cue["value"] for cue in cues}) >= 3
    assert all(a["end"] == b["start"] for a, b in pairwise(cues))


def test_failed_sidecar_leaves_none(job: ExportJob, document: Document, motion: Motion) -> None:
    gone = replace(document.sources[0].media, path=str(job.folder / "gone.wav"))
    document = replace(document, sources=(replace(document.sources[0], media=gone),))
    scene = Scene(document, job.folder, job.frames, motion)
    with pytest.raises(ValueError, match=r"gone\.wav"):
        write_sidecars(scene, job.output, None, {Sidecar.CURVES, Sidecar.RHUBARB}, Progress())
    assert list(job.folder.iterdir()) == []

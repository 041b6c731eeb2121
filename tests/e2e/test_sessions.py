"""`generate`, `export` and `batch` on saved sessions."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from core.base.controls import Factor
from core.session.store import create_session, load_project, open_session
from core.timeline.document import AvatarSettings, Document
from core.timeline.source import MediaReference, PortraitParams, Source

Run = Callable[..., Any]


@pytest.fixture
def session(tmp_path: Path, small_portrait: Path) -> Path:
    """A session of 10 frames with a portrait and nothing else."""
    folder = tmp_path / "a.avatar"
    portrait = Source("it", "It", PortraitParams(), MediaReference("media/it.png"))
    document = Document(n_frames=10, sources=(portrait,), avatar=AvatarSettings("it"))
    create_session(folder, document).close()
    shutil.copy(small_portrait, folder / "media" / "it.png")
    return folder


def document_of(session: Path) -> Document:
    return load_project(session / "project.json").document


def test_generate_fills_what_is_empty_once(studio: Run, session: Path) -> None:
    outcome = studio("generate", session)
    assert (outcome.code, outcome.last["filled"]) == (0, "head pose, eyes")
    assert document_of(session).track(Factor.EYES).strips
    before = (session / "project.json").read_bytes()
    assert studio("generate", session).last["filled"] == ""
    assert (session / "project.json").read_bytes() == before


def test_generate_leaves_a_session_that_is_open_elsewhere(terminal: Run, session: Path) -> None:
    before = (session / "project.json").read_bytes()
    with open_session(session):
        outcome = terminal("generate", session)
    assert outcome.code == 2
    assert "open in another window" in outcome.said[0]
    assert (session / "project.json").read_bytes() == before


def test_export_by_the_name_with_the_choices_of_the_dialog(
    studio: Run, session: Path, tmp_path: Path
) -> None:
    output = tmp_path / "film.mov"
    outcome = studio(
        "export", session, "-o", output, "--range", "0.08:0.2", "--size", 128,
        "--transparent", "--sound", "none", "--sidecar", "curves",
    )  # fmt: skip
    assert outcome.code == 0
    with av.open(str(output)) as film:
        frames = [frame.to_ndarray(format="rgba") for frame in film.decode(video=0)]
    assert [frame.shape for frame in frames] == [(128, 128, 4)] * 3
    alpha = np.stack(frames)[..., 3]
    assert alpha.min() == 0
    assert alpha.max() == 255
    assert (tmp_path / "film.curves.json").exists()
    assert studio("export", session, "-o", output).code == 2  # nothing is overwritten


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (["-o", "film.avi"], "unknown ending"),
        (["-o", "film.mp4", "--transparent"], "no transparent background"),
        (["-o", "film.mp4", "--crf", "99"], "Quality 99"),
        (["-o", "film.mp4", "--range", "3:9"], "no range of this session"),
        (["-o", "film.mp4", "--sound", "copy"], "the audio track has no strip"),
    ],
)
def test_what_cannot_be_exported(
    terminal: Run,
    session: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    about: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = terminal("export", session, *arguments)
    assert outcome.code == 2
    assert len(outcome.said) == 1
    assert about in outcome.said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.avatar"]


def test_batch_goes_on_after_a_session_that_fails(
    studio: Run, session: Path, tmp_path: Path
) -> None:
    shutil.copytree(session, tmp_path / "b.avatar")
    with open_session(session) as opened:
        opened.save(replace(opened.document, avatar=AvatarSettings()))
    outcome = studio("batch", tmp_path, "-o", tmp_path / "films", "--size", 64)
    assert outcome.code == 2
    rows = [event for event in outcome.events if event["event"] == "batch"]
    assert [row["session"] for row in rows] == ["a.avatar", "b.avatar"]
    assert "no portrait" in rows[0]["state"]
    assert rows[1]["state"] == "done"
    assert [path.name for path in (tmp_path / "films").iterdir()] == ["b.mp4"]
    assert "1 session of 2" in outcome.last["message"]

import errno
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.base.errors import Cancelled, SessionError
from core.base.progress import Progress
from core.session import files
from core.session.files import write_text
from core.session.media import collect_media, link_media
from core.session.relink import require_media
from core.session.store import (
    AUTOSAVE,
    CACHE,
    EXPORTS,
    MEDIA,
    PROJECT,
    TAKES,
    create_session,
    load_project,
    open_session,
    session_folder,
)
from core.timeline.document import Document
from core.timeline.source import AudioParams, Source


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_session_is_created_saved_and_opened_again(tmp_path: Path, rich: Document) -> None:
    folder = tmp_path / "größe 你好" / "talk.avatar"
    with create_session(folder, Document()) as session:
        assert names(folder) == {PROJECT, ".lock", MEDIA, TAKES, CACHE, AUTOSAVE, EXPORTS}
        session.save(rich)
        assert session.document == rich
    with open_session(folder) as session:
        assert session.document == rich
        assert not session.is_read_only
    with open_session(folder / PROJECT) as session:
        assert session.folder == folder


def test_a_session_is_never_made_over_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(SessionError, match="not empty"):
            create_session(place, Document())
    assert names(tmp_path) == {"notes.txt"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is no session"),
        (b'{"schema": "Project.1", "docu', "damaged, because it is no JSON"),
        (b"\xff\xfe\x00", "damaged, because it is no text"),
        (b'{"schema": "Project.1", "document": 3}', "damaged, because project.document is no obj"),
        (b'{"schema": "Project.2"}', "newer version"),
    ],
)
def test_what_is_no_session_is_said_in_one_sentence(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / PROJECT).write_bytes(content)
    with pytest.raises(SessionError, match=message) as caught:
        open_session(tmp_path)
    assert "\n" not in str(caught.value)
    assert names(tmp_path) <= {PROJECT}


def test_the_second_instance_only_reads(tmp_path: Path) -> None:
    folder = tmp_path / "a.avatar"
    with create_session(folder, Document(seed=1)) as first:
        with open_session(folder) as second:
            assert second.is_read_only
            assert second.document.seed == 1
            with pytest.raises(SessionError, match="open in another window"):
                second.save(Document(seed=2))
        first.save(Document(seed=3))
    with open_session(folder) as third:
        assert not third.is_read_only
        assert third.document.seed == 3


def test_save_as_takes_media_and_takes_along(tmp_path: Path, small: Document) -> None:
    with create_session(tmp_path / "a.avatar", Document()) as session:
        document = collect_media(small, tmp_path, session.folder)
        session.save(document)
        (session.folder / TAKES / "take.safetensors").write_bytes(b"take")
        (session.folder / CACHE / "big").write_bytes(b"cache")
        with session.save_as(tmp_path / "b.avatar", replace(document, seed=5)) as other:
            assert other.document.seed == 5
            assert {"media/face.jpg", "takes/take.safetensors"} <= names(other.folder)
            assert not (other.folder / CACHE / "big").exists()
        assert not session.is_read_only
        progress = Progress()
        progress.cancel()
        with pytest.raises(Cancelled):
            session.save_as(tmp_path / "c.avatar", document, progress)
        assert not (tmp_path / "c.avatar").exists()


def test_the_newest_20_autosaves_are_kept(tmp_path: Path) -> None:
    with create_session(tmp_path / "a.avatar", Document()) as session:
        start = datetime.now(UTC) + timedelta(seconds=1)
        assert session.recoverable() is None
        for i in range(25):
            session.autosave(Document(seed=i), start + timedelta(minutes=i))
        kept = session.autosaves()
        assert [autosave.time for autosave in kept] == [
            start + timedelta(minutes=i) for i in range(24, 4, -1)
        ]


def test_a_later_state_than_the_last_save_is_offered(tmp_path: Path) -> None:
    with create_session(tmp_path / "a.avatar", Document()) as session:
        soon = datetime.now(UTC) + timedelta(seconds=5)
        session.autosave(Document(seed=1), soon - timedelta(hours=1))
        assert session.recoverable() is None
        session.autosave(Document(), soon)
        assert session.recoverable() is None  # the same as what was saved
        good = session.autosave(Document(seed=3), soon + timedelta(seconds=1))
        torn = session.autosave(Document(seed=4), soon + timedelta(seconds=2))
        torn.path.write_text("{")
        assert session.recoverable() == good


def test_a_full_disk_leaves_the_saved_session_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with create_session(tmp_path / "a.avatar", Document(seed=1)) as session:
        before = names(session.folder)
        with monkeypatch.context() as patch:
            patch.setattr("core.base.files.sync_file", full)
            with pytest.raises(SessionError, match="the disk is full"):
                session.save(Document(seed=2))
        assert names(session.folder) == before
        assert session.document.seed == 1
        session.save(Document(seed=3))
    with open_session(tmp_path / "a.avatar") as session:
        assert session.document.seed == 3


def test_a_file_that_fails_halfway_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_text("old")
    with pytest.raises(SessionError, match="could not be written"):
        write_text(tmp_path / "nowhere" / "x", "new")

    def fail() -> None:
        with files.writing(target) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert names(tmp_path) == {"x"}


_SAVER = """
import sys
from pathlib import Path
from core.session.store import open_session
from core.timeline.document import Document, Marker
with open_session(Path(sys.argv[1])) as session:
    print("ready", flush=True)
    seed = 0
    while True:
        seed += 1
        session.save(Document(seed=seed, markers=tuple(Marker(i, "x" * 50) for i in range(2000))))
"""


def test_a_kill_while_saving_never_damages_a_saved_session(tmp_path: Path) -> None:
    folder = tmp_path / "a.avatar"
    create_session(folder, Document()).close()
    for pause in (0.05, 0.11, 0.17):
        with subprocess.Popen(
            [sys.executable, "-c", _SAVER, str(folder)], stdout=subprocess.PIPE
        ) as saver:
            assert saver.stdout is not None
            assert saver.stdout.readline().strip() == b"ready"
            time.sleep(pause)
            saver.kill()
        with open_session(folder) as session:
            assert session.document.seed == 0 or len(session.document.markers) == 2000
            assert not session.is_read_only  # the dead holder's lock went with it
            assert not list(folder.glob("*.part"))
            assert not list(folder.glob(".*.part"))


def test_the_present_folder_is_searched_around_when_media_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a.avatar"
    (tmp_path / "voice.wav").write_bytes(b"sound")
    reference = replace(link_media(tmp_path / "voice.wav"), path="media/voice.wav")
    source = Source("audio", "voice", AudioParams(), reference)
    create_session(folder, Document(sources=(source,))).close()
    monkeypatch.chdir(folder)
    for name in (".", PROJECT):
        place = session_folder(Path(name))
        [found] = require_media(load_project(place / PROJECT).document, place).sources
        assert found.media is not None
        assert Path(found.media.path) == tmp_path / "voice.wav"


def test_a_number_that_would_fill_the_memory_is_damage(tmp_path: Path) -> None:
    create_session(tmp_path / "a.avatar", Document()).close()
    path = tmp_path / "a.avatar" / PROJECT
    text = path.read_text()
    for old, new in (('"rate":"25"', '"rate":"1e999999999"'), ('"seed":0', f'"seed":{"9" * 5000}')):
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(SessionError, match="is damaged"):
            load_project(path)

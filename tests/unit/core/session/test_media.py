import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.content import sha256_file
from core.base.controls import Factor
from core.base.errors import Cancelled, SessionError
from core.base.progress import Progress
from core.motion.track import FactorTrack
from core.session.archive import share, unpack
from core.session.media import collect_media, copy_media, link_media, media_path, portable_name
from core.session.relink import missing_media, relink, require_media
from core.session.store import create_session, open_session
from core.session.takes import load_take, save_take
from core.timeline.document import Document
from core.timeline.source import ClipParams, MediaReference, Source


def with_media(document: Document, source_id: str, media: MediaReference) -> Document:
    sources = (replace(s, media=media) if s.id == source_id else s for s in document.sources)
    return replace(document, sources=tuple(sources))


def content(document: Document, folder: Path, source_id: str) -> bytes:
    source = document.source(source_id)
    assert source is not None
    assert source.media is not None
    return media_path(folder, source.media).read_bytes()


def test_media_are_copied_once_and_refer_to_the_copy(tmp_path: Path) -> None:
    folder, one, two = tmp_path / "s", tmp_path / "one", tmp_path / "two"
    for place in (one, two):
        place.mkdir()
    (one / "a.wav").write_bytes(b"1")
    (two / "a.wav").write_bytes(b"2")
    first = copy_media(folder, one / "a.wav")
    assert first == MediaReference("media/a.wav", sha256_file(one / "a.wav"))
    assert copy_media(folder, one / "a.wav") == first
    assert copy_media(folder, two / "a.wav").path == "media/a-2.wav"
    assert sorted(p.name for p in (folder / "media").iterdir()) == ["a-2.wav", "a.wav"]
    pictures = copy_media(folder, one)
    assert pictures.path == "media/one"
    assert (folder / "media" / "one" / "a.wav").read_bytes() == b"1"


def test_missing_files_are_named(tmp_path: Path) -> None:
    for make in (link_media, lambda path: copy_media(tmp_path, path)):
        with pytest.raises(SessionError, match=r"nothing\.mp4"):
            make(tmp_path / "nothing.mp4")


def test_a_cancelled_copy_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x" * 100)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        copy_media(tmp_path / "s", tmp_path / "a.mp4", progress)
    assert not any(path.is_file() for path in (tmp_path / "s").rglob("*"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("a:b?.mp4", "a_b_.mp4"), ("…  .", "…"), ("", "media"), ("é" * 300 + ".wav", None)],
)
def test_names_suit_every_platform(name: str, wanted: str | None) -> None:
    portable = portable_name(name)
    assert len(portable.encode()) <= 200
    assert portable == wanted if wanted else portable.endswith(".wav")


def test_a_session_that_is_moved_as_a_whole_needs_no_search(
    tmp_path: Path, small: Document
) -> None:
    with create_session(tmp_path / "a.avatar", Document()) as session:
        session.save(collect_media(small, tmp_path, session.folder))
    (tmp_path / "originals").rename(tmp_path / "gone")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a.avatar").rename(tmp_path / "elsewhere" / "b.avatar")
    with open_session(tmp_path / "elsewhere" / "b.avatar") as session:
        assert missing_media(session.document, session.folder) == ()
        assert content(session.document, session.folder, "speech") == b"some words"


def linked(small: Document, tmp_path: Path) -> Document:
    for name in ("face.jpg", "speech.wav"):
        media = link_media(tmp_path / "originals" / name)
        small = with_media(small, name.partition(".")[0], media)
    return small


@pytest.mark.parametrize(
    "place",
    ["originals/renamed.jpg", "s/media/x.jpg", "s/face.JPG", "beside/face.jpg", "asked/in/y.jpg"],
)
def test_moved_media_are_found_by_content(tmp_path: Path, small: Document, place: str) -> None:
    document = linked(small, tmp_path)
    folder = tmp_path / "s"
    folder.mkdir()
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / "face.jpg.txt").write_bytes(b"a face")
    (folder / "decoy.jpg").write_bytes(b"another face")
    (tmp_path / "originals" / "face.jpg").rename(tmp_path / place)
    assert [source.id for source in missing_media(document, folder)] == ["face"]
    result = relink(document, folder, [tmp_path / "asked"])
    assert [source.id for source in result.found] == ["face"]
    assert result.missing == ()
    assert content(result.document, folder, "face") == b"a face"
    assert require_media(document, folder, [tmp_path / "asked"]) == result.document
    source = result.document.source("face")
    assert source is not None
    assert source.media is not None
    assert source.media.path.startswith("/") != place.startswith("s/")


def test_media_that_are_gone_are_all_named(tmp_path: Path, small: Document) -> None:
    document = linked(small, tmp_path)
    folder = tmp_path / "s"
    folder.mkdir()
    for name in ("face.jpg", "speech.wav"):
        (tmp_path / "originals" / name).write_bytes(b"something else")
        (tmp_path / "originals" / name).rename(tmp_path / "originals" / f"x{name}")
    with pytest.raises(SessionError, match=r"face\.jpg.*speech\.wav"):
        require_media(document, folder)
    assert relink(document, folder).document == document


def test_without_a_noted_content_the_name_has_to_do(tmp_path: Path, small: Document) -> None:
    folder = tmp_path / "s"
    (folder / "media").mkdir(parents=True)
    (tmp_path / "originals" / "face.jpg").rename(folder / "media" / "face.jpg")
    (folder / "other.jpg").write_bytes(b"other")
    assert content(relink(small, folder).document, folder, "face") == b"a face"


def test_a_take_survives_a_round_trip(tmp_path: Path) -> None:
    track = FactorTrack.at_rest(Factor.HEAD_POSE, 5, Fraction(60), "mouse")
    eyes = FactorTrack.at_rest(Factor.EYES, 7, Fraction(30000, 1001), "mouse")
    first = save_take(tmp_path, "Head take: 1", {Factor.HEAD_POSE: track, Factor.EYES: eyes})
    second = save_take(tmp_path, "Head take: 1", {Factor.EYES: eyes})
    assert (first.path, second.path) == (
        "takes/Head take_ 1.safetensors",
        "takes/Head take_ 1-2.safetensors",
    )
    loaded = load_take(tmp_path / first.path)
    assert set(loaded) == {Factor.HEAD_POSE, Factor.EYES}
    assert np.array_equal(loaded[Factor.HEAD_POSE].values, track.values)
    assert loaded[Factor.EYES].rate == Fraction(30000, 1001)
    (tmp_path / "bad").write_bytes(b"\x80\x04pickle")
    for path in (tmp_path / "bad", tmp_path / "nothing"):
        with pytest.raises(SessionError, match="take"):
            load_take(path)


def test_a_shared_session_opens_elsewhere_with_all_its_files(
    tmp_path: Path, small: Document
) -> None:
    other = tmp_path / "second" / "face.jpg"
    other.parent.mkdir()
    other.write_bytes(b"second face")
    clip = Source("clip", "Clip", ClipParams(), link_media(other))
    twin = Source("twin", "Twin", ClipParams(face=1), link_media(other))
    with create_session(tmp_path / "a.avatar", Document()) as session:
        document = collect_media(small, tmp_path, session.folder)
        document = replace(document, sources=(*document.sources, clip, twin), seed=8)
        session.save(document)
        (session.folder / "takes" / "t.safetensors").write_bytes(b"take")
        (session.folder / "cache" / "c").write_bytes(b"cache")
        share(session.folder, document, tmp_path / "out" / "a.zip")
        assert session.document == document
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.zip"]
    (tmp_path / "originals").rename(tmp_path / "gone")
    other.unlink()
    unpack(tmp_path / "out" / "a.zip", tmp_path / "new" / "b.avatar")
    with open_session(tmp_path / "new" / "b.avatar") as session:
        assert session.document.seed == 8
        assert content(session.document, session.folder, "face") == b"a face"
        assert content(session.document, session.folder, "clip") == b"second face"
        assert content(session.document, session.folder, "twin") == b"second face"
        assert (session.folder / "takes" / "t.safetensors").exists()
        assert not (session.folder / "cache" / "c").exists()
        # and once more, from the copy
        share(session.folder, session.document, tmp_path / "c.zip")
    unpack(tmp_path / "c.zip", tmp_path / "c.avatar")


def test_sharing_with_missing_media_leaves_no_file(tmp_path: Path, small: Document) -> None:
    with create_session(tmp_path / "a.avatar", small) as session:
        (tmp_path / "originals" / "face.jpg").unlink()
        with pytest.raises(SessionError, match=r"face\.jpg"):
            share(session.folder, small, tmp_path / "out" / "a.zip")
    assert list((tmp_path / "out").iterdir()) == []


def make_zip(path: Path, entries: dict[str, bytes], *, link: bool = False) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if link else 0o100644) << 16
            archive.writestr(info, data)


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "media/../../evil", "C:/evil", "media\\..\\evil"]
)
def test_a_zip_never_writes_outside_its_folder(tmp_path: Path, name: str) -> None:
    make_zip(tmp_path / "a.zip", {"project.json": b"{}", name: b"!"})
    with pytest.raises(SessionError, match="out of its folder"):
        unpack(tmp_path / "a.zip", tmp_path / "in" / "b.avatar")
    assert list((tmp_path / "in").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def test_a_zip_with_links_or_outside_media_is_refused(tmp_path: Path, small: Document) -> None:
    make_zip(tmp_path / "a.zip", {"media/x": b"/etc/passwd"}, link=True)
    with pytest.raises(SessionError, match="out of its folder"):
        unpack(tmp_path / "a.zip", tmp_path / "b.avatar")
    with create_session(tmp_path / "c.avatar", small) as session:
        text = (session.folder / "project.json").read_bytes()
    make_zip(tmp_path / "d.zip", {"project.json": text})
    with pytest.raises(SessionError, match="out of its folder"):
        unpack(tmp_path / "d.zip", tmp_path / "d.avatar")
    assert not (tmp_path / "d.avatar").exists()


@pytest.mark.parametrize("data", [b"", b"no zip at all"])
def test_what_is_no_shared_session_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SessionError, match="no shared session"):
        unpack(tmp_path / "a.zip", tmp_path / "b.avatar")
    make_zip(tmp_path / "c.zip", {"readme.txt": b"hello"})
    with pytest.raises(SessionError, match="no session"):
        unpack(tmp_path / "c.zip", tmp_path / "b.avatar")
    with pytest.raises(SessionError, match="cannot be unpacked"):
        unpack(tmp_path / "nothing.zip", tmp_path / "b.avatar")
    (tmp_path / "b.avatar").mkdir()
    with pytest.raises(SessionError, match="there already"):
        unpack(tmp_path / "c.zip", tmp_path / "b.avatar")

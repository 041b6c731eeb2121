"""What every host promises, whether the engine runs inline or in a process."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from core.base.controls import INDEX, REST, Factor
from core.export.settings import ExportSettings, Picture
from core.face.pose import Pose
from core.jobs.document import write_document
from core.jobs.messages import (
    ENDINGS,
    Cancel,
    CancelledReply,
    Export,
    Exported,
    FacesFound,
    Failed,
    FindFaces,
    FrameReady,
    Gather,
    Gathered,
    Prepare,
    Prepared,
    Preview,
    Progressed,
    Refined,
    Reply,
)
from core.timeline.document import AvatarSettings, Document, ViewSettings
from core.timeline.source import (
    AudioParams,
    Generator,
    GeneratorParams,
    MediaReference,
    Source,
    VoiceParams,
)
from core.timeline.strip import Strip

Client = Any
N, SIDE = 250, 64


def is_rendering(ticket: int) -> Callable[[Reply], bool]:
    return lambda reply: (
        isinstance(reply, Progressed)
        and (reply.ticket, reply.stage) == (ticket, "Rendering")
        and reply.done > 0
    )


def with_strip(document: Document, factor: Factor, source: Source, *more: Source) -> Document:
    strip = Strip("strip", source.id, 0, N, smoothing=0.0)
    document = replace(document, sources=(*document.sources, source, *more))
    return document.with_track(replace(document.track(factor), strips=(strip,)))


def speaking(document: Document, speech: Path) -> Document:
    """With lips that have to be listened to, which takes a second or more."""
    sound = Source("audio", "Audio", AudioParams(), MediaReference(str(speech)))
    return with_strip(document, Factor.LIPS, Source("voice", "Voice", VoiceParams("audio")), sound)


def film_greys(path: Path) -> list[float]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24").mean() for frame in film.decode(video=0)]


def test_preparing_tells_progress_size_and_pose(client: Client, folder: Path, text: str) -> None:
    ticket = client.ask(Prepare(text, str(folder)))
    assert client.end(ticket) == Prepared(ticket, SIDE, SIDE, Pose(1.0, 2.0, 3.0), "CPU")
    client.end(ticket)
    if "Refined" not in client.kinds(ticket):
        client.until(lambda reply: reply == Refined(ticket))
    assert client.kinds(ticket) == ["Progressed", "Progressed", "Prepared", "Refined"]
    assert client.host.is_alive
    assert client.host.restarts == 0


def test_a_preview_shows_the_documents_frame(client: Client, folder: Path, text: str) -> None:
    for frame, side, size in ((100, None, 64), (249, 32, 32)):
        reply = client.end(client.ask(Preview(text, str(folder), frame, side)))
        assert isinstance(reply, FrameReady)
        picture = client.host.frame(reply)
        assert picture.shape == (reply.height, reply.width, 3) == (size, size, 3)
        assert (picture[..., 0] == round(255 * frame / 249)).all()
        assert reply.frame == frame
        assert 4 <= reply.ms < 30_000


def test_a_preview_takes_controls_that_are_evaluated_already(
    client: Client, folder: Path, text: str
) -> None:
    controls = np.array(REST)
    controls[INDEX["jawOpen"]] = 0.2
    request = Preview(text, str(folder), 100, controls=tuple(controls.tolist()))
    reply = client.end(client.ask(request))
    assert (client.host.frame(reply)[..., 0] == 51).all()


def test_faces_are_looked_for_and_a_missing_file_is_told(client: Client, folder: Path) -> None:
    found = client.end(client.ask(FindFaces(str(folder / "portrait.png"))))
    assert isinstance(found, FacesFound)
    assert (found.thumbnails, found.boxes) == ((), ())
    assert found.picture.shape == (64, 64, 3)
    failed = client.end(client.ask(FindFaces(str(folder / "gone.png"))))
    assert isinstance(failed, Failed)
    assert (failed.is_user_error, failed.lacks_face) == (True, False)


def test_previews_are_limited_in_size(client: Client, folder: Path, document: Document) -> None:
    whole = replace(document, avatar=replace(document.avatar, view=ViewSettings("full", None)))
    ticket = client.ask(Prepare(write_document(whole), str(folder)))
    prepared = client.end(ticket)
    assert (prepared.width, prepared.height) == (3000, 1500)
    reply = client.end(client.ask(Preview(write_document(whole), str(folder), 0)))
    assert (reply.width, reply.height) == (1080, 540)
    assert client.host.frame(reply).shape == (540, 1080, 3)


def test_frames_are_drafts_until_the_avatar_is_refined(
    client: Client, folder: Path, text: str
) -> None:
    hold = folder / "hold-refine"
    hold.touch()
    ticket = client.ask(Prepare(text, str(folder)))
    client.end(ticket)
    draft = client.end(client.ask(Preview(text, str(folder), 249)))
    assert not draft.is_final
    assert (client.host.frame(draft)[..., 2] == 0).all()
    hold.unlink()
    client.until(lambda reply: reply == Refined(ticket))
    final = client.end(client.ask(Preview(text, str(folder), 249)))
    assert final.is_final
    assert (client.host.frame(final)[..., 2] == 255).all()


def test_an_avatar_that_is_ready_is_not_prepared_twice(
    client: Client, folder: Path, text: str
) -> None:
    client.end(client.ask(Prepare(text, str(folder))))
    ticket = client.ask(Prepare(text, str(folder)))
    client.end(ticket)
    assert "Progressed" not in client.kinds(ticket)


def test_the_newest_preview_wins(client: Client, folder: Path, text: str) -> None:
    hold = folder / "hold-prepare"
    hold.touch()
    client.ask(Prepare(text, str(folder)))
    tickets = [client.ask(Preview(text, str(folder), frame)) for frame in range(5)]
    hold.unlink()
    assert isinstance(client.end(tickets[-1]), FrameReady)
    assert [client.end(ticket) for ticket in tickets[:-1]] == [
        CancelledReply(ticket) for ticket in tickets[:-1]
    ]


def test_the_newest_portrait_wins(client: Client, folder: Path, document: Document) -> None:
    hold = folder / "hold-prepare"
    hold.touch()
    old = client.ask(Prepare(write_document(document), str(folder)))
    other = replace(document, avatar=replace(document.avatar, view=ViewSettings("face", 32)))
    new = client.ask(Prepare(write_document(other), str(folder)))
    hold.unlink()
    assert client.end(new).width == 32
    # the process may have been done with the old one before it heard of the new one
    assert isinstance(client.end(old), CancelledReply | Prepared)


def test_a_preparation_is_cancelled(client: Client, folder: Path, text: str) -> None:
    (folder / "hold-prepare").touch()
    ticket = client.ask(Prepare(text, str(folder)))
    client.host.submit(Cancel(ticket))
    assert client.end(ticket) == CancelledReply(ticket)
    (folder / "hold-prepare").unlink()
    assert isinstance(client.end(client.ask(Prepare(text, str(folder)))), Prepared)


def test_gathering_reports_and_leaves_previews_live(
    client: Client, folder: Path, document: Document, sample_speech: Path
) -> None:
    text = write_document(speaking(document, sample_speech))
    client.end(client.ask(Prepare(text, str(folder))))
    ticket = client.ask(Gather(text, str(folder)))
    client.until(lambda reply: isinstance(reply, Progressed) and reply.ticket == ticket)
    before = client.end(client.ask(Preview(text, str(folder), 60)))
    assert not any(isinstance(reply, Gathered) for reply in client.heard)
    assert not before.is_final
    gathered = client.end(ticket)
    assert isinstance(gathered, Gathered)
    lips = gathered.bank["voice"][Factor.LIPS]
    assert len(lips) > 150
    assert np.ptp(lips.values) > 0.3
    steps = [r for r in client.heard if isinstance(r, Progressed) and r.ticket == ticket]
    assert steps[-1].done == steps[-1].total
    after = client.end(client.ask(Preview(text, str(folder), 60)))
    assert after.is_final


def test_gathering_is_cancelled(
    client: Client, folder: Path, document: Document, sample_speech: Path
) -> None:
    text = write_document(speaking(document, sample_speech))
    first = client.ask(Gather(text, str(folder)))
    second = client.ask(Gather(text, str(folder)))  # waits behind the first
    client.until(lambda reply: isinstance(reply, Progressed) and reply.ticket == first)
    client.host.submit(Cancel(second))
    assert client.end(second) == CancelledReply(second)
    client.host.submit(Cancel(first))
    assert client.end(first) == CancelledReply(first)


def test_motion_that_is_gathered_is_shown(client: Client, folder: Path, document: Document) -> None:
    head = Source("head", "Head", GeneratorParams(Generator.HEAD, 3))
    document = with_strip(document, Factor.HEAD_POSE, head)
    text = write_document(document)
    ticket = client.ask(Prepare(text, str(folder)))
    client.end(ticket)
    if Refined(ticket) not in client.heard:
        client.until(lambda reply: reply == Refined(ticket))
    assert not client.end(client.ask(Preview(text, str(folder), 60))).is_final
    client.end(client.ask(Gather(text, str(folder))))
    assert client.end(client.ask(Preview(text, str(folder), 60))).is_final
    longer = write_document(replace(document, n_frames=300))
    assert not client.end(client.ask(Preview(longer, str(folder), 60))).is_final


def test_a_film_is_written_while_previews_stay_live(
    client: Client, folder: Path, text: str, tmp_path: Path
) -> None:
    output = tmp_path / "film.mp4"
    ticket = client.ask(Export(text, str(folder), str(output)))
    client.until(is_rendering(ticket))
    for frame in (10, 20):
        assert isinstance(client.end(client.ask(Preview(text, str(folder), frame))), FrameReady)
    assert not any(isinstance(reply, Exported) for reply in client.heard)
    assert not output.exists()
    assert client.end(ticket) == Exported(ticket, str(output), N)
    greys = film_greys(output)
    assert greys == pytest.approx(np.linspace(0, 255, N), abs=5)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["film.mp4"]


def test_a_film_takes_range_view_and_rate(
    client: Client, folder: Path, text: str, tmp_path: Path
) -> None:
    output = tmp_path / "film.mp4"
    request = Export(
        text,
        str(folder),
        str(output),
        first=50,
        stop=75,
        settings=ExportSettings(
            picture=Picture.FULL, size=64, rate=Fraction(50), crf=30, speed="ultrafast"
        ),
    )
    assert client.end(client.ask(request)).n_frames == 50
    with av.open(str(output)) as film:
        [stream] = film.streams.video
        assert (stream.width, stream.height, stream.average_rate) == (64, 32, 50)
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    reds = [255 * min(50 + i / 2, 74) / 249 for i in range(50)]
    assert [frame[..., 0].mean() for frame in frames] == pytest.approx(reds, abs=6)


def test_an_export_is_cancelled_between_two_frames(
    client: Client, folder: Path, text: str, tmp_path: Path
) -> None:
    first = client.ask(Export(text, str(folder), str(tmp_path / "first.mp4")))
    second = client.ask(Export(text, str(folder), str(tmp_path / "second.mp4"), stop=10))
    third = client.ask(Export(text, str(folder), str(tmp_path / "third.mp4"), stop=10))
    client.until(is_rendering(first))
    client.host.submit(Cancel(third))
    client.host.submit(Cancel(first))
    for ticket in (first, third):
        assert client.end(ticket) == CancelledReply(ticket)
    done = [r.done for r in client.heard if isinstance(r, Progressed) and r.ticket == first]
    assert max(done) < N / 2
    assert isinstance(client.end(second), Exported)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["second.mp4"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"document_text": "{}"}, "open it again"),
        ({"output": "portrait.mp4"}, "is there already"),
        ({"output": "film.avi"}, "end in .mp4"),
        ({"first": 200, "stop": 300}, "within 0 to 250"),
    ],
)
def test_what_cannot_be_exported_is_said_in_a_sentence(
    client: Client, folder: Path, text: str, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    (tmp_path / "portrait.mp4").touch()
    if "output" in changes:
        changes = {"output": str(tmp_path / changes["output"])}
    request = replace(Export(text, str(folder), str(tmp_path / "film.mp4")), **changes)
    failed = client.end(client.ask(request))
    assert isinstance(failed, Failed)
    assert failed.is_user_error
    assert says in failed.message


def test_a_portrait_that_is_missing_is_said_in_a_sentence(
    client: Client, folder: Path, document: Document
) -> None:
    faceless = write_document(replace(document, avatar=AvatarSettings(engine="painter")))
    failed = client.end(client.ask(Prepare(faceless, str(folder))))
    assert (failed.message, failed.is_user_error) == (
        "The session has no portrait: choose one.",
        True,
    )
    text = write_document(document)
    (folder / "portrait.png").unlink()
    for request in (Prepare(text, str(folder)), Preview(text, str(folder), 0)):
        failed = client.end(client.ask(request))
        assert failed.is_user_error
        assert "portrait.png" in failed.message


def test_a_fault_of_the_engine_ends_one_request_only(
    client: Client, folder: Path, text: str, tmp_path: Path
) -> None:
    (folder / "break").touch()
    export = Export(text, str(folder), str(tmp_path / "film.mp4"))
    for request in (Preview(text, str(folder), 0), export):
        failed = client.end(client.ask(request))
        assert isinstance(failed, Failed)
        assert not failed.is_user_error
        assert "ZeroDivisionError" in failed.message
    assert not list(tmp_path.glob("*.mp4"))
    (folder / "break").unlink()
    assert isinstance(client.end(client.ask(Preview(text, str(folder), 0))), FrameReady)


def test_every_ticket_ends_once(client: Client, folder: Path, text: str, tmp_path: Path) -> None:
    for frame in range(12):
        client.ask(Preview(text, str(folder), frame))
        if frame % 4 == 0:
            client.ask(Prepare(text, str(folder)))
            client.ask(Gather(text, str(folder)))
            client.ask(Export(text, str(folder), str(tmp_path / f"{frame}.mp4"), stop=5))
        if frame % 3 == 0:
            client.host.submit(Cancel(client.asked[-1]))
        client.poll()
    for ticket in client.asked:
        client.end(ticket)
    client.host.submit(Cancel(client.asked[0]))
    client.host.submit(Cancel(10_000))
    last = client.ask(Preview(text, str(folder), 0))
    client.end(last)
    ends = Counter(reply.ticket for reply in client.heard if isinstance(reply, ENDINGS))
    assert ends == dict.fromkeys(client.asked, 1)


def test_closing_in_the_middle_of_everything_leaves_nothing(
    client: Client, folder: Path, document: Document, tmp_path: Path, sample_speech: Path
) -> None:
    text = write_document(speaking(document, sample_speech))
    client.ask(Gather(text, str(folder)))
    ticket = client.ask(Export(write_document(document), str(folder), str(tmp_path / "a.mp4")))
    client.until(lambda reply: isinstance(reply, Progressed) and reply.ticket < ticket)
    client.ask(Preview(text, str(folder), 0))
    client.host.close()
    client.host.close()
    assert not client.host.is_alive
    assert client.host.poll(0.01) == []
    assert isinstance(client.host.submit(Preview(text, str(folder), 0)), int)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []

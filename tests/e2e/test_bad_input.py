"""Whatever is handed in: one clear sentence, exit code 2, nothing half-written, nothing lost."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.base.controls import INDEX, REST
from core.base.progress import Progress
from core.engines.protocol import Source, View
from core.engines.registry import load_engine
from core.media.image import read_image, write_png
from core.motion.motion import Motion

Run = Callable[..., Any]
Picture = NDArray[np.uint8]


class Desk:
    """One folder of inputs and an empty one for the output, watched for changes."""

    def __init__(self, folder: Path, terminal: Run) -> None:
        self.inputs, self.out = folder / "in", folder / "out"
        self.inputs.mkdir()
        self.out.mkdir()
        self._terminal = terminal

    def picture(self, rgb: Picture, name: str = "portrait.png") -> Path:
        write_png(self.inputs / name, rgb)
        return self.inputs / name

    def animate(self, *arguments: object, output: str = "film.mp4") -> Any:
        """Runs a short `animate`, and makes sure that the inputs stay as they were."""
        before = contents(self.inputs)
        outcome = self._terminal("animate", *arguments, "--duration", 0.08, "--size", 256,
                                 "-o", self.out / output)  # fmt: skip
        assert contents(self.inputs) == before
        return outcome

    def refuse(self, *arguments: object, about: str, output: str = "film.mp4") -> None:
        """Runs `animate`, which must refuse in one sentence with `about` and leave nothing."""
        before = contents(self.out)
        check_refusal(self.animate(*arguments, output=output), about)
        assert contents(self.out) == before

    def accept(self, *arguments: object) -> Any:
        """Runs `animate`, which must make a film that can be decoded."""
        outcome = self.animate(*arguments)
        assert outcome.code == 0, outcome.said
        assert [p.name for p in self.out.iterdir()] == ["film.mp4"]
        with av.open(str(self.out / "film.mp4")) as film:
            assert len(list(film.decode(video=0))) == 2
        return outcome


def contents(folder: Path) -> dict[str, str]:
    """Every file under a folder with its digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def check_refusal(outcome: Any, about: str) -> None:
    assert outcome.code == 2, outcome.said
    assert len(outcome.said) == 1, outcome.said
    [sentence] = outcome.said
    assert about in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert "Error" not in sentence


@pytest.fixture
def desk(tmp_path: Path, terminal: Run) -> Desk:
    return Desk(tmp_path, terminal)


@pytest.fixture(scope="module")
def person(small_portrait: Path) -> Picture:
    """The sample portrait, uint8 [716, 480, 3]."""
    return read_image(small_portrait).rgb


@pytest.fixture(scope="module")
def turned(sample_portrait: Path) -> Picture:
    """The sample portrait, which looks 19° to the side, turned 30° further."""
    engine = load_engine("mesh")
    avatar = engine.prepare(Source(sample_portrait), progress=Progress())
    controls = REST.copy()
    controls[INDEX["yaw"]] = -33
    return next(engine.render(avatar, Motion(controls[None], Fraction(25)), View()))


def meadow(height: int = 360, width: int = 480) -> Picture:
    """A picture without anybody."""
    rng = np.random.default_rng(7)
    rgb = np.linspace((150, 190, 230), (60, 120, 40), height)[:, None] + rng.normal(
        0, 12, (height, width, 3)
    )
    return np.clip(rgb, 0, 255).astype(np.uint8)


def dog() -> Picture:
    """A drawn dog: long snout, black nose, hanging ears, eyes far apart."""
    rgb = meadow(480, 480)
    for centre, axes, angle, colour in (
        ((240, 240), (120, 140), 0, (150, 105, 60)),
        ((115, 230), (45, 120), 15, (95, 60, 30)),
        ((365, 230), (45, 120), -15, (95, 60, 30)),
        ((240, 330), (75, 95), 0, (215, 190, 160)),
        ((240, 290), (36, 26), 0, (20, 18, 18)),
        ((180, 205), (17, 17), 0, (30, 20, 15)),
        ((300, 205), (17, 17), 0, (30, 20, 15)),
        ((240, 405), (26, 34), 0, (220, 110, 120)),
    ):
        cv2.ellipse(rgb, centre, axes, angle, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.line(rgb, (240, 312), (240, 365), (20, 18, 18), 4, cv2.LINE_AA)
    cv2.ellipse(rgb, (240, 340), (50, 35), 0, 20, 160, (20, 18, 18), 4, cv2.LINE_AA)
    return cv2.GaussianBlur(rgb, (0, 0), 1.2)


def save_wav(path: Path, samples: NDArray[Any], rate: int, width: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def save_clip(path: Path, frames: list[Picture], times: list[Fraction]) -> Path:
    """An H.264 clip whose frames are shown at `times`, without sound."""
    clock = Fraction(1, 1000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = clock
        for rgb, time in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = round(time / clock), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_no_face(desk: Desk) -> None:
    desk.refuse(desk.picture(meadow()), about="No human face was found")


def test_several_faces_take_the_largest_and_say_so(desk: Desk, person: Picture) -> None:
    small = cv2.resize(person, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    both = np.full((person.shape[0], person.shape[1] + small.shape[1], 3), 90, np.uint8)
    both[: small.shape[0], : small.shape[1]] = small
    both[:, small.shape[1] :] = person
    portrait = desk.picture(both)
    outcome = desk.accept(portrait)
    [note] = outcome.said
    assert "2 faces" in note
    assert "--face 1" in note
    (desk.out / "film.mp4").unlink()
    assert desk.accept(portrait, "--face", 1).said == []
    (desk.out / "film.mp4").unlink()
    desk.refuse(portrait, "--face", 5, about="there is no face 5")


def test_an_animal(desk: Desk) -> None:
    desk.refuse(desk.picture(dog()), about="face")


def test_a_face_cut_by_the_border(desk: Desk, person: Picture) -> None:
    left_gone = np.ascontiguousarray(person[:, 200:])  # the face spans the columns 172 to 285
    desk.refuse(desk.picture(left_gone), about="cut by the border")
    chin_gone = np.ascontiguousarray(person[:228])  # and the rows 122 to 255
    desk.refuse(desk.picture(chin_gone), about="cut by the border")


def test_a_profile(desk: Desk, turned: Picture) -> None:
    desk.refuse(desk.picture(turned), about="almost a profile")


def test_a_text_file_named_jpg(desk: Desk) -> None:
    path = desk.inputs / "letter.jpg"
    path.write_text("Dear reader,\nthis is no picture.\n")
    desk.refuse(path, about="letter.jpg")


def test_an_empty_file_and_none_at_all(desk: Desk) -> None:
    (desk.inputs / "empty.png").touch()
    desk.refuse(desk.inputs / "empty.png", about="empty.png")
    desk.refuse(desk.inputs / "nobody.png", about="nobody.png")


@pytest.mark.parametrize("role", ["portrait", "--pose", "--audio"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_truncated_mp4(
    desk: Desk, small_portrait: Path, driver: Path, role: str, share: float
) -> None:
    """Half of a file whose index comes first still has pictures; without any it is refused."""
    data = driver.read_bytes()
    at_end = data.index(b"mdat") + 64  # all of the index, hardly a picture
    broken = desk.inputs / "broken.mp4"
    broken.write_bytes(data[: max(int(len(data) * share), at_end if share else 300)])
    arguments = [broken] if role == "portrait" else [small_portrait, role, broken]
    if share and role != "--audio":
        desk.accept(*arguments)
    else:
        desk.refuse(*arguments, about="broken.mp4")


def test_sound_without_samples(desk: Desk, small_portrait: Path) -> None:
    empty = save_wav(desk.inputs / "empty.wav", np.zeros(0, "<i2"), 16_000, 2)
    desk.refuse(small_portrait, "--audio", empty, about="empty.wav")


def float_wav(path: Path, samples: NDArray[np.float32], rate: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=rate)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("kind", ["8 bit", "24 bit", "float", "5.1", "192 kHz"])
def test_unusual_sound_is_heard(desk: Desk, small_portrait: Path, kind: str) -> None:
    path = desk.inputs / "sound.wav"
    rate = 192_000 if kind == "192 kHz" else 44_100
    hum = 0.4 * np.sin(2 * np.pi * 220 * np.arange(rate // 4) / rate)
    if kind == "8 bit":
        save_wav(path, np.rint(hum * 127 + 128).astype(np.uint8), rate, 1)
    elif kind == "24 bit":
        wide = np.rint(hum * (2**23 - 1)).astype("<i4")
        save_wav(path, wide.view(np.uint8).reshape(-1, 4)[:, :3], rate, 3)
    elif kind == "float":
        float_wav(path, hum.astype(np.float32), rate)
    else:
        channels = 6 if kind == "5.1" else 1
        save_wav(path, np.repeat((hum * 32767).astype("<i2"), channels), rate, 2, channels)
    desk.accept(small_portrait, "--audio", path)
    with av.open(str(desk.out / "film.mp4")) as film:
        heard = np.concatenate([f.to_ndarray() for f in film.decode(audio=0)], 1)
    assert np.abs(heard).max() > 0.1


def test_a_video_without_sound_as_audio(desk: Desk, small_portrait: Path, driver: Path) -> None:
    desk.refuse(small_portrait, "--audio", driver, about="sound")


def test_a_picture_as_audio(desk: Desk, small_portrait: Path) -> None:
    desk.refuse(small_portrait, "--audio", small_portrait, about="small.png")


def test_a_clip_of_one_frame(desk: Desk, small_portrait: Path, person: Picture) -> None:
    clip = save_clip(desk.inputs / "one.mp4", [person], [Fraction(0)])
    desk.accept(small_portrait, "--all", clip)


def test_a_clip_without_a_face(desk: Desk, small_portrait: Path) -> None:
    times = [Fraction(i, 25) for i in range(4)]
    clip = save_clip(desk.inputs / "meadow.mp4", [meadow()] * 4, times)
    desk.refuse(small_portrait, "--pose", clip, about="No face was found in “meadow.mp4”")


def test_a_variable_frame_rate(desk: Desk, small_portrait: Path, driver: Path, watch: Run) -> None:
    frames = watch(driver).frames[:6]
    times = [Fraction(t, 1000) for t in (0, 33, 100, 120, 400, 433)]
    clip = save_clip(desk.inputs / "phone.mp4", frames, times)
    desk.accept(small_portrait, "--pose", clip, "--eyes", clip)


def test_names_in_any_alphabet(desk: Desk, small_portrait: Path, sample_speech: Path) -> None:
    portrait = desk.inputs / "Öffentlich 肖像 😀.png"
    speech = desk.inputs / "ρήση – речь.wav"
    shutil.copy(small_portrait, portrait)
    shutil.copy(sample_speech, speech)
    outcome = desk.animate(
        portrait, "--audio", speech, "--session", desk.out / "séance 録.avatar", output="映画 é.mp4"
    )
    assert outcome.code == 0, outcome.said
    assert {p.name for p in desk.out.iterdir()} == {"映画 é.mp4", "séance 録.avatar"}


def test_a_very_long_but_possible_path(desk: Desk, small_portrait: Path) -> None:
    deep = desk.inputs
    while len(str(deep)) < 1500:
        deep /= "a-folder-with-a-rather-long-name-" * 3
    deep.mkdir(parents=True)
    portrait = deep / f"{'p' * 200}.png"
    shutil.copy(small_portrait, portrait)
    desk.accept(portrait)


@pytest.mark.parametrize("role", ["portrait", "--audio", "output"])
def test_an_impossibly_long_name(desk: Desk, small_portrait: Path, role: str) -> None:
    name = "n" * 300
    if role == "output":
        desk.refuse(small_portrait, about="n" * 40, output=f"{name}.mp4")
    elif role == "portrait":
        desk.refuse(desk.inputs / f"{name}.png", about="n" * 40)
    else:
        desk.refuse(small_portrait, role, desk.inputs / f"{name}.wav", about="n" * 40)


def test_a_read_only_output_folder(
    desk: Desk, small_portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    if os.geteuid() == 0:  # root may write anywhere
        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    desk.out.chmod(0o555)
    desk.refuse(small_portrait, about="cannot be written")
    desk.out.chmod(0o755)


def test_a_missing_output_folder_and_a_wrong_ending(desk: Desk, small_portrait: Path) -> None:
    desk.refuse(small_portrait, about="does not exist", output="nowhere/film.mp4")
    desk.refuse(small_portrait, about=".mp4", output="film.avi")


def test_a_full_disk(desk: Desk, small_portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (desk.out / "film.mp4").write_bytes(b"an older film")
    monkeypatch.setattr(os, "fsync", full)
    desk.refuse(small_portrait, about="disk is full")


def test_a_disk_that_fills_while_the_film_is_written(
    desk: Desk, small_portrait: Path, tmp_path: Path
) -> None:
    """A limit on the size of files stands for the disk: writing fails in the encoder."""
    script = (
        "import resource, sys; from core.cli import main; import mediapipe;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, "animate", small_portrait, "--duration", "1",
         "--size", "512", "-o", desk.out / "film.mp4", "--json"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 2, run.stderr
    last = json.loads(run.stdout.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("error", "input")
    assert "film.mp4" in last["message"]
    assert "Traceback" not in run.stderr
    assert list(desk.out.iterdir()) == []


def test_an_output_that_is_an_input(
    desk: Desk, small_portrait: Path, driver: Path, terminal: Run
) -> None:
    clip = desk.inputs / "clip.mp4"
    shutil.copy(driver, clip)
    before = contents(desk.inputs)
    for arguments in ([clip], [small_portrait, "--pose", clip], [small_portrait, "--audio", clip]):
        check_refusal(terminal("animate", *arguments, "-o", clip), "input")
        around = desk.inputs / ".." / "in" / "clip.mp4"
        check_refusal(terminal("animate", *arguments, "-o", around), "input")
    check_refusal(terminal("track", clip, "-o", clip), "clip.mp4")
    assert contents(desk.inputs) == before


@pytest.mark.parametrize(
    ("option", "value"),
    [("--size", 100), ("--size", 2000), ("--duration", 0), ("--duration", -1), ("--fps", "fast"),
     ("--fps", 0), ("--reference", "middle"), ("--reference", 9999), ("--engine", "none")],
)  # fmt: skip
def test_values_that_make_no_sense(
    desk: Desk, terminal: Run, small_portrait: Path, driver: Path, option: str, value: object
) -> None:
    arguments = [small_portrait, "--pose", driver, "-o", desk.out / "film.mp4", option, value]
    check_refusal(terminal("animate", *arguments), str(value))
    assert list(desk.out.iterdir()) == []


@pytest.fixture(scope="module")
def kept_session(
    small_portrait: Path, sample_speech: Path, terminal: Run, tmp_path_factory: Any
) -> Path:
    """A kept session with a portrait and a voice."""
    folder: Path = tmp_path_factory.mktemp("kept")
    outcome = terminal(
        "animate", small_portrait, "--audio", sample_speech, "--duration", 0.08, "--size", 256,
        "--session", folder / "take.avatar", "-o", folder / "film.mp4",
    )  # fmt: skip
    assert outcome.code == 0, outcome.said
    return folder / "take.avatar"


@pytest.fixture
def session(desk: Desk, kept_session: Path) -> Path:
    """A copy of the kept session, to be damaged."""
    folder = desk.inputs.parent / "take.avatar"
    shutil.copytree(kept_session, folder)
    return folder


def render(desk: Desk, terminal: Run, session: Path, *arguments: object) -> Any:
    return terminal("render", session, *arguments, "-o", desk.out / "film.mp4")


def test_a_session_folder_that_is_taken(desk: Desk, small_portrait: Path) -> None:
    taken = desk.inputs / "taken"
    taken.mkdir()
    (taken / "diary.txt").write_text("mine")
    desk.refuse(small_portrait, "--session", taken, about="not empty")


def test_a_session_for_a_bad_portrait_leaves_no_folder(desk: Desk) -> None:
    portrait = desk.picture(meadow())
    desk.refuse(portrait, "--session", desk.out / "take.avatar", about="No human face")


def test_a_session_from_a_newer_version(desk: Desk, session: Path, terminal: Run) -> None:
    project = session / "project.json"
    data = json.loads(project.read_text("utf-8"))
    name, version = data["schema"].rsplit(".", 1)
    data["schema"] = f"{name}.{int(version) + 1}"
    project.write_text(json.dumps(data), "utf-8")
    before = contents(session)
    check_refusal(render(desk, terminal, session), "newer version")
    assert contents(session) == before
    assert list(desk.out.iterdir()) == []


def test_a_damaged_session_and_none_at_all(desk: Desk, session: Path, terminal: Run) -> None:
    (session / "project.json").write_text("{")
    check_refusal(render(desk, terminal, session), "damaged")
    check_refusal(render(desk, terminal, desk.inputs), "is no session")
    assert list(desk.out.iterdir()) == []


def test_media_that_moved_are_found_by_their_content(
    desk: Desk, session: Path, terminal: Run
) -> None:
    [portrait] = session.rglob("*.png")
    portrait.rename(session.parent / "renamed.png")
    outcome = render(desk, terminal, session)
    assert outcome.code == 0, outcome.said
    assert (desk.out / "film.mp4").exists()


def test_media_that_are_gone_are_named(desk: Desk, session: Path, terminal: Run) -> None:
    [portrait] = session.rglob("*.png")
    portrait.write_bytes(portrait.read_bytes() + b"x")
    portrait.rename(portrait.with_name("another.png"))
    check_refusal(render(desk, terminal, session), portrait.name)
    assert list(desk.out.iterdir()) == []


@pytest.mark.parametrize("text", ["nonsense", "3:1", "5", "99:", "-1:2"])
def test_a_range_outside_the_session(desk: Desk, session: Path, terminal: Run, text: str) -> None:
    check_refusal(render(desk, terminal, session, f"--range={text}"), text)
    assert list(desk.out.iterdir()) == []

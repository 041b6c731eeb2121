import wave
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from core.base.errors import Cancelled, EngineError, MediaError
from core.base.progress import Note, Progress, Step
from core.base.time import FrameRange
from core.export.job import ExportJob, check_job
from core.export.presets import PRESETS, available_presets, preset_named
from core.export.settings import Corner, ExportSettings, Mark, Picture, Sidecar, SoundMode
from core.media.audio import read_audio
from core.media.encode import Mp4Writer
from core.media.probe import probe
from core.media.soundtrack import Sound
from core.media.video import read_frames
from core.timeline.document import Document
from core.timeline.source import MediaReference

Run = Callable[..., list[int]]


def with_preset(job: ExportJob, name: str, **changes: object) -> ExportJob:
    settings = replace(job.settings, preset=name, **changes)
    return replace(
        job, settings=settings, output=job.output.with_name("film" + PRESETS[name].ending)
    )


def brightness(path: Path, rate: Fraction = Fraction(25)) -> list[float]:
    return [float(frame.mean()) for frame in read_frames(path, rate)]


def test_a_wrong_ending_is_refused_before_any_work(job: ExportJob) -> None:
    job = replace(job, settings=replace(job.settings, preset="gif"))
    with pytest.raises(MediaError, match="GIF"):
        check_job(job)


@pytest.mark.parametrize("name", [p.name for p in available_presets() if p.codec])
def test_film_of_every_codec(job: ExportJob, run: Run, name: str) -> None:
    job = with_preset(job, name)
    assert run(job) == list(range(1, 51))
    info = probe(job.output)
    assert info.video is not None
    assert (info.video.width, info.video.height) == (96, 96)
    assert info.audio is not None
    levels = brightness(job.output)
    assert len(levels) == 50
    assert np.abs(np.array(levels) - (128 + np.rint(np.arange(50) * 0.5))).max() < 3
    assert [p.name for p in job.folder.iterdir()] == [job.output.name]


def test_sound_lies_where_its_strip_does(job: ExportJob, run: Run, speech: Path) -> None:
    run(job)
    film, original = read_audio(job.output, 16000), read_audio(speech, 16000)
    assert np.abs(film[: round(0.35 * 16000)]).max() < 0.01
    begin = round(0.4 * 16000)
    ours, theirs = film[begin : begin + 12000], original[begin : begin + 12000]
    best = max(
        range(-400, 401, 10),
        key=lambda d: float(np.dot(ours[400:-400], theirs[400 + d : len(theirs) - 400 + d])),
    )
    assert abs(best) <= 160


def test_silent_film(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "mp4", sound=SoundMode.NONE)
    run(job)
    assert probe(job.output).audio is None


def test_other_rate_keeps_the_duration(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "mp4", rate=Fraction(60000, 1001))
    assert run(job)[-1] == job.n_frames == 120
    video = probe(job.output).video
    assert video is not None
    assert video.rate == Fraction(60000, 1001)
    assert video.duration == pytest.approx(2.0, abs=0.02)


def test_range(job: ExportJob, run: Run) -> None:
    job = replace(job, frames=FrameRange(20, 30))
    assert run(job)[-1] == 10
    assert brightness(job.output)[0] == pytest.approx(138, abs=2)


def test_pictures_are_lossless_and_sound_lies_beside(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "png")
    run(job)
    names = sorted(p.name for p in job.output.iterdir())
    assert names == [*(f"{i:06d}.png" for i in range(50)), "sound.wav"]
    with Image.open(job.output / "000020.png") as picture:
        assert np.asarray(picture)[0, 0].tolist() == [138, 138, 138]
        assert picture.info["Comment"].startswith("AI-generated")
    with wave.open(str(job.output / "sound.wav")) as sound:
        assert sound.getnframes() == 2 * 48000


def test_gif(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "gif")
    run(job)
    with Image.open(job.output) as picture:
        assert picture.n_frames == 50
        assert picture.info["loop"] == 0
        assert picture.info["duration"] == 40
        picture.seek(40)
        assert abs(int(np.asarray(picture.convert("RGB"))[5, 5, 0]) - 148) <= 1


def test_wav_is_the_audio_track(job: ExportJob, run: Run, speech: Path) -> None:
    job = with_preset(job, "wav", sound=SoundMode.NONE)
    run(job)
    with wave.open(str(job.output)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (48000, 2, 96000)
        samples = np.frombuffer(sound.readframes(96000), "<i2").reshape(-1, 2)[:, 0] / 32767
    assert np.abs(samples[:19000]).max() == 0
    expected = read_audio(speech, 48000)[19200 : 19200 + 40000]
    assert np.abs(samples[19200 : 19200 + 40000] - expected).max() < 1e-3


def test_motion_only_writes_no_picture(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "motion")
    run(job)
    assert [p.name for p in job.folder.iterdir()] == ["film.csv"]
    assert job.outputs == (job.folder / "film.csv",)


def test_beside_the_driver(job: ExportJob, run: Run, driven: Document) -> None:
    job = replace(with_preset(job, "png", picture=Picture.BESIDE_DRIVER), document=driven)
    run(job)
    rows = []
    for i in range(50):
        with Image.open(job.output / f"{i:06d}.png") as picture:
            assert picture.size == (192, 96)
            pixels = np.asarray(picture)
            rows.append((int(pixels[48, 48, 0]), int(pixels[48, 144, 0])))
    assert rows[0][0] == 32  # nothing drives yet
    assert [abs(left - (40 + 4 * (i - 5))) <= 3 for i, (left, _) in enumerate(rows) if 5 <= i < 25]
    assert rows[5][0] == pytest.approx(40, abs=3)
    assert rows[24][0] == pytest.approx(40 + 4 * 19, abs=3)
    assert rows[30][0] == 32
    assert rows[30][1] == 143


@pytest.mark.parametrize("corner", list(Corner))
def test_mark_is_drawn_in_its_corner(job: ExportJob, run: Run, corner: Corner) -> None:
    job = with_preset(job, "png", mark=Mark("AI-generated", corner), size=256)
    run(job)
    with Image.open(job.output / "000000.png") as picture:
        changed = np.argwhere((np.asarray(picture) != 128).any(-1))
    assert len(changed) > 50
    y, x = changed.mean(0) / 256
    assert (y < 0.5) == corner.value.startswith("top")
    assert (x < 0.5) == corner.value.endswith("left")


@pytest.mark.parametrize("name", [p.name for p in available_presets() if p.has_pictures])
def test_cancelling_leaves_nothing(job: ExportJob, run: Run, name: str) -> None:
    job = with_preset(job, name, sidecars=frozenset({Sidecar.LIVE_LINK, Sidecar.CURVES}))

    def listener(event: Step | Note) -> None:
        if isinstance(event, Step) and event.stage == "Rendering" and event.done == 20:
            progress.cancel()

    progress = Progress(listener)
    with pytest.raises(Cancelled):
        run(job, progress)
    assert list(job.folder.iterdir()) == []


def test_nothing_is_overwritten(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "mp4", sidecars=frozenset({Sidecar.OTIO}))
    (job.folder / "film.otio").write_text("mine")
    with pytest.raises(MediaError, match="there already"):
        run(job)
    assert (job.folder / "film.otio").read_text() == "mine"
    assert not job.output.exists()


def test_unknown_kind_of_output() -> None:
    with pytest.raises(MediaError, match="choose one of mp4"):
        preset_named("dnxhr")


@pytest.mark.parametrize("bad", [{"size": 20}, {"crf": 60}, {"rate": Fraction(500)}])
def test_settings_out_of_range(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        ExportSettings(**bad)


def test_bit_rate_instead_of_quality(job: ExportJob, run: Run) -> None:
    sizes = []
    for bits_per_s in (200_000, 20_000_000):
        changed = with_preset(job, "mp4", bits_per_s=bits_per_s, sound=SoundMode.NONE)
        changed = replace(changed, output=job.folder / f"{bits_per_s}.mp4")
        run(changed)
        sizes.append(changed.output.stat().st_size)
    assert sizes[0] < sizes[1]


def test_sound_in_a_file_beside_the_film(job: ExportJob, run: Run, speech: Path) -> None:
    job = with_preset(job, "mp4", sound=SoundMode.WAV)
    run(job)
    assert probe(job.output).audio is None
    assert job.outputs == (job.output, job.folder / "film.wav")
    assert len(read_audio(job.folder / "film.wav", 48_000)) == 2 * 48_000


@pytest.fixture
def coded_speech(speech: Path, tmp_path: Path) -> Path:
    """The speech as AAC in a film."""
    path = tmp_path / "coded.mp4"
    with Mp4Writer(path, 64, 64, Fraction(25), sounds=(Sound(speech),), duration_s=4) as writer:
        for _ in range(100):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    return path


def packets_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(audio=0) if packet.size]


def test_sound_that_is_copied_stays_what_it_was(
    job: ExportJob, run: Run, coded_speech: Path
) -> None:
    voice = replace(job.document.sources[0], media=MediaReference(str(coded_speech)))
    document = replace(job.document, sources=(voice,))
    job = with_preset(replace(job, document=document), "mp4", sound=SoundMode.COPY)
    run(job)
    copied, original = packets_of(job.output), packets_of(coded_speech)
    assert len(copied) > 70
    first = original.index(copied[0])
    assert copied == original[first : first + len(copied)]
    ours, theirs = read_audio(job.output, 16_000), read_audio(coded_speech, 16_000)
    assert np.abs(ours[:6000]).max() < 0.01  # the strip begins at frame 10
    begin, size = round(0.6 * 16_000), 16_000
    at = [float(np.abs(ours[begin : begin + size] - theirs[begin + d :][:size]).mean())
          for d in range(-40, 41)]  # fmt: skip
    assert abs(int(np.argmin(at)) - 40) <= 1
    assert min(at) < 0.002


def test_sound_that_cannot_be_copied_is_refused(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "mp4", sound=SoundMode.COPY)
    with pytest.raises(MediaError, match="MP4 files hold no PCM_S16LE sound: code it anew"):
        run(job)
    assert not list(job.folder.glob("*film*"))


def test_an_engine_that_sees_no_person_is_refused(job: ExportJob, run: Run) -> None:
    job = with_preset(job, "png", is_cut_out=True)
    with pytest.raises(EngineError, match="cannot tell the person from the background"):
        run(job)

"""Variants of recordings, the same voice in two clips, and chunks that are drawn from them."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import MediaError
from core.base.progress import Note, Progress
from core.base.randomness import stream
from core.cli import main
from core.media.audio import read_audio
from core.training.augment import in_room, resampled, stretched, vary, with_noise
from core.training.dataset import Take, draw_chunk, folds, talking_clips, without_heard
from core.training.facial import plan_of
from core.training.log import CsvLog


@pytest.fixture(scope="module")
def voice(sample_speech):
    return read_audio(sample_speech, 16000)


def _pitch_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * 16000 / len(samples)


def test_stretching_keeps_the_pitch_and_resampling_raises_it():
    tone = np.sin(2 * np.pi * 440 * np.arange(32000) / 16000).astype(np.float32)
    longer = stretched(tone, 1.25)
    assert len(longer) == 40000
    assert _pitch_hz(longer[2000:-4000]) == pytest.approx(440, abs=3)
    higher = resampled(tone, 1.25)
    assert len(higher) == 25600
    assert _pitch_hz(higher) == pytest.approx(550, abs=3)


def test_noise_and_rooms_are_as_loud_as_they_are_asked_to_be(voice):
    noise = with_noise(voice, 20.0, stream(0, 1)) - voice
    ratio = 10 * np.log10(np.mean(voice**2) / np.mean(noise**2))
    assert ratio == pytest.approx(20.0, abs=0.1)
    click = np.zeros(16000, np.float32)
    click[100] = 1.0
    echo = in_room(click, 0.3, stream(0, 2))
    assert np.abs(echo[:100]).max() < 1e-6
    assert echo[100] == np.abs(echo).max()
    assert np.abs(echo[100 + 4800 :]).max() < 1e-3


def test_variants_differ_keep_their_length_by_speed_and_come_again(voice):
    one, same, other = (vary(voice, stream(3, 1, n)) for n in (1, 1, 2))
    assert np.array_equal(one.samples, same.samples)
    assert one.speed != other.speed
    assert len(one.samples) / len(voice) == pytest.approx(1.0 / one.speed, rel=0.01)
    assert np.abs(one.samples).max() <= 1.0


def test_a_faster_take_has_the_states_of_fewer_frames(clip):
    take = Take(clip.takes[0].hearing, 2.0)
    states, weights = take.states(clip.person)
    assert len(states) == len(weights) == len(clip.person.states) // 2
    assert np.array_equal(states[10], clip.person.states[20])


def test_chunks_are_whole_and_lie_within_their_clip(clip):
    chunk = draw_chunk([clip], 4, stream(0, 5))
    assert chunk.windows.shape == (128, 4, 44)
    assert chunk.states.shape == (128, 46)
    assert chunk.weights.all()
    short = replace(clip, person=replace(
        clip.person, states=clip.person.states[:50], valid=clip.person.valid[:50]))  # fmt: skip
    chunk = draw_chunk([short], 4, stream(0, 5))
    assert chunk.weights.sum() == 50
    assert not chunk.states[50:].any()


def test_the_same_voice_is_found_and_kept_apart(clip, other_clip):
    copy = replace(clip, path=clip.path.with_name("copy.mp4"))
    notes = []
    progress = Progress(lambda step: notes.append(step.text) if isinstance(step, Note) else None)
    assert without_heard([copy, other_clip], [clip], progress) == [other_clip]
    assert notes == ["“copy.mp4” is left out: it has the sound of “clip.mp4”."]
    parts = folds([clip, other_clip, copy], 2, 0)
    assert sorted(len(part) for part in parts) == [1, 2]
    assert any({c.name for c in part} == {"clip.mp4", "copy.mp4"} for part in parts)


def test_a_folder_without_clips_is_refused_on_the_command_line(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("nothing")
    assert main(["train", "facial", "--data", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert "no talking clip" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
    with pytest.raises(MediaError, match="no talking clip"):
        talking_clips(tmp_path / "missing")
    with pytest.raises(MediaError, match="at least one step"):
        plan_of(0, None, 0)


def test_the_log_names_its_columns_once_and_goes_on(tmp_path):
    path = tmp_path / "log.csv"
    CsvLog(path, resume=False).add({"step": 1, "loss": 0.5})
    CsvLog(path, resume=True).add({"step": 2, "loss": 0.25})
    assert path.read_text().splitlines() == ["step,loss", "1,0.5", "2,0.25"]
    CsvLog(path, resume=False)
    assert not path.exists()

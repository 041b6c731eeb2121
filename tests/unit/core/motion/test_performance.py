"""A voice that moves the whole head, with the weights that come with the program."""

import wave
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, REST, Factor
from core.base.errors import Cancelled, WeightsError
from core.base.progress import Progress
from core.face.measures import measure_shape
from core.face.rig import deform
from core.media.audio import read_audio
from core.motion.performance import head_pose, perform_voice, spoken_states
from core.motion.speaker_file import load_speaker, read_speaker
from core.motion.voice import VoiceRequest
from core.speech.hearing import hear, hear_blocks
from core.training.blink_fit import find_blinks

RATE = Fraction(25)


@pytest.fixture
def record(tmp_path):
    """Writes mono samples as a WAV file."""

    def write(samples, rate=16000):
        path = tmp_path / "sound.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        return path

    return write


@pytest.fixture(scope="module")
def speech(sample_speech):
    return read_audio(sample_speech, 16000)


def opening(tracks):
    """How far the rig's mouth is open, inter-ocular distances [T]."""
    controls = np.tile(REST, (len(tracks[Factor.LIPS]), 1))
    for factor in (Factor.LIPS, Factor.EXPRESSION):
        controls[:, FACTOR_SLICE[factor]] = tracks[factor].values
    straight = np.zeros(len(controls))
    return measure_shape(
        deform(controls).astype(np.float64), straight, straight, straight
    ).mouth_open


def check_plausible(tracks):
    trained = load_speaker()
    for factor in (Factor.LIPS, Factor.EXPRESSION, Factor.EYES):
        values = tracks[factor].values
        assert values.min() >= 0.0
        assert values.max() <= 1.0
    pose = tracks[Factor.HEAD_POSE].values - tracks[Factor.HEAD_POSE].rest
    assert (np.abs(np.diff(pose, axis=0)) <= trained.sway.max_step * 1.001 + 1e-6).all()
    assert (np.abs(pose) <= 2.0 * trained.sway.reach).all()


def test_speech_moves_every_factor_for_the_whole_length_and_equally_each_time(sample_speech):
    request = VoiceRequest(sample_speech, RATE, 250, seed=3)
    tracks = perform_voice(request)
    assert set(tracks) == set(Factor)
    assert {len(track) for track in tracks.values()} == {250}
    check_plausible(tracks)
    again = perform_voice(request)
    other = perform_voice(replace(request, seed=4))
    for factor, track in tracks.items():
        assert track.values.tobytes() == again[factor].values.tobytes()
    assert tracks[Factor.LIPS].values.tobytes() == other[Factor.LIPS].values.tobytes()
    assert not np.allclose(tracks[Factor.HEAD_POSE].values, other[Factor.HEAD_POSE].values)
    assert opening(tracks).std() > 0.03
    assert opening(tracks)[200:].max() < 0.03  # the sound ends at frame 194


def test_in_silence_the_mouth_is_shut_while_head_and_eyes_live(record, speech):
    tracks = perform_voice(VoiceRequest(record(np.zeros(160_000)), RATE))
    check_plausible(tracks)
    assert opening(tracks).max() < 0.03
    yaw = tracks[Factor.HEAD_POSE].column("yaw")
    assert np.ptp(yaw) > 0.3
    assert find_blinks(tracks[Factor.EYES].column("eyeBlinkLeft").astype(np.float64), 25.0)[0]
    paused = np.concatenate([speech[:48000], np.zeros(160_000, np.float32)])
    tracks = perform_voice(VoiceRequest(record(paused), RATE))
    assert opening(tracks)[90:].max() < 0.03


def _music(speech):
    at = np.arange(64000) / 16000
    return sum(0.2 * np.sin(2 * np.pi * hz * at) * (np.sin(2 * np.pi * 2 * at) > 0)
               for hz in (220.0, 277.2, 329.6, 880.0))  # fmt: skip


@pytest.mark.parametrize(
    ("make", "rate"),
    [
        (lambda s: s[:1600], 16000),  # shorter than a window
        (lambda s: s[:1], 16000),
        (_music, 16000),
        (lambda s: 0.5 * s[:64000] + 0.5 * np.roll(s, 20000)[:64000], 16000),  # two speakers
        (lambda s: s[:64000:2], 8000),  # a telephone
        (lambda s: np.clip(20.0 * s[:64000], -0.9, 0.9), 16000),
        (lambda s: 0.001 * s[:64000], 16000),
    ],
    ids=["short", "one sample", "music", "two speakers", "8 kHz", "clipped", "faint"],
)
def test_any_sound_gives_plausible_motion(record, speech, make, rate):
    tracks = perform_voice(VoiceRequest(record(make(speech), rate), Fraction(30)))
    check_plausible(tracks)


def test_where_chunks_meet_nothing_jumps(speech):
    trained, heard = load_speaker(), hear_blocks([np.tile(speech, 3)])
    style = np.zeros(2, np.float32)
    states = spoken_states(trained, heard, 500, style, Progress())
    lips = np.abs(np.diff(states[:, :22], axis=0)).max(1)
    seams = [126, 127, 253, 254, 371, 380, 381]
    assert lips[seams].max() <= np.percentile(lips, 99.5)
    pose = head_pose(trained, heard, states, style, seed=0)
    assert (np.abs(np.diff(pose, axis=0)) <= trained.sway.max_step + 1e-9).all()


def test_a_lively_style_moves_farther(sample_speech):
    trained, heard = load_speaker(), hear(sample_speech)
    calm, lively = (np.array([0.0, gain], np.float32) for gain in (-0.7, 0.7))
    moved = []
    for style in (calm, lively):
        states = spoken_states(trained, heard, 194, style, Progress())
        moved.append(head_pose(trained, heard, states, style, 1)[:, 0].std())
    assert moved[1] > 2.0 * moved[0]


def test_speaking_can_be_cancelled(sample_speech):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        perform_voice(VoiceRequest(sample_speech, RATE), progress)


def test_weights_that_do_not_fit_are_refused_in_words(tmp_path, monkeypatch):
    trained = load_speaker()
    read = read_speaker(trained.state(), trained.config())
    assert read.mouth_gain == trained.mouth_gain
    monkeypatch.setattr(
        "core.motion.speaker_file.load_state",
        lambda *_: ({}, type("Card", (), {"config": trained.config()})),
    )
    with pytest.raises(WeightsError, match="do not fit"):
        load_speaker()


def test_the_names_of_the_lips_are_those_of_the_states():
    assert len(FACTOR_CONTROLS[Factor.LIPS]) == 22
    assert len(FACTOR_CONTROLS[Factor.EXPRESSION]) == 16

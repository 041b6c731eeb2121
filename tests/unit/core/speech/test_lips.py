from fractions import Fraction

import numpy as np
import pytest

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_CONTROLS, Factor
from core.base.errors import Cancelled, MediaError
from core.base.progress import Progress
from core.media.audio import read_audio
from core.speech.energy import SilenceGate
from core.speech.lips import Speech, analyse_speech, lips_from_speech, lips_of
from core.speech.spectrum import AUDIO_RATE

RATE = Fraction(25)
NAMES = FACTOR_CONTROLS[Factor.LIPS]
OPENERS = ["jawOpen", "mouthFunnel", "mouthLowerDownLeft", "mouthUpperUpLeft"]


def column(lips, name):
    return lips[:, NAMES.index(name)]


def opening(lips):
    """What opens the mouth minus what shuts it."""
    widest = np.max([column(lips, name) for name in OPENERS], 0)
    return widest * (1.0 - column(lips, "mouthClose"))


def buzz(seconds, level=0.1):
    """A voice-like tone whose harmonics below 5 kHz fall by 6 dB an octave."""
    t = np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    tone = np.sum([np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 42)], 0)
    return (level * tone / np.sqrt(np.mean(tone**2))).astype(np.float32)


@pytest.fixture(scope="module")
def lips(heard):
    return lips_of(heard, RATE)


def test_lips_are_controls_for_every_frame(lips):
    assert lips.dtype == np.float32
    assert lips.shape == (194, 22)
    assert 0.0 <= lips.min() <= lips.max() <= 1.0
    assert np.all(column(lips, "tongueOut") == 0.0)
    for name in ("mouthStretch", "mouthPress", "mouthLowerDown", "mouthUpperUp"):
        assert np.array_equal(column(lips, name + "Left"), column(lips, name + "Right"))


def test_a_voice_opens_the_mouth(lips):
    assert np.percentile(opening(lips), 95) > 0.3
    assert np.std(column(lips, "jawOpen")) > 0.08


@pytest.mark.parametrize("rate", [Fraction(24), RATE, Fraction(30000, 1001), Fraction(60)])
def test_every_bilabial_closes_the_lips_in_some_frame(heard, rate):
    lips = lips_of(heard, rate)
    seconds = np.arange(len(lips)) / float(rate)
    bilabials = [p for p in heard.phones if p.label in "BMP"]
    assert len(bilabials) >= 4
    for phone in bilabials:
        near = (seconds > phone.start_s - 0.08) & (seconds < phone.end_s + 0.04)
        assert column(lips, "mouthClose")[near].max() > 0.99
        assert opening(lips)[near].min() < 0.02


def test_labiodentals_bring_the_lower_lip_to_the_teeth(heard, lips):
    bitten = [p for p in heard.phones if p.label in ("F", "V")]
    assert bitten
    for phone in bitten:
        frame = round((phone.start_s + phone.end_s) / 2 * RATE)
        assert column(lips, "mouthRollLower")[frame - 1 : frame + 2].max() > 0.4


def test_round_and_spread_vowels_part(heard, lips):
    def at(labels, name):
        frames = [
            round((p.start_s + p.end_s) / 2 * RATE) for p in heard.phones if p.label in labels
        ]
        return float(np.mean(column(lips, name)[frames]))

    assert at(("UW", "OY", "W"), "mouthPucker") > at(("IY", "EY"), "mouthPucker") + 0.2
    assert at(("IY", "EY"), "mouthStretchLeft") > at(("UW", "OY", "W"), "mouthStretchLeft") + 0.2


def test_the_mouth_is_shut_while_the_voice_is_silent(sample_speech, write_wav):
    voice = read_audio(sample_speech, AUDIO_RATE)[: 2 * AUDIO_RATE]
    quiet = np.zeros(2 * AUDIO_RATE, np.float32)
    hiss = np.random.default_rng(0).normal(0.0, 0.002, 6 * AUDIO_RATE).astype(np.float32)
    for noise in (0.0, 1.0):
        path = write_wav(np.concatenate([quiet, voice, quiet]) + noise * hiss, f"n{noise}.wav")
        lips = lips_from_speech(path, RATE)
        assert opening(lips)[:47].max() < 0.03
        assert opening(lips)[107:].max() < 0.03
        assert opening(lips)[50:100].max() > 0.3


def test_the_gate_can_be_turned_off_and_up(heard):
    assert opening(lips_of(heard, RATE, gate=SilenceGate(level_db=0.0))).max() < 0.03
    free = lips_of(heard, RATE, gate=SilenceGate(is_on=False))
    assert column(free, "mouthClose")[:2].max() < 0.01


def test_a_louder_vowel_opens_wider(write_wav):
    gap = np.zeros(AUDIO_RATE // 2, np.float32)
    parts = [gap, buzz(1.0, 0.02), gap, buzz(1.0, 0.2), gap]
    jaw = column(lips_from_speech(write_wav(np.concatenate(parts)), RATE), "jawOpen")
    assert jaw[53:72].mean() > 1.5 * jaw[16:35].mean() > 0.0


def test_the_offset_moves_the_lips_in_time(heard, lips):
    later = lips_of(heard, RATE, n_frames=194, offset_s=0.2)
    assert np.allclose(later[5:], lips[:-5], atol=1e-5)
    earlier = lips_of(heard, RATE, n_frames=194, offset_s=-0.2)
    assert np.allclose(earlier[:-5], lips[5:], atol=1e-5)


def test_frames_past_the_sound_rest(heard):
    longer = lips_of(heard, RATE, n_frames=250)
    assert np.all(longer[200:] == 0.0)


def test_what_was_heard_survives_the_cache(heard, lips, tmp_path):
    cache = ArrayCache(tmp_path)
    cache.put("aa11", heard.to_arrays())
    again = Speech.from_arrays(cache.get("aa11"))
    assert again.phones == heard.phones
    assert np.array_equal(lips_of(again, RATE), lips)
    with pytest.raises(KeyError):
        Speech.from_arrays({})


@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.09, 0.3])
def test_very_short_sounds_are_no_problem(write_wav, seconds):
    lips = lips_from_speech(write_wav(buzz(seconds)), RATE)
    assert 1 <= len(lips) <= 9
    assert np.isfinite(lips).all()


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_sound_of_any_rate_speaks(sample_speech, write_wav, lips, rate):
    voice = read_audio(sample_speech, rate)
    other = lips_from_speech(write_wav(voice, rate=rate), RATE, n_frames=len(lips))
    assert np.corrcoef(opening(other), opening(lips))[0, 1] > (0.75 if rate == 8000 else 0.9)


def test_a_clipped_recording_still_speaks(sample_speech, write_wav, lips):
    path = write_wav(read_audio(sample_speech, AUDIO_RATE) * 8.0)
    other = lips_from_speech(path, RATE, n_frames=len(lips))
    assert np.corrcoef(opening(other), opening(lips))[0, 1] > 0.6


def test_music_and_noise_give_bounded_lips(write_wav):
    random = np.random.default_rng(5)
    t = np.arange(3 * AUDIO_RATE) / AUDIO_RATE
    music = np.sum([np.sin(2 * np.pi * hz * t) for hz in (220, 277.2, 329.6, 880)], 0) / 8
    for sound in (music, random.normal(0.0, 0.3, len(t))):
        lips = lips_from_speech(write_wav(sound.astype(np.float32)), RATE)
        assert len(lips) == 75
        assert 0.0 <= lips.min() <= lips.max() <= 1.0


def test_silence_only_stays_shut(write_wav):
    lips = lips_from_speech(write_wav(np.zeros(2 * AUDIO_RATE, np.float32)), RATE)
    assert opening(lips).max() == 0.0
    assert column(lips, "mouthClose").min() > 0.99


def test_it_reports_both_passes_and_cancels(sample_speech):
    stages = []
    progress = Progress(lambda step: stages.append(step.stage))
    analyse_speech(sample_speech, progress)
    assert list(dict.fromkeys(stages)) == ["Measuring the voice", "Recognising speech"]
    progress.cancel()
    with pytest.raises(Cancelled):
        lips_from_speech(sample_speech, RATE, progress=progress)


def test_files_that_hold_no_speech_are_refused_in_one_sentence(tmp_path, sample_portrait):
    for path in (tmp_path / "absent.wav", sample_portrait):
        with pytest.raises(MediaError, match=path.name):
            lips_from_speech(path, RATE)

from fractions import Fraction

import numpy as np
import pytest

from core.base.cache import ArrayCache
from core.base.controls import Factor
from core.base.errors import MediaError
from core.media.audio import audio_duration
from core.motion import voice
from core.motion.generators import head_idle
from core.motion.latent import LatentTrack
from core.motion.voice import gated, lips_track, stressed_seconds
from core.speech.energy import SilenceGate

RATE = Fraction(25)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return ArrayCache(tmp_path_factory.mktemp("cache"))


def test_a_voice_moves_the_lips_as_long_as_it_lasts(sample_speech, cache):
    track = lips_track(sample_speech, RATE, cache=cache)
    assert track.factor is Factor.LIPS
    assert track.neutral is None
    assert track.valid.all()
    assert 0 <= float(track.duration) - audio_duration(sample_speech) < 0.1
    assert track.column("jawOpen").max() > 0.15
    assert track.values.min() >= 0.0


def test_the_second_time_nobody_listens(sample_speech, cache, monkeypatch):
    first = lips_track(sample_speech, RATE, cache=cache)

    def fail(*_):
        raise AssertionError("listened again")

    monkeypatch.setattr(voice, "analyse_speech", fail)
    assert lips_track(sample_speech, RATE, cache=cache).values.tobytes() == first.values.tobytes()
    lips_track(sample_speech, Fraction(30), cache=cache)
    with pytest.raises(AssertionError, match="again"):
        lips_track(sample_speech, RATE)


def test_a_gate_above_everything_shuts_the_mouth(sample_speech, cache):
    shut = lips_track(sample_speech, RATE, gate=SilenceGate(level_db=0.0), cache=cache)
    assert shut.column("jawOpen").max() < 0.03


def test_stresses_bring_nods(sample_speech, cache):
    beats = stressed_seconds(sample_speech, cache)
    assert len(beats) >= 2
    assert list(beats) == sorted(beats)
    n = 250
    nodding = [head_idle(n, RATE, s, stressed_s=beats).column("pitch") for s in range(5)]
    still = [head_idle(n, RATE, s).column("pitch") for s in range(5)]
    assert np.min(np.array(nodding) - np.array(still)) < -1.0


def test_a_damaged_entry_is_replaced(sample_speech, tmp_path):
    cache = ArrayCache(tmp_path)
    first = lips_track(sample_speech, RATE, cache=cache)
    (entry,) = tmp_path.rglob("*.safetensors")
    cache.put(entry.stem, {"something": np.zeros(1)})
    assert lips_track(sample_speech, RATE, cache=cache).values.tobytes() == first.values.tobytes()


def test_a_missing_file_is_bad_input(tmp_path, cache):
    with pytest.raises(MediaError):
        lips_track(tmp_path / "nobody.wav", RATE, cache=cache)


def test_latents_of_a_silent_voice_give_way_as_the_lips_do(sample_speech, cache):
    lips = lips_track(sample_speech, RATE, gate=SilenceGate(hold_s=0.2), cache=cache)
    ones = np.ones((len(lips), 3), np.float32)
    track = LatentTrack(Factor.LIPS, ones, 2 * ones, lips.valid, RATE, "s", ones[:, 0])
    spoken = gated(track, sample_speech, SilenceGate(hold_s=0.2), cache)
    silent = spoken.share < 0.01
    assert 0 < silent.sum() < len(lips)
    assert (lips.column("mouthClose")[silent] > 0.99).all()  # the same moments
    assert (spoken.share[lips.column("jawOpen") > 0.1] > 0.5).all()
    assert (spoken.values == spoken.share[:, None]).all()
    assert (spoken.published == 2 * spoken.share[:, None]).all()
    assert gated(track, sample_speech, SilenceGate(is_on=False), cache) is track
    never = gated(track, sample_speech, SilenceGate(level_db=0.0), cache)
    assert never.share.max() < 0.01

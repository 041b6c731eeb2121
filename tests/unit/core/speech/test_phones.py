import itertools
import subprocess
import sys

import numpy as np
import pytest

from core.base.errors import Cancelled, MediaError
from core.base.progress import Progress
from core.media.audio import read_audio
from core.speech.phones import PHONES, recognise_phones
from core.speech.spectrum import AUDIO_RATE


def test_the_sample_is_understood(heard):
    said = " ".join(p.label for p in heard.phones)
    assert "M IY" in said  # give me
    assert "V OY" in said  # your voice
    assert "S P IY K" in said  # speak
    assert set(said.split()) <= set(PHONES)


def test_phones_are_in_order_and_inside_the_sound(heard):
    assert all(0.0 <= p.start_s < p.end_s <= 7.8 for p in heard.phones)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(heard.phones))


def test_two_runs_agree(sample_speech, heard):
    assert recognise_phones(sample_speech, None, heard.spectrum) == heard.phones


def test_times_hold_after_a_long_pause(sample_speech, heard, write_wav):
    voice = read_audio(sample_speech, AUDIO_RATE)
    path = write_wav(np.concatenate([np.zeros(20 * AUDIO_RATE, np.float32), voice, voice]))
    phones = recognise_phones(path)
    assert phones[0].start_s > 19.9
    for start_s in (20.0, 27.74):
        inside = [p for p in phones if start_s + 2.4 <= p.start_s < start_s + 2.95]
        m = next(p for p in inside if p.label == "M")
        known = next(p for p in heard.phones if p.label == "M" and p.start_s > 2.4)
        assert m.start_s - start_s == pytest.approx(known.start_s, abs=0.05)


def test_a_soft_recording_is_understood_as_well(sample_speech, heard, write_wav):
    path = write_wav(read_audio(sample_speech, AUDIO_RATE) * 0.02)
    soft = [p.label for p in recognise_phones(path)]
    loud = [p.label for p in heard.phones]
    assert abs(len(soft) - len(loud)) < 0.2 * len(loud)
    assert len(set(soft) & set(loud)) > 0.7 * len(set(loud))


def test_silence_holds_no_phones(write_wav):
    assert recognise_phones(write_wav(np.zeros(AUDIO_RATE, np.float32))) == ()


def test_progress_is_fine_grained_and_cancels(sample_speech, heard):
    steps = []
    recognise_phones(sample_speech, Progress(steps.append), heard.spectrum)
    assert len(steps) > 5 * 7.7
    assert steps[-1].done == steps[-1].total == 8

    def stop_at_second_3(step):
        if step.done >= 3:
            progress.cancel()

    progress = Progress(stop_at_second_3)
    with pytest.raises(Cancelled):
        recognise_phones(sample_speech, progress, heard.spectrum)


def test_a_file_without_sound_is_refused(sample_portrait):
    with pytest.raises(MediaError):
        recognise_phones(sample_portrait)


def test_the_recogniser_is_imported_only_when_it_listens():
    code = "import sys, core.speech.lips; print('pocketsphinx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

import os
import sys
import threading
import wave

import numpy as np
import pytest

from core.base.errors import Cancelled, EngineError
from core.base.progress import Progress
from core.bench.export import run_measured, write_repeated

ENVIRONMENT = dict(os.environ)


def test_a_recording_is_repeated_to_the_length(sample_speech, tmp_path):
    output = tmp_path / "long.wav"
    write_repeated(sample_speech, output, 20.0)
    with wave.open(str(output)) as sound:
        assert sound.getnframes() == 20 * sound.getframerate()
        pcm = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        rate = sound.getframerate()
    period = next(
        n for n in range(7 * rate, 9 * rate) if np.array_equal(pcm[n : n + rate], pcm[:rate])
    )
    assert np.abs(pcm[:rate]).max() > 3000
    assert not pcm[period - rate // 4 : period].any()


def test_a_command_is_timed_and_weighed():
    code = "import time; block = bytearray(300 * 2**20); time.sleep(0.3); print('made')"
    run, output = run_measured([sys.executable, "-c", code], ENVIRONMENT, Progress())
    assert output.strip() == "made"
    assert run.seconds >= 0.3
    if run.peak_bytes is not None:
        assert run.peak_bytes >= 300 * 2**20


def test_a_command_that_fails_says_why():
    code = "import sys; print('first'); sys.exit('the reason')"
    with pytest.raises(EngineError, match="failed: the reason"):
        run_measured([sys.executable, "-c", code], ENVIRONMENT, Progress())


def test_cancelling_stops_the_command(tmp_path):
    mark = tmp_path / "mark"
    code = f"import time; time.sleep(60); open({str(mark)!r}, 'w')"
    progress = Progress()
    timer = threading.Timer(0.3, progress.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        run_measured([sys.executable, "-c", code], ENVIRONMENT, progress)
    timer.join()
    assert not mark.exists()

"""A tiny talking clip that is made of numbers: a voice-like tone and a mouth that follows it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, REST, Factor
from core.base.randomness import stream
from core.motion.clip import ClipMotion
from core.motion.person import person_of
from core.motion.track import FactorTrack
from core.speech.hearing import hear_blocks
from core.speech.spectrum import AUDIO_RATE
from core.training.dataset import Take, TalkingClip

SECONDS = 8


def talking_clip(seed: int, name: str = "clip.mp4") -> TalkingClip:
    random = stream(seed, 99)
    n_frames = SECONDS * 25
    opening = np.clip(np.sin(np.cumsum(random.uniform(0.2, 0.8, n_frames))), 0.0, 1.0)
    at = np.arange(SECONDS * AUDIO_RATE) / AUDIO_RATE
    loud = np.interp(at, np.arange(n_frames) / 25, opening)
    sounds = [np.sign(np.sin(2 * np.pi * 140 * at)), *np.sin(2 * np.pi * np.outer((700, 2300), at))]
    mix = [np.interp(at, np.arange(0, SECONDS + 0.2, 0.2), random.uniform(0, 1, 5 * SECONDS + 1))
           for _ in sounds]  # fmt: skip
    voice = 0.2 * loud * sum(m * sound for m, sound in zip(mix, sounds, strict=True))
    voice += 0.002 * random.standard_normal(len(at))
    controls = np.tile(REST, (n_frames, 1))
    controls[:, FACTOR_SLICE[Factor.LIPS].start + FACTOR_CONTROLS[Factor.LIPS].index("jawOpen")] = (
        0.5 * opening
    )
    pose = FACTOR_SLICE[Factor.HEAD_POSE].start
    controls[:, pose : pose + 3] = 3.0 * np.sin(np.arange(n_frames)[:, None] / (7.0, 9.0, 11.0))
    eyes = FACTOR_SLICE[Factor.EYES].start
    for frame in (40, 120):
        for side in ("eyeBlinkLeft", "eyeBlinkRight"):
            column = eyes + FACTOR_CONTROLS[Factor.EYES].index(side)
            controls[frame : frame + 5, column] = (0.5, 1.0, 1.0, 0.6, 0.2)
    valid = np.ones(n_frames, np.bool_)
    tracks = {
        f: FactorTrack(f, controls[:, FACTOR_SLICE[f]], valid, Fraction(25), name, 0)
        for f in Factor
    }
    motion = ClipMotion(name, tracks, (), ())
    hearing = hear_blocks([voice.astype(np.float32)])
    return TalkingClip(Path(name), motion, person_of(motion), (Take(hearing, 1.0),))


@pytest.fixture(scope="session")
def clip() -> TalkingClip:
    return talking_clip(0)


@pytest.fixture(scope="session")
def other_clip() -> TalkingClip:
    return talking_clip(1, "other.mp4")

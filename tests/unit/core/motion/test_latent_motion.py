"""Latents that a hand takes over."""

from fractions import Fraction

import numpy as np

from core.base.controls import INDEX, N_CONTROLS, REST, Factor
from core.motion.motion import LatentMotion, LatentPart, Motion


def test_only_what_a_hand_moves_is_taken_from_the_latents() -> None:
    part = LatentPart(np.ones((1, 3), np.float32), np.zeros(1, np.float32))
    latents = LatentMotion(
        {Factor.EYES: part, Factor.LIPS: part}, REST[None], switched_off={"gaze"}
    )
    before = REST[None].copy()
    before[0, INDEX["jawOpen"]] = 0.4  # what the lips' latents stand for
    after = before.copy()
    after[0, INDEX["eyeBlinkLeft"]] = 0.9
    moved = latents.overridden(before, after)
    assert moved.parts == {Factor.LIPS: part}
    assert moved.controls[0, INDEX["eyeBlinkLeft"]] == np.float32(0.9)
    assert moved.controls[0, INDEX["jawOpen"]] == 0
    assert moved.switched_off == {"gaze"}
    assert (latents.controls == REST).all()
    assert latents.overridden(before, before).parts == latents.parts


def test_the_rest_of_a_motion_keeps_its_latents_in_step() -> None:
    controls = np.tile(np.arange(4, dtype=np.float32)[:, None], (1, N_CONTROLS))
    part = LatentPart(np.arange(8, dtype=np.float32).reshape(4, 2), np.ones(4, np.float32))
    latents = LatentMotion({Factor.EYES: part}, controls, frozenset({Factor.LIPS}))
    rest = Motion(controls, Fraction(25), 10, latents).since(3)
    assert (len(rest), rest.start_frame, rest.controls[0, 0]) == (1, 13, 3.0)
    assert rest.latents is not None
    assert rest.latents.parts[Factor.EYES].values.tolist() == [[6.0, 7.0]]
    assert (rest.latents.controls == rest.controls).all()
    assert rest.latents.muted == {Factor.LIPS}

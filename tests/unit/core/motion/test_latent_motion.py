"""Latents that a hand takes over."""

import numpy as np

from core.base.controls import INDEX, REST, Factor
from core.motion.motion import LatentMotion, LatentPart


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

"""Speech of any length in chunks, each of which begins where the one before it ended."""

from collections.abc import Callable

import torch
from torch import Tensor

from models.facial.generator import N_FRAMES


def stitch(
    speak: Callable[[Tensor, Tensor], Tensor],
    cut: Callable[[int, int], Tensor],
    n_frames: int,
    initial: Tensor,
) -> Tensor:
    """Attributes of a clip of any length; only one chunk's windows are in memory.

    Chunks overlap by one frame: the last state of a chunk is the initial state of the next, and
    the next one's first frame takes its place. What is left at the end is spoken as part of the
    last 128 frames, which start from the state found there before.

    Args:
        speak: the generator: windows [1, 128, R, F] and initial state [1, S] → [1, 128, S].
        cut: gives the windows [stop − start, R, F] of frames start ≤ i < stop.
        n_frames: T ≥ 1; what lacks to 128 is filled up with silence (zeros).
        initial: float32 [S], the state before the clip.

    Returns:
        float32 [T, S].
    """
    if n_frames < N_FRAMES:
        windows = cut(0, n_frames)
        padding = windows.new_zeros(N_FRAMES - n_frames, *windows.shape[1:])
        return speak(torch.cat([windows, padding])[None], initial[None])[0, :n_frames]
    states = initial.new_zeros(n_frames, len(initial))
    for start in range(0, n_frames - N_FRAMES + 1, N_FRAMES - 1):
        chunk = speak(cut(start, start + N_FRAMES)[None], initial[None])[0]
        states[start : start + N_FRAMES] = chunk
        initial = chunk[-1]
    tail = n_frames - N_FRAMES
    states[tail:] = speak(cut(tail, n_frames)[None], states[None, tail].clone())[0]
    return states

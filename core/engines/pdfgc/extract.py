"""Clips and voices in PD-FGC's space: what the motion and the audio encoder make of them."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray, Factor, FloatArray
from core.base.progress import Progress
from core.engines.pdfgc.alignment import align_clip, network_picture
from core.engines.pdfgc.composition import PUBLISHED, smooth_mouth, smooth_pose
from core.engines.pdfgc.networks import Networks
from core.face.crop import Box
from core.face.tracker import Picture, create_tracker
from core.media.audio import read_audio
from core.motion.gaps import fill_rows
from core.motion.latent import LatentTrack
from core.motion.tracking import clip_frames, clip_rate, track_clip
from core.speech.mel import (
    FRAME_RATE,
    LEAD_FRAMES,
    ROWS_PER_FRAME,
    SAMPLE_RATE_HZ,
    WINDOW_ROWS,
    mel_rows,
    mel_windows,
)

STAGE: Final = "Encoding"
_BATCH: Final = 8
_HEARD: Final = 32
_SHORTEST_S: Final = (WINDOW_ROWS + ROWS_PER_FRAME) / (FRAME_RATE * ROWS_PER_FRAME)


class PdfgcExtractor:
    """Implements `core.motion.latent.LatentExtractor`."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    @property
    def space(self) -> str:
        """Name and content of the encoders."""
        return self._networks.space

    def clip(
        self,
        path: Path,
        face: int | None,
        tracker: str,
        progress: Progress,
        *,
        crop: Box | None = None,
    ) -> dict[Factor, LatentTrack]:
        """The latents of all four factors; see the protocol.

        Frames without a face are filled as those of controls are, see `core.motion.gaps`.
        """
        rate = clip_rate(path)
        tracked = track_clip(path, rate, face or 0, create_tracker(tracker), progress, crop=crop)
        matrices = align_clip(tracked.points, tracked.valid)
        batches = list(self.encode(clip_frames(path, rate, crop), matrices, progress))
        tracks = {}
        for factor in Factor:
            codes = np.concatenate([batch[factor] for batch in batches])
            rows, share = _filled(codes, tracked.valid, rate)
            tracks[factor] = LatentTrack(
                factor, rows, _published(factor, rows), tracked.valid, rate, self.space, share
            )
        return tracks

    def encode(
        self, frames: Iterator[Picture], matrices: NDArray[np.float64], progress: Progress
    ) -> Iterator[dict[Factor, FloatArray]]:
        """Latents [B ≤ 8, D] of each factor, batch by batch.

        Args:
            frames: Of `clip_frames`.
            matrices: [T, 2, 3] of `align_clip`.
            progress: Told after each batch; stops before the next one when it is cancelled.
        """
        done, total = 0, len(matrices)
        while done < total:
            pictures = [
                network_picture(frame, matrix, self._networks.eye_side)
                for frame, matrix in zip(
                    islice(frames, _BATCH), matrices[done : done + _BATCH], strict=True
                )
            ]
            progress.check()
            yield self._networks.see(np.stack(pictures))
            done += len(pictures)
            progress.report(STAGE, done, total)

    def voice(self, path: Path, progress: Progress) -> LatentTrack:
        """The lips of a recording at 25 frames per second; see the protocol.

        The first and last two frames, for which no whole window of sound exists, repeat their
        neighbours. As lips from a voice are smooth already, the published smoothing is part of
        the latents and a strip's own comes on top.
        """
        samples = read_audio(path, SAMPLE_RATE_HZ)
        short = round(_SHORTEST_S * SAMPLE_RATE_HZ) - len(samples)
        rows = mel_rows(np.pad(samples, (0, max(short, 0))))
        windows, at = mel_windows(rows)
        codes = []
        for first in range(0, len(windows), _HEARD):
            progress.report(STAGE, first, len(windows))
            codes.append(self._networks.hear(windows[first : first + _HEARD]))
        progress.report(STAGE, len(windows), len(windows))
        ends = (LEAD_FRAMES, len(rows) // ROWS_PER_FRAME - 1 - int(at[-1]))
        mouth = smooth_mouth(
            np.pad(np.concatenate(codes), (ends, (0, 0)), mode="edge"), PUBLISHED.mouth_sigma
        )
        valid, share = np.ones(len(mouth), np.bool_), np.ones(len(mouth), np.float32)
        rate = Fraction(FRAME_RATE)
        return LatentTrack(Factor.LIPS, mouth, mouth, valid, rate, self.space, share)


def _published(factor: Factor, codes: FloatArray) -> FloatArray:
    if factor is Factor.LIPS:
        return smooth_mouth(codes, PUBLISHED.mouth_sigma)
    if factor is Factor.HEAD_POSE:
        return smooth_pose(codes, PUBLISHED.pose_radius)
    return codes


def _filled(codes: FloatArray, valid: BoolArray, rate: Fraction) -> tuple[FloatArray, FloatArray]:
    """Codes [T, D] without holes, and their share [T]: what long gaps leave of it fades to rest."""
    weighted = np.column_stack([codes, np.ones(len(codes), np.float32)])
    rows, _ = fill_rows(weighted, valid, rate, np.zeros(weighted.shape[1], np.float32))
    return rows[:, :-1], rows[:, -1]

"""Fills the hole behind a person with texture of the same picture.

Coarse-to-fine patch matching (Barnes et al., SIGGRAPH 2009, in the expectation-maximisation frame
of Wexler et al., TPAMI 2007), vectorised over all hole pixels. Deterministic: the random search
is seeded.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.engines.mesh.fill import fill_holes
from core.engines.mesh.sampling import sample

FloatMap = NDArray[np.float32]
Indices = NDArray[np.intp]
Picture = NDArray[np.uint8]

_LEVELS: Final = ((32, 6), (64, 4), (128, 3))  # longer side, rounds
_RADIUS: Final = 3
_SWEEPS: Final = 2
_SEED: Final = 0
_DETAIL: Final = 0.9
_NEIGHBOURS: Final = ((0, 1), (1, 0), (0, -1), (-1, 0))
STAGE: Final = "Background"


@dataclass(slots=True)
class _Level:
    """One resolution: pictures, which pixels are wanted, and where each finds its match."""

    picture: FloatMap
    hole: NDArray[np.bool_]
    usable: NDArray[np.bool_]  # centres whose whole patch is known
    wanted: Indices  # [n, 2] row, column of patches that touch the hole
    confidence: FloatMap
    match: Indices  # [n, 2] row, column


def _offsets() -> Indices:
    span = np.arange(-_RADIUS, _RADIUS + 1)
    rows, columns = np.meshgrid(span, span, indexing="ij")
    return np.stack([rows.ravel(), columns.ravel()], 1)


_OFFSETS: Final = _offsets()


def _patches(picture: FloatMap) -> FloatMap:
    """Every pixel's patch as one row: [h·w, 49·c], borders repeated."""
    pad = ((_RADIUS, _RADIUS), (_RADIUS, _RADIUS), (0, 0))
    padded = np.pad(picture, pad, mode="edge")
    height, width, channels = picture.shape
    size = 2 * _RADIUS + 1
    shape = (height, width, size, size, channels)
    strides = (*padded.strides[:2], *padded.strides)
    windows = np.lib.stride_tricks.as_strided(padded, shape, strides, writeable=False)
    return np.ascontiguousarray(windows.reshape(height * width, -1))


class PatchFill:
    """Fills one picture's hole."""

    def __init__(self, picture: Picture, hole: NDArray[np.uint8], progress: Progress) -> None:
        """Takes uint8 RGB [h, w, 3], the hole uint8 [h, w] (1 = unknown)."""
        self._picture = picture
        self._hole = hole
        self._progress = progress
        self._random = np.random.default_rng(_SEED)

    def fill(self) -> FloatMap:
        """The filled picture, float32 [h, w, 3]; outside the hole only nearly the input.

        Raises:
            Cancelled: the work was cancelled.
        """
        current: FloatMap | None = None
        matches: Indices | None = None
        total = sum(rounds for _, rounds in _LEVELS)
        done = 0
        for side, rounds in _LEVELS:
            level = self._level(side, matches)
            shape = level.hole.shape
            if current is None:
                current = fill_holes(level.picture, 1 - level.hole.astype(np.float32))
            else:
                current = np.asarray(cv2.resize(current, shape[::-1]), np.float32)
            current[~level.hole] = level.picture[~level.hole]
            for _ in range(rounds):
                self._progress.report(STAGE, done, total)
                cost = self._search(level, current)
                self._vote(level, cost, current)
                done += 1
            matches = self._match_map(level)
        self._progress.report(STAGE, total, total)
        assert current is not None
        assert matches is not None
        return self._full_size(current, matches)

    def _level(self, side: int, coarser: Indices | None) -> _Level:
        height, width = self._hole.shape
        shrink = side / max(height, width)
        size = (max(16, round(width * shrink)), max(16, round(height * shrink)))
        picture = cv2.resize(self._picture, size, interpolation=cv2.INTER_AREA)
        covered = cv2.resize(self._hole.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        hole = covered > 0.02
        kernel = np.ones((2 * _RADIUS + 1,) * 2, np.uint8)
        touched = cv2.dilate(hole.astype(np.uint8), kernel) > 0
        usable = ~touched
        usable[:_RADIUS] = usable[-_RADIUS:] = False
        usable[:, :_RADIUS] = usable[:, -_RADIUS:] = False
        if usable.sum() < 20:
            usable = ~hole
        wanted = np.argwhere(touched)
        away = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
        confidence = np.where(hole, 0.9**away, 1.0).astype(np.float32) + np.float32(0.02)
        known = np.argwhere(usable)
        match = known[self._random.integers(len(known), size=len(wanted))]
        if coarser is not None:
            match = self._scaled(coarser, wanted, usable, match)
        return _Level(picture.astype(np.float32), hole, usable, wanted, confidence, match)

    @staticmethod
    def _scaled(
        coarser: Indices, wanted: Indices, usable: NDArray[np.bool_], fallback: Indices
    ) -> Indices:
        """Matches [n, 2] taken over from a coarser match map [h, w, 2] where they are usable."""
        shape = np.array(usable.shape)
        ratio = shape / np.array(coarser.shape[:2])
        parent = np.minimum((wanted / ratio).astype(np.intp), np.array(coarser.shape[:2]) - 1)
        found = coarser[parent[:, 0], parent[:, 1]]
        moved = (found * ratio).astype(np.intp) + (wanted - (parent * ratio).astype(np.intp))
        moved = np.clip(moved, _RADIUS, shape - 1 - _RADIUS)
        good = usable[moved[:, 0], moved[:, 1]]
        return np.where(good[:, None], moved, fallback)

    def _search(self, level: _Level, current: FloatMap) -> FloatMap:
        """Improves `level.match` by propagation and random search; returns the costs [n]."""
        width = level.hole.shape[1]
        sources = _patches(level.picture)
        at = level.wanted[:, 0] * width + level.wanted[:, 1]
        targets = _patches(current)[at]
        weights = np.repeat(_patches(level.confidence[..., None])[at], 3, axis=1)
        weights /= weights.sum(1, keepdims=True) / 3

        def cost(candidates: Indices, rows: Indices) -> FloatMap:
            found = sources[candidates[:, 0] * width + candidates[:, 1]]
            found -= targets[rows]
            found *= found
            return np.asarray(np.einsum("ij,ij->i", found, weights[rows]), np.float32)

        everyone = np.arange(len(level.wanted))
        best = cost(level.match, everyone)
        number = np.full(level.hole.shape, -1, np.intp)
        number[level.wanted[:, 0], level.wanted[:, 1]] = everyone
        limit = np.array(level.hole.shape) - 1

        def try_out(candidates: Indices, allowed: NDArray[np.bool_]) -> None:
            rows = np.flatnonzero(allowed & level.usable[candidates[:, 0], candidates[:, 1]])
            costs = cost(candidates[rows], rows)
            better = costs < best[rows]
            level.match[rows[better]] = candidates[rows[better]]
            best[rows[better]] = costs[better]

        for _ in range(_SWEEPS):
            for step in _NEIGHBOURS:
                near = np.clip(level.wanted + step, 0, limit)
                partner = number[near[:, 0], near[:, 1]]
                shifted = np.clip(level.match[partner] - step, 0, limit)
                try_out(shifted, partner >= 0)
            reach = max(level.hole.shape) // 2
            while reach >= 1:
                jump = self._random.integers(-reach, reach + 1, size=level.match.shape)
                jumped = np.clip(level.match + jump, 0, limit)
                try_out(jumped, np.ones(len(jumped), np.bool_))
                reach //= 2
            self._progress.check()
        return best

    @staticmethod
    def _vote(level: _Level, cost: FloatMap, current: FloatMap) -> None:
        """Replaces the hole of `current` by the weighted mean of all overlapping matches."""
        limit = np.array(level.hole.shape) - 1
        total = np.zeros_like(current)
        weight = np.zeros(level.hole.shape, np.float32)
        trust = 1 / (cost + 20)
        for offset in _OFFSETS:
            to = level.wanted + offset
            inside = ((to >= 0) & (to <= limit)).all(1)
            to = to[inside]
            from_ = np.clip(level.match[inside] + offset, 0, limit)
            values = level.picture[from_[:, 0], from_[:, 1]]
            total[to[:, 0], to[:, 1]] += values * trust[inside, None]  # no row repeats
            weight[to[:, 0], to[:, 1]] += trust[inside]
        filled = level.hole & (weight > 0)
        current[filled] = total[filled] / weight[filled][:, None]

    @staticmethod
    def _match_map(level: _Level) -> Indices:
        rows, columns = np.indices(level.hole.shape)
        matches = np.dstack([rows, columns])
        matches[level.wanted[:, 0], level.wanted[:, 1]] = level.match
        return matches

    def _full_size(self, coarse: FloatMap, matches: Indices) -> FloatMap:
        """Texture copied along the matches, on the colours of the coarse fill."""
        height, width = self._hole.shape
        rows, columns = np.indices(matches.shape[:2])
        move = np.dstack([matches[..., 1] - columns, matches[..., 0] - rows]).astype(np.float32)
        ratio = width / matches.shape[1]
        size = (width, height)
        move = cv2.resize(move, size, interpolation=cv2.INTER_NEAREST) * np.float32(ratio)
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        texture = sample(self._picture, move + np.dstack(np.meshgrid(x, y))).astype(np.float32)
        base = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        soft = cv2.GaussianBlur(texture, (0, 0), ratio * 1.5)
        return np.asarray(base + (texture - soft) * _DETAIL, np.float32)

"""Thin-plate splines: smooth maps through scattered values (Bookstein, PAMI 1989)."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]

_CHUNK: Final = 4096
_TINY: Final = 1e-9


def _kernel(squared: NDArray[Any]) -> NDArray[Any]:
    np.maximum(squared, _TINY, out=squared)
    return np.asarray(0.5 * squared * np.log(squared))


class ThinPlate:
    """Splines through values at fixed nodes, evaluated at fixed queries.

    The radial parts of nodes and queries are computed once and shared by every set of values; a
    set may leave nodes out.
    """

    def __init__(self, nodes: Points, queries: NDArray[Any]) -> None:
        """Prepares nodes float [n, 2] and queries float [..., 2] in the same unit."""
        self._centre = nodes.mean(0)
        self._unit = float(np.ptp(nodes, axis=0).max())
        self._nodes = (nodes - self._centre) / self._unit
        self._shape = queries.shape[:-1]
        at = (queries.reshape(-1, 2) - self._centre) / self._unit
        self._radial = self._radial_part(at.astype(np.float32))
        away = self._nodes[:, None] - self._nodes[None]
        self._among_nodes = _kernel(np.einsum("ijk,ijk->ij", away, away))

    def _radial_part(self, at: FloatMap) -> FloatMap:
        """float32 [q, n + 3]: kernel to every node, 1, x, y."""
        n = len(self._nodes)
        out = np.empty((len(at), n + 3), np.float32)
        nodes = self._nodes.astype(np.float32)
        for start in range(0, len(at), _CHUNK):
            part = at[start : start + _CHUNK]
            squared = (part**2).sum(1)[:, None] + (nodes**2).sum(1) - 2 * part @ nodes.T
            out[start : start + _CHUNK, :n] = _kernel(squared)
        out[:, n] = 1.0
        out[:, n + 1 :] = at
        return out

    def solve(
        self, values: Points, *, smoothing: float, use: NDArray[np.intp] | None = None
    ) -> Points:
        """Coefficients float64 [n + 3, k] of the splines through `values` [n, k].

        `use` limits the nodes (the coefficients of the others are 0).
        """
        n = len(self._nodes)
        use = np.arange(n) if use is None else use
        nodes = self._nodes[use]
        m = len(use)
        system = np.zeros((m + 3, m + 3))
        system[:m, :m] = self._among_nodes[np.ix_(use, use)]
        system[np.arange(m), np.arange(m)] = smoothing
        system[:m, m] = system[m, :m] = 1.0
        system[:m, m + 1 :] = nodes
        system[m + 1 :, :m] = nodes.T
        right = np.zeros((m + 3, values.shape[1]))
        right[:m] = values[use]
        solved = np.linalg.solve(system, right)
        out = np.zeros((n + 3, values.shape[1]))
        out[use] = solved[:m]
        out[n:] = solved[m:]
        return out

    def evaluate(self, coefficients: Points) -> FloatMap:
        """Values float32 [..., k] of the splines at the queries."""
        values = self._radial @ coefficients.astype(np.float32)
        return np.asarray(values.reshape(*self._shape, -1), np.float32)

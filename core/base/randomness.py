"""Independent random streams, one for each purpose, from one seed."""

import numpy as np


def stream(seed: int, *purpose: int) -> np.random.Generator:
    """The random stream of one purpose; equal seeds give equal streams in every process."""
    return np.random.default_rng(np.random.SeedSequence(abs(seed), spawn_key=purpose))

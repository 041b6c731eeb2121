"""Gaussian smoothing over ticks. scipy is loaded at the first call; most commands make none."""

from core.speech.spectrum import Array


def smoothed(values: Array, sigma: float) -> Array:
    """`values` float64 [T, …] smoothed along the first axis, `sigma` in ticks; ends held."""
    from scipy.ndimage import gaussian_filter1d

    result: Array = gaussian_filter1d(values, sigma, axis=0, mode="nearest")
    return result

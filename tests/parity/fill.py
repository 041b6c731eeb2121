"""Deterministic weights and inputs for parity checks.

Anyone who knows a parameter's *name* and *shape* can rebuild exactly the
array that was used when the goldens were made; no checkpoint is needed.

    import json, numpy as np
    from fill import fill_manifest, make_input, take, stats
    man = json.load(open("pdfgc_audio_encoder.json"))
    sd  = fill_manifest(man, seed=0)          # {name: np.ndarray}
    x   = make_input(man["golden"]["inputs"]["spectrogram"], seed=0)

Rules (``fill_one``), first match wins, ``n`` is a standard-normal draw of the
wanted shape from ``np.random.default_rng(zlib.crc32(f"{seed}:{name}".encode()))``
(drawn in float64, the result cast to the wanted dtype at the very end):

  manifest override     mean + std * n, or gain * c / sqrt(F) as below
                        (first override whose regex matches the full name; a
                        list as mean is repeated over the flattened tensor)
  integer / bool dtype  zeros                         (num_batches_tracked)
  *running_mean         0.1 * n
  *running_var          1 + 0.1 * |n|
  *bias                 0.1 * n
  ndim >= 2             gain * c / sqrt(F), F = prod(shape[1:]); c is n with the
                        mean of every row (n reshaped to (shape[0], F)) removed
                        when F >= 8, otherwise c = n.  Zero-mean rows stop the
                        positive mean after ReLU from swamping the signal.
  other 1-D "weight"    1 + 0.1 * n                   (norm scales)
  anything else         0.1 * n

Names in ``keep`` are constant buffers (FIR kernels and the like): they are not
random, their values are listed in the manifest under ``fill.keep``.
``*weight_u`` / ``*weight_v`` (spectral norm) are derived from ``*weight_orig``
by a fixed number of power iterations, so that eval-mode sigma is meaningful.
"""

import re
import zlib

import numpy as np

__all__ = ["fill", "fill_manifest", "fill_one", "make_input", "stats", "take"]


def _rng(seed, name):
    return np.random.default_rng(zlib.crc32(f"{seed}:{name}".encode()))


def _fan(n, gain):
    f = int(np.prod(n.shape[1:]))
    if f >= 8:
        r = n.reshape(n.shape[0], f)
        n = (r - r.mean(axis=1, keepdims=True)).reshape(n.shape)
    return gain * n / np.sqrt(max(1, f))


def fill_one(name, shape, dtype="float32", seed=0, gain=1.0, overrides=()):
    shape = tuple(int(s) for s in shape)
    dt = np.dtype(dtype)
    if dt.kind in "iub":
        return np.zeros(shape, dt)
    n = _rng(seed, name).standard_normal(shape)
    for o in overrides:
        if re.search(o["pattern"], name):
            if "gain" in o:
                a = _fan(n, o["gain"])
            else:
                mean = o.get("mean", 0.0)
                if isinstance(mean, (list, tuple)):
                    mean = np.resize(np.asarray(mean, float), shape)
                a = mean + o.get("std", 0.0) * n
            return np.asarray(a).astype(dt)
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "running_mean":
        a = 0.1 * n
    elif leaf == "running_var":
        a = 1.0 + 0.1 * np.abs(n)
    elif leaf == "bias":
        a = 0.1 * n
    elif len(shape) >= 2:
        a = _fan(n, gain)
    elif leaf == "weight":
        a = 1.0 + 0.1 * n
    else:
        a = 0.1 * n
    return np.asarray(a).astype(dt)


def _spectral_vectors(w, u0, iters=60):
    """(u, v) after power iterations in float64; w is (out, -1)."""
    w = w.astype(np.float64).reshape(w.shape[0], -1)
    u = u0 / np.linalg.norm(u0)
    v = None
    for _ in range(iters):
        v = w.T @ u
        v /= max(np.linalg.norm(v), 1e-12)
        u = w @ v
        u /= max(np.linalg.norm(u), 1e-12)
    return u, v


def fill(state_dict_spec, seed=0, gain=1.0, overrides=(), keep=None):
    """state_dict_spec: iterable of {"name","shape","dtype"} -> {name: array}."""
    keep = keep or {}
    spec = list(state_dict_spec)
    out = {}
    for e in spec:
        if e["name"] in keep:
            out[e["name"]] = np.asarray(keep[e["name"]], dtype=e["dtype"]).reshape(e["shape"])
        else:
            out[e["name"]] = fill_one(e["name"], e["shape"], e["dtype"], seed, gain, overrides)
    for e in spec:
        if e["name"].endswith("weight_u"):
            base = e["name"][: -len("weight_u")]
            u0 = _rng(seed, e["name"]).standard_normal(tuple(e["shape"]))
            u, v = _spectral_vectors(out[base + "weight_orig"], u0)
            out[e["name"]] = u.astype(e["dtype"])
            if base + "weight_v" in out:
                out[base + "weight_v"] = v.astype(e["dtype"])
    return out


def fill_manifest(manifest, seed=0):
    f = manifest.get("fill", {})
    keep = {}
    for k, v in f.get("keep", {}).items():
        keep[k] = f["keep_values"][v] if isinstance(v, str) else v
    return fill(manifest["state_dict"], seed, f.get("gain", 1.0), f.get("overrides", ()), keep)


# ----------------------------------------------------------------- inputs
def _smooth(rng, shape, waves=5, max_freq=4.0):
    """Sum of a few random plane waves over the last two axes, per leading index."""
    h, w = shape[-2:]
    y = (np.arange(h) + 0.5)[:, None] / h
    x = (np.arange(w) + 0.5)[None, :] / w
    lead = int(np.prod(shape[:-2]))
    out = np.zeros((lead, h, w))
    for i in range(lead):
        for _ in range(waves):
            fy, fx = rng.uniform(-max_freq, max_freq, 2)
            ph = rng.uniform(0, 2 * np.pi)
            out[i] += rng.uniform(0.2, 1.0) * np.cos(2 * np.pi * (fy * y + fx * x) + ph)
    return (out / np.sqrt(waves)).reshape(shape)


def make_input(spec, seed=0):
    """spec: {"key","shape","kind", ...} -> float32 array.

    kind "normal"   scale * n (+ mean)
         "uniform"  low + (high-low) * U[0,1)
         "image01"  clip(0.5 + 0.3*smooth + 0.05*n, 0, 1)
         "image11"  2 * image01 - 1
    The stream is default_rng(crc32(f"{seed}:input:{key}")).
    An optional "zero" list of [axis, start, stop] boxes is zeroed afterwards
    (all entries of one box are applied together).
    """
    rng = _rng(seed, "input:" + spec["key"])
    shape = tuple(spec["shape"])
    kind = spec["kind"]
    if kind == "normal":
        a = spec.get("mean", 0.0) + spec.get("scale", 1.0) * rng.standard_normal(shape)
    elif kind == "uniform":
        lo, hi = spec.get("low", 0.0), spec.get("high", 1.0)
        a = lo + (hi - lo) * rng.random(shape)
    elif kind in ("image01", "image11"):
        s = _smooth(rng, shape)
        a = np.clip(0.5 + 0.3 * s + 0.05 * rng.standard_normal(shape), 0, 1)
        if kind == "image11":
            a = 2 * a - 1
    else:
        raise ValueError(kind)
    for box in spec.get("zero", ()):
        idx = [slice(None)] * len(shape)
        for ax, s0, s1 in box:
            idx[ax] = slice(s0, s1)
        a[tuple(idx)] = 0
    return a.astype(spec.get("dtype", "float32"))


# ---------------------------------------------------------------- goldens
def take(a, steps):
    """Strided subsample: steps[i] = [start, step] per axis (stop = end)."""
    a = np.asarray(a)
    return a[tuple(slice(s, None, k) for s, k in steps)]


def stats(a):
    """[mean, std, abs-sum, min, max] of the full array, in float64."""
    a = np.asarray(a, dtype=np.float64)
    return np.array([a.mean(), a.std(), np.abs(a).sum(), a.min(), a.max()])

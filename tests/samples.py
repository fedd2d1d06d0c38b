"""Where to look: abscissae and rows that together visit every range in which a kernel can go wrong."""

from __future__ import annotations

import functools

import numpy as np

from .reference import mp
from .ulp import FORMATS

__all__ = ["abscissae", "every", "gradients", "rows", "special_values", "to_mp"]

DTYPES = ("float16", "float32", "float64")


def to_mp(values):
    """Floating-point numbers as exact `mpf`."""
    return [mp.mpf(value) for value in np.asarray(values, np.float64).tolist()]


def every(dtype):
    """Every number there is of a type of two bytes, NaN with all its payloads too."""
    return np.arange(65536, dtype=np.uint16).view(dtype)


def special_values(dtype):
    """Zeros, infinities, NaN, subnormals and the ends of the range."""
    info = np.finfo(dtype)
    ends = [0.0, info.smallest_subnormal, info.smallest_normal, info.max]
    return np.array([*ends, *(-end for end in ends), np.inf, -np.inf, np.nan, -np.nan], dtype)


def _magnitude(value, form):
    """0 for a value that rounds to zero, 1 in the subnormal range, 2 for a normal number, 3 for an overflow."""
    if not value:
        return 0
    exponent = mp.mag(value) - 1
    steps = (form.lowest - form.digits, form.lowest, form.highest + 1)
    return sum(exponent >= step for step in steps)


def _bisect(inside, outside, same):
    for _ in range(60):
        middle = (inside + outside) / 2
        if same(middle):
            inside = middle
        else:
            outside = middle
    return float(outside)


@functools.cache
def _edges(function, dtype):
    """Where a function's value underflows, leaves the normal range or overflows, on either side."""
    form = FORMATS[dtype]
    edges = []
    exponents = [*range(-20, min(form.highest, 64)), *range(64, form.highest, 20), form.highest + 1]
    powers = [mp.mpf(2) ** k for k in exponents]
    for side in (1, -1):
        grid = [side * power for power in powers]
        classes = [_magnitude(function(x), form) for x in grid]
        for left, right, a, b in zip(grid, grid[1:], classes, classes[1:], strict=False):
            while a != b:
                edge = _bisect(left, right, lambda x, a=a: _magnitude(function(x), form) == a)
                edges.append(edge)
                left = mp.mpf(edge)
                a = a + 1 if b > a else a - 1
    return edges


@functools.cache
def _roots(function):
    """Where a function changes its sign."""
    grid = [mp.mpf(k) / 4 + mp.mpf(1) / 100 for k in range(-120, 120)]
    signs = [mp.sign(function(x)) for x in grid]
    pairs = zip(grid, grid[1:], signs, signs[1:], strict=False)
    return [_bisect(x, y, lambda z, a=a: mp.sign(function(z)) == a) for x, y, a, b in pairs if a * b < 0]


def _close_to(points, dtype, steps=12, count=60):
    """The nearest neighbours of some points, then ever farther ones."""
    info = np.finfo(dtype)
    points = np.asarray(list(points), dtype)
    points = points[np.isfinite(points)]
    distances = np.geomspace(info.eps, 0.3, count)
    with np.errstate(all="ignore"):
        near = [points]
        for direction in (np.inf, -np.inf):
            step = points
            for _ in range(steps):
                step = np.nextafter(step, dtype(direction))
                near.append(step)
        scale = np.maximum(np.abs(points.astype(np.float64)), 1e-30)[:, None]
        far = points[:, None] + scale * np.concatenate([distances, -distances])
        absolute = points[:, None] + np.concatenate([distances, -distances])
    return np.concatenate([*near, far.ravel(), absolute.ravel()]).astype(dtype)


def _windows(edges, count, rng):
    """Points spread over every stretch between neighbouring edges, and a little beyond."""
    parts = [np.zeros(0)]
    for side in (1, -1):
        own = sorted(abs(edge) for edge in edges if 0 < edge * side < 1e308)
        if own:
            stretches = zip([own[0] * 0.8, *own], [*own, own[-1] * 1.05], strict=True)
            parts += [side * rng.uniform(low, high, count) for low, high in stretches]
    return np.concatenate(parts)


def abscissae(function, dtype, size, kinks=(0.0,), seed=0):
    """Finite sample points for one function of an `mpf` in one dtype, about `size` of them, sorted."""
    dtype = np.dtype(dtype).type
    info = np.finfo(dtype)
    rng = np.random.default_rng(seed)
    part = max(size // 8, 16)
    edges, roots = _edges(function, info.dtype.name), _roots(function)
    bits = np.dtype(f"u{np.dtype(dtype).itemsize}")
    magnitudes = np.exp(rng.uniform(np.log(float(info.smallest_subnormal)), np.log(float(info.max)), part))
    common = np.exp(rng.uniform(np.log(1e-8), np.log(100.0), part))
    with np.errstate(all="ignore"):
        points = [
            rng.choice([-1, 1], part) * magnitudes,
            rng.choice([-1, 1], part) * common,
            rng.uniform(-30, 30, 2 * part),
            rng.uniform(-2, 2, part),
            np.frombuffer(rng.bytes(part * bits.itemsize), bits).view(dtype),
            _close_to([*kinks, *roots, *edges], dtype, count=max(part // 12, 8)),
            _windows(edges, part // 2, rng),
            special_values(dtype),
        ]
        together = np.unique(np.concatenate([p.astype(dtype) for p in points]))
    return together[np.isfinite(together)]


def gradients(count, dtype, seed=1):
    """Incoming gradients of several sizes and both signs, some of them zero."""
    values = np.array([1.0, -1.0, 0.3, -2.5e-3, 117.0, 3.1e4, -7.7e-7, 0.0])
    return np.random.default_rng(seed).choice(values, count).astype(dtype)


LENGTHS = (1, 2, 3, 7, 16, 33, 100, 1000, 4096)


def rows(dtype, lengths=LENGTHS, block=1, seed=2):
    """Named rows for folding activations, each a one-dimensional array whose length is a multiple of `block`."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    huge = {"float16": 6e4, "float64": 1e300}.get(dtype.name, 1e30)
    offset = {"float16": 1e3, "bfloat16": 1e2, "float32": 1e4, "float64": 1e9}[dtype.name]
    for length in lengths:
        length = -(-length // block) * block
        for spread in (0.1, 1, 10, 100, 1e3, 1e4):
            if length <= 100 or spread == 100:
                yield f"{length} values, spread {spread:g}", (spread * rng.standard_normal(length)).astype(dtype)
        yield f"{length} values, offset {offset:g}", (offset + rng.standard_normal(length)).astype(dtype)
        one = rng.standard_normal(length) - 30
        one[length // 2] = 0.0
        yield f"{length} values, one far above", one.astype(dtype)
        if length > 1000:  # mpmath takes its time
            continue
        yield f"{length} values about {huge:g}", (huge * rng.uniform(0.5, 1, length)).astype(dtype)
        yield f"{length} equal values", np.full(length, 0.7, dtype)
        if length > 1:
            masked = rng.standard_normal(length)
            masked[rng.permutation(length)[: length // 2]] = -np.inf
            yield f"{length} values, half of them -inf", masked.astype(dtype)

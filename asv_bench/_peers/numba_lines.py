"""numba's loops where lines lie side by side: folding along other axes than the last, and rows that have halves.

An array is seen as (outer, length, inner), the middle one folded. So many neighbouring lines are taken at a time that
their maxima and sums stay in the first-level cache; a block of lines is a thread's work.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import prange

from .cases import Case

BLOCK = 256


def lines(case: Case, array: np.ndarray) -> np.ndarray:
    """The array as (outer, length, inner), with one unit of maxout for each of outer: a view, strided or not."""
    if case.pieces == 1:
        at = case.axis
        return array.reshape(math.prod(array.shape[:at]), array.shape[at], -1)
    units = math.prod(case.folded_shape[: case.axis + 1])
    return array.reshape(units, -1, case.shape[-1])


def _softmax(x, out):
    outer, length, inner = x.shape
    blocks = (inner + BLOCK - 1) // BLOCK
    for b in prange(outer * blocks):
        o, first = b // blocks, b % blocks * BLOCK
        count = min(BLOCK, inner - first)
        rows, results = x[o, :, first : first + count], out[o, :, first : first + count]
        top, total = rows[0].copy(), np.zeros(count, x.dtype)
        for k in range(1, length):
            for i in range(count):
                top[i] = max(top[i], rows[k, i])
        for k in range(length):
            for i in range(count):
                results[k, i] = math.exp(rows[k, i] - top[i])
                total[i] += results[k, i]
        for k in range(length):
            for i in range(count):
                results[k, i] /= total[i]


def _softmax_backward(dy, y, out):
    outer, length, inner = y.shape
    blocks = (inner + BLOCK - 1) // BLOCK
    for b in prange(outer * blocks):
        o, first = b // blocks, b % blocks * BLOCK
        count = min(BLOCK, inner - first)
        slopes, values = dy[o, :, first : first + count], y[o, :, first : first + count]
        results, total = out[o, :, first : first + count], np.zeros(count, y.dtype)
        for k in range(length):
            for i in range(count):
                total[i] += slopes[k, i] * values[k, i]
        for k in range(length):
            for i in range(count):
                results[k, i] = values[k, i] * (slopes[k, i] - total[i])


def _log_softmax(x, out):
    outer, length, inner = x.shape
    blocks = (inner + BLOCK - 1) // BLOCK
    for b in prange(outer * blocks):
        o, first = b // blocks, b % blocks * BLOCK
        count = min(BLOCK, inner - first)
        rows, results = x[o, :, first : first + count], out[o, :, first : first + count]
        top, total = rows[0].copy(), np.zeros(count, x.dtype)
        for k in range(1, length):
            for i in range(count):
                top[i] = max(top[i], rows[k, i])
        for k in range(length):
            for i in range(count):
                total[i] += math.exp(rows[k, i] - top[i])
        for i in range(count):
            top[i] += math.log(total[i])
        for k in range(length):
            for i in range(count):
                results[k, i] = rows[k, i] - top[i]


def _log_softmax_backward(dy, y, out):
    outer, length, inner = y.shape
    blocks = (inner + BLOCK - 1) // BLOCK
    for b in prange(outer * blocks):
        o, first = b // blocks, b % blocks * BLOCK
        count = min(BLOCK, inner - first)
        slopes, values = dy[o, :, first : first + count], y[o, :, first : first + count]
        results, total = out[o, :, first : first + count], np.zeros(count, y.dtype)
        for k in range(length):
            for i in range(count):
                total[i] += slopes[k, i]
        for k in range(length):
            for i in range(count):
                results[k, i] = slopes[k, i] - math.exp(values[k, i]) * total[i]


def _maxout(x, out):
    units, pieces, inner = x.shape
    for u in prange(units):
        if pieces == 2:
            for i in range(inner):
                out[u, 0, i] = max(x[u, 0, i], x[u, 1, i])
        else:
            for i in range(inner):
                out[u, 0, i] = max(max(x[u, 0, i], x[u, 1, i]), x[u, 2, i])


def _maxout_backward(dy, x, out):
    units, pieces, inner = x.shape
    zero = dy.dtype.type(0)
    for u in prange(units):
        if pieces == 2:
            for i in range(inner):
                first, d = x[u, 0, i] >= x[u, 1, i], dy[u, 0, i]
                out[u, 0, i] = d if first else zero
                out[u, 1, i] = zero if first else d
        else:
            for i in range(inner):
                a, b, c, d = x[u, 0, i], x[u, 1, i], x[u, 2, i], dy[u, 0, i]
                first, second = (a >= b) & (a >= c), (b > a) & (b >= c)
                out[u, 0, i] = d if first else zero
                out[u, 1, i] = d if second else zero
                out[u, 2, i] = zero if first | second else d


def _maxout_backward_which(dy, which, out):
    units, pieces, inner = out.shape
    zero = dy.dtype.type(0)
    for u in prange(units):
        for k in range(pieces):
            for i in range(inner):
                out[u, k, i] = dy[u, 0, i] if which[u, 0, i] == k else zero


KERNELS = {
    ("softmax", "forward"): _softmax,
    ("softmax", "backward y"): _softmax_backward,
    ("log_softmax", "forward"): _log_softmax,
    ("log_softmax", "backward y"): _log_softmax_backward,
    ("maxout", "forward"): _maxout,
    ("maxout", "backward x"): _maxout_backward,
    ("maxout", "backward which"): _maxout_backward_which,
}


def gates(by_a: Callable[..., float], by_b: Callable[..., float]) -> Callable[..., None]:
    """The gradients of a gated function's halves in one pass."""

    def backward(dy, a, b, out):
        for r in prange(dy.shape[0]):
            gradients, other = out[r, : dy.shape[1]], out[r, dy.shape[1] :]
            for c in range(dy.shape[1]):
                gradients[c] = by_a(dy[r, c], a[r, c], b[r, c])
                other[c] = by_b(dy[r, c], a[r, c], b[r, c])

    return backward

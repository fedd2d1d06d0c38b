"""What lies far out costs no more than what lies in the middle: no number on the way is too small to be normal, which
takes some processors a hundred cycles. Nor do rows of zeros, as after a relu."""

import time

import numpy as np
import pytest

import activations

from .enrolment import FOLDING

NAMES = [name for name in activations.names() if activations.get(name).kind not in ("folding", "gated")]
FAR = {"float32": (-1e4, -200, 200, 1e4), "float64": (-1e6, -2000, 2000, 1e6)}


def slowest(call, usual, others):
    """How many times as long as on what is usual a call takes on each of some others: minima of calls by turns, of
    which there are more until all are within 2."""
    best = np.full(1 + len(others), np.inf)
    for round_ in range(40):
        for k, each in enumerate((usual, *others)):
            start = time.perf_counter()
            call(each)
            best[k] = min(best[k], time.perf_counter() - start)
        if round_ >= 4 and best.max() <= 2 * best[0]:
            break
    return best[1:] / best[0]


@pytest.mark.parametrize("dtype", FAR)
@pytest.mark.parametrize("name", NAMES)
def test_far_out(name, dtype):
    f = activations.get(name)
    x = np.random.default_rng(8).normal(size=4096).astype(dtype)
    far = [np.full_like(x, value) for value in FAR[dtype]]
    dy, out = np.ones_like(x), np.empty_like(x)
    passes = {
        "forward": lambda x: f(x, out=out),
        "derivative": lambda x: f.derivative(x, out=out),
        "backward": lambda x: f.backward(dy, x, out=out),
    }
    for label, call in passes.items():
        ratios = slowest(call, x, far)
        worst = FAR[dtype][ratios.argmax()]
        assert ratios.max() <= 3, f"{label} takes {ratios.max():.1f} times as long at {worst:g}"


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("dtype", FAR)
@pytest.mark.parametrize("name", FOLDING)
def test_rows_after_a_relu(name, dtype, axis):
    """An extreme that is 0 has a sign, which was once sought element by element."""
    f = activations.get(name)
    x = np.random.default_rng(8).normal(size=(128, 128)).astype(dtype)
    zeros = [np.maximum(x, 0), -np.maximum(x, 0)]
    dy = np.ones_like(f(x, axis=axis))
    for label, call in (("forward", lambda x: f(x, axis=axis)), ("backward", lambda x: f.backward(dy, x, axis=axis))):
        ratios = slowest(call, x, zeros)
        assert ratios.max() <= 5, f"{label} takes {ratios.max():.1f} times as long"

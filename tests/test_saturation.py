"""What lies far out costs no more than what lies in the middle: no number on the way is too small to be normal, which
takes some processors a hundred cycles."""

import time

import numpy as np
import pytest

import activations

NAMES = [name for name in activations.names() if activations.get(name).kind not in ("folding", "gated")]
FAR = {"float32": (-1e4, -200, 200, 1e4), "float64": (-1e6, -2000, 2000, 1e6)}


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
        best = np.full(1 + len(far), np.inf)
        for round_ in range(40):
            for k, each in enumerate((x, *far)):
                start = time.perf_counter()
                call(each)
                best[k] = min(best[k], time.perf_counter() - start)
            if round_ >= 4 and best.max() <= 2 * best[0]:
                break
        worst = FAR[dtype][best[1:].argmax()]
        assert best.max() <= 3 * best[0], f"{label} takes {best.max() / best[0]:.1f} times as long at {worst:g}"

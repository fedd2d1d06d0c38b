"""The peak memory of a call is its result plus a constant."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import activations
from activations.kernels import core

from .enrolment import same_bits

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 1 << 22  # of 16 MiB arrays; huge pages come 2 MiB at a time
NAMES = [name for name in activations.names() if name != "softmax2d"]


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module("asv_bench.benchmarks.memory")
    try:
        module.RESET.write_text("5")
    except OSError:
        pytest.skip("the peak of memory can be reset on Linux alone")
    return module


def measured(memory, name, which, dtype):
    benchmark = memory.Memory()
    benchmark.setup(name, which, dtype)
    return benchmark.track_beyond_the_result(name, which, dtype)


@pytest.mark.parametrize("which", ["forward", "backward"])
@pytest.mark.parametrize("name", NAMES)
def test_no_large_temporary(memory, name, which):
    assert measured(memory, name, which, "float32") < LIMIT


def test_a_temporary_is_seen(memory):
    x = np.ones((4096, 1024), np.float32)
    assert memory.peak(lambda: np.exp(-x)) < LIMIT + x.nbytes
    assert memory.peak(lambda: np.add(np.exp(x), np.log(x))) > x.nbytes // 2


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_large_results_in_memory_of_either_kind(name):
    """What nobody has touched is written through the caches, the memory of an older result past them."""
    f, n = activations.get(name), 9_000_001
    x = np.random.default_rng(3).normal(size=n).astype(np.float32)
    bias, dy = np.linspace(-1, 1, 9, dtype=np.float32), x[::-1].copy()
    rows = x[: n // 9 * 9].reshape(-1, 9)
    before = core.configure()["stream_bytes"]
    try:
        core.configure(stream_bytes=1)
        for call in (lambda **k: f(x, **k), lambda **k: f.backward(dy, x, **k), lambda **k: f(rows, bias=bias, **k)):
            fresh = call()
            older = np.full_like(fresh, np.nan)
            assert same_bits(call(out=older), fresh)
            core.configure(stream_bytes=before)
            older.fill(np.nan)
            assert same_bits(call(out=older), fresh)
            core.configure(stream_bytes=1)
    finally:
        core.configure(stream_bytes=before)
    assert same_bits(f(x[-5:]), f(x)[-5:])

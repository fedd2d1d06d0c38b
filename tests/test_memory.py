"""The peak memory of a call is its result plus a constant."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import activations
from activations.kernels import core

from .enrolment import same_bits

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 3 << 20  # of arrays of 8 MiB; portions are half a MiB each in float32
NAMES = [name for name in activations.names() if name != "softmax2d"]
MASKED = ("softmax", "log_softmax", "softmin", "sparsemax", "entmax", "gumbel_softmax")


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module("asv_bench.benchmarks.memory")
    try:
        module.RESET.write_text("5")
    except OSError:
        pytest.skip("the peak of memory can be reset on Linux alone")
    return module


def measured(memory, name):
    """What is above the limit, by pass and what the call is given; and what was measured."""
    above, cases = {}, set()
    for which in memory.Memory.params[1]:
        for given in memory.Memory.params[2]:
            benchmark = memory.Memory()
            try:
                benchmark.setup(name, which, given)
            except NotImplementedError:
                continue
            cases.add((which, given))
            size = benchmark.track_beyond_the_result(name, which, given)
            if size >= LIMIT:
                above[which, given] = f"{size / 2**20:.1f} MiB"
    return above, cases


@pytest.mark.parametrize("name", NAMES)
def test_no_large_temporary(memory, name):
    above, cases = measured(memory, name)
    assert not above
    f = activations.get(name)
    wanted = {"nothing", "out"}
    if "bias" not in f.parameters:
        wanted.add("bias")
    if f.kind in ("ridge", "radial") or name in MASKED:
        wanted.add("where")
    assert {(which, given) for which in ("forward", "backward") for given in wanted} <= cases
    assert (("forward", "rng") in cases) == (name in ("rrelu", "gumbel_softmax"))


def test_a_temporary_is_seen(memory):
    x = np.ones((2048, 1024), np.float32)
    with memory.small_pages():
        assert memory.peak(lambda: np.negative(x)) < 1 << 18
        assert memory.peak(lambda: np.negative(x + 1)) > x.nbytes - (1 << 18)
        # A mask of bytes, which is a quarter as large; memory that the C library has kept for the next array.
        assert memory.peak(lambda: np.logical_not(x > 0).any()) > x.size - (1 << 18)
        kept = [np.ones(n, np.float32) for n in range(1 << 20, 1 << 21, 1 << 18)]
        del kept
        assert memory.peak(lambda: np.exp(x + 1)) > x.nbytes - (1 << 18)


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_large_results_in_memory_of_either_kind(name):
    """What nobody has touched is written through the caches, the memory of an older result past them."""
    f, n = activations.get(name), 9_000_001
    x = np.random.default_rng(3).normal(size=n).astype(np.float32)
    bias, dy = np.linspace(-1, 1, 9, dtype=np.float32), x[::-1].copy()
    rows = x[: n // 9 * 9].reshape(-1, 9)
    before = core.configure()
    past = {"stream_bytes": 1, "stream_ns": np.inf}
    try:
        core.configure(**past)
        for call in (lambda **k: f(x, **k), lambda **k: f.backward(dy, x, **k), lambda **k: f(rows, bias=bias, **k)):
            fresh = call()
            older = np.full_like(fresh, np.nan)
            assert same_bits(call(out=older), fresh)
            core.configure(**before)
            older.fill(np.nan)
            assert same_bits(call(out=older), fresh)
            core.configure(**past)
    finally:
        core.configure(**before)
    assert same_bits(f(x[-5:]), f(x)[-5:])


@pytest.mark.parametrize("start", [0, 1, 2, 7])
@pytest.mark.parametrize("units", [5, 70, 4099])
@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_short_rows_past_the_caches(dtype, pieces, units, start):
    """Wherever a result begins in a line, and whatever is left of whole lines."""
    f = activations.get("maxout", pieces=pieces)
    x = np.random.default_rng(7).normal(size=(3, units * pieces)).astype(dtype)
    y, which = f.with_argmax(x)
    dy = np.cos(y)
    calls = (lambda **k: f(x, **k), lambda **k: f.backward(dy, x, **k), lambda **k: f.backward(dy, which=which, **k))
    before = core.configure()
    for call in calls:
        fresh = call()
        for settings in ({"stream_bytes": 1, "stream_ns": np.inf}, before):
            memory = np.full(fresh.size + 16, np.nan, dtype)
            out = memory[start : start + fresh.size].reshape(fresh.shape)
            core.configure(**settings)
            try:
                assert call(out=out) is out
            finally:
                core.configure(**before)
            assert same_bits(out, fresh)
            assert np.isnan(memory[:start]).all()
            assert np.isnan(memory[start + fresh.size :]).all()

"""The peak memory of a call is its result plus a constant."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import activations

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

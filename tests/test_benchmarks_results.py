"""The benchmarks of where results go, and that a result over its operand takes no longer."""

import importlib
import time
from pathlib import Path

import numpy as np
import pytest

import activations

from .enrolment import ALL, MASKED, REDUCTIONS

ROOT = Path(__file__).resolve().parents[1]
PASSES = ("forward", "backward")
KINDS = {name: activations.get(name).kind for name in ALL}
# Results of another shape than x, which cannot lie over it: those of a forward pass.
OTHER = {name for name in ALL if KINDS[name] == "gated" or name in (*REDUCTIONS, "maxout")}
# 4 MiB of float32, beyond most second-level caches, and few enough that some calls are undisturbed on a busy machine.
LARGE = 1 << 20
# One call of it takes longer than a busy machine leaves a process alone.
SLOW = {"entmax": 1 << 17}


@pytest.fixture
def results(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("ACTIVATIONS_BENCH_SIZES", "16")
    return importlib.import_module("asv_bench.benchmarks.results")


@pytest.mark.parametrize("name", ALL)
def test_fresh_results(results, name):
    assert name in results.Fresh.params[0]
    one = results.Fresh()
    one.setup(name, 2048)
    one.time_forward(name, 2048)
    one.time_backward(name, 2048)


@pytest.mark.parametrize("which", PASSES)
@pytest.mark.parametrize("name", ALL)
def test_masks(results, name, which):
    assert {name, which} <= {*results.Masked.params[0], *results.Masked.params[1]}
    one = results.Masked()
    if KINDS[name] == "folding" and name not in MASKED:
        with pytest.raises(NotImplementedError, match="no mask"):
            one.setup(name, which, 2048)
        return
    one.setup(name, which, 2048)
    one.time_masked(name, which, 2048)


@pytest.mark.parametrize("which", PASSES)
@pytest.mark.parametrize("name", ALL)
def test_a_result_over_its_operand_takes_no_longer(results, name, which):
    assert {name, which} <= {*results.InPlace.params[0], *results.InPlace.params[1]}
    one = results.InPlace()
    if which == "forward" and name in OTHER:
        with pytest.raises(NotImplementedError, match="another shape"):
            one.setup(name, which, LARGE)
        return
    # Where arrays come to lie counts for some hundredths, and another process may hold the core for all of the rounds.
    for attempt in range(6):
        time.sleep(0.05 * attempt)
        one.setup(name, which, SLOW.get(name, LARGE))
        taken = results.ratio(one.over, one.beside, 60, before=one.before, enough=1.1)
        if taken <= 1.2:
            return
    pytest.fail(f"{taken:.2f} times as long as into another array")


def test_the_operand_is_there_again_before_each_call(results):
    one = results.InPlace()
    one.setup("square", "forward", 16)
    one.track_ratio("square", "forward", 16)
    once = one.out.copy()
    one.before()
    np.testing.assert_array_equal(one.over(), once)
    one.before()
    np.testing.assert_array_equal(one.beside(), once)

"""Every registered function is benchmarked, and nothing wrong can be timed."""

import importlib
import time
from pathlib import Path

import numpy as np
import pytest

import activations

ROOT = Path(__file__).resolve().parents[1]
PASSES = {
    "Forward": "time_forward",
    "Derivative": "time_derivative",
    "Backward": "time_backward",
    "FromOutput": "time_from_output",
}
# softmax2d is softmax, for images alone.
NAMES = [name for name in activations.names() if name != "softmax2d"]


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("ACTIVATIONS_BENCH_SIZES", "16")
    return importlib.import_module("asv_bench.benchmarks.passes")


@pytest.fixture
def common(benchmarks):
    return importlib.import_module("asv_bench.benchmarks.common")


def has_derivative(name):
    try:
        activations.get(name).derivative(np.zeros(1))
    except TypeError:
        return False
    return True


def uses_output(name):
    f = activations.get(name)
    return f.saves != "x" or f.kind == "folding"


@pytest.mark.parametrize("which", PASSES)
def test_every_function_is_enrolled(benchmarks, which):
    assert sorted(getattr(benchmarks, which).params[0]) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_small_calls(benchmarks, name):
    overhead = importlib.import_module("asv_bench.benchmarks.overhead")
    assert name in overhead.SmallCall.params[0]
    for shape, dimensions in (("16", 1), ("1x16", 2)):
        assert shape in overhead.SmallCall.params[1]
        one = overhead.SmallCall()
        one.setup(name, shape)
        assert (one.x.size, one.x.ndim) == (16, dimensions)
        one.time_forward(name, shape)
        one.time_backward(name, shape)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_benchmark_runs(benchmarks, name, dtype):
    for which, timed in PASSES.items():
        benchmark = getattr(benchmarks, which)()
        if (which == "Derivative" and not has_derivative(name)) or (which == "FromOutput" and not uses_output(name)):
            with pytest.raises(NotImplementedError, match=r"no derivative|no use for its output"):
                benchmark.setup(name, 16, dtype)
            continue
        benchmark.setup(name, 16, dtype)
        getattr(benchmark, timed)(name, 16, dtype)
        assert benchmark.timed() is benchmark.out


def test_the_output_that_was_saved_is_what_is_timed(benchmarks):
    """Not the pass from x, which would give the same."""
    one = benchmarks.FromOutput()
    one.setup("exponential", 16, "float32")
    one.y = np.full_like(one.y, 2)
    one.time_from_output("exponential", 16, "float32")
    np.testing.assert_array_equal(one.out, 2 * one.dy)


@pytest.mark.parametrize("name", NAMES)
def test_bias(benchmarks, name):
    dense = importlib.import_module("asv_bench.benchmarks.dense")
    assert name in dense.Bias.params[0]
    benchmark = dense.Bias()
    if "bias" in activations.get(name).parameters or not has_derivative(name):
        with pytest.raises(NotImplementedError):
            benchmark.setup(name, 2048)
        return
    benchmark.setup(name, 2048)
    benchmark.time_one_pass(name, 2048)
    benchmark.time_two_passes(name, 2048)
    np.testing.assert_array_equal(benchmark.out, benchmark.sum)


def wrong(**replaced):
    functions = {"forward": np.square, "derivative": lambda x: 2 * x, "backward": lambda dy, x: 2 * dy * x}
    functions |= replaced
    return activations.Activation("wrong", functions.pop("forward"), **functions)


def test_guard_passes_what_is_right(common):
    common.guard_gradient(wrong())


@pytest.mark.parametrize(
    "replaced",
    [
        {"backward": lambda dy, x: dy * x},
        {"derivative": lambda x: x},
        {"derivative": lambda x: x, "backward": lambda dy, x: dy * x},
    ],
)
def test_guard_stops_a_wrong_gradient(common, replaced):
    with pytest.raises(AssertionError, match="wrong"):
        common.guard_gradient(wrong(**replaced))


@pytest.mark.parametrize(
    "value",
    [np.ones(3, np.float64), np.ones(4, np.float32), np.array([1, 1, 1.001], np.float32), np.float32([1, 1, np.nan])],
)
def test_guard_stops_a_wrong_value(common, value):
    with pytest.raises(AssertionError, match="relu"):
        common.guard_value(activations.get("relu"), value, np.ones(3), "float32", "forward")


def test_sizes_are_three(benchmarks, common, monkeypatch):
    """And threads have those between the last two besides."""
    monkeypatch.delenv("ACTIVATIONS_BENCH_SIZES")
    assert importlib.reload(common).SIZES == (16, 65_536, 4_194_304)
    assert common.THREADED == (65_536, 262_144, 1_048_576, 4_194_304)
    monkeypatch.setenv("ACTIVATIONS_BENCH_SIZES", "16,4096")
    assert importlib.reload(common).THREADED == (4096,)


def test_functions_are_all_or_those_named(common, monkeypatch):
    assert common.enrolled() == sorted(NAMES)
    monkeypatch.setenv("ACTIVATIONS_BENCH_FUNCTIONS", "softmax,relu")
    assert common.enrolled() == ["relu", "softmax"]
    monkeypatch.setenv("ACTIVATIONS_BENCH_FUNCTIONS", "softmax,relus")
    with pytest.raises(ValueError, match="there is no relus"):
        common.enrolled()


@pytest.mark.parametrize("name", NAMES)
def test_layouts(benchmarks, name):
    layouts = importlib.import_module("asv_bench.benchmarks.layouts")
    threads = activations.num_threads()
    for benchmark, arguments in (
        *((layouts.Layout, (layout, 2048)) for layout in layouts.LAYOUTS),
        (layouts.Half, (2048,)),
        (layouts.Threads, (1, 2048)),
        (layouts.Threads, (0, 2048)),
    ):
        assert name in benchmark.params[0]
        one = benchmark()
        if arguments[0] == "first axis" and has_derivative(name):
            with pytest.raises(NotImplementedError):
                one.setup(name, *arguments)
            continue
        one.setup(name, *arguments)
        one.time_forward(name, *arguments)
        one.time_backward(name, *arguments)
        if benchmark is layouts.Threads:
            one.teardown(name, *arguments)
            assert activations.num_threads() == threads


@pytest.mark.parametrize("name", [name for name in activations.names(kind="folding") if name != "softmax2d"])
def test_the_first_axis_is_compared_with_the_last(benchmarks, name):
    layouts = importlib.import_module("asv_bench.benchmarks.layouts")
    one = layouts.FirstAxis()
    one.ROUNDS = 2
    assert name in one.params[0]
    one.setup(name, "16x6", "float32")
    assert one.turned.shape == (6, 16)
    assert one.track_forward(name, "16x6", "float32") > 0
    assert one.track_backward(name, "16x6", "float32") > 0


def test_short_rows_are_compared_with_long_ones(benchmarks):
    layouts = importlib.import_module("asv_bench.benchmarks.layouts")
    one = layouts.ShortRows()
    one.ROUNDS = 2
    one.setup("logsumexp", 10, "float32")
    assert one.x.shape == (6553, 10)
    assert one.other.shape == (64, 1024)
    assert one.track_forward("logsumexp", 10, "float32") > 1
    assert one.track_backward("logsumexp", 10, "float32") > 1


def test_ratios(common):
    """What takes longer is seen, after five rounds where that is enough, and what goes before is not timed."""
    called = []
    slow, quick = (lambda: time.sleep(0.01)), (lambda: called.append(0))
    assert common.ratio(slow, quick, 2) > 10
    assert len(called) == 2
    assert common.ratio(quick, slow, 50, before=slow, enough=1) < 0.1
    assert len(called) == 7


def test_layouts_are_what_they_are_called(benchmarks):
    layouts = importlib.import_module("asv_bench.benchmarks.layouts")
    one = layouts.Layout()
    one.setup("softmax", "every other", 2048)
    assert one.x.shape == (4, 512)
    assert not one.x.flags.c_contiguous
    one.setup("softmax", "columns first", 2048)
    assert one.x.flags.f_contiguous
    assert not one.x.flags.c_contiguous
    one.setup("softmax", "first axis", 2048)
    assert one.keywords == {"axis": 0}

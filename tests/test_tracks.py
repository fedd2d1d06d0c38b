"""The tracks that do not swing, and that benchmarks run with libraries of any age."""

import importlib
import inspect
import itertools
import json
import math
import pkgutil
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import activations

from .enrolment import ALL
from .measuring import Worst

ROOT = Path(__file__).resolve().parents[1]
PASSES, DTYPES = ("forward", "derivative", "backward"), ("float32", "float64")


@pytest.fixture
def track(monkeypatch):
    """Imports a module of the benchmarks."""
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("ACTIVATIONS_BENCH_SAMPLES", "16")
    return lambda name: importlib.import_module(f"asv_bench.benchmarks.{name}")


def classes(track):
    """Every benchmark that has a function among its parameters."""
    package = importlib.import_module("asv_bench.benchmarks")
    for module in pkgutil.iter_modules(package.__path__):
        for _, benchmark in inspect.getmembers(track(module.name), inspect.isclass):
            if benchmark.__module__.endswith(module.name) and "function" in getattr(benchmark, "param_names", ()):
                yield benchmark


@pytest.mark.parametrize(("module", "name"), [("accuracy", "Ulp"), ("counted", "Instructions")])
def test_every_pass_of_every_function_is_tracked(track, module, name):
    benchmark = getattr(track(module), name)
    assert set(itertools.product(*benchmark.params)) == set(itertools.product(ALL, PASSES, DTYPES))


def test_lists_of_cases_do_not_depend_on_the_library(track, monkeypatch):
    before = {benchmark.__qualname__: benchmark.params[0] for benchmark in classes(track) if benchmark.params}
    assert len(before) >= 9
    monkeypatch.setattr(activations, "names", lambda *_, **__: ["relu"])
    monkeypatch.setattr(activations, "get", unknown)
    # Bases first: a class inherits the list of the module that was loaded anew.
    for module in sorted(sys.modules, key=lambda name: not name.endswith(".common")):
        if module.startswith("asv_bench.benchmarks."):
            monkeypatch.setitem(sys.modules, module, importlib.reload(sys.modules[module]))
    assert {benchmark.__qualname__: benchmark.params[0] for benchmark in classes(track) if benchmark.params} == before


def unknown(name, get=activations.get):
    """An old library's look-up."""
    if name in ("relu", "softmax"):
        return get(name)
    raise activations.UnknownActivationError(f"unknown activation {name!r}")


def test_a_function_that_the_library_lacks_is_not_available(track, monkeypatch):
    tried = [benchmark for benchmark in classes(track) if all(benchmark.params)]
    monkeypatch.setattr(activations, "get", unknown)
    for benchmark in tried:
        case = tuple(values[0] for values in benchmark.params)
        given = ({}, *case) if hasattr(benchmark, "setup_cache") else case
        with pytest.raises(NotImplementedError, match="this commit"):
            benchmark().setup(*given)


def test_a_library_that_adds_no_bias_is_not_timed(track, monkeypatch):
    def refuse(x, **keywords):
        raise TypeError("relu has no parameter 'bias'")

    old = activations.Activation("relu", refuse, derivative=np.sign)
    monkeypatch.setattr(activations, "get", lambda name: old)
    monkeypatch.setattr(track("dense"), "arrays", lambda f, size, dtype: (np.ones(size, dtype), None))
    with pytest.raises(NotImplementedError, match="adds no bias"):
        track("dense").Bias().setup("relu", 2048)


def test_kernels_that_the_library_lacks_are_not_counted(track, monkeypatch):
    counting = track("counting")
    assert len(list(counting.kernels(["tanh", "softmax"]))) == 10
    monkeypatch.setattr(activations, "get", unknown)
    assert len(list(counting.kernels(["tanh", "softmax"]))) == 4


def error(track, *case):
    ulp = track("accuracy").Ulp()
    ulp.setup(*case)
    return ulp.track_worst_error(*case)


@pytest.mark.parametrize("name", ALL)
def test_errors_are_tracked(track, name):
    found = error(track, name, "forward", "float32")
    assert 0 <= found < 32
    assert found == error(track, name, "forward", "float32"), "samples differ from one time to the next"


@pytest.mark.parametrize("which", ["derivative", "backward"])
@pytest.mark.parametrize("name", ["relu", "gelu", "softplus"])
def test_errors_of_slopes_are_tracked(track, name, which):
    assert 0 <= error(track, name, which, "float64") < 4


@pytest.mark.parametrize("name", ["softmax", "swiglu"])
def test_rows_have_no_derivative(track, name):
    assert 0 < error(track, name, "backward", "float64") < 4
    with pytest.raises(NotImplementedError, match="no derivative"):
        error(track, name, "derivative", "float64")


@pytest.mark.parametrize("wrong", ["forward", "derivative"])
def test_an_error_is_seen_in_its_own_pass(track, wrong):
    off = dict.fromkeys(PASSES, 1.0) | {wrong: 1 + 1e-12}
    right = {"forward": np.square, "derivative": lambda x: 2 * x}
    square = {which: lambda x, which=which: right[which](x) * off[which] for which in right}
    ulp = track("accuracy").Ulp()
    for which in right:
        ulp.setup("square", which, "float64")
        ulp.f = activations.Activation("square", square["forward"], derivative=square["derivative"])
        with np.errstate(all="ignore"):
            found = ulp.track_worst_error("square", which, "float64")
        assert 2_000 < found < 20_000 if which == wrong else found < 1


def test_a_wrong_infinity_is_no_figure(track):
    with pytest.raises(AssertionError, match="wrong altogether"):
        track("accuracy").finite(Worst(math.inf, 1.0, np.inf, 2.0))
    assert track("accuracy").finite(Worst(0.5, near_root=1.23456)) == 1.235


def test_other_parameters_are_not_available(track, monkeypatch):
    other = activations.Activation("elu", np.negative, parameters={"slope": 1.0})
    monkeypatch.setattr(activations, "get", lambda name: other)
    with pytest.raises(NotImplementedError, match="other parameters"):
        error(track, "elu", "forward", "float64")


def test_without_mpmath_no_errors(track, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(track("accuracy"), "measuring", track("accuracy")._measuring())
    with pytest.raises(NotImplementedError, match="pip install mpmath"):
        error(track, "relu", "forward", "float64")


FACTS = {"wheel_bytes": 123, "loops_not_vectorised": 2}


def test_facts_of_a_build(track, monkeypatch, tmp_path):
    artefact = track("artefact")
    monkeypatch.delenv("ACTIVATIONS_BUILT", raising=False)
    monkeypatch.setenv("ASV_ENV_DIR", str(tmp_path))
    for benchmark in (artefact.Wheel(), artefact.Loops()):
        with pytest.raises(NotImplementedError, match="nothing is known"):
            benchmark.setup()
    (tmp_path / "built.json").write_text(json.dumps(FACTS))
    wheel, loops = artefact.Wheel(), artefact.Loops()
    wheel.setup()
    loops.setup()
    assert (wheel.track_size(), loops.track_not_vectorised()) == (123, 2)
    monkeypatch.setenv("ACTIVATIONS_BUILT", str(tmp_path / "other.json"))
    (tmp_path / "other.json").write_text(json.dumps({"wheel_bytes": 5}))
    wheel.setup()
    assert wheel.track_size() == 5
    with pytest.raises(NotImplementedError, match="loops_not_vectorised"):
        loops.setup()


def test_a_build_is_recorded(track, monkeypatch, tmp_path):
    """The commit's own check judges, which for the commit of this test is a file that prints."""
    monkeypatch.chdir(tmp_path)
    built = importlib.import_module("asv_bench.built")
    (tmp_path / "activations").mkdir()
    (tmp_path / "activations" / "__init__.py").touch()
    check = tmp_path / "activations" / "build.py"
    check.write_text("import sys; print('5 of 7 kernel loops' if sys.argv[2] == 'reports' else '')")
    with pytest.raises(FileNotFoundError, match="0 wheels"):
        built.record(tmp_path, Path("reports"))
    (tmp_path / "a.whl").write_bytes(bytes(123))
    built.main(str(tmp_path / "built.json"), str(tmp_path), "reports")
    assert json.loads((tmp_path / "built.json").read_text()) == FACTS
    assert built.record(tmp_path, Path("none")) == {"wheel_bytes": 123}
    check.write_text("raise SystemExit('no report')")
    assert built.record(tmp_path, Path("reports")) == {"wheel_bytes": 123}


def test_the_check_of_vectorisation_says_what_is_recorded(track, monkeypatch, capsys):
    built = importlib.import_module("asv_bench.built")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("activations.vectorisation.check_vectorisation", lambda *_: (list("abcdefg"), ["b", "c"]))
    monkeypatch.setattr(sys, "argv", ["build.py", "--check-vectorisation"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / "activations" / "build.py"), run_name="__main__")
    assert built.counted(capsys.readouterr().out) == {"loops_not_vectorised": 2}

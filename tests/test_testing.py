"""The kit that plugins are held to: the built-ins pass it, and each check catches a fault planted for it."""

import dataclasses
import os
import subprocess
import sys
import time

import numpy as np
import pytest

import activations
from activations import testing
from activations.activation import Activation
from activations.declaration import Properties
from activations.testing import CHECKS, check_activation, run

from .fake_plugins import Site

# softmax2d is softmax, for images alone, and says so of anything else.
BUILT_IN = [activations.get(name) for name in activations.names() if name != "softmax2d"]
ODD = [activations.leaky_relu.bind(negative_slope=0.3), activations.gelu.bind(approximate="tanh")]
# Checks that have nothing to look at: of kinds without an elementwise derivative, and of results of another shape.
ELEMENTWISE_ONLY = {"derivative_against_differences", "declared_properties", "zero_dimensional", "array_parameters"}
SAME_SHAPE_ONLY = {"in_place", "overlap"}


@pytest.mark.parametrize("f", [*BUILT_IN, *ODD], ids=repr)
def test_built_ins(f):
    report = run(f)
    assert report.ok, report
    skipped = set() if f.kind in ("ridge", "radial") else set(ELEMENTWISE_ONLY)
    if np.shape(f(np.ones((6, 8)))) != (6, 8):
        skipped |= SAME_SHAPE_ONLY
    if f.name == "apl" or not any(isinstance(value, float) for value in f.parameters.values()):
        skipped.add("array_parameters")
    if "second_derivative" not in f._declaration.scalars:
        skipped.add("second_derivative")
    if not f.parameter_gradients(f(np.ones((6, 8))), np.ones((6, 8))):
        skipped.add("parameter_gradients")
    assert {result.check.name for result in report.results if result.outcome == "skipped"} == skipped


def slope(x):
    return 1 - np.tanh(x) ** 2


def tanh(forward=np.tanh, derivative=slope, cls=Activation, **more):
    """A tanh with one thing wrong."""
    return cls("tanh_of_mine", lambda x: forward(x), derivative=derivative, **more)


class Ignores(Activation):
    """Does as if no memory had been given."""

    __slots__ = ()

    def _general(self, x, /, out=None):
        return np.tanh(x)


class WritesFirst(Activation):
    """Loses what it reads, where the result lies there."""

    __slots__ = ()

    def _general(self, x, /, out=None):
        if out is None:
            return np.tanh(x)
        out[...] = 0
        out[...] = np.tanh(x)
        return out


class OneByOne(Activation):
    """Right in place, and wrong where the result lies a little further."""

    __slots__ = ()

    def _general(self, x, /, out=None):
        out = np.empty_like(x) if out is None else out
        if out.shape != np.shape(x):
            raise ValueError("shape")
        for k in np.ndindex(out.shape):
            out[k] = np.tanh(x[k])
        return out


class TakesAnything(Activation):
    __slots__ = ()

    def _split(self, keywords):
        return {}, {key: value for key, value in keywords.items() if key == "out"}


class FromNothing(Activation):
    """Takes the output for the input."""

    __slots__ = ()

    def _backward(self, dy, x, y, keywords):
        return dy * slope(x if y is None else y)


class Other(Activation):
    """Another one from a pickle and from a config."""

    __slots__ = ()

    def __reduce__(self):
        return activations.get, ("relu",)

    @property
    def config(self):
        return {"name": "relu"}


class Bent(Activation):
    """Off by a thousandth in its second derivative, and in how it varies with its parameter."""

    __slots__ = ()

    def _second_derivative(self, x, keywords):
        return -2 * np.tanh(x) * slope(x) + 1e-3

    def parameter_gradients(self, dy, x, /, **parameters):
        return {"k": (1 + 1e-3) * np.sum(dy * x * slope(self.parameters["k"] * x))}


scratch = np.empty((64, 96))


def shared_memory(x):
    if x.shape != scratch.shape:
        return np.tanh(x)
    np.tanh(x, out=scratch)
    time.sleep(1e-4)
    return scratch.copy()


def declaring(**properties):
    f = tanh()
    f._declaration = dataclasses.replace(f._declaration, properties=Properties(**properties))
    return f


def elu(derivative, forward=lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))):
    return Activation("elu_of_mine", forward, derivative=derivative)


def in_pieces(x):
    y = np.zeros_like(x)
    y[x > 0] = x[x > 0]
    y[~(x > 0)] = np.expm1(x[~(x > 0)])
    return y


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


kept = {}


def remembers(x):
    kept["y"] = np.tanh(x)
    return kept["y"].copy() if np.ndim(x) else kept["y"]


def from_memory(dy, x):
    if x.shape == scratch.shape:
        time.sleep(1e-4)
    return dy * (1 - kept["y"] ** 2)


buffers = {}


def buffered(x):
    return np.tanh(x, out=buffers.setdefault((x.shape, x.dtype), np.empty_like(x)))


def hushes(x):
    np.seterr(all="ignore")
    return np.tanh(x)


def quietly(function):
    def quiet(x):
        with np.errstate(all="ignore"):
            return function(x)

    return quiet


def overwrites(x, dtype):
    return slope(np.tanh(x, out=x) if x.dtype == dtype else x)


def native(x):
    return np.tanh(x.view(x.dtype.newbyteorder("=")))


def without_nan(x):
    return np.tanh(np.nan_to_num(x))


FAULTS = {
    "dtype_preserved": tanh(lambda x: np.tanh(x.astype(np.float64))),
    "array_parameters": Activation("line_of_mine", lambda x, k: x * k if k > 0 else -x, parameters={"k": 1.0}),
    "dimensions": Activation("softmax_of_mine", softmax, kind="folding", backward="numerical"),
    "whole_numbers": elu(lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))), in_pieces),
    "second_derivative": Bent("tanh_of_mine", np.tanh, derivative=slope),
    "parameter_gradients": Bent("tanh_of_mine", lambda x, k: np.tanh(k * x), parameters={"k": 1.0}),
    "precision_follows_dtype": tanh(lambda x: np.round(np.tanh(x), 3) if x.dtype == np.float32 else np.tanh(x)),
    "nan_and_infinities": tanh(without_nan),
    "strides": tanh(lambda x: np.tanh(x.ravel(order="K").reshape(x.shape))),
    "byte_order": tanh(native),
    "out": tanh(cls=Ignores),
    "in_place": tanh(cls=WritesFirst),
    "overlap": tanh(cls=OneByOne),
    "empty": tanh(lambda x: np.tanh(x) if x.size else np.zeros(1)),
    "zero_dimensional": tanh(lambda x: np.atleast_1d(np.tanh(x))),
    "inputs_unchanged": tanh(lambda x: np.tanh(x, out=x)),
    "no_floating_point_warning": tanh(lambda x: 1 - 2 / (np.exp(2 * x) + 1)),
    "thread_safety": tanh(shared_memory),
    "pickling": tanh(cls=Other),
    "config_round_trip": tanh(cls=Other),
    "names_and_parameters": tanh(cls=TakesAnything),
    "derivative_against_differences": tanh(derivative=lambda x: slope(x) * 1.001),
    "backward_against_differences": tanh(backward=lambda dy, x: dy * (slope(x) + 1e-3)),
    "backward_agrees_with_derivative": tanh(backward=lambda dy, x: dy * slope(x) + 1e-9),
    "backward_from_output": tanh(cls=FromNothing),
    "declared_properties": declaring(range=(-0.5, 0.5)),
}

# Faults of other passes, types, layouts and sizes than those above.
HIDDEN = [
    ("dtype_preserved", tanh(derivative=lambda x: slope(x.astype(np.float64)), backward=lambda dy, x: dy * slope(x))),
    ("precision_follows_dtype", tanh(derivative=lambda x: slope(x) * (1 + (x.dtype == np.float32)))),
    ("precision_follows_dtype", tanh(backward=lambda dy, x: dy * slope(x) * (1 + (x.dtype == np.float32)))),
    ("whole_numbers", elu(lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))).astype(x.dtype))),
    ("nan_and_infinities", tanh(derivative=lambda x: np.nan_to_num(slope(x)))),
    ("nan_and_infinities", tanh(backward=lambda dy, x: np.nan_to_num(dy * slope(x)))),
    ("strides", tanh(backward=lambda dy, x: dy.ravel(order="K").reshape(dy.shape) * slope(x))),
    ("inputs_unchanged", tanh(derivative=lambda x: overwrites(x, np.float64), backward=lambda dy, x: dy * slope(x))),
    ("inputs_unchanged", tanh(derivative=lambda x: overwrites(x, np.float32), backward=lambda dy, x: dy * slope(x))),
    ("inputs_unchanged", Activation("line_of_mine", lambda x: x, derivative=np.ones_like)),
    ("no_floating_point_warning", tanh(derivative=lambda x: 4 / (np.exp(x) + np.exp(-x)) ** 2)),
    (
        "no_floating_point_warning",
        Activation("softmax_of_mine", lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True), kind="folding"),
    ),
    ("precision_follows_dtype", tanh(lambda x: np.tanh(x) * (1 + (x.dtype == np.float16)))),
    ("nan_and_infinities", tanh(quietly(lambda x: np.exp(x) / (np.exp(x) + np.exp(-x)) * np.tanh(x)))),
    ("nan_and_infinities", tanh(quietly(lambda x: np.sin(x) / x))),
    ("nan_and_infinities", Activation("abs_of_mine", np.abs, derivative=quietly(lambda x: x / np.abs(x)))),
    ("inputs_unchanged", tanh(buffered)),
    ("no_floating_point_warning", tanh(hushes)),
    ("thread_safety", tanh(remembers, backward=from_memory)),
    ("backward_against_differences", tanh(remembers, backward=from_memory)),
    ("derivative_against_differences", tanh(derivative=lambda x: np.where(np.abs(x) > 7, 0.1, slope(x)))),
    ("derivative_against_differences", Activation("line_of_mine", lambda x: +x, derivative=lambda x: 1.0)),
]


@pytest.fixture
def registered():
    names = []
    yield lambda f: names.append(activations.register(f).name) or f
    for name in names:
        activations.unregister(name)


def test_every_check_has_a_planted_fault():
    assert set(FAULTS) == set(CHECKS)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_planted_fault_is_caught(name, registered):
    outcomes = {result.check.name: result for result in run(registered(FAULTS[name])).results}
    assert outcomes[name].outcome == "failed", outcomes[name]
    assert outcomes[name].message


@pytest.mark.parametrize(("name", "f"), HIDDEN)
def test_hidden_fault_is_caught(name, f):
    with pytest.raises((AssertionError, ValueError, FloatingPointError)):
        CHECKS[name](f)


def test_nothing_else_is_wrong_with_what_the_faults_are_planted_in(registered):
    report = run(registered(tanh()))
    assert report.ok
    # It declares no properties, and has neither a second derivative nor parameters.
    assert report.count("skipped") == 4
    assert report.count("passed") == len(CHECKS) - 4


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"monotonic": False}, "nowhere decreases"),
        ({"parity": "even"}, "even is declared True"),
        ({"at_zero": 1.0}, r"at_zero is 1, but f\(0\) = 0"),
        ({"lipschitz": 0.5}, r"there is a slope of 0\.9999"),
        ({"lipschitz": 3.0}, r"the largest slope found is 0\.9999"),
        ({"range": (-np.inf, 1.0)}, r"range is \[-inf, 1\], but values end at -1"),
        ({"range": (-1.0, 1.5)}, r"range is \[-1, 1\.5\], but values end at 1"),
        ({"saturates": ("left",)}, r"saturates is \('left',\), but on the right it does$"),
        ({"saturates": ()}, "on the left it does; saturates"),
    ],
)
def test_each_property_is_looked_at(properties, message):
    with pytest.raises(AssertionError, match=message):
        CHECKS["declared_properties"](declaring(**properties))
    CHECKS["declared_properties"](
        declaring(
            monotonic=True,
            parity="odd",
            at_zero=0.0,
            lipschitz=1.0,
            range=(-1.0, 1.0),
            saturates=("left", "right"),
        )
    )


def test_backward_of_a_folding_kind():
    f = Activation("sum_of_mine", lambda x: x.sum(-1), backward=lambda dy, x: 2 * dy[..., None] + 0 * x, kind="folding")
    outcomes = {result.check.name: result.outcome for result in run(f).results}
    assert outcomes["backward_against_differences"] == "failed"


def centred(x):
    return x - x.mean(axis=-1, keepdims=True)


@pytest.mark.parametrize("backward", ["numerical", lambda dy, x: centred(dy)])
def test_rows_may_be_added_in_another_order(backward):
    """NumPy's sum over a row of another layout rounds otherwise, and where numbers cancel many ulp are lost by it."""
    report = run(Activation("centred_of_mine", centred, backward=backward, kind="folding"))
    assert report.ok, report


def test_layouts_of_a_folding_kind():
    rows = Activation("rows_of_mine", lambda x: centred(x.ravel(order="K").reshape(x.shape)), kind="folding")
    assert {each.check.name: each.outcome for each in run(rows).results}["strides"] == "failed"


def test_report():
    report = run(FAULTS["dtype_preserved"], expected_failures={"dtype_preserved": "it is for float64"})
    text = str(report)
    assert "expected   dtype_preserved: it is for float64" in text
    assert "1 failed as expected" in text
    assert f"{len(CHECKS)} checks run" in text
    with pytest.raises(AssertionError, match="f of float16 is float64"):
        check_activation(FAULTS["dtype_preserved"])
    assert check_activation(activations.relu).ok


def test_an_expected_failure_that_passes_is_an_error():
    with pytest.raises(AssertionError, match="unexpected strides: was to fail: never"):
        check_activation(activations.relu, expected_failures={"strides": "never"})


@pytest.mark.parametrize(
    ("expected", "message"), [({"stride": "x"}, "no check is called stride"), ({"out": " "}, "say why")]
)
def test_expected_failures_are_named_with_a_reason(expected, message):
    with pytest.raises(ValueError, match=message):
        run(activations.relu, expected_failures=expected)


def test_only_activations():
    with pytest.raises(TypeError, match=r"not a ufunc: wrap it in Activation"):
        run(np.tanh)


def test_speed():
    def slow(x):
        time.sleep(1e-3)
        return np.maximum(x, 0)

    assert testing.speed(activations.relu, slow) < 0.5
    assert check_activation(activations.relu, expression=slow).results[-1].check.name == "speed"
    crawling = Activation("slow_of_mine", slow, derivative=lambda x: (x > 0).astype(x.dtype))
    with pytest.raises(AssertionError, match=r"speed: it takes .* times as long"):
        check_activation(crawling, expression=lambda x: np.maximum(x, 0))
    with pytest.raises(AssertionError, match="nothing to compare"):
        testing.speed(activations.relu, np.tanh)


def test_in_pytest(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import numpy as np\n"
        "from activations import Activation\n"
        "from activations.testing import parametrize_with_checks\n"
        "mine = Activation('cube_of_mine', lambda x: x * x * x, derivative=lambda x: 2 * x * x)\n"
        "@parametrize_with_checks([mine], expected_failures=lambda f: {'no_floating_point_warning': 'it overflows'})\n"
        "def test_checks(activation, check):\n"
        "    check(activation)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "test_checks[cube_of_mine-derivative_against_differences]" in ended.stdout
    assert "1 xfailed" in ended.stdout
    assert "skipped" in ended.stdout
    assert ended.returncode == 1


def command(*arguments, **keywords):
    return subprocess.run(
        [sys.executable, "-m", "activations.testing", *arguments], capture_output=True, text=True, **keywords
    )


def test_terminal(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from activations import Activation\n"
        "cube = Activation('cube_of_mine', lambda x: x**3, derivative=lambda x: 2 * x**2)\n"
        "number = 3\n"
    )
    good = command("relu", "Softmax")
    assert good.returncode == 0
    assert "relu: 26 checks run, 23 passed" in good.stdout
    assert "softmax: 26" in good.stdout
    bad = command("mine:cube", cwd=tmp_path)
    assert bad.returncode == 1
    assert "failed     derivative_against_differences" in bad.stdout
    assert "passed     strides" in command("mine:cube", "--verbose", cwd=tmp_path).stdout
    for text, message in (
        ("no_such_thing", "no activation is named"),
        ("mine:number", "no Activation but a int"),
        ("mine:nothing", "mine has no nothing"),
        ("no_module:f", "cannot import no_module"),
    ):
        ended = command(text, cwd=tmp_path)
        assert ended.returncode == 2
        assert message in ended.stderr
        assert "Traceback" not in ended.stderr
    broken = Site(tmp_path / "site")
    broken.record("fake-broken", {"broken": "fake_broken:f"})
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(broken.folder), *sys.path])}
    for text in ("broken", "fake-broken:broken"):
        ended = command(text, cwd=tmp_path, env=environment)
        assert ended.returncode == 2
        assert f"{text}: activation 'broken' of fake-broken 1.0" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert "relu: 26 checks run" in command("numpy-activations:relu").stdout
    assert command().returncode == 2
    listed = command("--list").stdout
    assert all(name in listed for name in CHECKS)


def rows(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def rows_backward(dy, x):
    y = rows(x)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("backward", ["numerical", rows_backward])
def test_a_fold_in_numpy_passes(backward):
    """Its sums round differently in another layout."""
    check_activation(activations.Activation("own_softmax", rows, backward=backward, kind="folding"))

"""Our backend for thinc: thinc's own tests, agreement with thinc's own backend, and what it does better on purpose."""

import copy
import doctest
import importlib
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
BOTH = pytest.mark.parametrize("dtype", ["float32", "float64"])
# thinc's compiled backend and ours agree up to here; beyond, thinc's sigmoid has clipped its argument.
REACH = 20.0

# Operators of one array: what backprop takes after dY, and where thinc's is off by more than rounding.
OPERATORS = {
    "clipped_linear": ("X", 0),
    "dish": ("X", 0),
    "gelu": ("X", 3e-7),  # its erf is a formula with an error of 1.5e-7
    "gelu_approx": ("X", 2e-7),  # its backprop has constants of six digits
    "hard_sigmoid": ("X", 0),
    "hard_swish": ("X", 0),
    "hard_swish_mobilenet": ("X", 0),
    "hard_tanh": ("X", 0),
    "mish": ("X", 0),
    "relu": ("Y", 0),
    "relu_k": ("X", 0),
    "sigmoid": ("Y", 0),
    "swish": ("XY", 0),
}
OPERATOR = pytest.mark.parametrize("name", OPERATORS)
X = np.concatenate([np.linspace(-REACH, REACH, 397), np.random.default_rng(0).normal(size=600) * 3])


@pytest.fixture(scope="module")
def ops():
    from thinc.api import get_ops

    return get_ops("activations")


@pytest.fixture(scope="module")
def theirs():
    from thinc.backends import NumpyOps

    return NumpyOps()


def back(backend, name, dy, x, **keywords):
    """The backprop of an operator, given what it wants of x and the output."""
    known = {"X": x, "Y": getattr(backend, name)(x)}
    saved = [known[letter] for letter in OPERATORS[name][0]]
    return getattr(backend, f"backprop_{name}")(dy, *saved, **keywords)


def rounding(dtype, more=0.0):
    few = 64 * float(np.finfo(dtype).eps)
    return {"rtol": few, "atol": few + more}


def run_suite(backend, tmp_path):
    """How each of thinc's own tests of its backend ends."""
    target = tmp_path / f"{backend}.json"
    environment = os.environ | {"THINC_SUITE": backend, "THINC_SUITE_OUTCOMES": str(target)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.thinc_suite", "-p", "no:cacheprovider"]
    command += ["--pyargs", "thinc.tests.backends.test_ops"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert target.exists(), done.stdout + done.stderr
    return json.loads(target.read_text())


@pytest.mark.peer
def test_thincs_own_tests(tmp_path):
    """Every test of thinc's passes with ours, under NumPy 2.4 too, where a fault of the tests fails some with thinc's.

    They are those that compare with PyTorch, and turn an array of one element into a number with ``float``.
    """
    own, ours = (run_suite(backend, tmp_path) for backend in ("thinc", "activations"))
    assert len(ours) > 100
    assert own.keys() == ours.keys()
    assert {name: each for name, each in ours.items() if each[0] == "failed"} == {}
    skipped = {name for name, each in own.items() if each[0] == "skipped"}
    assert skipped == {name for name, each in ours.items() if each[0] == "skipped"}
    failed = {name: reason for name, (outcome, reason) in own.items() if outcome == "failed"}
    compared = {name for name in own if name.startswith("test_compare_activations_to_torch[torch_func")}
    strict = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
    assert failed.keys() == (compared if strict else set())
    assert all("only 0-dimensional arrays can be converted" in reason for reason in failed.values()), failed


@pytest.mark.peer
def test_module_examples():
    result = doctest.testmod(importlib.import_module("activations.thinc"))
    assert result.attempted > 3
    assert not result.failed


@pytest.mark.peer
def test_document_runs():
    text = (ROOT / "docs" / "thinc.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?:(?:   .*)?\n)+)", text, re.MULTILINE)
    assert len(blocks) >= 2
    names = {}
    for block in blocks:
        exec(re.sub(r"^   ", "", block, flags=re.MULTILINE), names)
    assert names["model"].ops.name == "activations"


def test_missing_thinc_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "thinc"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "activations.thinc", raising=False)
    monkeypatch.setitem(sys.modules, "thinc", None)
    with pytest.raises(
        ImportError, match=r'^activations\.thinc needs thinc: pip install "numpy-activations\[thinc\]"$'
    ):
        importlib.import_module("activations.thinc")


@pytest.mark.peer
def test_measurements(tmp_path):
    target = tmp_path / "networks.json"
    command = [sys.executable, "-m", "asv_bench.thinc_networks", "--networks", "maxout", "--gemm", "blis"]
    command += ["--rounds", "1", "--json", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(target.read_text())["results"]
    assert [(row["network"], row["pass"], row["gemm"]) for row in rows] == [
        ("maxout", "predict", "blis"),
        ("maxout", "train", "blis"),
    ]
    assert all(row["ratio"] == row["ours"] / row["theirs"] and 0 < row["share"] < 1 for row in rows)


@pytest.mark.peer
def test_measurements_of_operators():
    command = [
        sys.executable,
        "-m",
        "asv_bench.thinc_operators",
        "--operators",
        "relu,maxout,backprop_softmax_sequences",
    ]
    command += ["--rounds", "1", "--sizes", "32x8"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.partition("   ")[0] for line in done.stdout.splitlines()]
    assert lines[1:4] == ["relu", "maxout, 2 pieces", "maxout, 3 pieces"]
    assert sum(line.startswith("backprop_softmax_sequences") for line in lines) >= 4
    wrong = subprocess.run([*command[:-1], "32"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert wrong.returncode == 2
    assert "give rows and columns as 1000x96" in wrong.stderr


# By name


@pytest.mark.peer
def test_had_by_name(ops):
    from thinc.api import Maxout, get_current_ops, use_ops

    from activations.thinc import ActivationsOps

    before = get_current_ops().name
    with use_ops("activations"):
        assert type(get_current_ops()) is ActivationsOps
        inside = Maxout(4, 3)
    assert get_current_ops().name == before
    assert inside.ops.name == "activations"
    assert Maxout(4, 3).ops.name == before
    with use_ops("activations", use_blis=False):
        assert not get_current_ops().use_blis


@pytest.mark.peer
def test_import_loads_no_kernel():
    """thinc imports every backend that is published when it is asked for any."""
    code = "import sys, thinc.api; thinc.api.get_ops('cpu'); assert 'activations.thinc' in sys.modules; "
    code += (
        "print([m for m in sys.modules if m.startswith('activations.kernels') and m.endswith(('_v4', '_baseline'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.peer
def test_everything_of_thincs_that_is_an_activation_is_ours(ops, theirs):
    """A new operator of thinc's would stand out here."""
    public = {name for name in dir(theirs) if f"backprop_{name}" in dir(theirs)}
    others = {"lstm", "reduce_first", "reduce_last", "reduce_max", "reduce_mean", "reduce_sum", "seq2col"}
    assert public - others == {"maxout", "softmax", "softmax_sequences", *OPERATORS}
    assert public - others <= vars(type(ops)).keys()
    assert {f"backprop_{name}" for name in public - others} <= vars(type(ops)).keys()


@pytest.mark.peer
def test_models_are_copied_and_pickled(ops):
    from thinc.api import Maxout, Softmax, chain, use_ops

    x = np.random.default_rng(0).normal(size=(7, 5)).astype("f")
    with use_ops("activations"):
        model = chain(Maxout(4, 5, nP=3, normalize=True), Softmax(3, 4)).initialize(X=x)
        other = chain(Maxout(4, 5, nP=3, normalize=True), Softmax(3, 4)).from_bytes(model.to_bytes())
        twins = copy.deepcopy(model), model.copy(), other
    for twin in (*twins, copy.deepcopy(model)):
        assert {node.ops.name for node in twin.walk()} == {"activations"}
        np.testing.assert_array_equal(twin.predict(x), model.predict(x))
    for same in (pickle.loads(pickle.dumps(ops)), copy.deepcopy(ops)):
        assert type(same) is type(ops)
        assert same.use_blis == ops.use_blis


@pytest.mark.peer
@pytest.mark.parametrize(
    "layer", ["Maxout", "Relu", "Gelu", "Mish", "Swish", "HardSwish", "HardSwishMobilenet", "Sigmoid"]
)
def test_networks_agree(layer, ops, theirs):
    """Predictions and gradients of whole networks. thinc's layer Dish has a gradient of something else."""
    import thinc.api

    rng, found = np.random.default_rng(0), []
    x, dy = rng.normal(size=(9, 5)).astype("f"), rng.normal(size=(9, 3)).astype("f")
    for backend in (ops, theirs):
        thinc.api.fix_random_seed(0)
        kept = thinc.api.get_current_ops()
        thinc.api.set_current_ops(backend)
        try:
            model = thinc.api.chain(getattr(thinc.api, layer)(6, 5), thinc.api.Linear(3, 6))
            model.initialize(X=x)
        finally:
            thinc.api.set_current_ops(kept)
        for node in model.walk():
            for name in node.param_names:
                node.set_param(name, np.random.default_rng(1).normal(size=node.get_param(name).shape).astype("f"))
        y, backprop = model.begin_update(x)
        gradients = [backprop(dy), *(node.get_grad(name) for node in model.walk() for name in node.grad_names)]
        found.append([y, *gradients])
    assert len(found[0]) > 3
    for mine, thincs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, thincs, rtol=1e-5, atol=1e-5)


# Element by element


@pytest.mark.peer
@BOTH
@OPERATOR
def test_agrees_with_thinc(name, dtype, ops, theirs):
    x = X.astype(dtype)
    dy = np.cos(x)
    tolerances = rounding(dtype, OPERATORS[name][1])
    y, dx = getattr(ops, name)(x), back(ops, name, dy, x)
    assert y.dtype == dx.dtype == dtype
    np.testing.assert_allclose(y, getattr(theirs, name)(x), **tolerances)
    np.testing.assert_allclose(dx, back(theirs, name, dy, x), **tolerances)


@pytest.mark.peer
@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("clipped_linear", {"slope": 2.0, "offset": -1.0, "min_val": -3.0, "max_val": 0.5}),
        ("relu_k", {"n": 2.0}),
        ("mish", {"threshold": 25.0}),
    ],
)
def test_parameters(name, keywords, ops, theirs):
    for backend_name in (name, f"backprop_{name}"):
        arguments = (X,) if backend_name == name else (np.cos(X), X)
        ours, thincs = (getattr(backend, backend_name)(*arguments, **keywords) for backend in (ops, theirs))
        np.testing.assert_allclose(ours, thincs, **rounding("float64"))


@pytest.mark.peer
@OPERATOR
def test_gradient_is_that_of_differences(name, ops):
    x, step = np.linspace(-7.03, 7.01, 401), 1e-6
    f = getattr(ops, name)
    slope = (f(x + step) - f(x - step)) / (2 * step)
    np.testing.assert_allclose(back(ops, name, np.cos(x), x), np.cos(x) * slope, rtol=1e-7, atol=1e-8)


@pytest.mark.peer
@OPERATOR
def test_in_place(name, ops):
    """Forward the input is overwritten; backward dY, or for sigmoid the output: as by thinc."""
    x = X.astype("f").reshape(-1, 1)
    dy, y = np.cos(x), getattr(ops, name)(x)
    dx = back(ops, name, dy, x)
    kept = x.copy()
    assert getattr(ops, name)(kept, inplace=True) is kept
    np.testing.assert_array_equal(kept, y)
    known = {"X": x.copy(), "Y": y.copy(), "dY": dy.copy()}
    saved = [known[letter] for letter in OPERATORS[name][0]]
    result = getattr(ops, f"backprop_{name}")(known["dY"], *saved, inplace=True)
    assert result is known["Y" if name == "sigmoid" else "dY"]
    np.testing.assert_array_equal(result, dx)
    assert getattr(ops, name)(x) is not x
    np.testing.assert_array_equal(known["X"], x)


@pytest.mark.peer
@pytest.mark.parametrize("name", ["dsigmoid", "dtanh"])
def test_slopes_from_output(name, ops, theirs):
    y = np.random.default_rng(0).uniform(0, 1, (30, 4)).astype("f")
    slope = getattr(ops, name)(y)
    assert slope.dtype == "f"
    np.testing.assert_allclose(slope, getattr(theirs, name)(y), **rounding("float32"))
    kept = y.copy()
    assert getattr(ops, name)(kept, inplace=True) is kept
    np.testing.assert_array_equal(kept, slope)


@pytest.mark.peer
@OPERATOR
def test_any_layout(name, ops):
    """Strided, transposed, read-only and empty arrays, and float16."""
    x = X[:960].astype("f").reshape(32, 30)
    y, dx = getattr(ops, name)(x), back(ops, name, x, x)
    views = {"strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2], "turned": lambda a: np.asfortranarray(a)}
    for view in views.values():
        np.testing.assert_array_equal(getattr(ops, name)(view(x)), y)
        np.testing.assert_array_equal(back(ops, name, view(x), view(x)), dx)
    kept = views["strided"](x)
    assert getattr(ops, name)(kept, inplace=True) is kept
    np.testing.assert_array_equal(kept, y)
    x.flags.writeable = False
    np.testing.assert_array_equal(getattr(ops, name)(x), y)
    nothing = np.empty((0, 3), "f")
    assert getattr(ops, name)(nothing).shape == back(ops, name, nothing, nothing).shape == (0, 3)
    half = x.astype("e")
    assert getattr(ops, name)(half).dtype == back(ops, name, half, half).dtype == "e"


@pytest.mark.peer
@OPERATOR
def test_nan_goes_through(name, ops):
    x = np.array([1.0, np.nan, -1.0], "f")
    assert np.isnan(getattr(ops, name)(x)).tolist() == [False, True, False]
    assert np.isnan(back(ops, name, np.ones(3, "f"), x)).tolist() == [False, True, False]


@pytest.mark.peer
@OPERATOR
def test_other_shapes_are_refused(name, ops):
    dy, x = np.ones((4, 3), "f"), np.ones((4, 2), "f")
    with pytest.raises(ValueError, match="shape"):
        back(ops, name, dy, x)


@pytest.mark.peer
def test_swish_looks_at_the_output_that_it_does_not_need(ops):
    with pytest.raises(ValueError, match=r"Y has shape \(2,\)"):
        ops.backprop_swish(np.ones(3), np.ones(3), np.ones(2))


@pytest.mark.peer
def test_thincs_mistakes_are_not_ours(ops, theirs):
    """Each is shown at thinc's backend first, so that one which thinc mends is taken out of the documentation."""
    far = np.array([-30.0])
    assert theirs.sigmoid(far) > 1e-9
    np.testing.assert_allclose(ops.sigmoid(far), np.exp(far), rtol=1e-12)
    whole = np.array([[1, 2]])
    assert theirs.backprop_clipped_linear(np.ones((1, 2)), whole, slope=0.2).tolist() == [[0, 0]]
    assert ops.backprop_clipped_linear(np.ones((1, 2)), whole, slope=0.2).tolist() == [[0.2, 0.2]]
    assert theirs.erf(np.array([1])).tolist() == [0]
    np.testing.assert_allclose(ops.erf(np.array([1])), 0.8427007929497149, rtol=1e-15)
    small = np.array([1e-9])
    assert abs(theirs.erf(small) / small - 1.1283791670955126) > 1e-3
    np.testing.assert_allclose(ops.erf(small) / small, 1.1283791670955126, rtol=1e-15)
    # A gradient that goes where a NaN came from.
    assert theirs.backprop_relu(np.ones(1, "f"), np.array([np.nan], "f")) == 1
    assert np.isnan(ops.backprop_relu(np.ones(1, "f"), np.array([np.nan], "f")))
    # A falling line has a slope too.
    x = np.array([0.5])
    assert theirs.backprop_clipped_linear(np.ones(1), x, slope=-1.0, offset=1.0) == 0
    assert ops.backprop_clipped_linear(np.ones(1), x, slope=-1.0, offset=1.0) == -1
    for backend, overwritten in ((theirs, False), (ops, True)):
        x = np.ones((1, 4), "f")
        assert backend.hard_sigmoid(x, inplace=True) is x
        dy = np.ones((1, 4), "f")
        assert (backend.backprop_hard_sigmoid(dy, x, inplace=True) is dy) == overwritten
        x = np.zeros((1, 4), "f")
        assert (backend.softmax(x, inplace=True) is x) == overwritten


@pytest.mark.peer
def test_multisoftmax_is_normalised(ops, theirs):
    """thinc's layer asks for softmax in place, which thinc's backend does not do."""
    from thinc.api import MultiSoftmax

    x, sums = np.random.default_rng(0).normal(size=(5, 4)).astype("f"), {}
    for backend in (ops, theirs):
        model = MultiSoftmax((2, 3), 4)
        model.ops = backend
        model.initialize(X=x)
        model.set_param("W", np.ones((5, 4), "f"))
        sums[backend.name] = model.predict(x)[:, :2].sum(axis=1)
    np.testing.assert_allclose(sums["activations"], 1, rtol=1e-6)
    assert not np.allclose(sums["numpy"], 1)

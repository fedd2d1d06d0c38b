"""What every activation promises as a ufunc and as an object: dtypes, errors, warnings, pickles, identity, config."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import activations
from activations import catalogue, ufuncs

from .enrolment import (
    ALL,
    DTYPES,
    ELEMENTWISE,
    FOLDING,
    PASSES,
    REDUCTIONS,
    ROWWISE,
    apply,
    incoming,
    make,
    same_bits,
    with_cases,
)
from .measuring import cases
from .reference import REFERENCE
from .samples import every, special_values

every_name = pytest.mark.parametrize("name", ALL)
every_case = pytest.mark.parametrize(("name", "case"), with_cases(ALL))
elementwise = pytest.mark.parametrize("name", ELEMENTWISE)
PARAMETERS = [(name, parameter) for name in ALL for parameter in catalogue.declarations()[name].parameters]
every_parameter = pytest.mark.parametrize(
    ("name", "parameter"), [pytest.param(n, p, id=f"{n}-{p.name}") for n, p in PARAMETERS]
)
INTEGERS = [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
CLOSED_OVER_INTEGERS = {
    "identity", "relu", "relu6", "clipped_relu", "abs", "clip", "sign", "square", "maxout", "max_fold", "min_fold",
    "hard_tanh",
}  # fmt: skip


@every_case
def test_the_core_is_a_ufunc(name, case):
    f = make(name, case)
    assert isinstance(f.ufunc, np.ufunc)
    assert (f.ufunc.signature is None) == (name not in FOLDING)
    assert f.ufunc.__doc__
    if name in ELEMENTWISE:
        x = np.linspace(-3, 3, 50)
        assert f.ufunc.nin == 1
        assert same_bits(f.ufunc(x), f(x))


@every_case
def test_description(name, case):
    f = make(name, case)
    declared = catalogue.declarations()[name]
    assert f.name == name
    assert isinstance(f.aliases, tuple)
    assert f.kind == declared.kind
    assert f.formula
    assert f.reference
    assert f.summary
    assert f.saves in ("x", "y", "either")
    assert f.origin.startswith("numpy-activations ")
    assert tuple(f.parameters) == tuple(p.name for p in declared.parameters)
    with pytest.raises(TypeError):
        f.parameters["anything"] = 1
    for alias in f.aliases:
        assert activations.get(alias) == activations.get(name)
    assert f.__doc__ is None or isinstance(f.__doc__, str)


# Dtypes


@every_name
@pytest.mark.parametrize("integer", INTEGERS, ids=lambda t: t.__name__)
def test_integers_behave_as_for_numpys_float_ufuncs(name, integer):
    f = activations.get(name)
    x = np.array([0, 1, 3, 11], integer)  # their squares fit into int8
    as_float = np.sqrt(x).dtype
    if name in CLOSED_OVER_INTEGERS:
        expected = np.dtype(np.int8 if integer is np.bool_ else integer)
        assert f(x).dtype == expected
        assert (f(x) == f(x.astype(float))).all()
    else:
        assert f(x).dtype == as_float
        assert same_bits(f(x), f(x.astype(as_float)))
    if name in ELEMENTWISE:
        assert f.derivative(x).dtype == as_float
        assert same_bits(f.derivative(x), f.derivative(x.astype(as_float)))
    dy = np.resize(np.array([1, 1, 0, 1], integer), np.shape(f(x)))
    assert f.backward(dy, x).dtype == as_float
    assert same_bits(f.backward(dy, x), f.backward(dy.astype(as_float), x.astype(as_float)))


@pytest.mark.parametrize("name", sorted(CLOSED_OVER_INTEGERS & set(ALL)))
def test_negative_and_extreme_integers(name):
    f = activations.get(name)
    for integer in INTEGERS[1:]:
        info = np.iinfo(integer)
        x = np.array([info.min, info.max, info.min // 2, 0], integer)
        with np.errstate(over="ignore"):
            expected = {
                "identity": x,
                "relu": np.maximum(x, 0),
                "relu6": np.clip(x, 0, 6),
                "clipped_relu": np.clip(x, 0, 6),
                "clip": np.clip(x, max(info.min, -1), 1),
                "hard_tanh": np.clip(x, max(info.min, -1), 1),
                "abs": np.abs(x),
                "sign": np.sign(x),
                "square": np.square(x),
                "maxout": x.reshape(2, 2).max(1),
                "max_fold": info.max,
                "min_fold": info.min,
            }.get(name)
        assert expected is not None, f"say here what {name} of integers is"
        np.testing.assert_array_equal(f(x), expected)
        long = expected if name in REDUCTIONS else np.tile(expected, 30)
        np.testing.assert_array_equal(f(np.tile(x, 30)), long)
        np.testing.assert_array_equal(f(np.repeat(np.tile(x, 30), 3)[1::3]), long)


def test_bounds_of_integers():
    x = np.array([-100, -3, 0, 3, 100], np.int8)
    assert activations.get("clip", min_val=-2.0, max_val=1e9)(x).tolist() == [-2, -2, 0, 3, 100]
    assert activations.get("clip", min_val=-np.inf, max_val=2.0)(x).tolist() == [-100, -3, 0, 2, 2]
    assert activations.get("clipped_relu", max_value=np.inf)(x).dtype == np.int8
    halves = activations.get("hard_tanh", min_val=-2.5, max_val=2.5)(x)  # not whole: as for NumPy's float ufuncs
    assert halves.dtype == np.float16
    assert halves.tolist() == [-2.5, -2.5, 0, 2.5, 2.5]
    large = np.array([2**63 + 1, 0], np.uint64)
    assert activations.get("clip", min_val=-1.0, max_val=np.inf)(large).tolist() == large.tolist()


@every_name
def test_declared_integers_agree(name):
    assert catalogue.declarations()[name].integers == (name in CLOSED_OVER_INTEGERS)


@every_case
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_float_keeps_its_dtype(name, case, dtype):
    f = make(name, case)
    x = np.linspace(-2, 2, 30).astype(dtype)
    assert f(x).dtype == dtype
    assert f.backward(np.ones(np.shape(f(x)), dtype), x).dtype == dtype
    if name in ELEMENTWISE:
        assert f.derivative(x).dtype == dtype
        assert f(x[0]).dtype == dtype
        assert isinstance(f(x[0]), np.generic)


@every_parameter
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_parameter_never_decides_the_dtype(name, parameter, dtype):
    x = np.linspace(-2, 2, 30).astype(dtype)
    f = activations.get(name)
    for example in [{}, *REFERENCE[name].examples]:
        value = example.get(parameter.name, parameter.default)
        if isinstance(value, str) or value is None:
            continue
        spellings = [np.int64(value)] if parameter.integer else [np.float64(value), np.float32(value), np.array(value)]
        for spelling in spellings:
            y = f(x, **{parameter.name: spelling})
            assert y.dtype == dtype
            assert f.bind(**{parameter.name: spelling})(x).dtype == dtype
            assert f.backward(np.ones_like(y), x, **{parameter.name: spelling}).dtype == dtype
            if name in ELEMENTWISE:
                assert f.derivative(x, **{parameter.name: spelling}).dtype == dtype
                assert f(x, **{parameter.name: np.full(30, spelling)}).dtype == dtype
        if not parameter.integer:
            assert same_bits(f(x, **{parameter.name: np.float64(value)}), f(x, **{parameter.name: float(value)}))


@elementwise
def test_python_numbers(name):
    f = activations.get(name)
    for call in (f, f.derivative, lambda x: f.backward(np.ones_like(x), x), lambda x: f.backward(x, x)):
        result = call(0.75)
        assert type(result) is np.float64
        assert result == call(np.array([0.75]))[0]
    assert type(f(1)) is (np.int64 if name in CLOSED_OVER_INTEGERS else np.float64)
    assert type(f.derivative(True)) is np.float16


@every_name
@pytest.mark.parametrize(
    "bad",
    [
        "1.5", b"1", ["a", "b"], np.array(["1", "2"]), object(), np.array([1, None]), [1.0, "a"], 1j, None,
        np.array([1 + 2j, 3]), np.complex64(1), np.array(["2020-01-01"], "datetime64[D]"),
        np.array([3], "timedelta64[s]"),
    ],
    ids=lambda bad: "an object" if type(bad) is object else repr(bad),
)  # fmt: skip
def test_what_is_not_a_real_number_is_a_type_error(name, bad):
    f = activations.get(name)
    if name in ROWWISE:  # which wants an axis, before it looks at what is in it
        bad = np.resize(np.asarray(bad), 4)
    dy = np.resize(bad, np.shape(f(np.zeros(4)))) if name in ROWWISE else bad
    calls = [lambda: f(bad), lambda: f.backward(dy, bad), lambda: f.backward(np.ones(np.shape(dy)), bad)]
    if name in ELEMENTWISE:
        calls += [lambda: f.derivative(bad), lambda: f.backward(bad, np.ones(np.shape(bad)))]
    for call in calls:
        with pytest.raises(TypeError) as error:
            call()
        assert "\n" not in str(error.value)


# Floating-point warnings and inputs


@pytest.mark.parametrize("pass_", PASSES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_no_warning_for_any_value(name, case, dtype, pass_):
    f = make(name, case)
    rng = np.random.default_rng(3)
    with np.errstate(all="raise"):
        if dtype == "float16":
            apply(f, pass_, every("float16"))
        bits = np.frombuffer(rng.bytes(40_000), f"u{np.dtype(dtype).itemsize}").view(dtype)
        special = special_values(dtype)
        tails = np.linspace(-800, 800, 5000).astype(dtype)
        for x in (bits, special, tails):
            apply(f, pass_, x)
            apply(f, pass_, x, np.full_like(x, np.inf))
            apply(f, pass_, x, special[np.arange(len(x)) % len(special)])
            apply(f, pass_, x, out=np.empty_like(x))
        for one in special:
            apply(f, pass_, one, one)
        for key, value in f.parameters.items():
            if isinstance(value, float):
                apply(f, pass_, special, **{key: np.full(len(special), value)})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(FOLDING))
def test_no_warning_for_any_row(name, case, dtype):
    f = make(name, case)
    rng = np.random.default_rng(3)
    special = special_values(dtype)
    with np.errstate(all="raise"):
        for length in (30, 300):
            bits = np.frombuffer(rng.bytes(60 * length * np.dtype(dtype).itemsize), f"u{np.dtype(dtype).itemsize}")
            for x in (bits.view(dtype).reshape(60, length), rng.choice(special, (60, length))):
                y = f(x)
                for dy in (np.ones_like(y), np.full_like(y, np.inf), rng.choice(special, y.shape)):
                    f.backward(dy, x)
                if f.saves != "x":
                    f.backward(np.ones_like(y), None, y=y)


@every_case
def test_no_input_is_changed(name, case):
    f = make(name, case)
    x = np.linspace(-5, 5, 300).reshape(10, 30)
    before = x.copy()
    y = f(x)
    dy = incoming(y.shape)
    dy_before = dy.copy()
    f.backward(dy, x)
    f.backward(dy.astype("float32"), x)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dy, dy_before)
    assert not np.may_share_memory(f(x), x)


# Parameters


@every_parameter
def test_out_of_range(name, parameter):
    f = activations.get(name)
    x = np.zeros(60)
    wrong = []
    if parameter.choices is not None:
        wrong = ["nothing of the kind"]
    elif parameter.integer:
        wrong = [parameter.low - 1]
    else:
        if np.isfinite(parameter.low):
            wrong += [parameter.low if parameter.open_low else parameter.low - 1, -np.inf]
        if np.isfinite(parameter.high):
            wrong += [parameter.high if parameter.open_high else parameter.high + 1, np.inf]
        wrong.append(np.nan)
    for value in wrong:
        keywords = {parameter.name: value}
        calls = [
            lambda k=keywords: f(x, **k),
            lambda k=keywords: f.bind(**k),
            lambda k=keywords: f.backward(f(x), x, **k),
        ]
        calls.append(lambda k=keywords: activations.get(name, **k))
        if parameter.is_operand and name in ELEMENTWISE:
            calls += [
                lambda v=value: f(x, **{parameter.name: np.full(60, v)}),
                lambda v=value: f.derivative(x, **{parameter.name: np.float64(v)}),
            ]
        for call in calls:
            with pytest.raises(ValueError, match=parameter.name) as error:
                call()
            assert parameter.allowed.split(",")[0] in str(error.value)
            assert "\n" not in str(error.value)


@every_parameter
def test_wrong_type(name, parameter):
    f = activations.get(name)
    wrong = [object(), 1j, [1, "a"]]
    wrong += [1.5, None] if parameter.choices is not None else ["0.5", b"1"]
    if parameter.integer:
        wrong.append(2.5)
    elif parameter.choices is None and parameter.none is None:
        wrong.append(None)
    for value in wrong:
        with pytest.raises(TypeError, match=parameter.name):
            f(np.zeros(60), **{parameter.name: value})
        with pytest.raises(TypeError, match=parameter.name):
            activations.get(name, **{parameter.name: value})


@every_name
def test_unknown_keyword(name):
    f = activations.get(name)
    x = np.zeros(60)
    calls = [lambda k: f(x, **k), lambda k: f.backward(f(x), x, **k), lambda k: f.bind(**k)]
    calls.append(lambda k: activations.get(name, **k))
    if name in ELEMENTWISE:
        calls.append(lambda k: f.derivative(x, **k))
    for call in calls:
        with pytest.raises(TypeError, match="no parameter 'slant'") as error:
            call({"slant": 1.0})
        for known in f.parameters:
            assert known in str(error.value)


@elementwise
def test_wrong_calls(name):
    f = activations.get(name)
    for call in (lambda: f(), lambda: f(x=np.zeros(3)), lambda: f.backward(np.zeros(3)), lambda: f.derivative()):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(ValueError, match=r"\(3,\).*\(4,\)"):
        f.backward(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match=r"\(\).*\(4,\)"):
        f.backward(1.0, np.zeros(4))
    if f.saves == "x":
        with pytest.raises(TypeError, match="x"):
            f.backward(np.zeros(3), None, y=np.zeros(3))
        assert same_bits(f.backward(np.ones(3), np.ones(3), y=np.zeros(3)), f.backward(np.ones(3), np.ones(3)))


# Identity


@every_case
def test_equality_hash_copy_and_config(name, case):
    f = make(name, case)
    spelled = activations.get(name, **dict(f.parameters))
    assert f == spelled
    assert hash(f) == hash(spelled)
    assert {f: 1}[spelled] == 1
    assert f != activations.get("identity" if name != "identity" else "relu")
    assert f != name
    assert (f == activations.get(name)) == (not case)
    assert copy.copy(f) == copy.deepcopy(f) == f
    assert f.config == {"name": name, **f.parameters}
    assert activations.get(json.loads(json.dumps(f.config))) == f
    assert activations.get(f) is f
    assert activations.get(f.config, **dict(f.parameters)) == f
    assert f.bind() == f
    before = dict(f.parameters)
    if case:
        f.bind(**dict(activations.get(name).parameters))
    assert dict(f.parameters) == before


@every_case
def test_repr(name, case):
    inside = ", ".join(f"{key}={value!r}" for key, value in case.items())
    assert repr(make(name, case)) == (f"{name}({inside})" if inside else name)


def test_examples_of_the_design():
    f = activations.get("leaky_relu", negative_slope=0.2)
    assert repr(f) == "leaky_relu(negative_slope=0.2)"
    assert f.config == {"name": "leaky_relu", "negative_slope": 0.2}
    assert activations.get({"name": "leaky_relu", "negative_slope": 0.2}) == f
    assert activations.get(None) == activations.get("identity")
    assert activations.get("LeakyRelu") == activations.get("leaky-relu") == activations.leaky_relu
    assert activations.get("leaky_relu", negative_slope=0.01) == activations.leaky_relu
    assert activations.get("keras.leaky_relu").parameters["negative_slope"] == 0.2
    assert activations.get("leaky_relu", negative_slope=1).parameters["negative_slope"] == 1.0
    assert activations.get("jax.gelu") == activations.get("gelu", approximate="tanh")
    x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
    slopes = np.array([[0.1], [0.2], [0.3]])
    np.testing.assert_allclose(
        activations.leaky_relu(x, negative_slope=slopes), np.where(x > 0, x, slopes * x), rtol=1e-6
    )


def test_array_parameters_are_values_too():
    slopes = np.array([0.1, 0.25])
    f = activations.get("leaky_relu", negative_slope=slopes)
    g = activations.get("leaky_relu", negative_slope=slopes.copy())
    assert f == g
    assert hash(f) == hash(g)
    assert f != activations.get("leaky_relu", negative_slope=slopes + 1)
    assert activations.get(json.loads(json.dumps(f.config))) == f
    assert pickle.loads(pickle.dumps(f)) == f
    np.testing.assert_array_equal(f(np.array([-1.0, -1.0])), [-0.1, -0.25])
    slopes[0] = 7  # what was bound stays bound
    np.testing.assert_array_equal(f(np.array([-1.0, -1.0])), [-0.1, -0.25])
    assert f == g


@every_case
def test_pickles(name, case):
    f = make(name, case)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(f, protocol)) == f
        assert pickle.loads(pickle.dumps(f.ufunc, protocol)) is f.ufunc
        assert pickle.loads(pickle.dumps(f.backward, protocol)).__self__ == f
    assert copy.deepcopy(f.ufunc) is f.ufunc


@pytest.mark.parametrize("name", ["bump_of_mine", "relu"])
def test_what_is_not_registered_does_not_pickle(name):
    """A file that could not be loaded, or would be loaded as the built-in, is never written."""
    f = activations.Activation(name, lambda x: x * np.exp(-x * x))
    cure = rf"{name} is not registered: activations.register\({name}\), here and wherever it is loaded, or publish"
    with pytest.raises(pickle.PicklingError, match=cure):
        pickle.dumps(f)
    if name == "bump_of_mine":
        activations.register(f)
        try:
            assert pickle.loads(pickle.dumps(f)) is f
            with pytest.raises(pickle.PicklingError, match=rf"{cure}.*; what get\('{name}'\) finds is another"):
                pickle.dumps(activations.Activation(name, np.sin))
        finally:
            activations.unregister(name)


def test_pickles_in_another_process():
    """A process that has not touched any activation yet, as a Dask worker hasn't."""
    objects = [make(name, case) for name in ALL for case in cases(name)]
    x = np.linspace(-3, 3, 30)
    bundle = [(f, f.ufunc, getattr(f, "derivative", None) if f.name in ELEMENTWISE else f.backward) for f in objects]
    code = (
        "import pickle, sys, numpy as np\n"
        "bundle, x = pickle.load(sys.stdin.buffer)\n"
        "found = [f.ufunc is u and (u(x) if f.kind in ('ridge', 'radial') else f(x)) for f, u, _ in bundle]\n"
        "sys.stdout.buffer.write(pickle.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps((bundle, x)), capture_output=True, timeout=120, check=True
    )
    for f, found in zip(objects, pickle.loads(done.stdout), strict=True):
        assert same_bits(found, f(x)), f


SLOPE = "3fc999999999999a"


@pytest.mark.parametrize(
    "label",
    [
        *(
            "",
            " ",
            "-",
            "1x",
            "a.b",
            "é",
            "relu\n",
            "Relu",
            "nonsense",
            "__path__",
            "_x",
            "crelu",
            "torch.gelu",
            "x:relu",
        ),
        *("relu__", "relu__nonsense", "softmax__second_derivative", "softmax__forward__operands"),
        *("relu__forward__operands", f"relu__forward__{SLOPE}", f"leaky_relu__forward__{SLOPE}_{SLOPE}"),
        *(f"threshold__forward__{SLOPE}", f"softmax__forward__{SLOPE}_{SLOPE}", f"leaky_relu__forward__{SLOPE}__x"),
        *("leaky_relu__forward__operands__x", "leaky_relu__forward__3fc9", "leaky_relu__forward__nonsense"),
        *("gelu:nonsense", "gelu:softmax", "relu6:relu"),
    ],
)
def test_names_that_no_ufunc_has(label):
    assert not hasattr(ufuncs, label)
    with pytest.raises(AttributeError, match="has no attribute"):
        getattr(ufuncs, label)


def test_names_that_ufuncs_have():
    for label in (
        "relu",
        "celu:unit_elu",
        "gelu:gelu_tanh",
        f"leaky_relu__forward__{SLOPE}",
        "leaky_relu__forward__operands",
    ):
        assert getattr(ufuncs, label).__name__ == label.removeprefix("gelu:")

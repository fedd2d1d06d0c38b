"""Gated kinds: accuracy against mpmath, halves and pairs, axes, in-place gradients, parameters, clear errors."""

import dask.array
import numpy as np
import pytest

import activations

from .accuracy_table import most_recorded
from .enrolment import ALL_DTYPES, DTYPES, GATED, ROWWISE, incoming, make, same_bits, with_cases
from .measuring import RowSample
from .reference import REFERENCE
from .samples import gradients, to_mp

# The gate's own limit and a product more, two for swiglu_oai; gelu's in float32 is the largest.
LIMITS = {
    "forward": {"float16": 0.51, "bfloat16": 0.51, "float32": 3.0, "float64": 2.5},
    "backward": {"float16": 0.52, "bfloat16": 0.51, "float32": 2.6, "float64": 2.9},
}
PAIRED = tuple(name for name in GATED if name != "crelu")


@pytest.mark.parametrize("pass_", ["forward", "backward"])
@pytest.mark.parametrize("dtype", ALL_DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(GATED))
def test_accuracy(name, case, dtype, pass_):
    most = most_recorded(name, dtype, pass_) if not case and pass_ == "forward" else np.inf
    f, rng = make(name, case), np.random.default_rng(0)
    for length, spread in ((2, 1), (16, 3), (200, 3), (200, 8), (400, 100)):
        worst = judged(f, (spread * rng.standard_normal(length)).astype(dtype), pass_)
        assert worst.error <= LIMITS[pass_][dtype], str(worst)
        assert worst.error == 0 or not REFERENCE[name].exact
        assert worst.error <= most, "worse than docs/accuracy.json"


def judged(f, row, pass_):
    """The worst error of one pass over one row. What dy multiplies is rounded once, below the normal range too."""
    reference, real = REFERENCE[f.name], np.float64 if row.dtype == np.float64 else np.float32
    parameters = {k: float(real(v)) if isinstance(v, float) else v for k, v in f.parameters.items()}
    points = to_mp(row)
    if pass_ == "forward":
        return RowSample(f.name, row, None, reference.forward(points, **parameters), None).judge(f(row))
    dy = gradients(len(f(row)), row.dtype)
    truth = reference.backward(to_mp(dy), points, **parameters)
    return RowSample(f.name, row, None, *truth).judge(f.backward(dy, row))


# Where sigmoid and where gelu leave the normal range, and end.
EDGES = {"sigmoid": {"float32": (-87.0, -104.0), "float64": (-708.0, -746.0)}}
EDGES["gelu"] = {"float32": (-12.9, -14.3), "float64": (-37.5, -38.6)}


@pytest.mark.parametrize("pass_", ["forward", "backward"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("glu", {}),
        ("glu", {"gate": "first"}),
        ("geglu", {}),
        ("geglu", {"gate": "second"}),
        ("swiglu", {}),
        ("swiglu", {"gate": "second"}),
        ("swiglu", {"beta": 0.6}),
        ("swiglu", {"beta": -1.7}),
        ("swiglu", {"beta": 1e-3}),
        ("swiglu_oai", {}),
        ("swiglu_oai", {"gate": "second"}),
    ],
)
def test_a_gate_that_underflows_is_brought_back(name, case, dtype, pass_):
    f, rng = make(name, case), np.random.default_rng(7)
    normal, last = EDGES["gelu" if name == "geglu" else "sigmoid"][dtype]
    gates = rng.uniform(last * 1.1, normal * 0.95, 300) / f.parameters.get("beta", f.parameters.get("alpha", 1.0))
    for values in (100 * rng.standard_normal(300), 10.0 ** rng.uniform(-20, 9, 300)):
        halves = (gates, values) if f.parameters["gate"] == "first" else (values, gates)
        worst = judged(f, np.concatenate(halves).astype(dtype), pass_)
        assert worst.error <= LIMITS[pass_][dtype], str(worst)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["glu", "geglu", "swiglu", "swiglu_oai"])
def test_a_shut_gate_stops_what_is_huge(name, dtype):
    big = np.array(np.finfo(dtype).max)
    for gate in (-1e3, -1e4, -float(big), -np.inf):
        gates, values = np.full(40, gate, dtype), np.full(40, big, dtype)
        gate_first = activations.get(name, gate="first")
        assert not gate_first(gates, values).any()
        assert not np.any(gate_first.backward(np.ones(40, dtype), gates, values))
    assert np.isfinite(gate_first(np.full(40, 200, dtype), values / 256)).all()


@pytest.mark.parametrize("name", PAIRED)
def test_halves_and_two_arrays_agree(name):
    f, rng = activations.get(name), np.random.default_rng(1)
    x = rng.normal(size=(5, 8, 3))
    first, second = x[:, :4], x[:, 4:]
    y = f(x, axis=1)
    assert same_bits(y, f(first, second))
    dy = rng.normal(size=y.shape)
    da, db = f.backward(dy, first, second)
    dx = f.backward(dy, x, axis=1)
    assert same_bits(dx, np.concatenate([da, db], axis=1))
    out = np.empty_like(x)
    assert f.backward(dy, x, axis=1, out=out) is out
    assert same_bits(out, dx)
    place = x.copy()
    assert same_bits(f.backward(dy, place, axis=1, out=place), dx)


@pytest.mark.parametrize("name", [name for name in PAIRED if name != "bilinear"])
def test_gate_says_which_half(name):
    f, x = activations.get(name), np.random.default_rng(2).normal(size=12)
    swapped = np.concatenate([x[6:], x[:6]])
    assert same_bits(f(x, gate="first"), f(swapped, gate="second"))
    assert not np.allclose(f(x, gate="first"), f(x, gate="second"))


def test_defaults_are_pytorchs_and_onnxs():
    assert activations.glu.parameters["gate"] == "second"
    assert activations.swiglu.parameters["gate"] == "first"


@pytest.mark.parametrize(("name", "parameter"), [("swiglu", "beta"), ("swiglu_oai", "alpha")])
def test_parameter_gradients(name, parameter):
    f, rng, step = activations.get(name), np.random.default_rng(3), 1e-6
    x = rng.normal(size=(40, 6))
    dy = rng.normal(size=(40, 3))
    value = f.parameters[parameter]
    above, below = (f(x, **{parameter: value + side * step}) for side in (1, -1))
    told = f.parameter_gradients(dy, x)[parameter]
    assert told.shape == ()
    assert told == pytest.approx((dy * (above - below)).sum() / (2 * step), rel=1e-7)
    per_unit = f.parameter_gradients(dy, x, **{parameter: np.full(3, value)})[parameter]
    assert per_unit.shape == (3,)
    assert per_unit.sum() == pytest.approx(told, rel=1e-12)


@pytest.mark.parametrize("name", PAIRED)
def test_an_odd_axis_is_named(name):
    with pytest.raises(ValueError, match="axis 0 holds 3 values"):
        activations.get(name)(np.ones(3))
    with pytest.raises(ValueError, match="dy has shape"):
        activations.get(name).backward(np.ones(3), np.ones(4))
    with pytest.raises(TypeError, match="no elementwise derivative"):
        activations.get(name).derivative(np.ones(4))


def test_limits_at_infinity():
    x = np.array([-np.inf, 2.0])
    for name in ("reglu", "geglu", "swiglu", "swiglu_oai"):
        assert activations.get(name)(x) == 0
    assert activations.glu(np.array([2.0, -np.inf])) == 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["reglu", "geglu", "swiglu", "bilinear"])
def test_an_infinite_gate_is_wide_open(name, dtype):
    gate, value = np.full(40, np.inf, dtype), np.linspace(-2, 2, 40).astype(dtype)
    y = activations.get(name)(np.concatenate([gate, value]))
    np.testing.assert_array_equal(y, gate * value)


def test_crelu_doubles_the_axis():
    x = np.array([[1.0, -2.0], [0.0, np.nan]])
    y = activations.crelu(x)
    assert y.shape == (2, 4)
    np.testing.assert_array_equal(y[0], [1, 0, 0, 2])
    assert np.isnan(y[1, [1, 3]]).all()
    assert activations.crelu(x, axis=0).shape == (4, 2)
    np.testing.assert_array_equal(activations.crelu.backward(np.ones((2, 4)), x)[0], [1, -1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", PAIRED)
def test_bits_do_not_depend_on_the_layout_of_the_halves(name, dtype):
    f, rng = activations.get(name), np.random.default_rng(4)
    for shape, axis in (
        ((700, 2), -1),
        ((300, 6), 1),
        ((3, 34), -1),
        ((2, 64), -1),
        ((5, 1000), -1),
        ((3, 4200), 1),
        ((4, 3, 5), 0),
        ((3, 10, 7), 1),
        ((0, 4), -1),
        ((4, 0), 0),
    ):
        x = (3 * rng.standard_normal(shape)).astype(dtype)
        first, second = np.split(x, 2, axis=axis)
        dy = rng.standard_normal(first.shape).astype(dtype)
        alone = [np.ascontiguousarray(each) for each in (first, second)]
        y, dx = f(*alone), np.concatenate(f.backward(dy, *alone), axis=axis)
        spread = np.repeat(x, 2, axis=-1)[..., ::2]
        for each in (x, np.asfortranarray(x), spread):
            assert same_bits(f(each, axis=axis), y)
            assert same_bits(f.backward(dy, each, axis=axis), dx)
        assert same_bits(f.backward(np.asfortranarray(dy), x, axis=axis), dx)
        out = np.empty_like(y)
        assert f(x, axis=axis, out=out) is out
        assert same_bits(out, y)
        place = x.copy()
        assert f.backward(dy, place, axis=axis, out=place) is place
        assert same_bits(place, dx)


@pytest.mark.parametrize("name", PAIRED)
def test_threads_share_rows(name):
    f, rng = activations.get(name), np.random.default_rng(5)
    before = activations.num_threads()
    for shape in ((6000, 200), (3, 300000)):
        x = rng.standard_normal(shape, dtype=np.float32)
        dy = rng.standard_normal((shape[0], shape[1] // 2), dtype=np.float32)
        results = []
        try:
            for threads in (1, 2):
                activations.num_threads(threads)
                results.append((f(x), f.backward(dy, x)))
        finally:
            activations.num_threads(before)
        for one, several in zip(*results, strict=True):
            assert same_bits(one, several)


@pytest.mark.parametrize("name", PAIRED)
def test_a_result_may_lie_on_operands(name):
    f, rng = activations.get(name), np.random.default_rng(6)
    a, b, dy = rng.standard_normal((3, 5000))
    da, db = f.backward(dy, a, b)
    for first, second in ((dy, a), (a, b), (b, a), (b, dy)):
        held = {id(each): each.copy() for each in (a, b, dy)}
        outs = held[id(first)], held[id(second)]
        f.backward(held[id(dy)], held[id(a)], held[id(b)], out=outs)
        assert same_bits(outs[0], da)
        assert same_bits(outs[1], db)


@pytest.mark.parametrize("name", ROWWISE)
def test_gradients_heed_dtype(name):
    f, x = activations.get(name), np.linspace(-3, 3, 32).astype(np.float16).reshape(4, 8)
    dy = incoming(f(x).shape, np.float16)
    wide = f.backward(dy, x, dtype=np.float32)
    assert same_bits(wide, f.backward(dy.astype(np.float32), x.astype(np.float32)))


def test_crelu_leaves_what_is_masked_out():
    x = np.array([[1.0, -2.0], [-3.0, 4.0]])
    mask, out = np.array([[True, True, False, True], [False, True, True, True]]), np.full((2, 4), -7.0)
    assert activations.crelu(x, where=mask, out=out) is out
    np.testing.assert_array_equal(out, np.where(mask, activations.crelu(x), -7))
    dy, mask, out = np.ones((2, 4)), np.array([[True, False], [True, True]]), np.full((2, 2), -7.0)
    assert activations.crelu.backward(dy, x, where=mask, out=out) is out
    np.testing.assert_array_equal(out, np.where(mask, activations.crelu.backward(dy, x), -7))


@pytest.mark.parametrize("where", ["over x", "over half of dy", "a row further", "x turned"])
def test_large_gradients_of_crelu_over_their_operands(where):
    """Slices that are written while others are still to be read would show."""
    x = np.random.default_rng(0).normal(size=(700, 400)).astype(np.float32)
    dy = np.random.default_rng(1).normal(size=(700, 800)).astype(np.float32)
    expected = activations.crelu.backward(dy, x)
    if where == "a row further":
        memory = np.concatenate([x, x[:1]])
        x, out = memory[:-1], memory[1:]
    else:
        out = {"over x": x, "over half of dy": dy[:, :400], "x turned": x[::-1]}[where]
    assert activations.crelu.backward(dy, x, out=out) is out
    np.testing.assert_array_equal(out, expected)


def test_crelu_of_dask():
    x = np.linspace(-2, 2, 12).reshape(3, 4)
    lazy = activations.crelu(dask.array.from_array(x, chunks=2))
    assert isinstance(lazy, dask.array.Array)
    np.testing.assert_array_equal(lazy.compute(), activations.crelu(x))


@pytest.mark.parametrize("size", [4, 100_000])
def test_signalling_nans_raise_nothing(size):
    x = np.ones((2, size), np.float32)
    x.view(np.uint32)[0, 1] = 0x7F800001
    with np.errstate(all="raise"):
        for layout in (x, np.asfortranarray(x)):
            dx = activations.crelu.backward(np.ones((2, 2 * size), np.float32), layout)
    np.testing.assert_array_equal(np.isnan(dx), np.isnan(x))

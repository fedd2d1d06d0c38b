"""Activations made from functions of one's own: what makes two of them the same, and what their parameters may be."""

import copy
import functools

import numpy as np
import pandas
import pytest

import activations
from activations import Activation, relu


def shifted(x, k):
    return x + k


def doubled(x):
    return 2 * x


def mine(**parameters):
    return Activation("mine", shifted, parameters=parameters or {"k": 1})


class TestSameness:
    def test_a_builtins_name_makes_no_builtin(self):
        f = Activation("silu", np.negative, derivative=lambda x: -np.ones_like(x))
        assert f != activations.silu
        assert hash(f) != hash(activations.silu)

    def test_functions_count(self):
        assert Activation("mine", np.negative) != Activation("mine", np.positive)
        assert Activation("mine", np.negative) != Activation("mine", np.negative, derivative=doubled)

    @pytest.mark.parametrize("derivative", [None, doubled, "numerical"])
    @pytest.mark.parametrize("forward", [np.negative, doubled, copy.copy(activations.Activation("x2", doubled))])
    def test_the_same_functions_are_the_same(self, forward, derivative):
        f, g = (Activation("mine", forward, derivative=derivative) for _ in range(2))
        assert f == g
        assert hash(f) == hash(g)

    def test_a_function_need_not_be_hashable(self):
        class Twice:
            __hash__ = None

            def __call__(self, x):
                return 2 * x

        twice = Twice()
        assert hash(Activation("mine", twice)) == hash(Activation("mine", twice))
        assert Activation("mine", twice) != Activation("mine", Twice())

    def test_registered_or_not(self):
        f = activations.register(Activation("mine", np.negative))
        try:
            assert f != Activation("mine", np.positive)
            assert f == activations.get("mine") == activations.get(f.config)
        finally:
            activations.unregister("mine")

    def test_bound_ones(self):
        f = mine()
        assert f.bind(k=3) == f.bind(k=3) != f
        assert f.bind(k=1) == f


@pytest.mark.parametrize(("kind", "way"), [("ridge", "derivative"), ("folding", "backward")])
def test_without_a_gradient_it_says_how_to_have_one(kind, way):
    f = Activation("mine", doubled, kind=kind)
    with pytest.raises(TypeError, match=f'mine has no backward pass: make it with {way}=... or {way}="numerical"'):
        f.backward(np.ones(2), np.ones(2))
    np.testing.assert_allclose(Activation("mine", doubled, kind=kind, **{way: "numerical"}).backward([1.0], [3.0]), [2])
    if kind == "ridge":
        with pytest.raises(TypeError, match=r'mine has no derivative: make it .* derivative="numerical"'):
            f.derivative(np.ones(2))


def test_it_is_named_like_a_function():
    for f in (relu, activations.get("keras.leaky_relu"), activations.maxout, Activation("mine", np.negative)):
        assert f.__name__ == f.name
        assert np.vectorize(f).__name__ == f.name
        assert functools.wraps(f)(lambda x: x).__name__ == f.name
    assert Activation.__name__ == "Activation"
    assert type(relu).__name__ == "Elementwise"


class TestParameters:
    @pytest.mark.parametrize("given", [True, np.True_, False])
    def test_booleans(self, given):
        f = Activation("mine", lambda x, flip: -x if flip else x, parameters={"flip": False})
        assert f(2.0, flip=given) == (-2.0 if given else 2.0)
        assert f.bind(flip=given).parameters["flip"] is bool(given)
        assert f.bind(flip=given).config == {"name": "mine", "flip": bool(given)}

    def test_what_is_no_boolean(self):
        f = Activation("mine", lambda x, flip: x, parameters={"flip": True})
        with pytest.raises(TypeError, match="mine: flip=2 is not allowed; it must be True or False"):
            f(1.0, flip=2)

    def test_whole_numbers_stay_whole(self):
        kinds = []
        f = Activation("mine", lambda x, k: kinds.append(type(k)) or np.roll(x, k), parameters={"k": 1})
        f(np.arange(3.0))
        f(np.arange(3.0), k=2)
        f(np.arange(3.0), k=np.int64(2))
        assert kinds == [int, int, int]
        assert f.bind(k=1) == f
        assert repr(f.bind(k=2)) == "mine(k=2)"

    def test_a_whole_default_takes_other_numbers(self):
        f = mine(k=1)
        assert f(1.0, k=0.5) == 1.5
        np.testing.assert_array_equal(f(np.zeros(2), k=np.array([0.5, 1])), [0.5, 1])
        with pytest.raises(TypeError, match="k=True is not allowed"):
            f(1.0, k=True)

    @pytest.mark.parametrize("name", ["y", "x", "dy", "name", "self", "out", "not one"])
    def test_names_that_mean_something_else(self, name):
        with pytest.raises(ValueError, match=f"{name!r} cannot be a parameter"):
            Activation("mine", shifted, parameters={name: 1.0})

    def test_a_default_array_is_a_value(self):
        k = np.array([1.0, 2.0])
        f = mine(k=k)
        k[:] = 7
        np.testing.assert_array_equal(f(np.zeros(2)), [1, 2])


def halves(x):
    return x[..., : x.shape[-1] // 2] * np.tanh(x[..., x.shape[-1] // 2 :])


def share(x, k=1.0):
    return np.abs(x) ** k / np.sum(np.abs(x) ** k, axis=-1, keepdims=True)


OVER_ROWS = [
    Activation("mine", share, backward="numerical", kind="folding", parameters={"k": 1.0}),
    Activation("mine", lambda x: x.max(-1), backward="numerical", kind="folding"),
    Activation("mine", halves, backward="numerical", kind="gated"),
]


class TestRows:
    @pytest.mark.parametrize("f", OVER_ROWS, ids=["share", "max", "gated"])
    @pytest.mark.parametrize("axis", [0, 1, -1, -2])
    def test_along_any_axis(self, f, axis):
        x = np.random.default_rng(0).standard_normal((4, 6, 8))
        rows = np.moveaxis(x, axis, -1)
        y, dx = f(rows), f.backward(np.sin(f(rows)), rows)
        expected = np.moveaxis(y, -1, axis) if y.ndim == x.ndim else y
        np.testing.assert_array_equal(f(x, axis=axis), expected)
        out = np.empty_like(expected)
        assert f(x, axis=axis, out=out) is out
        np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(f.backward(np.sin(expected), x, axis=axis), np.moveaxis(dx, -1, axis))

    def test_lazy_arrays_stay_lazy(self):
        da = pytest.importorskip("dask.array")
        x = np.arange(1.0, 13.0).reshape(4, 3)
        found = OVER_ROWS[0](da.from_array(x, chunks=2), axis=0)
        assert isinstance(found, da.Array)
        np.testing.assert_allclose(found.compute(), OVER_ROWS[0](x, axis=0))

    def test_an_axis_that_is_not_there(self):
        with pytest.raises(np.exceptions.AxisError):
            OVER_ROWS[0](np.ones((2, 3)), axis=2)
        with pytest.raises(TypeError, match="takes no axis"):
            mine()(np.ones(2), axis=0)

    def test_gate_and_value_are_one_array(self):
        """The second is no memory for the result: it would be overwritten."""
        f, value = OVER_ROWS[2], np.ones((2, 2))
        with pytest.raises(TypeError, match=r"mine takes gate and value in one array: join them, np\.concatenate"):
            f(np.full((2, 2), 3.0), value)
        np.testing.assert_array_equal(value, 1)
        with pytest.raises(ValueError, match=r"dy has shape \(2, 2\) and f\(x\) has shape \(2, 1\)"):
            f.backward(value, value, value)
        assert Activation("mine", np.multiply, kind="gated")(3.0, 2.0) == 6


class TestArrays:
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("power", [np.power, lambda x, k: x**k])
    def test_they_do_not_promote_the_result(self, dtype, power):
        """As with built-ins."""
        f = Activation("mine", power, backward=lambda dy, x, k: dy * np.ones_like(k), parameters={"k": 2.0})
        g = Activation("mine", power, derivative=power, parameters={"k": np.array([1.0, 2.0])})
        x, k = np.array([3, 2], dtype), np.array([2.0, 3.0])
        for function in (f, f.bind(k=k), g, g.derivative):
            assert function(x, k=k).dtype == function(x).dtype == dtype
            np.testing.assert_array_equal(function(x, k=k), [9, 8])
        assert f.backward(x, x, k=k).dtype == dtype
        assert f(x, k=np.array([0.1, 3.0]), dtype="float64")[0] == 3**0.1
        assert f([3.0, 2.0], k=k).dtype == np.float64

    def test_whole_ones_stay_whole_beside_a_ufunc(self):
        f = Activation("mine", np.ldexp, parameters={"k": 1})
        np.testing.assert_array_equal(f(np.float32([1, 2]), k=np.array([2, 3])), [4, 16])

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
    def test_config_gives_it_back(self, dtype):
        f = activations.get("prelu", weight=np.array([1, 0.2]).astype(dtype))
        assert activations.get(f.config) == f
        assert hash(activations.get(f.config)) == hash(f)

    def test_shapes_and_values_count(self):
        f = activations.get("prelu", weight=np.array([0.1, 0.2]))
        assert f != activations.get("prelu", weight=np.array([0.1, 0.3]))
        assert f != activations.get("prelu", weight=np.array([[0.1, 0.2]]))
        assert activations.get("prelu", weight=np.array([1, 2])) == activations.get(
            "prelu", weight=np.array([1.0, 2.0])
        )
        assert mine(k=np.array([np.nan])) == mine(k=np.array([np.nan]))

    def test_a_series_is_a_value(self):
        given = pandas.Series([0.1, 0.2], index=["a", "b"])
        f = activations.get("prelu", weight=given)
        given.iloc[0] = 7
        assert type(f.parameters["weight"]) is np.ndarray
        assert f == activations.get("prelu", weight=[0.1, 0.2])
        assert hash(f) == hash(activations.get("prelu", weight=[0.1, 0.2]))
        assert f.config == {"name": "prelu", "weight": [0.1, 0.2]}
        assert repr(f) == "prelu(weight=array([0.1, 0.2]))"


def centred(x):
    return x - x.mean(axis=-1, keepdims=True)


def largest(x):
    return x.max(axis=-1)


def product(x):
    return np.multiply(*np.split(x, 2, axis=-1))


class TestAxis:
    """What folds or gates the last axis does so along any that a call names."""

    X = np.random.default_rng(0).standard_normal((2, 4, 6))

    @pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, np.int8(0)])
    @pytest.mark.parametrize(
        ("kind", "forward", "built_in"),
        [
            ("folding", centred, lambda x, axis: x - activations.mean_fold(x, axis=axis, keepdims=True)),
            ("folding", largest, activations.max_fold),
            ("gated", product, activations.bilinear),
        ],
    )
    def test_both_passes(self, kind, forward, built_in, axis):
        f = Activation("mine", forward, backward="numerical", kind=kind)
        expected = built_in(self.X, axis=axis)
        np.testing.assert_allclose(f(self.X, axis=axis), expected, rtol=1e-13, atol=1e-15)
        dy = np.cos(expected)
        gradient = f.backward(dy, self.X, axis=axis)
        if forward is centred:
            wanted = dy - dy.mean(axis=axis, keepdims=True)
        else:
            wanted = built_in.backward(dy, self.X, axis=axis)
        np.testing.assert_allclose(gradient, wanted, rtol=1e-9, atol=1e-9)

    def test_with_other_keywords(self):
        f = Activation("mine", lambda x, k: k * centred(x), kind="folding", parameters={"k": 1.0})
        expected = 2 * (self.X - self.X.mean(axis=0))
        out = np.empty((2, 4, 6), np.float32)
        assert f(self.X, axis=0, k=2, out=out) is out
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
        bias = np.arange(6.0)
        np.testing.assert_array_equal(f(self.X, axis=1, bias=bias), f(self.X + bias, axis=1))

    def test_of_a_list_and_a_frame(self):
        f = Activation("mine", largest, kind="folding")
        for x in ([[1.0, 5.0], [2.0, 3.0]], pandas.DataFrame([[1.0, 5.0], [2.0, 3.0]])):
            np.testing.assert_array_equal(f(x, axis=0), [2, 5])
            np.testing.assert_array_equal(f(x, axis=1), [5, 3])

    def test_what_is_no_axis(self):
        f = Activation("mine", centred, kind="folding")
        with pytest.raises(np.exceptions.AxisError, match="axis 3 is out of bounds"):
            f(self.X, axis=3)
        with pytest.raises(TypeError, match="mine: axis is a whole number, not 'tuple'"):
            f(self.X, axis=(0, 1))
        with pytest.raises(TypeError, match="takes no axis"):
            Activation("mine", doubled)(self.X, axis=0)

    def test_help_tells_it(self):
        assert "axis : int, default -1" in Activation("mine", centred, kind="folding").__doc__
        assert "axis :" not in Activation("mine", doubled).__doc__


def broken(x):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "f",
    [
        lambda: activations.get("prelu", weight=np.array([0.1, 0.2])),
        lambda: activations.get("apl", a=np.array([[0.1, 0.2], [0.3, 0.4]]), b=np.zeros((2, 2))),
        lambda: Activation("mine", broken, formula="f(x) = 1 / 0"),
    ],
    ids=["prelu", "apl", "broken"],
)
def test_a_notebook_shows_what_has_no_curve(f):
    shown = f()._repr_html_()
    assert f().name in shown
    assert "\\(f(x)" in shown
    assert "<svg" not in shown


def test_a_notebook_shows_a_curve():
    assert "<svg" in relu._repr_html_()


def test_an_array_for_a_parameter_beyond_float16_warns_of_nothing():
    f = activations.Activation("mine", lambda x, a: a * x, parameters={"a": 1.0})
    with np.errstate(all="raise"):
        y = f(np.ones(2, np.float16), a=np.array([1e6, 0.5]))
    np.testing.assert_array_equal(y, np.array([np.inf, 0.5], np.float16), strict=True)

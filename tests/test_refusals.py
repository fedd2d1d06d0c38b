"""Arguments that mean nothing are refused in plain words, and the cure is named."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import activations
from activations import elu, maxout, softmax

X = np.arange(8.0).reshape(2, 4)


def test_an_axis_is_a_whole_number():
    for call in (maxout, maxout.with_argmax, softmax, activations.max_fold):
        with pytest.raises(TypeError, match="float"):
            call(X, axis=1.0)
    np.testing.assert_array_equal(maxout(X, axis=np.int64(1)), maxout(X))


@pytest.mark.parametrize("pieces", [True, np.True_])
def test_pieces_are_counted(pieces):
    for call in (maxout, maxout.with_argmax, maxout.bind):
        with pytest.raises(TypeError, match=r"maxout: pieces=.* is not allowed; it must be a whole number >= 1"):
            call(*(() if call == maxout.bind else (X,)), pieces=pieces)


def test_no_axis_holds_so_many_pieces():
    for call in (lambda **k: maxout(X, **k), lambda **k: maxout.with_argmax(X, **k), maxout.bind):
        with pytest.raises(ValueError, match=f"maxout: pieces={10**30} is more than any axis holds"):
            call(pieces=10**30)
    with pytest.raises(ValueError, match="more than any axis holds"):
        maxout.backward(np.ones((2, 2)), X, pieces=10**30)


@pytest.mark.parametrize("n", [2**31, 10**30])
def test_no_machine_has_so_many_threads(n):
    before = activations.num_threads()
    with pytest.raises(ValueError, match=rf"num_threads\({n}\): the number of threads is at most 2147483647"):
        activations.num_threads(n)
    assert activations.num_threads() == before


def test_what_belongs_to_the_call():
    for word in ("axis", "dim"):
        with pytest.raises(
            TypeError, match=rf"no parameter '{word}'; .* axis is given in the call: softmax\(x, axis=-1\)"
        ):
            softmax.bind(**{word: 1})
    with pytest.raises(TypeError, match=r"no parameter 'dim'; .* axis is given in the call: glu\(x, axis=-1\)"):
        activations.glu(X, dim=1)
    with pytest.raises(TypeError, match=r"no parameter 'axis'; its parameters: alpha$"):
        elu.bind(axis=1)
    with pytest.raises(TypeError, match=r"no parameter 'inplace'; its parameters: alpha; in place is elu\(x, out=x\)"):
        activations.get("elu", inplace=True)


@pytest.mark.parametrize(
    ("name", "given", "cure"),
    [
        (
            "leaky_relu",
            (0.2,),
            r"leaky_relu: out must be an array .* 'float'; .*: leaky_relu\(x, negative_slope=\.\.\.\)",
        ),
        (
            "gelu",
            ("tanh",),
            r"gelu: out must be an array .* 'str'; give the rest by name: gelu\(x, approximate=\.\.\.\)",
        ),
        ("relu", (True,), "relu: out must be an array for the result, not 'bool'$"),
        ("threshold", (0.1, 20), r"threshold\(\) takes x and out by position, and 3 .*\(x, threshold=\.\.\., value="),
        ("softmax", (1,), r"out must be an array .* 'int'; .*: softmax\(x, axis=\.\.\., temperature=\.\.\.\)"),
        (
            "maxout",
            (2,),
            r"out must be an array .* 'int'; give the rest by name: maxout\(x, axis=\.\.\., pieces=\.\.\.\)",
        ),
        (
            "softmax",
            (X, 1),
            r"takes at most 2 positional arguments, and 3 were given; .* softmax\(x, axis=\.\.\., temp",
        ),
        ("glu", (-1,), r"glu: the second argument .*, not the number -1; give an axis by name: glu\(x, axis=-1\)"),
        ("swiglu", (np.int64(1),), r"not the number 1; give an axis by name: swiglu\(x, axis=1\)"),
    ],
)
def test_what_other_libraries_take_by_position(name, given, cure):
    with pytest.raises(TypeError, match=cure):
        activations.get(name)(X, *given)


def test_what_stands_behind_x():
    """Memory for the result; and of two arrays the second may be a number, unless it looks like an axis."""
    out = np.empty_like(X)
    assert elu(X, out) is elu(X, out, alpha=0.5) is out
    assert softmax(X, out) is out
    np.testing.assert_array_equal(elu(X, None), elu(X))
    np.testing.assert_array_equal(activations.glu(X, 1.0), activations.glu(X, np.ones_like(X)))
    assert activations.glu(3.0, 0) == 1.5
    mine = activations.Activation("mine", np.negative)
    assert mine(X, out) is out
    with pytest.raises(TypeError, match="mine: out must be an array for the result, not 'float'"):
        mine(X, 0.2)


def test_parameters_of_ones_own_are_named():
    f = activations.Activation("mine", lambda x, a=1.0: a * x)
    with pytest.raises(
        TypeError, match=r"its parameters: none; more are named .*\('mine', \.\.\., parameters=\{'a': def"
    ):
        f(X, a=2.0)
    with pytest.raises(TypeError, match=r"parameters of 'mine' are names with defaults, .* not \['a'\]"):
        activations.Activation("mine", np.negative, parameters=["a"])


@pytest.mark.parametrize("axis", [0, 1])
def test_a_result_twice_as_long_does_not_fit(axis):
    with pytest.raises(ValueError, match=r"out has shape \(2, 4\) and the result has shape \((4, 4|2, 8)\)"):
        activations.crelu(X, out=np.empty((2, 4)), axis=axis)


def test_a_parameter_beyond_double():
    for call in (lambda: elu(X, alpha=10**400), lambda: elu.bind(alpha=10**400)):
        with pytest.raises(ValueError, match="elu: alpha=a number beyond double precision is not allowed"):
            call()
    # What rounds to a bound that is not allowed itself, or to infinity.
    for tiny in (Fraction(1, 10**400), np.nextafter(np.longdouble(0), np.longdouble(1))):
        if tiny != float(tiny):
            with pytest.raises(ValueError, match="temperature=a number beyond double precision is not allowed"):
                softmax(X, temperature=tiny)
            assert elu(X, alpha=tiny).tolist() == elu(X, alpha=0.0).tolist()
    if (large := np.finfo(np.longdouble).max) > np.finfo(float).max:
        with pytest.raises(ValueError, match="alpha=a number beyond double precision is not allowed"):
            elu.bind(alpha=large)


def test_kinds_of_numbers():
    np.testing.assert_array_equal(elu(-X, alpha=Fraction(1, 2)), elu(-X, alpha=0.5))
    assert elu.bind(alpha=Fraction(1, 2)) == elu.bind(alpha=0.5)
    with pytest.raises(TypeError, match=r"elu: alpha=Decimal\('0.5'\) is not allowed; it must be a finite real number"):
        elu(X, alpha=Decimal("0.5"))
    with pytest.raises(TypeError, match="elu: alpha=an array of object is not allowed"):
        elu(X, alpha=[None, 1.0, 2.0, 3.0])
    for x in (X.astype(int), X.astype(np.float32)):
        wide = elu(-x, alpha=np.full(4, 0.5, np.longdouble))
        np.testing.assert_array_equal(wide, elu(-x, alpha=0.5), strict=True)
    with pytest.raises(
        TypeError, match=r"elu: alpha=datetime.timedelta.* is not allowed; it must be a finite real number"
    ):
        elu(X, alpha=np.timedelta64(3, "s"))
    with pytest.raises(
        ValueError, match=r"elu: alpha=\[\[1\], \[1, 2\]\] is not allowed; it must be a finite real number"
    ):
        elu(X, alpha=[[1], [1, 2]])


def test_numpy_scalars_are_told_as_what_they_hold():
    with pytest.raises(ValueError, match=r"elu: alpha=nan is not allowed"):
        elu.bind(alpha=np.float64("nan"))
    with pytest.raises(TypeError, match=r"maxout: pieces=2.0 is not allowed"):
        maxout.bind(pieces=np.float32(2))
    with pytest.raises(ValueError, match=r"gelu: approximate='erf' is not allowed"):
        activations.gelu.bind(approximate=np.str_("erf"))
    assert repr(activations.gelu.bind(approximate=np.str_("tanh"))) == "gelu(approximate='tanh')"
    assert repr(activations.get({"name": "elu", "alpha": np.float64(2)})) == "elu(alpha=2.0)"


@pytest.mark.parametrize("name", ["relu", "softmax"])
def test_memory_by_position_is_an_array_or_a_tuple_of_one(name):
    f, out = activations.get(name), np.empty_like(X)
    assert f(X, (out,)) is out
    np.testing.assert_array_equal(out, f(X))
    for wrong in (np.float32(0), (out, out), [1.0]):
        with pytest.raises(TypeError, match=r"out must be an array for the result, not '(float32|tuple|list)'"):
            f(X, wrong)


def test_weights_in_the_place_of_the_memory():
    """PyTorch's prelu takes them there: what is no memory for the result may have been meant for them."""
    shut, x = np.full((2, 4), 0.25), X.astype(np.float32)
    shut.flags.writeable = False
    cure = (
        r"prelu: the second argument is the memory for the result: .*; give the rest by name: prelu\(x, weight=\.\.\.\)"
    )
    for weights in (np.full(4, 0.25), np.full(1, 0.25), shut, np.full((4, 1), 0.25)):
        for f in (activations.prelu, activations.prelu.bind(weight=np.full(4, 0.5))):
            with pytest.raises(ValueError, match=cure):
                f(x, weights)
    with pytest.raises(TypeError, match=cure):
        activations.prelu(x, np.zeros((2, 4), int))
    with pytest.raises(TypeError, match=r"prelu: out must be an array .* 'float32'; .*: prelu\(x, weight=\.\.\.\)"):
        activations.prelu(x, np.float32(0.25))
    with pytest.raises(ValueError, match=r"apl: the second .*: apl\(x, a=\.\.\., b=\.\.\.\)"):
        activations.apl(x, np.ones((3, 4)))
    mine = activations.Activation("mine", lambda x, a: a * x, parameters={"a": 1.0})
    with pytest.raises(ValueError, match=r"mine: the second .*: mine\(x, a=\.\.\.\)"):
        mine(x, np.ones(4))
    with pytest.raises(ValueError, match="output") as caught:
        activations.prelu(x, out=np.ones(4))
    assert "weight" not in str(caught.value)
    with pytest.raises(ValueError, match="output") as caught:
        activations.relu(x, np.ones(4))
    assert "second" not in str(caught.value)


@pytest.mark.parametrize("where", ["abc", [["a"] * 4], np.array([[None] * 4])])
def test_a_mask_is_of_booleans(where):
    with pytest.raises(TypeError, match="softmax: where= is a mask of booleans"):
        softmax(X, where=where)
    with pytest.raises(TypeError, match="softmax: where= is a mask of booleans"):
        softmax.backward(X, X, where=where)


def test_a_result_goes_into_an_array():
    for call in (lambda: softmax(X, axis=None, out=[1]), lambda: activations.sum_fold(X, axis=None, out=[1])):
        with pytest.raises(TypeError, match="out must be an array for the result, not 'list'"):
            call()


ROW = np.arange(8.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: softmax(X, axis=1.0), TypeError, "softmax: axis is a whole number, several of them or None for all"),
        (lambda: softmax(X, axis=(0, "1")), TypeError, r"softmax: axis is .*, not \(0, '1'\)"),
        (lambda: activations.max_fold(X, axis="0"), TypeError, "max_fold: axis is a whole number, .*, not 'str'"),
        (lambda: maxout(X, axis=None), TypeError, "maxout: axis is a whole number, not 'NoneType'"),
        (lambda: maxout.backward(X[:, :2], X, axis=1.0), TypeError, "maxout: axis is a whole number, not 'float'"),
        (lambda: activations.glu(X, axis=None), TypeError, "glu: axis is a whole number, not 'NoneType'"),
        (lambda: activations.crelu(X, axis=(0,)), TypeError, "crelu: axis is a whole number, not 'tuple'"),
        (lambda: softmax(ROW, where=np.ones((2, 4), bool)), ValueError, r"a mask where= of shape \(2, 4\) .* \(8,\)"),
        (lambda: softmax.backward(X, X, where=[True] * 3), ValueError, r"softmax: a mask where= of shape \(3,\)"),
        (lambda: elu(ROW, bias="abc"), TypeError, "elu: a bias holds real numbers, not <U3"),
        (lambda: softmax(ROW, bias=ROW * 1j), TypeError, "softmax: a bias holds real numbers, not complex128"),
        (lambda: activations.gumbel_softmax(ROW, rng=3), TypeError, "gumbel_softmax: rng is a numpy.random.Generator"),
        (lambda: softmax(ROW, ROW, ROW), TypeError, r"softmax\(\) takes at most 2 positional arguments, and 3 were"),
        (lambda: activations.glu(ROW, ROW, ROW, ROW), TypeError, r"glu\(\) takes at most 3 positional .* 4 were"),
    ],
)
def test_what_is_wrong_is_named_as_the_user_wrote_it(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.filterwarnings("error")
def test_parameter_gradients_of_nothing():
    for shape in ((0,), (0, 4), (4, 0)):
        assert activations.standardize.parameter_gradients(np.empty(shape), np.empty(shape)) == {"eps": 0.0}


# Nothing is written before all that may be wrong has been looked at.


@pytest.mark.parametrize("bad", [{"axis": 5}, {"axis": "last"}, {"axis": (0, 0)}, {"keepdims": True}, {"tau": 2.0}])
@pytest.mark.parametrize("shape", [(5, 6), (400, 600)])
def test_a_result_stays_as_it_was_after_an_error(shape, bad):
    x, out = np.ones(shape), np.full(shape, 7.0)
    with pytest.raises((TypeError, ValueError)):
        softmax(x, bias=np.ones(shape[-1]), out=out, **bad)
    with pytest.raises((TypeError, ValueError)):
        softmax(x, bias=np.ones(shape[-1]), where=np.ones(shape, bool), out=out, **bad)
    assert (out == 7).all()
    assert (x == 1).all()


@pytest.mark.parametrize("mask", [np.ones((3, 3), bool), np.ones(6, "U1")])
def test_a_result_stays_as_it_was_after_a_bad_mask(mask):
    x, out = np.ones((5, 6)), np.full((5, 6), 7.0)
    with pytest.raises((TypeError, ValueError), match=r"softmax.*where="):
        softmax(x, bias=np.ones(6), where=mask, out=out)
    assert (out == 7).all()


@pytest.mark.parametrize("bad", [{"tau": -1.0}, {"axis": 2}, {"where": np.ones(7, bool)}, {"beta": 2.0}])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("shape", [(5, 6), (400, 600)])
def test_a_draw_that_is_refused_draws_nothing(shape, hard, bad):
    x, rng = np.ones(shape), np.random.default_rng(0)
    with pytest.raises((TypeError, ValueError)) as caught:
        activations.gumbel_softmax(x, out=x, rng=rng, hard=hard, **bad)
    assert "hardmax" not in str(caught.value)
    assert (x == 1).all()
    assert rng.random() == np.random.default_rng(0).random()


def test_the_operand_that_is_wrong_is_named():
    for call in (activations.sigmoid.backward, softmax.backward):
        with pytest.raises(ValueError, match=r"dy has shape \(2, 4\) and y has shape \(7,\)"):
            call(np.ones((2, 4)), y=np.ones(7))


@pytest.mark.parametrize("name", ["softmax", "glu", "maxout", "logsumexp", "crelu", "sigmoid"])
def test_words_are_no_numbers(name):
    for x in ("abc", ["a", "b"], np.array(["a", "b"]), np.array(["2026-11-30"], "M8[D]"), [object(), object()]):
        with pytest.raises(TypeError, match=f"{name} takes real numbers"):
            activations.get(name)(x)


def test_results_in_a_tuple_of_one():
    dy, x = np.ones((2, 2)), np.arange(8.0).reshape(2, 4)
    for f, shape in ((maxout, (2, 2)), (activations.crelu, (2, 8)), (activations.glu, (2, 2)), (softmax, (2, 4))):
        out = np.empty(shape)
        np.testing.assert_array_equal(f(x, out=(out,)), f(x))
        np.testing.assert_array_equal(out, f(x))
    for f in (maxout, activations.glu):
        out = np.empty_like(x)
        np.testing.assert_array_equal(f.backward(dy, x, out=(out,)), f.backward(dy, x))
        with pytest.raises(TypeError, match="out must be an array for the result, not 'list'"):
            f.backward(dy, x, out=[out])

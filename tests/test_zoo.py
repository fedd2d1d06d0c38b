"""Every elementwise activation over the array zoo: layouts, outputs, masks, subclasses, broadcast parameters."""

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import DTYPES, ELEMENTWISE, PASSES, apply, incoming, make, same_bits, with_cases
from .reference import REFERENCE
from .zoo import OUTPUTS, arrays, unaligned, values

every_case = pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
every_pass = pytest.mark.parametrize("pass_", PASSES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def plain(f, pass_, x):
    """The result for a contiguous copy in native byte order."""
    copy = np.array(x, dtype=x.dtype.newbyteorder("="), order="C", ndmin=1).ravel()
    return apply(f, pass_, copy, incoming(copy.shape, copy.dtype)).reshape(x.shape)


@every_case
@every_pass
@every_dtype
def test_layouts(name, case, pass_, dtype):
    f = make(name, case)
    for layout, x in arrays(dtype):
        before = np.array(x, copy=True)
        got = apply(f, pass_, x)
        assert same_bits(got, plain(f, pass_, x)), layout
        assert np.array_equal(x, before, equal_nan=True), f"{layout}: the input changed"
        assert not np.may_share_memory(got, x), f"{layout}: the result is the input"
        assert isinstance(got, np.ndarray if x.ndim else np.generic), layout


@every_case
@every_dtype
def test_gradients_of_every_layout(name, case, dtype):
    f = make(name, case)
    for layout, dy in arrays(dtype):
        if layout.startswith("empty"):
            continue
        x = values(max(dy.size, 4), dtype, seed=3)[: dy.size].reshape(dy.shape)
        kept = np.array(dy, dtype=dtype, order="C")
        assert same_bits(f.backward(dy, x), f.backward(kept, x)), layout


@every_case
@every_pass
def test_large_slices(name, case, pass_):
    f = make(name, case)
    x = values(600 * 1100, "float32").reshape(600, 1100)
    whole = plain(f, pass_, x)
    pick = (slice(3, None), slice(5, 1064))
    dy = incoming(x.shape, x.dtype)[pick]
    assert same_bits(apply(f, pass_, x[pick], dy), whole[pick])
    out = np.zeros_like(x)
    assert apply(f, pass_, x[pick], dy, out=out[pick]) is not None
    assert same_bits(out[pick], whole[pick])
    assert not out[:3].any()
    assert not out[:, :5].any()
    assert not out[:, 1064:].any()


@every_case
@every_pass
@every_dtype
def test_outputs(name, case, pass_, dtype):
    f = make(name, case)
    x = values(6 * 35, dtype).reshape(6, 35)
    expected = plain(f, pass_, x)
    for layout, make_out in OUTPUTS.items():
        out = make_out(x.shape, dtype)
        out[...] = -77
        assert apply(f, pass_, x, out=out) is out, layout
        assert same_bits(out.astype(dtype), expected), layout
        assert apply(f, pass_, x, out=(out,)) is out, layout
    for layout, x2 in (("C", x.copy()), ("F", np.asfortranarray(x)), ("reversed", x.copy()[::-1, ::-1])):
        expected2 = plain(f, pass_, x2)
        assert apply(f, pass_, x2, out=x2) is x2
        assert same_bits(x2, expected2), f"in place, {layout}"


@every_case
@every_dtype
def test_output_in_the_gradient(name, case, dtype):
    f = make(name, case)
    x, dy = values(100, dtype), incoming(100, dtype)
    expected = f.backward(dy.copy(), x)
    assert f.backward(dy, x, out=dy) is dy
    assert same_bits(dy, expected)


@every_case
@every_pass
@every_dtype
def test_overlapping_output(name, case, pass_, dtype):
    f = make(name, case)
    for source, target in (
        (slice(None, -1), slice(1, None)),
        (slice(1, None), slice(None, -1)),
        (slice(None, None, -1), slice(None)),
        (slice(None, 150), slice(None, None, 2)),
    ):
        memory = values(300, dtype)
        x, out = memory[source], memory[target]
        dy = incoming(x.shape, dtype)
        expected = apply(f, pass_, x.copy(), dy)
        apply(f, pass_, x, dy, out=out)
        assert same_bits(out, expected), (source, target)


@every_case
@every_pass
def test_output_of_another_dtype(name, case, pass_):
    f = make(name, case)
    x = values(50, "float32")
    narrow, wide = np.empty(50, "float16"), np.empty(50, "float64")
    own = plain(f, pass_, x)
    apply(f, pass_, x, out=wide)
    assert same_bits(wide, own.astype("float64"))
    with np.errstate(over="ignore"):
        expected = own.astype("float16")
        apply(f, pass_, x, out=narrow)
    assert same_bits(narrow, expected)
    with pytest.raises(TypeError):
        apply(f, pass_, x, out=np.empty(50, np.int32))
    with pytest.raises(TypeError):
        apply(f, pass_, x, out=narrow, casting="safe")
    whole = np.empty(50, np.int32)
    finite = np.linspace(-6, 6, 50, dtype=np.float32)
    with np.errstate(invalid="ignore"):  # NaN outside of a domain, and what is too large
        apply(f, pass_, finite, out=whole, casting="unsafe")
        assert (whole == plain(f, pass_, finite).astype(np.int32)).all()
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        apply(f, pass_, x, out=np.empty(49, np.float32))


@every_case
@every_pass
@every_dtype
def test_where(name, case, pass_, dtype):
    f = make(name, case)
    x = values(8 * 27, dtype).reshape(8, 27)
    rng = np.random.default_rng(5)
    expected = plain(f, pass_, x)
    for mask in (rng.random((8, 27)) < 0.5, rng.random(27) < 0.5, rng.random((8, 1)) < 0.5, np.zeros((8, 27), bool)):
        out = np.full_like(x, 5)
        assert apply(f, pass_, x, out=out, where=mask) is out
        assert same_bits(out, np.where(mask, expected, np.array(5, dtype)))


@every_case
@every_pass
def test_dtype(name, case, pass_):
    f = make(name, case)
    x = values(60, "float32")
    dy = incoming(60, "float32")
    wide = apply(f, pass_, x.astype("float64"), dy.astype("float64"))
    assert same_bits(apply(f, pass_, x, dy, dtype="float64"), wide)
    narrow = x.astype("float16"), dy.astype("float16")
    assert same_bits(
        apply(f, pass_, *narrow, dtype=np.float32), apply(f, pass_, *(a.astype("float32") for a in narrow))
    )
    with pytest.raises(TypeError):
        apply(f, pass_, x, dy, dtype="float16", casting="safe")


@every_case
@every_pass
def test_order(name, case, pass_):
    f = make(name, case)
    x = values(6 * 7, "float32").reshape(6, 7)
    for order, flag in (("C", "c_contiguous"), ("F", "f_contiguous")):
        result = apply(f, pass_, x, order=order)
        assert getattr(result.flags, flag)
        assert same_bits(result, plain(f, pass_, x))
    assert apply(f, pass_, np.asfortranarray(x), np.asfortranarray(incoming(x.shape, x.dtype))).flags.f_contiguous


class Labelled(np.ndarray):
    """A subclass that carries a label."""

    label = None

    def __array_finalize__(self, other):
        self.label = getattr(other, "label", None)


@every_case
@every_pass
def test_subclasses(name, case, pass_):
    f = make(name, case)
    x = values(12, "float32").reshape(3, 4)
    labelled = x.view(Labelled)
    labelled.label = "metres"
    dy = incoming(x.shape, x.dtype).view(Labelled)
    result = apply(f, pass_, labelled, dy)
    assert type(result) is Labelled
    assert same_bits(result.view(np.ndarray), plain(f, pass_, x))
    if pass_ != "backward":
        assert result.label == "metres"
    assert type(apply(f, pass_, labelled, dy, subok=False)) is np.ndarray


@every_case
def test_matrices_stay_matrices(name, case):
    x = values(12, "float64").reshape(3, 4)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.asmatrix(x)
    assert isinstance(make(name, case)(matrix), np.matrix)


@every_case
@every_pass
def test_masked_arrays_keep_their_mask(name, case, pass_):
    f = make(name, case)
    x = np.ma.masked_array(np.linspace(-4, 4, 20), mask=np.arange(20) % 3 == 0)
    result = apply(f, pass_, x, np.ma.masked_array(np.ones(20)))
    assert isinstance(result, np.ma.MaskedArray)
    np.testing.assert_array_equal(np.ma.getmaskarray(result), np.ma.getmaskarray(x))
    assert same_bits(result.compressed(), apply(f, pass_, x.data, np.ones(20))[~x.mask])


@every_case
def test_array_likes(name, case):
    f = make(name, case)
    expected = f(np.array([[-1.5, 0.5], [2.0, -3.0]]))
    assert same_bits(f([[-1.5, 0.5], [2.0, -3.0]]), expected)
    assert same_bits(f(((-1.5, 0.5), (2.0, -3.0))), expected)
    assert same_bits(f(memoryview(np.array([[-1.5, 0.5], [2.0, -3.0]]))), expected)
    assert same_bits(f.derivative([-1.5, 0.5]), f.derivative(np.array([-1.5, 0.5])))
    assert same_bits(f.backward([1.0, 2.0], [-1.5, 0.5]), f.backward(np.array([1.0, 2.0]), np.array([-1.5, 0.5])))
    assert f([]).shape == (0,)


def operands():
    """Each real parameter of each elementwise activation, with numbers to try.

    Not those of apl: its arrays have an axis for hinges besides (test_hinges.py).
    """
    for name in sorted(set(ELEMENTWISE) - {"apl"}):
        for parameter in catalogue.declarations()[name].operands:
            examples = [e[parameter.name] for e in REFERENCE[name].examples if parameter.name in e]
            # With its defaults a special case is another function, whose roundings an array of them does not have.
            default = [] if catalogue.declarations()[name].special else [parameter.default]
            numbers = [n for n in [*default, *examples] if isinstance(n, (int, float))]
            yield pytest.param(name, parameter.name, np.resize(np.array(numbers), 4), id=f"{name}-{parameter.name}")


@pytest.mark.parametrize(("name", "parameter", "numbers"), list(operands()))
@every_pass
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_broadcast_parameters(name, parameter, numbers, pass_, dtype):
    f = activations.get(name)
    x = values(4 * 33, dtype).reshape(4, 33)
    rows = np.stack([apply(f.bind(**{parameter: float(n)}), pass_, x) for n in numbers])
    expected = rows[np.arange(4), np.arange(4)]
    slopes = numbers.astype(dtype)[:, None]
    for layout, given in (
        ("own dtype", slopes),
        ("float64", numbers[:, None]),
        ("float16 if exact", slopes.astype("float16") if (slopes == slopes.astype("float16")).all() else slopes),
        ("strided", np.repeat(slopes, 2, 0)[::2]),
        ("unaligned", unaligned(slopes)),
        ("full", np.ascontiguousarray(np.broadcast_to(slopes, x.shape))),
        ("Fortran order", np.asfortranarray(np.broadcast_to(slopes, x.shape))),
    ):
        keywords = {parameter: given}
        assert same_bits(apply(f, pass_, x, **keywords), expected), layout
        assert same_bits(apply(f.bind(**keywords), pass_, x), expected), f"{layout}, bound"
        out = np.empty_like(x)
        assert apply(f, pass_, x, out=out, **keywords) is out
        assert same_bits(out, expected), f"{layout}, out="
        mask = np.arange(33) % 2 == 0
        apply(f, pass_, x, out=np.zeros_like(x), where=mask, **keywords)
    if pass_ != "backward":  # one row of x against a column of parameters
        assert same_bits(apply(f, pass_, x[0], **{parameter: slopes}), rows[:, 0])
    transposed = apply(f, pass_, x.T, incoming(x.shape, x.dtype).T, **{parameter: slopes.T})
    assert same_bits(transposed, expected.T)


@pytest.mark.parametrize(("name", "parameter", "numbers"), list(operands()))
def test_parameters_that_do_not_broadcast(name, parameter, numbers):
    with pytest.raises(ValueError, match="broadcast"):
        activations.get(name)(np.zeros((3, 5)), **{parameter: numbers})

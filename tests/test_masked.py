"""numpy.ma: elementwise passes keep the mask; kinds that work on rows refuse what is masked and would take part."""

import dask.array as da
import numpy as np
import pytest

import activations

X = np.ma.array([[1.0, -2.0, 9.0, 3.0]], mask=[[False, False, True, False]])
FOLDING = activations.names(kind="folding")
MASKABLE = ("softmax", "log_softmax", "softmin", "sparsemax", "entmax", "gumbel_softmax")


@pytest.mark.parametrize("axis", [-1, 0, (0, 1)])
@pytest.mark.parametrize("name", FOLDING)
def test_folds_refuse_a_mask(name, axis):
    f = activations.get(name)
    if f.name == "maxout" and axis != -1:
        return
    with pytest.raises(TypeError, match=rf"{f.name}: masked values would take part: .*filled"):
        f(X, axis=axis)


@pytest.mark.parametrize("name", FOLDING)
def test_backward_refuses_a_mask(name):
    f = activations.get(name)
    dy = np.ones_like(f(X.data, axis=-1))
    with pytest.raises(TypeError, match=f"{f.name}: masked values would take part"):
        f.backward(dy, X, axis=-1)


@pytest.mark.parametrize("name", MASKABLE)
def test_the_cure_works(name):
    f = activations.get(name)
    wanted = f(X.data, where=~X.mask)
    np.testing.assert_array_equal(f(X, where=~X.mask), wanted)
    assert f(X.filled(0.0)).shape == X.shape


@pytest.mark.parametrize("name", activations.names(kind="gated"))
def test_gated_kinds_refuse_it_too(name):
    f = activations.get(name)
    for call in (f, lambda x: f.backward(np.ones_like(f(x.data)), x)):
        with pytest.raises(TypeError, match=f"{f.name}: masked values would take part"):
            call(X)


@pytest.mark.parametrize("name", ["prelu", "apl", "swiglu", "softmax", "gaussian_rbf"])
def test_sums_for_parameters_refuse_it(name):
    f = activations.get(name)
    dy = np.ones_like(f(X.data))
    for given in ((dy, X), (np.ma.array(dy, mask=True), X.data), (dy, da.from_array(X, chunks=2))):
        with pytest.raises(
            TypeError, match=rf"{f.name}.*: masked values would take part: (let dy be 0 there|fill them)"
        ):
            f.parameter_gradients(*given)
    unmasked = np.ma.array(X.data)
    assert f.parameter_gradients(np.ma.array(dy), unmasked) == f.parameter_gradients(dy, X.data)
    if name == "softmax":
        wanted = f.parameter_gradients(dy, X.data, where=~X.mask)
        assert f.parameter_gradients(dy, X, where=~X.mask) == wanted


def test_winners_of_masked_arrays():
    with pytest.raises(TypeError, match="maxout: masked values would take part"):
        activations.maxout.with_argmax(X)
    with pytest.raises(TypeError, match="maxout: masked values would take part"):
        activations.maxout.with_argmax(da.from_array(X, chunks=2))
    for got, expected in zip(
        activations.maxout.with_argmax(np.ma.array(X.data)), activations.maxout.with_argmax(X.data), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", [*(name for name in FOLDING if name != "softmax2d"), *activations.names(kind="gated")])
def test_where_nothing_is_masked_it_is_an_array_like_others(name):
    f, plain = activations.get(name), X.data
    y = f(plain)
    for x in (np.ma.array(plain), np.ma.array(plain, mask=np.zeros(plain.shape, bool))):
        got, gradient = f(x), f.backward(np.asarray(y), x)
        np.testing.assert_array_equal(np.asarray(got), y)
        np.testing.assert_array_equal(np.asarray(gradient), f.backward(y, plain))
        assert isinstance(gradient, np.ma.MaskedArray)
        assert isinstance(got, np.ma.MaskedArray) == (y.shape == plain.shape)
        assert not np.ma.is_masked(got)
        assert not np.ma.is_masked(gradient)


# softmax2d takes images.
@pytest.mark.parametrize("name", [*(name for name in FOLDING if name != "softmax2d"), *activations.names(kind="gated")])
def test_so_do_they_of_dasks_arrays(name):
    """Which would be computed without their mask otherwise, in silence."""
    f, x = activations.get(name), da.from_array(X, chunks=(1, 2))
    for call in (f, lambda x: f.backward(da.ones(np.shape(f(X.data))), x)):
        with pytest.raises(TypeError, match=rf"{f.name}: masked .* part: .*dask.array.ma.filled\(x, 0.0\)"):
            call(x)
    if name in MASKABLE:
        wanted = f(X.data, where=~X.mask)
        np.testing.assert_array_equal(f(x, where=~da.ma.getmaskarray(x)).compute(scheduler="threads"), wanted)
    np.testing.assert_array_equal(f(da.ma.filled(x, 0.0)).compute(scheduler="threads"), f(X.filled(0.0)))


@pytest.mark.parametrize("f", [activations.relu, activations.get("prelu", weight=np.full(4, 0.1))])
def test_elementwise_keeps_it(f):
    np.testing.assert_array_equal(f(X).mask, X.mask)


@pytest.mark.parametrize("shape", [(2, 4), (300, 600)])
@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", MASKABLE)
def test_a_mask_in_the_memory_of_the_result(name, axis, shape):
    f, rng = activations.get(name), np.random.default_rng(0)
    x, dy = rng.standard_normal((2, *shape)).astype(np.float32)
    keep = rng.random(shape) < 0.7
    keep[0], keep[:, 0] = True, True
    bias = np.ones(shape[-1], np.float32)
    y = f(x, where=keep, axis=axis)
    calls = {
        "forward": lambda **k: f(x, axis=axis, **k),
        "bias": lambda **k: f(x, bias=bias, axis=axis, **k),
        "backward": lambda **k: f.backward(dy, x, axis=axis, **k),
        "backward, bias": lambda **k: f.backward(dy, x, bias=bias, axis=axis, **k),
    }
    if f.saves != "x":
        calls["from the output"] = lambda **k: f.backward(dy, None, y=y, axis=axis, **k)
    if name == "gumbel_softmax":
        for hard in (False, True):
            calls[f"drawn, hard={hard}"] = lambda hard=hard, **k: f(
                x, rng=np.random.default_rng(0), hard=hard, axis=axis, **k
            )
    for what, call in calls.items():
        out = np.zeros(x.size, np.float32)
        mask = out.view(bool)[: x.size].reshape(shape)
        mask[...] = keep
        np.testing.assert_array_equal(call(where=mask, out=out.reshape(shape)), call(where=keep), what)

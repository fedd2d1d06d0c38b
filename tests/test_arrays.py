"""Arrays of other libraries: Dask stays lazy and runs on a cluster, pandas and xarray keep their labels."""

import dask
import dask.array as da
import distributed
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import activations

from .enrolment import ELEMENTWISE, FOLDING, GATED, IMAGES, MASKED, ROWWISE, incoming, make, same_bits, with_cases

every_case = pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
X = np.linspace(-4, 4, 60).reshape(6, 10).astype(np.float32)
DY = np.cos(X)
SLOPES = np.linspace(0.05, 0.5, 10, dtype=np.float32)


# Dask


@every_case
def test_dask_stays_lazy(name, case):
    f = make(name, case)
    x, dy = da.from_array(X, chunks=(4, 5)), da.from_array(DY, chunks=(4, 5))
    for lazy, expected in (
        (f(x), f(X)),
        (f.derivative(x), f.derivative(X)),
        (f.backward(dy, x), f.backward(DY, X)),
        (f.ufunc(x), f(X)),
    ):
        assert isinstance(lazy, da.Array)
        assert lazy.dtype == expected.dtype
        assert lazy.chunks == x.chunks
        assert same_bits(lazy.compute(scheduler="threads"), expected)


def test_dask_computes_nothing_before_it_is_asked():
    touched = []

    def block():
        touched.append(1)
        return X

    x = da.from_delayed(dask.delayed(block)(), X.shape, X.dtype)
    y = activations.silu(x) + activations.silu.derivative(x)
    assert not touched
    y.compute(scheduler="threads")
    assert touched


@pytest.mark.parametrize("slopes", [SLOPES, da.from_array(SLOPES, chunks=4)], ids=["numpy", "dask"])
def test_dask_with_array_slopes(slopes):
    x = da.from_array(X, chunks=(4, 5))
    for lazy, expected in (
        (activations.leaky_relu(x, negative_slope=slopes), activations.leaky_relu(X, negative_slope=SLOPES)),
        (activations.get("leaky_relu", negative_slope=slopes)(x), activations.leaky_relu(X, negative_slope=SLOPES)),
        (activations.prelu.derivative(x, weight=slopes), activations.prelu.derivative(X, weight=SLOPES)),
        (activations.prelu.backward(x, x, weight=slopes), activations.prelu.backward(X, X, weight=SLOPES)),
    ):
        assert isinstance(lazy, da.Array)
        assert same_bits(lazy.compute(scheduler="threads"), expected)


@pytest.mark.parametrize("name", FOLDING)
def test_dask_rows(name):
    f = activations.get(name)
    x = da.from_array(X, chunks=(2, 10))
    lazy = f(x)
    assert isinstance(lazy, da.Array)
    assert same_bits(lazy.compute(scheduler="threads"), f(X))


CUBE = np.random.default_rng(0).normal(size=(6, 8, 4)).astype(np.float32)
MASK = np.random.default_rng(1).random(CUBE.shape) > 0.3


def cut(x, *chunks):
    """An array of Dask's, in chunks of three or as it is said."""
    return da.from_array(x, chunks=chunks or tuple(min(n, 3) for n in x.shape))


def agree(lazy, expected):
    """Whether a result is lazy, knows its type and shape, and has the bits of that of NumPy's arrays."""
    assert isinstance(lazy, da.Array)
    assert (lazy.dtype, lazy.shape) == (expected.dtype, expected.shape)
    assert isinstance(lazy._meta, np.ndarray)
    assert same_bits(lazy.compute(scheduler="threads"), expected)


@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2), (-1, 1), None])
@pytest.mark.parametrize("name", [name for name in (*FOLDING, *IMAGES) if name != "maxout"])
def test_dask_along_any_axes(name, axis):
    """Cut across the axis and off it, dy otherwise than x."""
    f = activations.get(name)
    y = np.asarray(f(CUBE, axis=axis))
    agree(f(cut(CUBE), axis=axis), y)
    agree(f.backward(cut(y, *y.shape), cut(CUBE), axis=axis), f.backward(y, CUBE, axis=axis))
    agree(f.backward(y, cut(CUBE), axis=axis), f.backward(y, CUBE, axis=axis))
    agree(f.backward(cut(y), CUBE, axis=axis), f.backward(y, CUBE, axis=axis))
    if f.saves != "x":
        agree(f.backward(cut(CUBE), None, y=cut(y), axis=axis), f.backward(CUBE, None, y=y, axis=axis))
    if f._declaration.reduces:
        kept = f(CUBE, axis=axis, keepdims=True)
        agree(f(cut(CUBE), axis=axis, keepdims=True), kept)
        agree(f.backward(cut(kept), cut(CUBE), axis=axis), f.backward(kept, CUBE, axis=axis))


@pytest.mark.parametrize("axis", [-1, (0, 2), None])
@pytest.mark.parametrize("mask", [MASK, cut(MASK), MASK[:, :1]], ids=["numpy", "dask", "broadcast"])
@pytest.mark.parametrize("name", MASKED)
def test_dask_under_masks(name, mask, axis):
    f, plain = activations.get(name), np.asarray(mask)
    agree(f(cut(CUBE), axis=axis, where=mask), f(CUBE, axis=axis, where=plain))
    agree(f.backward(cut(CUBE), cut(CUBE), axis=axis, where=mask), f.backward(CUBE, CUBE, axis=axis, where=plain))
    if isinstance(mask, da.Array):
        agree(f(CUBE, axis=axis, where=mask), f(CUBE, axis=axis, where=plain))


@pytest.mark.parametrize("pieces", [2, 4])
@pytest.mark.parametrize("axis", [-1, 1])
def test_dask_maxout(axis, pieces):
    y, which = activations.maxout.with_argmax(CUBE, axis=axis, pieces=pieces)
    expected = activations.maxout.backward(y, CUBE, axis=axis, pieces=pieces)
    lazily = activations.maxout.with_argmax(cut(CUBE), axis=axis, pieces=pieces)
    agree(activations.maxout(cut(CUBE), axis=axis, pieces=pieces), y)
    agree(lazily[1], which)
    for f, bound in ((activations.maxout, {"pieces": pieces}), (activations.get("maxout", pieces=pieces), {})):
        for dy, x in ((cut(y), cut(CUBE)), (y, cut(CUBE)), (cut(y), CUBE)):
            agree(f.backward(dy, x, axis=axis, **bound), expected)
        for won in (cut(which), which, lazily[1], cut(which.astype(np.int64))):
            agree(f.backward(cut(y), None, which=won, axis=axis, **bound), expected)


def test_dask_folds_compute_nothing_before_they_are_asked():
    touched = []

    def block():
        touched.append(1)
        return CUBE

    x = da.from_delayed(dask.delayed(block)(), CUBE.shape, CUBE.dtype)
    mask = da.from_delayed(dask.delayed(block)(), CUBE.shape, CUBE.dtype) > 0
    lazy = [
        activations.softmax(x, axis=None),
        activations.softmax.backward(x, x, axis=(0, 1), where=mask),
        activations.max_fold(x, axis=None),
        activations.maxout.backward(x[..., :2], x),
        activations.maxout.backward(x, None, which=mask.astype(np.uint8)),
        activations.softmax(xr.DataArray(x, dims=tuple("abc")), axis=(0, 1)).data,
    ]
    assert not touched
    assert all(isinstance(each, da.Array) for each in lazy)
    dask.compute(*lazy, scheduler="threads")
    assert touched


def test_dask_folds_take_types_and_bound_parameters():
    f = activations.get("softmax", temperature=0.5)
    agree(f(cut(CUBE), axis=(0, 1), dtype=np.float64), f(CUBE, axis=(0, 1), dtype=np.float64))
    agree(f(cut(CUBE), axis=None, temperature=2.0), f(CUBE, axis=None, temperature=2.0))
    whole = (10 * CUBE).astype(np.int16)
    agree(activations.max_fold(cut(whole), axis=(0, 2)), activations.max_fold(whole, axis=(0, 2)))
    agree(activations.softmax(cut(whole), axis=None), activations.softmax(whole, axis=None))


def test_dask_folds_are_refused_in_the_usual_words():
    x = cut(CUBE)
    with pytest.raises(ValueError, match=r"shape \(6, 8\) .*shape \(6, 8, 4\)"):
        activations.softmax.backward(x[..., 0], x, axis=None)
    with pytest.raises(TypeError, match="max_fold takes no where="):
        activations.max_fold(x, axis=(0, 1), where=MASK)
    with pytest.raises(TypeError, match="standardize takes no where="):
        activations.standardize(x, where=MASK)
    with pytest.raises(TypeError, match=r"softmax: where= is a mask of booleans, not of <U1"):
        activations.softmax(x, where=cut(np.full(CUBE.shape, "a")))
    with pytest.raises(np.exceptions.AxisError, match="axis 3 is out of bounds"):
        activations.softmax(x, axis=(0, 3))
    with pytest.raises(ValueError, match="pieces=3 does not divide the 4 values"):
        activations.maxout.backward(x, x, pieces=3)
    with pytest.raises(ValueError, match="which must hold numbers from 0 to 1"):
        activations.maxout.backward(x, None, which=cut(np.full(CUBE.shape, 7))).compute()
    for f in (activations.softmax, activations.sum_fold):
        with pytest.raises(TypeError, match="nothing is written into: leave out= out"):
            f(x, axis=None, out=np.empty(CUBE.shape))


def uncounted(x):
    """The rows of x, cut in threes, of which Dask cannot know how many there are, as of a frame's."""
    rows = da.from_array(x, chunks=(3, *x.shape[1:]))
    return rows[da.from_array(np.ones(len(x), bool), chunks=3)]


@pytest.mark.parametrize("name", [*ELEMENTWISE, *FOLDING, *GATED])
def test_dask_rows_that_nobody_has_counted(name):
    f, bias = activations.get(name), X[0]
    y = np.asarray(f(X))
    for lazy, expected in (
        (f(uncounted(X)), y),
        (f(uncounted(X), bias=bias), f(X, bias=bias)) if "bias" not in f.parameters else (f(uncounted(X)), y),
        (f.backward(uncounted(y), uncounted(X)), f.backward(y, X)),
    ):
        assert np.isnan(lazy.shape[0])
        assert lazy.dtype == expected.dtype
        assert same_bits(lazy.compute(scheduler="threads"), expected)


def test_dask_uncounted_rows_of_other_passes():
    x, y = uncounted(X), activations.softmax(X)
    column = activations.max_fold(X, keepdims=True)
    won = activations.maxout.with_argmax(X)
    for lazy, expected in (
        (activations.softmax(x, where=uncounted(X > 0)), activations.softmax(X, where=X > 0)),
        (activations.softmax(x, where=SLOPES > 0.2), activations.softmax(X, where=SLOPES > 0.2)),
        (activations.softmax.backward(x, None, y=uncounted(y)), activations.softmax.backward(X, None, y=y)),
        (activations.max_fold(x, keepdims=True), column),
        (activations.max_fold.backward(uncounted(column), x), activations.max_fold.backward(column, X)),
        (activations.maxout.with_argmax(x)[1], won[1]),
        (
            activations.maxout.backward(uncounted(won[0]), None, which=uncounted(won[1])),
            activations.maxout.backward(won[0], None, which=won[1]),
        ),
    ):
        assert same_bits(lazy.compute(scheduler="threads"), expected)
    for f in (activations.maxout, activations.glu):
        with pytest.raises(ValueError, match=rf"{f.name}: the length of axis 0 is not known: x.compute_chunk_sizes"):
            f(x, axis=0)
    with pytest.raises(ValueError, match=r"must be equal"):
        activations.gelu.backward(X, x)


@pytest.fixture(scope="module")
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0, silence_logs=40
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("default")
def test_dask_cluster_of_processes(cluster):
    x, dy = da.from_array(X, chunks=(3, 5)), da.from_array(DY, chunks=(3, 5))
    lazy, expected = [], []
    for name in ELEMENTWISE:
        f = activations.get(name)
        lazy += [f(x), f.derivative(x), f.backward(dy, x)]
        expected += [f(X), f.derivative(X), f.backward(DY, X)]
    bound = activations.get("leaky_relu", negative_slope=0.2), activations.get("softplus", beta=2.5, threshold=15.0)
    lazy += [f(x) for f in bound] + [f.derivative(x) for f in bound]
    expected += [f(X) for f in bound] + [f.derivative(X) for f in bound]
    lazy += [activations.leaky_relu(x, negative_slope=SLOPES), activations.softmax(x.rechunk((3, 10)))]
    expected += [activations.leaky_relu(X, negative_slope=SLOPES), activations.softmax(X)]
    # Folds are sent by name, along axes that are cut, and under masks.
    warm = activations.get("softmax", temperature=2.5)
    lazy += [warm(x, axis=None), warm(x, where=X > 0), activations.maxout.backward(x[:, :5], x)]
    lazy += [activations.sum_fold(x, axis=None), activations.max_fold.backward(x[0], x, axis=0)]
    expected += [warm(X, axis=None), warm(X, where=X > 0), activations.maxout.backward(X[:, :5], X)]
    expected += [activations.sum_fold(X, axis=None), activations.max_fold.backward(X[0], X, axis=0)]
    assert all(isinstance(one, da.Array) for one in lazy)
    for got, true in zip(dask.compute(*lazy, scheduler=cluster), expected, strict=True):
        assert same_bits(got, true)
    assert same_bits(cluster.submit(bound[0], X).result(timeout=60), bound[0](X))
    assert cluster.submit(lambda: activations.get("relu").name).result(timeout=60) == "relu"


# pandas


@every_case
def test_pandas_keeps_labels(name, case):
    f = make(name, case)
    series = pd.Series(X[0], index=list("abcdefghij"), name="units")
    frame = pd.DataFrame(X, columns=list("abcdefghij"), index=pd.date_range("2024-01-01", periods=6))
    for x, values in ((series, X[0]), (frame, X)):
        for got, expected in (
            (f(x), f(values)),
            (f.derivative(x), f.derivative(values)),
            (f.backward(x, x), f.backward(values, values)),
        ):
            assert type(got) is type(x)
            assert got.index.equals(x.index)
            assert same_bits(got.to_numpy(), expected)
    assert f(series).name == "units"
    assert list(f(frame).columns) == list("abcdefghij")


def test_pandas_with_array_slopes():
    series = pd.Series(X[0], index=list("abcdefghij"), name="units")
    slopes = pd.Series(SLOPES, index=series.index)
    expected = activations.leaky_relu(X[0], negative_slope=SLOPES)
    for given in (SLOPES, slopes):
        got = activations.leaky_relu(series, negative_slope=given)
        assert got.index.equals(series.index)
        assert same_bits(got.to_numpy(), expected)


def test_pandas_missing_values_stay_missing():
    series = pd.Series([1.0, None, -2.0])
    assert activations.relu(series).isna().tolist() == [False, True, False]


# xarray


@every_case
def test_xarray_keeps_coordinates(name, case):
    f = make(name, case)
    x = xr.DataArray(X, dims=("sample", "unit"), coords={"unit": list("abcdefghij"), "sample": range(6)}, name="z")
    for got, expected in (
        (f(x), f(X)),
        (f.derivative(x), f.derivative(X)),
        (f.backward(x, x), f.backward(X, X)),
    ):
        assert isinstance(got, xr.DataArray)
        assert got.dims == ("sample", "unit")
        assert got.coords.equals(x.coords)
        assert same_bits(got.to_numpy(), expected)
    data = xr.Dataset({"z": x, "w": x * 2})
    assert set(f(data).data_vars) == {"z", "w"}
    assert f(data)["w"].coords.equals(x.coords)


def test_xarray_slopes_broadcast_by_name():
    x = xr.DataArray(X, dims=("sample", "unit"))
    slopes = xr.DataArray(SLOPES, dims="unit")
    got = activations.leaky_relu(x.transpose("unit", "sample"), negative_slope=slopes)
    assert got.dims == ("unit", "sample")
    assert same_bits(got.to_numpy().T, activations.leaky_relu(X, negative_slope=SLOPES))


def test_xarray_over_dask_stays_lazy():
    x = xr.DataArray(X, dims=("sample", "unit")).chunk({"sample": 2})
    y = activations.gelu(x)
    assert isinstance(y.data, da.Array)
    assert same_bits(y.compute().to_numpy(), activations.gelu(X))


# Rows of pandas and xarray


INDEX, COLUMNS = list("uvwxyz"), list("abcdefgh")
FRAMES = {
    "float32": pd.DataFrame(X[:, :8], index=INDEX, columns=COLUMNS),
    "mixed": pd.DataFrame(X[:, :8], index=INDEX, columns=COLUMNS).astype({"b": float, "d": "int64", "g": "int16"}),
    "names of attributes": pd.DataFrame(X[:, :4], columns=["dims", "data", "axes", "dtype"]),
}
every_frame = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
every_rowwise = pytest.mark.parametrize("name", ROWWISE)


def relabelled(got, expected, x):
    """Whether a result has the bits of that of the array alone, and the labels of x where it is of the same shape."""
    if np.shape(expected) != x.shape:
        assert type(got) is type(expected)
    elif isinstance(x, xr.DataArray):
        assert isinstance(got, xr.DataArray)
        assert got.dims == x.dims
        assert got.coords.equals(x.coords)
        assert got.name == x.name
    else:
        assert type(got) is type(x)
        assert all(one.equals(other) for one, other in zip(got.axes, x.axes, strict=True))
    assert same_bits(got, expected)


def hold(f, x, axes):
    """Every pass of a kind that works on rows, of a labelled object and of the array that it holds."""
    array = x.to_numpy()
    for axis in axes:
        expected = f(array, axis=axis)
        relabelled(f(x, axis=axis), expected, x)
        dy = incoming(expected.shape, expected.dtype)
        dx = f.backward(dy, array, axis=axis)
        relabelled(f.backward(dy, x, axis=axis), dx, x)
        if expected.shape == x.shape:
            given = x.copy(data=dy) if isinstance(x, xr.DataArray) else type(x)(dy, *x.axes)
            relabelled(f.backward(given, array, axis=axis), dx, x)
            if f.saves != "x":
                relabelled(f.backward(dy, y=f(x, axis=axis), axis=axis), f.backward(dy, y=expected, axis=axis), x)
        out = np.empty_like(expected)
        assert f(x, axis=axis, out=out) is out
        assert same_bits(out, expected)
        told = f.parameter_gradients(dy, array, axis=axis) if f.name != "crelu" else {}
        for key, gradient in told.items():
            assert same_bits(f.parameter_gradients(dy, x, axis=axis)[key], gradient)


def every_axis(name):
    return (-1, 0, 1) if name in (*GATED, "maxout") else (-1, 0, 1, (0, 1), None)


@every_frame
@every_rowwise
def test_pandas_folds_rows(name, frame):
    f = activations.get(name)
    relabelled(f(frame), f(frame.to_numpy()), frame)
    hold(f, frame, every_axis(name))
    hold(f, frame.iloc[:, 0], (-1,))
    if name in MASKED:
        relabelled(f(frame, where=frame > 0), f(frame.to_numpy(), where=frame.to_numpy() > 0), frame)


@every_rowwise
def test_xarray_folds_rows(name):
    f = activations.get(name)
    x = xr.DataArray(X[:, :8], dims=("sample", "unit"), coords={"unit": COLUMNS, "sample": range(6)}, name="z")
    relabelled(f(x), f(X[:, :8]), x)
    hold(f, x, every_axis(name))
    if name in FOLDING:
        lazy = f(x.chunk({"sample": 2}))
        assert isinstance(getattr(lazy, "data", lazy), da.Array)
        assert same_bits(lazy.compute(scheduler="threads"), f(X[:, :8]))
    with pytest.raises(TypeError, match="give one at a time"):
        f(xr.Dataset({"z": x}))


@pytest.mark.parametrize("name", [name for name in GATED if name != "crelu"])
def test_gate_and_value_keep_labels(name):
    f, frame = activations.get(name), FRAMES["mixed"]
    array = frame.to_numpy()
    for x in (frame, xr.DataArray(array, dims=("sample", "unit"))):
        relabelled(f(x, x), f(array, array), x)
        for got, expected in zip(f.backward(x, x, x), f.backward(array, array, array), strict=True):
            relabelled(got, expected, x)


def test_labels_of_images_and_draws():
    x = xr.DataArray(X.reshape(3, 4, 5), dims=("channel", "row", "column"))
    relabelled(activations.softmax2d(x), activations.softmax2d(x.to_numpy()), x)
    relabelled(activations.softmax2d.backward(x, x), activations.softmax2d.backward(*[x.to_numpy()] * 2), x)
    frame = FRAMES["mixed"]
    for hard in (False, True):
        draws = [
            activations.gumbel_softmax(x, rng=np.random.default_rng(1), hard=hard) for x in (frame, frame.to_numpy())
        ]
        relabelled(*draws, frame)
    for one, other in zip(*[activations.maxout.with_argmax(x) for x in (frame, frame.to_numpy())], strict=True):
        assert same_bits(one, other)


def test_labels_of_hinges_and_drawn_slopes():
    array = X[:, :8]
    hinges = activations.get("apl", a=np.array([0.2, -0.3]), b=np.array([-1.0, 1.0]))
    for x in (FRAMES["float32"], xr.DataArray(array, dims=("sample", "unit"))):
        relabelled(hinges(x), hinges(array), x)
        relabelled(hinges.derivative(x), hinges.derivative(array), x)
        relabelled(hinges.backward(array, x), hinges.backward(array, array), x)
        draws = [activations.rrelu.with_slopes(each, rng=np.random.default_rng(2)) for each in (x, array)]
        for got, expected in zip(*draws, strict=True):
            relabelled(got, expected, x)
        relabelled(activations.rrelu(x, rng=np.random.default_rng(2)), draws[1][0], x)


def test_a_series_keeps_its_name():
    series = pd.Series(X[0], index=list("abcdefghij"), name="units")
    assert activations.softmax(series).name == activations.softmax.backward(series, series).name == "units"


def test_objects_in_a_frame_are_refused():
    with pytest.raises(TypeError, match="takes real numbers"):
        activations.softmax(FRAMES["mixed"].assign(a="text"))


# A class of one's own


class Wrapped:
    """The least that speaks ``__array_ufunc__``."""

    def __init__(self, array):
        self.array = array

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        inputs = [x.array if isinstance(x, Wrapped) else x for x in inputs]
        return Wrapped(getattr(ufunc, method)(*inputs, **keywords))


@every_case
def test_anything_that_speaks_array_ufunc(name, case):
    f = make(name, case)
    got = f(Wrapped(X))
    assert isinstance(got, Wrapped)
    assert same_bits(got.array, f(X))
    assert same_bits(f.derivative(Wrapped(X)).array, f.derivative(X))


@pytest.mark.parametrize("name", FOLDING)
def test_folding_lets_it_through_too(name):
    f = activations.get(name)
    x = da.from_array(X, chunks=(2, 10))
    assert isinstance(f(x), da.Array)
    assert same_bits(np.asarray(f(pd.DataFrame(X).to_numpy())), f(X))


class Tensor:
    """A PyTorch tensor to NumPy: it becomes an array, and the type that it names is none of NumPy's."""

    dtype = "tensors.float32"

    def __array__(self, dtype=None, copy=None):
        return X.astype(dtype or X.dtype)


@pytest.mark.parametrize("slopes", [SLOPES, SLOPES.astype(float), SLOPES.tolist()], ids=["float32", "float64", "list"])
def test_types_of_another_making_beside_array_parameters(slopes):
    f = activations.get("prelu", weight=slopes)
    for got, expected in (
        (f(Tensor()), f(X)),
        (activations.prelu(Tensor(), weight=slopes), f(X)),
        (f.derivative(Tensor()), f.derivative(X)),
        (f.backward(DY, Tensor()), f.backward(DY, X)),
        (f.backward(Tensor(), X), f.backward(X, X)),
    ):
        assert same_bits(got, expected)

"""The same element gives the same bits: alone or among millions, in a body or a tail, strided, threaded, in place."""

import numpy as np
import pytest

import activations
from activations import catalogue
from activations.kernels import core

from .enrolment import (
    DTYPES,
    ELEMENTWISE,
    FOLDING,
    PASSES,
    REDUCTIONS,
    apply,
    folded,
    incoming,
    make,
    same_bits,
    with_cases,
)
from .measuring import Sample
from .samples import special_values

every_case = pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
every_pass = pytest.mark.parametrize("pass_", PASSES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture
def configure():
    """Change the engine's thresholds for one test."""
    before = core.configure()
    core.configure(stream_ns=np.inf)
    yield core.configure
    core.configure(**before)


def material(dtype, count):
    """Values of all sizes, special ones too, in no order."""
    rng = np.random.default_rng(9)
    part = count // 3
    bits = np.frombuffer(rng.bytes(part * np.dtype(dtype).itemsize), f"u{np.dtype(dtype).itemsize}").view(dtype)
    x = np.concatenate([rng.uniform(-30, 30, part), rng.standard_normal(count - 2 * part)]).astype(dtype)
    x = np.concatenate([x, bits, np.tile(special_values(dtype), 4)])
    return rng.permutation(x)[:count]


@every_case
@every_pass
@every_dtype
def test_body_tail_and_stride(name, case, pass_, dtype):
    f = make(name, case)
    x = material(dtype, 400)
    dy = incoming(x.shape, dtype)
    y = apply(f, pass_, x, dy)
    for n in (*range(70), 127, 129, 255):
        assert same_bits(apply(f, pass_, x[:n].copy(), dy[:n].copy()), y[:n]), f"the first {n}"
    for start in (*range(1, 35), 399):
        assert same_bits(apply(f, pass_, x[start:], dy[start:]), y[start:]), f"from {start}"
    for step in (-1, 2, 3, -7):
        assert same_bits(apply(f, pass_, x[::step], dy[::step]), y[::step]), f"every {step}th"
        assert same_bits(apply(f, pass_, x[::step].copy(), dy[::step]), y[::step]), f"every {step}th gradient"
    singles = np.array([apply(f, pass_, x[i : i + 1], dy[i : i + 1])[0] for i in range(60)])
    assert same_bits(singles, y[:60])
    assert same_bits(np.array([apply(f, pass_, x[i], dy[i]) for i in range(60)]), y[:60])
    inside = x.copy()
    assert same_bits(apply(f, pass_, inside, dy, out=inside), y)
    grid, dy_grid = np.tile(x, (3, 1)), np.tile(dy, (3, 1))
    assert same_bits(apply(f, pass_, grid[:, 5:389], dy_grid[:, 5:389])[1], y[5:389])
    assert same_bits(apply(f, pass_, np.asfortranarray(grid), dy_grid)[2], y)
    for mask in (np.arange(400) % 3 == 0, np.arange(400) > 37):
        out = np.zeros_like(y)
        apply(f, pass_, x, dy, out=out, where=mask)
        assert same_bits(out[mask], y[mask])


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if catalogue.declarations()[name].near])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_shorter_way_gives_the_same_bits(name, dtype):
    """What a block that is all near gives is what it gives beside an element that is not."""
    f = activations.get(name)
    for pass_, bounds in catalogue.declarations()[name].near.items():
        nearest = np.dtype(dtype).type(bounds[dtype == "float64"])
        ends = nearest - np.spacing(nearest) * np.arange(60, dtype=dtype)
        x = np.concatenate([np.linspace(-nearest, nearest, 100_001, dtype=dtype), ends, -ends, [0.0, -0.0]]).astype(
            dtype
        )
        dy = incoming(x.shape, dtype)
        far = np.concatenate([x.reshape(-1, 1), np.full((x.size, 1), 2 * nearest)], axis=1)
        beside = apply(f, pass_, far, np.repeat(dy[:, None], 2, axis=1))[:, 0]
        assert same_bits(apply(f, pass_, x, dy), beside), pass_


@every_case
@every_pass
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_bound_given_or_broadcast(name, case, pass_, dtype):
    f = make(name, case)
    if catalogue.declarations()[name].special:
        # With its defaults it is another function, whose roundings an array of them does not have.
        f = f.bind(**{key: 0.75 * value + 0.5 for key, value in f.parameters.items()})
    given = {key: value for key, value in f.parameters.items() if isinstance(value, float)}
    x = material(dtype, 200)
    y = apply(f, pass_, x)
    default = activations.get(name)
    words = {key: value for key, value in f.parameters.items() if key not in given}
    assert same_bits(apply(default, pass_, x, **given, **words), y)
    # An array's first axis counts the hinges of apl.
    shapes = ((), (1,)) if name == "apl" else ((), (1,), (200,))
    for key, value in given.items():
        for shape in shapes:
            assert same_bits(apply(f, pass_, x, **{key: np.full(shape, value)}), y), (key, shape)


@every_case
@every_pass
@every_dtype
def test_threads_and_streams(name, case, pass_, dtype, configure):
    """The paths of large arrays, reached with smaller ones by lowering the engine's thresholds."""
    f = make(name, case)
    x = np.resize(material(dtype, 3001), 150_011)
    dy = incoming(x.shape, dtype)
    huge = 1 << 62
    with activations.num_threads(1):
        configure(parallel_ns=huge, stream_bytes=huge)
        y = apply(f, pass_, x, dy)
        assert same_bits(apply(f, pass_, x[:3001].copy(), dy[:3001].copy()), y[:3001])
    for threads, stream_bytes in ((1, 1), (2, huge), (2, 1)):
        with activations.num_threads(threads):
            configure(parallel_ns=0, stream_bytes=stream_bytes)
            where = f"{threads} threads, streams from {stream_bytes} bytes"
            assert same_bits(apply(f, pass_, x, dy), y), where
            assert same_bits(apply(f, pass_, x[1:], dy[1:]), y[1:]), where
            assert same_bits(apply(f, pass_, x[::-3], dy[::-3]), y[::-3]), where
            inside = x.copy()
            assert same_bits(apply(f, pass_, inside, dy, out=inside), y), where


@every_case
@every_dtype
def test_three_or_three_million(name, case, dtype):
    f = make(name, case)
    few = material(dtype, 1000)
    x = np.tile(few, 3000)
    y = f(few)
    assert same_bits(f(few[:3]), y[:3])
    assert same_bits(f(few[:17]), y[:17])
    for threads in (1, 2):
        with activations.num_threads(threads):
            many = f(x).reshape(3000, 1000)
            assert same_bits(many[0], y)
            assert same_bits(many, np.broadcast_to(many[0], many.shape))
            assert same_bits(f(x, out=np.empty_like(x)), many.ravel())


@pytest.mark.parametrize(("name", "case"), with_cases(FOLDING))
@pytest.mark.parametrize("direction", ["forward", "backward"])
@every_dtype
def test_rows_do_not_know_their_neighbours(name, case, direction, dtype, configure):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    rng = np.random.default_rng(4)
    huge = 1 << 62
    for units in (3, 17, 130):
        x = rng.uniform(-9, 9, (90, units * by)).astype(dtype)
        x[::7, 0] = np.inf
        x[::11, -1] = np.nan
        dy = rng.standard_normal(folded(f, x.shape)).astype(dtype)

        def run(x, dy, **keywords):
            return f(x, **keywords) if direction == "forward" else f.backward(dy, x, **keywords)

        with activations.num_threads(1):
            configure(parallel_ns=huge, stream_bytes=huge)
            y = run(x, dy)
        singles = np.stack([run(x[i].copy(), np.array(dy[i])) for i in range(30)])
        assert same_bits(singles, y[:30])
        for threads, stream_bytes in ((1, 1), (2, huge)):
            with activations.num_threads(threads):
                configure(parallel_ns=0, stream_bytes=stream_bytes)
                assert same_bits(run(x, dy), y), threads
                assert same_bits(run(x[::-1], dy[::-1]), y[::-1]), threads
                assert same_bits(run(np.asfortranarray(x), np.asfortranarray(dy)), y), threads
                turned = y if name in REDUCTIONS and direction == "forward" else y.T
                assert same_bits(run(x.T, dy.T, axis=0), turned), threads
                assert same_bits(run(x[1:], dy[1:]), y[1:]), threads


@pytest.mark.parametrize("name", FOLDING)
def test_threads_take_whole_lines(name, configure):
    """As much of a large table's lines as leaves each thread a share, however many there are."""
    f = make(name)
    n, width = 200 * f.parameters.get("pieces", 1), 2500
    x = np.random.default_rng(5).normal(scale=4, size=(2, n, width)).astype(np.float32)
    dy = incoming(folded(f, x.shape, 1), np.float32)
    configure(parallel_ns=1 << 62)
    y, dx = f(x, axis=1), f.backward(dy, x, axis=1)
    configure(parallel_ns=0)
    for threads in (2, 3, 7):
        with activations.num_threads(threads):
            assert same_bits(f(x, axis=1), y), threads
            assert same_bits(f.backward(dy, x, axis=1), dx), threads
            for table in range(2):
                assert same_bits(f(x[table], axis=0), y[table]), threads
                assert same_bits(f.backward(dy[table], x[table], axis=0), dx[table]), threads


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_samples_of_the_tails_too(name):
    """Where the accuracy tests look closest: the tails and roots, one by one against all at once."""
    f = activations.get(name)
    for dtype in DTYPES:
        x = Sample.of(f, dtype, "derivative", 32).x
        for pass_ in ("forward", "derivative"):
            y = apply(f, pass_, x)
            assert same_bits(np.array([apply(f, pass_, one) for one in x[::5]]), y[::5])

"""Blocks of elements that are all near 0 take a shorter way: nobody may tell by the result."""

import numpy as np
import pytest

import activations
from activations import catalogue

# Kernels get a multiple of this many elements: no block has fewer.
LANES = 16

DECLARED = {name: each for name, each in catalogue.declarations().items() if each.near}
PASSES = [(name, pass_) for name, each in DECLARED.items() for pass_ in each.near]


def called(f, pass_, x, dy):
    return f(x) if pass_ == "forward" else f.backward(dy, x) if pass_ == "backward" else getattr(f, pass_)(x)


def parameters(declaration):
    """The defaults, and with each parameter the least and the largest value with which that way is taken."""
    yield {}
    for name, (low, high) in declaration.near_parameters.items():
        yield {name: low or 1e-30}
        yield {name: high}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "pass_"), PASSES)
def test_the_shorter_way_gives_the_same_bits(name, pass_, dtype):
    bound = DECLARED[name].near[pass_][dtype == "float64"]
    rng = np.random.default_rng(5)
    size = 256 * LANES
    x = np.exp(rng.uniform(-30, np.log(bound), size)) * rng.choice([-1, 1], size)
    x[1::LANES], x[2::LANES], x[3::LANES], x[4::LANES] = bound, -bound, 0, -0.0
    x[5::7] = rng.standard_normal(x[5::7].size)
    x = x.astype(dtype)
    dy = rng.standard_normal(size).astype(dtype)
    beside = x.copy()
    beside[::LANES] = np.nextafter(x.dtype.type(bound), x.dtype.type(np.inf))
    kept = np.arange(size) % LANES != 0
    for given in parameters(DECLARED[name]):
        f = activations.get(name, **given)
        near, far = called(f, pass_, x, dy)[kept], called(f, pass_, beside, dy)[kept]
        different = np.flatnonzero(near.view(f"u{x.itemsize}") != far.view(f"u{x.itemsize}"))
        assert not different.size, (given, x[kept][different[:5]], near[different[:5]], far[different[:5]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("name", "pass_"), PASSES)
def test_what_is_no_number_is_far(name, pass_, value):
    f = activations.get(name)
    x = np.linspace(-2, 2, LANES, dtype="float32")
    x[LANES // 2] = value
    alone = called(f, pass_, x[LANES // 2], np.float32(1))
    np.testing.assert_array_equal(called(f, pass_, x, np.ones_like(x))[LANES // 2], alone)

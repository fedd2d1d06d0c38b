"""Waves where usual ones fail: next to multiples of pi, at huge arguments, around 0, at infinities."""

import numpy as np
import pytest

import activations

from .enrolment import same_bits
from .limits import limit
from .measuring import Curve, Sample, run
from .reference import mp

WAVES = ("sin", "cos", "gcu", "snake", "sinc")
WIDE = ("float32", "float64")
every_wave = pytest.mark.parametrize("name", WAVES)
every_dtype = pytest.mark.parametrize("dtype", WIDE)


def passes_of(f):
    """The passes from x alone."""
    return ("forward", "derivative", "second_derivative", *(f"by_{name}" for name in f.parameters))


def check(f, x):
    """Every pass at some points against mpmath."""
    for pass_ in passes_of(f):
        worst = Sample.at(Curve(f, x.dtype, pass_), pass_, x).judge(run(f, pass_, x))
        assert worst.error <= limit(f.name, x.dtype.name, pass_), f"{pass_}: {worst}"
        assert worst.near_root <= 3.1, f"{pass_}: {worst}"


def with_neighbours(values, dtype):
    with np.errstate(over="ignore"):
        x = np.asarray(values, dtype)
    x = x[np.isfinite(x)]
    return np.concatenate([x, np.nextafter(x, dtype(np.inf)), np.nextafter(x, dtype(0)), -x])


@every_dtype
@every_wave
def test_multiples_of_a_quarter_turn(name, dtype):
    # The value there is what rounding took from the multiple of pi, and has to have all its digits.
    counts = [*range(1, 40), 999, 10**4 + 1, 41701, 63661, 63663, *(10**k + k for k in range(5, 30, 2))]
    for omega in (1.0, 2.3):
        f = activations.get(name)
        f = f.bind(**dict.fromkeys(f.parameters, omega))
        check(f, with_neighbours([float(k * mp.pi / 2 / omega) for k in counts], np.dtype(dtype).type))


@every_wave
def test_the_nearest_to_multiples_of_a_quarter_turn(name):
    # Of all numbers of the type: 2^-60.9 and 2^-29.3 away.
    f = activations.get(name)
    check(f, np.ldexp([6381956970095103.0, 6381956970095103.0], [797, 796]))
    check(f, np.ldexp(np.float32([16367173, 16367173, 10741887]), [72, 73, 11]))
    assert activations.cos(float.fromhex("0x1.6ac5b262ca1ffp+849")) == pytest.approx(-4.6871659242546277e-19, rel=1e-15)


@every_dtype
@every_wave
def test_powers_of_two(name, dtype):
    top = np.finfo(dtype).maxexp
    check(activations.get(name), with_neighbours(np.ldexp(1.0, np.arange(-top + 3, top, 3)), np.dtype(dtype).type))


@every_dtype
@every_wave
def test_where_the_reduction_changes(name, dtype):
    bound = {"float32": 1e5, "float64": 2.0**30}[dtype]
    check(activations.get(name), with_neighbours(bound * np.linspace(0.999, 1.001, 21), np.dtype(dtype).type))


@pytest.mark.parametrize(
    ("x", "omega"), [(1.5e308, 2.3), (-1.7e308, 1e300), (1e-310, 1e308), (3e200, 1e200), (7.0, 1e308)]
)
def test_products_that_overflow(x, omega):
    # omega x may be beyond the type; the sine of it is not.
    true = mp.sin(mp.mpf(x) * mp.mpf(omega))
    assert activations.get("sin", omega=omega)(x) == pytest.approx(float(true), rel=4e-16)
    true /= mp.mpf(x) * mp.mpf(omega)
    assert activations.get("sinc", omega=omega)(x) == pytest.approx(float(true), rel=4e-16, abs=5e-324)


@every_dtype
@pytest.mark.parametrize("omega", [1.0, 3.0, np.pi])
def test_sinc_around_zero(dtype, omega):
    f = activations.get("sinc", omega=omega)
    least = float(np.finfo(dtype).tiny)
    x = np.concatenate([np.geomspace(least * 100, 2.0, 150), np.linspace(0.4, 1.7, 200) / omega])
    check(f, np.concatenate([x, -x, [0.0]]).astype(dtype))
    for zero in (0.0, -0.0):
        assert f(zero) == 1
        assert f.derivative(zero) == 0
        assert f.second_derivative(zero) == pytest.approx(-omega * omega / 3, rel=1e-15)


@every_dtype
@pytest.mark.parametrize("a", [1.0, -2.3, 30.0])
def test_snake_where_it_is_flat(dtype, a):
    # The derivative has a double root: next to it, what is left is the square of a rounding error. There x and the wave
    # cancel, too.
    roots = [float((4 * k - 1) * mp.pi / 4 / a) for k in (0, 1, -1, 2, 17, -12345, 10**7, 10**12)]
    check(activations.get("snake", a=a), with_neighbours(roots, np.dtype(dtype).type))
    check(activations.get("snake", a=a), (np.linspace(-1.6, 0.1, 300) / a).astype(dtype))


@every_dtype
@pytest.mark.parametrize("exponent", [-1, -0.97, -0.8, -0.3, 0.3, 0.8, 0.93])
def test_snake_of_frequencies_next_to_the_ends_of_the_range(dtype, exponent):
    # 1 / a may overflow, and a x leave the range on either side, while the wave is as large as x.
    info = np.finfo(dtype)
    a = info.max ** np.dtype(dtype).type(exponent)
    angles = np.array([*np.linspace(-3, 3, 60), *np.geomspace(1e-12, 1e12, 40)])
    with np.errstate(all="ignore"):
        x = np.concatenate([angles / float(a), -angles, np.geomspace(float(info.tiny), float(info.max), 60)])
        x = x.astype(dtype)
    check(activations.get("snake", a=float(a)), x[np.isfinite(x)])


@pytest.mark.parametrize("dtype", ["float16", *WIDE])
@pytest.mark.parametrize("a", [0.0, -0.0, 5e-324])
def test_snake_without_a_wave(dtype, a):
    f = activations.get("snake", a=a)
    x = np.array([0.0, -0.0, 1.5, -3.0, 6e4, np.nan], dtype)
    assert same_bits(f(x), x)
    np.testing.assert_array_equal(f.derivative(x), np.where(np.isnan(x), x, 1))
    with np.errstate(over="ignore"):
        square = x * x
    np.testing.assert_array_equal(f.parameter_gradients(np.ones_like(x[2:4]), x[2:4])["a"], square[2:4].sum())
    if a == 0:
        ends = np.array([np.inf, -np.inf], dtype)
        assert same_bits(f(ends), ends)
        assert (f.derivative(ends) == 1).all()
        assert (f.second_derivative(ends) == 0).all()
        assert (f._apply("by_a", (np.ones_like(ends), ends), f.parameters, {}) == np.inf).all()


def test_snake_of_two_numbers_whose_double_overflows():
    f = activations.get("snake", a=1.6e308)
    x = mp.mpf(1.7e308)
    assert f.derivative(1.7e308) == pytest.approx(float(1 + mp.sin(2 * mp.mpf(1.6e308) * x)), abs=4e-16)
    assert f(1.7e308) == 1.7e308


def test_sinc_of_other_libraries_is_normalised():
    x = np.linspace(-3.3, 3.3, 67)
    np.testing.assert_allclose(activations.get("torch.sinc")(x), np.sinc(x), rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(activations.get("sinc")(x), np.sinc(x / np.pi), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float16", *WIDE])
@every_wave
def test_infinities(name, dtype):
    f = activations.get(name)
    x = np.array([np.inf, -np.inf, np.nan, 1.0], dtype)
    with np.errstate(all="raise"):
        for pass_ in passes_of(f):
            y = run(f, pass_, x)
            if (name, pass_) == ("snake", "forward"):
                limit = [np.inf, -np.inf]
            else:
                limit = 0 if name == "sinc" and pass_ != "by_omega" else np.nan
            np.testing.assert_array_equal(y[:2], limit, pass_)
            assert np.isnan(y[2]), pass_
            assert np.isfinite(y[3]), pass_


def dtype_far(dtype):
    return {"float32": 1e30, "float64": 1e300}[dtype]


@every_dtype
@every_wave
def test_far_elements_among_near_ones(name, dtype):
    # A block with far elements is computed twice, the second time from copies: the result may stand where x stood.
    rng = np.random.default_rng(3)
    f = activations.get(name)
    for share in (0.0005, 0.02, 1.0):
        x = rng.uniform(-9, 9, 20_011).astype(dtype)
        x[rng.random(len(x)) < share] *= dtype_far(dtype)
        dy = rng.standard_normal(len(x)).astype(dtype)
        y, dx = f(x), f.backward(dy, x)
        some = rng.permutation(len(x))[:500]
        assert same_bits(f(x[some]), y[some])
        for out, expected, operands in ((0, y, (x,)), (0, dx, (dy, x)), (1, dx, (dy, x))):
            operands = [each.copy() for each in operands]
            (f if len(operands) == 1 else f.backward)(*operands, out=operands[out])
            assert same_bits(operands[out], expected)


@every_dtype
def test_minus_zero_and_oddness(dtype):
    info = np.finfo(dtype)
    x = np.exp(np.linspace(np.log(float(info.smallest_subnormal)), np.log(float(info.max) / 2), 997)).astype(dtype)
    for f in map(activations.get, ("sin", "gcu", "snake")):
        assert np.signbit(f(np.array([-0.0], dtype)))[0]
        assert not np.signbit(f(np.array([0.0], dtype)))[0]
        assert same_bits(f(-x), -(f.bind(a=-1.0) if f.name == "snake" else f)(x))
    for name in ("cos", "sinc"):
        f = activations.get(name)
        assert same_bits(f(-x), f(x))

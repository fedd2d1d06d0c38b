"""True values of the radial."""

from .core import ONE, ZERO, Reference, mp
from .functions import largest


def _gaussian(x, gamma, center):
    return mp.exp(-gamma * (x - center) ** 2)


def _gaussian_curve(x, gamma, center):
    """The two terms of the second derivative."""
    y = 2 * gamma * _gaussian(x, gamma, center)
    return 2 * gamma * (x - center) ** 2 * y, -y


def _root(x, a):
    return mp.sqrt(x * x + a * a)


def _slope_of_inverse_root(x, a):
    """The two terms of the second derivative."""
    return 3 * x * x / _root(x, a) ** 5, -1 / _root(x, a) ** 3


def _slope_of_inverse(x, a):
    return 6 * x * x * a * a / (x * x + a * a) ** 3, -2 * a**4 / (x * x + a * a) ** 3


def _spline_slope(x):
    return (2 * x * mp.log(abs(x)), x) if x else (ZERO, ZERO)


def _spline_curve(x):
    if abs(x) > mp.mpf(10) ** 4000:  # the logarithm of what stands for infinity is a modest number
        return mp.inf, mp.mpf(3)
    return (2 * mp.log(abs(x)), mp.mpf(3)) if x else (-mp.inf, mp.mpf(3))


def _polyharmonic(x, k):
    r = abs(x)
    if k % 2:
        return r**k
    return r**k * mp.log(r) if r else ZERO


def _polyharmonic_slopes(x, k):
    """The two terms of the derivative."""
    if not x:
        return ZERO, ZERO
    base = mp.sign(x) * abs(x) ** (k - 1)
    return (base * k, ZERO) if k % 2 else (base * k * mp.log(abs(x)), base)


def _polyharmonic_curves(x, k):
    r = abs(x)
    if k == 2:
        return _spline_curve(x)
    if k < 2 or not r:
        return ZERO, ZERO
    base = r ** (k - 2)
    return (base * k * (k - 1), ZERO) if k % 2 else (base * k * (k - 1) * mp.log(r), base * (2 * k - 1))


def _rest(x):
    return max(ONE - abs(x), ZERO)


REFERENCE = {
    "gaussian": Reference(
        forward=_gaussian,
        derivative=lambda x, gamma, center: -2 * gamma * (x - center) * _gaussian(x, gamma, center),
        second_derivative=lambda x, gamma, center: sum(_gaussian_curve(x, gamma, center)),
        second_terms=lambda x, gamma, center: largest(_gaussian_curve(x, gamma, center)),
        by={
            "gamma": lambda x, gamma, center: -((x - center) ** 2) * _gaussian(x, gamma, center),
            "center": lambda x, gamma, center: 2 * gamma * (x - center) * _gaussian(x, gamma, center),
        },
        examples=({"gamma": 0.3}, {"gamma": 11.0}, {"gamma": 0.7, "center": -2.3}, {"center": 1e4}),
        kinks=lambda gamma, center: (center,),
        limits={
            ("float64", "derivative"): (2.3, "next to underflow, without fused multiply-adds; 2 and less elsewhere")
        },
    ),
    "multiquadric": Reference(
        forward=_root,
        derivative=lambda x, a: x / _root(x, a) if x else ZERO,
        second_derivative=lambda x, a: a**2 / _root(x, a) ** 3,
        by={"a": lambda x, a: a / _root(x, a)},
        examples=({"a": 0.3}, {"a": 1e-9}),
        limits={
            ("float32", "forward"): (1.2, "the square of a rounds; giving it back would take a division"),
        },
    ),
    "inverse_multiquadric": Reference(
        forward=lambda x, a: 1 / _root(x, a),
        derivative=lambda x, a: -x / _root(x, a) ** 3,
        second_derivative=lambda x, a: sum(_slope_of_inverse_root(x, a)),
        second_terms=lambda x, a: largest(_slope_of_inverse_root(x, a)),
        by={"a": lambda x, a: -a / _root(x, a) ** 3},
        examples=({"a": 0.3}, {"a": 41.0}),
    ),
    "inverse_quadratic": Reference(
        forward=lambda x, a: 1 / (1 + (x / a) ** 2),
        derivative=lambda x, a: -2 * x * a**2 / (x * x + a * a) ** 2,
        second_derivative=lambda x, a: sum(_slope_of_inverse(x, a)),
        second_terms=lambda x, a: largest(_slope_of_inverse(x, a)),
        by={"a": lambda x, a: 2 * x * x * a / (x * x + a * a) ** 2},
        examples=({"a": 0.3}, {"a": 41.0}),
    ),
    "thin_plate_spline": Reference(
        forward=lambda x: x * x * mp.log(abs(x)) if x else ZERO,
        derivative=lambda x: sum(_spline_slope(x)),
        terms=lambda x: largest(_spline_slope(x)),
        second_derivative=lambda x: sum(_spline_curve(x)),
        second_terms=lambda x: largest(_spline_curve(x)),
        kinks=lambda: (-1.0, 0.0, 1.0),
    ),
    "polyharmonic_spline": Reference(
        forward=_polyharmonic,
        derivative=lambda x, k: sum(_polyharmonic_slopes(x, k)),
        terms=lambda x, k: largest(_polyharmonic_slopes(x, k)),
        second_derivative=lambda x, k: sum(_polyharmonic_curves(x, k)),
        second_terms=lambda x, k: largest(_polyharmonic_curves(x, k)),
        examples=tuple({"k": float(k)} for k in (2, 3, 4, 7)),
        kinks=lambda k: (-1.0, 0.0, 1.0),
    ),
    "wendland_c2": Reference(
        forward=lambda x: _rest(x) ** 4 * (4 * abs(x) + 1),
        derivative=lambda x: -20 * x * _rest(x) ** 3,
        second_derivative=lambda x: 20 * _rest(x) ** 2 * (4 * abs(x) - 1),
        second_terms=lambda x: 20 * _rest(x) ** 2 * max(4 * abs(x), ONE),
        kinks=lambda: (-1.0, 0.0, 1.0),
    ),
}

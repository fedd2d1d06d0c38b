"""True values of the waves functions. Beyond 10^4000, which stands for infinity, a wave has no value."""

from .core import Reference, mp

INFINITY = mp.mpf(10) ** 4000


def _finite(x, value):
    return mp.nan if abs(x) > INFINITY else value


def _sin(x):
    return _finite(x, mp.sin(x))


def _cos(x):
    return _finite(x, mp.cos(x))


def _sinc(u):
    return mp.sinc(u)


def _decline(u):
    """cos(u) - sinc(u): near 0 both lose what they have in common."""
    if abs(u) > mp.mpf(10) ** -3:
        return mp.cos(u) - mp.sinc(u)
    return -(u**2) * mp.fsum((-1) ** k * u ** (2 * k) * (2 * k + 2) / mp.factorial(2 * k + 3) for k in range(14))


def _sinc_derivative(x, omega):
    return omega * _decline(omega * x) / (omega * x) if x else mp.mpf(0)


def _sinc_second_derivative(x, omega):
    u = omega * x
    if abs(u) > mp.mpf(10) ** -3:
        return -(omega**2) * (mp.sinc(u) + 2 * _decline(u) / u**2)
    terms = ((-1) ** k * u ** (2 * k) * (2 * k + 2) * (2 * k + 1) / mp.factorial(2 * k + 3) for k in range(14))
    return -(omega**2) * mp.fsum(terms)


def _sinc_terms(x, omega):
    """Only beyond the crest do the derivatives' terms cancel at roots: nearer they are series."""
    u = omega * x
    if abs(u) <= 1.5:
        return abs(_sinc_derivative(x, omega))
    return abs(omega) * max(abs(mp.cos(u)), abs(mp.sinc(u))) / abs(u)


def _sinc_second_terms(x, omega):
    u = omega * x
    if abs(u) <= 1.5:
        return abs(_sinc_second_derivative(x, omega))
    return omega**2 * max(abs(mp.sinc(u)), 2 * abs(_decline(u)) / u**2)


def _snake(x, a):
    return x if not a or abs(x) > INFINITY else x + mp.sin(a * x) ** 2 / a


def _snake_by_a(x, a):
    """Both terms are about x^2 for small a x, and one twice the other."""
    if not a:
        return x**2
    return _finite(x, (x * mp.sin(2 * a * x) - mp.sin(a * x) ** 2 / a) / a)


def _snake_by_a_terms(x, a):
    quotient = mp.sin(a * x) / a if a else x
    return abs(quotient) * max(abs(2 * x * mp.cos(a * x)), abs(quotient))


REFERENCE = {
    "sin": Reference(
        forward=lambda x, omega: _sin(omega * x),
        derivative=lambda x, omega: omega * _cos(omega * x),
        second_derivative=lambda x, omega: -(omega**2) * _sin(omega * x),
        by={"omega": lambda x, omega: x * _cos(omega * x)},
        examples=({"omega": 2.3}, {"omega": 30.0}, {"omega": -0.7}),
        kinks=lambda omega: tuple(float(k * mp.pi / 2 / omega) for k in (0, 1, 2, 3, 11, 60000, 4 * 10**8)),
    ),
    "cos": Reference(
        forward=_cos,
        derivative=lambda x: -_sin(x),
        second_derivative=lambda x: -_cos(x),
        kinks=lambda: tuple(float(k * mp.pi / 2) for k in (0, 1, 2, 3, 11, 60000, 4 * 10**8)),
    ),
    "gcu": Reference(
        forward=lambda x: x * _cos(x),
        derivative=lambda x: _cos(x) - x * _sin(x),
        terms=lambda x: max(abs(mp.cos(x)), abs(x * mp.sin(x))),
        second_derivative=lambda x: -2 * _sin(x) - x * _cos(x),
        second_terms=lambda x: max(abs(2 * mp.sin(x)), abs(x * mp.cos(x))),
        kinks=lambda: tuple(float(k * mp.pi / 2) for k in (0, 1, 2, 3, 11, 60000, 4 * 10**8)),
        limits={("float32", "derivative"): (1.1, "the difference of two products")},
    ),
    "snake": Reference(
        forward=_snake,
        derivative=lambda x, a: 1 + _sin(2 * a * x),
        second_derivative=lambda x, a: 2 * a * _cos(2 * a * x),
        by={"a": _snake_by_a},
        by_terms={"a": _snake_by_a_terms},
        limits={("float32", "derivative"): (1.15, "where it is a third, from a sine of -2/3")},
        examples=({"a": 0.0}, {"a": 0.3}, {"a": -2.3}, {"a": 30.0}),
        kinks=lambda a: tuple(float(k * mp.pi / 4 / (a or 1)) for k in (-3, -1, 0, 1, 2, 3, 11, 60000, 4 * 10**8)),
    ),
    "sinc": Reference(
        forward=lambda x, omega: _sinc(omega * x),
        derivative=_sinc_derivative,
        terms=_sinc_terms,
        second_derivative=_sinc_second_derivative,
        second_terms=_sinc_second_terms,
        by={"omega": lambda x, omega: _finite(x, x * _sinc_derivative(omega * x, mp.mpf(1)))},
        by_terms={"omega": lambda x, omega: abs(x / omega) * _sinc_terms(x, omega)},
        examples=({"omega": float(mp.pi)}, {"omega": -0.4}),
        limits={
            ("float32", "forward"): (1.15, "the argument's product with omega"),
            ("float32", "derivative"): (1.25, "around 0, omega x is rounded before its square"),
        },
        kinks=lambda omega: tuple(float(k * mp.pi / 2 / omega) for k in (0, 1, 2, 3, 11, 60000, 4 * 10**8)),
    ),
}

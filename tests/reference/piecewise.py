"""True values of the piecewise functions."""

from .core import HALF, ONE, ZERO, Reference, mp


def _clip(x, low, high):
    return min(max(x, low), high)


def _line(x, slope, offset, min_val=ZERO, max_val=ONE):
    """A clipped line's value, and whether x lies strictly between its kinks."""
    value = slope * x + offset
    return _clip(value, min_val, max_val), min_val < value < max_val


SIXTHS = (mp.mpf(1 / 6), mp.mpf(0.1666666716337204))


def _exact(function):
    """A function of x, slope and offset for which the default slope, rounded to any format, is 1/6."""

    def exactly(x, slope, offset):
        return function(x, slope=ONE / 6 if slope in SIXTHS and offset == HALF else slope, offset=offset)

    return exactly


def _inside(function):
    """What a function of x says between the kinks of a clipped line, 0 elsewhere."""
    return lambda x, **parameters: function(x, **parameters) if _line(x, **parameters)[1] else ZERO


def _line_kinks(slope, offset, min_val=ZERO, max_val=ONE):
    return (0.0, (min_val - offset) / slope, (max_val - offset) / slope)


_LINE_BY = {
    "slope": _inside(lambda x, **parameters: x),
    "offset": _inside(lambda x, **parameters: ONE),
}


@_exact
def _hard_silu_derivative(x, slope, offset):
    gate = slope * x + offset
    return ZERO if gate <= 0 else ONE if gate >= 1 else gate + slope * x


def _shrink(x, lambd, bias):
    return x - mp.sign(x) * bias if abs(x) > lambd else ZERO


def _passed(x, lambd, bias=None):
    return ONE if abs(x) > lambd else ZERO


def _moved(x, lambd, bias=None):
    return -mp.sign(x) if abs(x) > lambd else ZERO


def _lambd_kinks(lambd, bias=None):
    return (0.0, lambd, -lambd)


REFERENCE = {
    "abs": Reference(forward=abs, derivative=mp.sign),
    "sign": Reference(forward=mp.sign, derivative=lambda x: ZERO),
    "clip": Reference(
        forward=lambda x, min_val, max_val: _clip(x, min_val, max_val),
        derivative=lambda x, min_val, max_val: ONE if min_val <= x <= max_val else ZERO,
        by={
            "min_val": lambda x, min_val, max_val: ONE if x < min_val < max_val else ZERO,
            "max_val": lambda x, min_val, max_val: ONE if x > max_val or min_val > max_val else ZERO,
        },
        examples=({"min_val": -0.3, "max_val": 20.0}, {"min_val": 2.5, "max_val": 1.5}),
        kinks=lambda min_val, max_val: (0.0, min_val, max_val),
    ),
    "hard_tanh": Reference(
        forward=lambda x, min_val, max_val: _clip(x, min_val, max_val),
        derivative=lambda x, min_val, max_val: ONE if min_val < x < max_val else ZERO,
        from_output=lambda y, min_val, max_val: ONE if min_val < y < max_val else ZERO,
        by={
            "min_val": lambda x, min_val, max_val: ONE if x <= min_val < max_val else ZERO,
            "max_val": lambda x, min_val, max_val: ONE if x >= max_val or min_val >= max_val else ZERO,
        },
        examples=({"min_val": -0.3, "max_val": 20.0}, {"min_val": 2.5, "max_val": 1.5}),
        kinks=lambda min_val, max_val: (0.0, min_val, max_val),
    ),
    "clipped_linear": Reference(
        forward=lambda x, **parameters: _line(x, **parameters)[0],
        derivative=_inside(lambda x, slope, **parameters: slope),
        by={
            **_LINE_BY,
            "min_val": lambda x, slope, offset, min_val, max_val: (
                ONE if slope * x + offset <= min_val < max_val else ZERO
            ),
            "max_val": lambda x, slope, offset, min_val, max_val: (
                ONE if slope * x + offset >= max_val or min_val >= max_val else ZERO
            ),
        },
        examples=(
            {"slope": 0.7, "offset": -0.3, "min_val": -1.9, "max_val": 2.1},
            {"slope": -3.0, "offset": 0.1, "min_val": 0.01, "max_val": 11.0},
        ),
        kinks=_line_kinks,
    ),
    "hard_sigmoid": Reference(
        forward=_exact(lambda x, slope, offset: _line(x, slope, offset)[0]),
        derivative=_exact(_inside(lambda x, slope, offset: slope)),
        from_output=_exact(lambda y, slope, offset: slope if 0 < y < 1 else ZERO),
        by=_LINE_BY,
        examples=({"slope": 0.2}, {"slope": 1.3, "offset": 0.1}, {"slope": -0.7, "offset": 0.9}),
        kinks=_line_kinks,
    ),
    "hard_silu": Reference(
        forward=_exact(lambda x, slope, offset: x * _line(x, slope, offset)[0]),
        derivative=_hard_silu_derivative,
        terms=lambda x, slope, offset: max(abs(2 * slope * x), abs(offset)),
        by={
            "slope": _inside(lambda x, slope, offset: x * x),
            "offset": _inside(lambda x, slope, offset: x),
        },
        examples=({"slope": 0.2}, {"slope": 1.3, "offset": 0.1}),
        limits={("float32", "forward"): (1.5, "the gate is rounded before the product")},
        # The root of the slope besides the kinks.
        kinks=lambda slope, offset: (*_line_kinks(slope, offset), -offset / (2 * slope)),
    ),
    "hard_mish": Reference(
        forward=lambda x: x * _clip(x + 2, ZERO, 2 * ONE) / 2,
        derivative=lambda x: ZERO if x <= -2 else min(x, ZERO) + 1,
        kinks=lambda: (-2.0, -1.0, 0.0),
    ),
    "sparse_plus": Reference(
        forward=lambda x: x if x >= 1 else (x + 1) ** 2 / 4 if x > -1 else ZERO,
        derivative=lambda x: _clip((x + 1) / 2, ZERO, ONE),
        second_derivative=lambda x: HALF if abs(x) < 1 else ZERO,
        kinks=lambda: (-1.0, 0.0, 1.0),
    ),
    "sparse_sigmoid": Reference(
        forward=lambda x: _clip((x + 1) / 2, ZERO, ONE),
        derivative=lambda x: HALF if abs(x) < 1 else ZERO,
        from_output=lambda y: HALF if 0 < y < 1 else ZERO,
        kinks=lambda: (-1.0, 0.0, 1.0),
    ),
    "hard_shrink": Reference(
        forward=lambda x, lambd: x if abs(x) > lambd else ZERO,
        derivative=_passed,
        from_output=lambda y, lambd: ONE if y else ZERO,
        examples=({"lambd": 1.3}, {"lambd": 0.0}, {"lambd": -0.5}),
        kinks=_lambd_kinks,
    ),
    "soft_shrink": Reference(
        forward=lambda x, lambd: _shrink(x, lambd, lambd),
        derivative=_passed,
        from_output=lambda y, lambd: ONE if y else ZERO,
        by={"lambd": _moved},
        examples=({"lambd": 1.3}, {"lambd": 0.0}),
        kinks=_lambd_kinks,
    ),
    "shrink": Reference(
        forward=_shrink,
        derivative=_passed,
        by={"bias": _moved},
        examples=({"lambd": 1.3, "bias": 0.4}, {"lambd": 0.1, "bias": 2.0}),
        kinks=lambda lambd, bias: (*_lambd_kinks(lambd), bias, -bias),
    ),
    "square": Reference(
        forward=lambda x: x * x,
        derivative=lambda x: 2 * x,
        second_derivative=lambda x: 2 * ONE,
    ),
    "cube": Reference(
        forward=lambda x: x**3,
        derivative=lambda x: 3 * x * x,
        second_derivative=lambda x: 6 * x,
        limits={("float32", "backward"): (2, "where the slope overflows three products round in its place")},
    ),
    "sqnl": Reference(
        forward=lambda x: _clip(x, -2 * ONE, 2 * ONE) * (1 - min(abs(x), 2 * ONE) / 4),
        derivative=lambda x: 1 - min(abs(x), 2 * ONE) / 2,
        second_derivative=lambda x: -mp.sign(x) / 2 if abs(x) < 2 else ZERO,
        kinks=lambda: (-2.0, 0.0, 2.0),
    ),
}

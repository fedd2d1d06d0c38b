"""True values of the rectifiers."""

from .core import ONE, ZERO, Reference


def _slopes(lower, upper):
    return (lower + upper) / 2


def _srelu(x, left_threshold, left_slope, right_threshold, right_slope):
    if x >= right_threshold:
        return right_threshold + right_slope * (x - right_threshold)
    return left_threshold + left_slope * (x - left_threshold) if x <= left_threshold else x


def _srelu_derivative(x, left_threshold, left_slope, right_threshold, right_slope):
    return right_slope if x >= right_threshold else left_slope if x <= left_threshold else ONE


_SRELU_BY = {
    "left_threshold": lambda x, left_threshold, left_slope, right_threshold, right_slope: (
        1 - left_slope if x <= left_threshold and x < right_threshold else ZERO
    ),
    "left_slope": lambda x, left_threshold, left_slope, right_threshold, right_slope: (
        x - left_threshold if x <= left_threshold and x < right_threshold else ZERO
    ),
    "right_threshold": lambda x, left_threshold, left_slope, right_threshold, right_slope: (
        1 - right_slope if x >= right_threshold else ZERO
    ),
    "right_slope": lambda x, left_threshold, left_slope, right_threshold, right_slope: (
        x - right_threshold if x >= right_threshold else ZERO
    ),
}


def _smelu(x, beta):
    return x if x >= beta else (x + beta) ** 2 / (4 * beta) if x > -beta else ZERO


REFERENCE = {
    "identity": Reference(
        forward=lambda x: x,
        derivative=lambda x: ONE,
        second_derivative=lambda x: ZERO,
    ),
    "affine": Reference(
        forward=lambda x, weight, bias: weight * x + bias,
        derivative=lambda x, weight, bias: weight,
        second_derivative=lambda x, weight, bias: ZERO,
        by={"weight": lambda x, weight, bias: x, "bias": lambda x, weight, bias: ONE},
        examples=({"weight": -0.7, "bias": 2.3}, {"weight": 3.1, "bias": 1e-3}),
        kinks=lambda weight, bias: (0.0, -bias / weight),
    ),
    "binary_step": Reference(
        forward=lambda x, h0: ONE if x > 0 else ZERO if x < 0 else h0,
        derivative=lambda x, h0: ZERO,
        by={"h0": lambda x, h0: ZERO if x else ONE},
        examples=({"h0": 0.5}, {"h0": 0.0}),
        kinks=lambda h0: (0.0,),
    ),
    "relu": Reference(
        forward=lambda x: max(x, ZERO),
        derivative=lambda x: ONE if x > 0 else ZERO,
        from_output=lambda y: ONE if y > 0 else ZERO,
    ),
    "squared_relu": Reference(
        forward=lambda x: max(x, ZERO) ** 2,
        derivative=lambda x: 2 * max(x, ZERO),
        second_derivative=lambda x: 2 * ONE if x > 0 else ZERO,
    ),
    "relu6": Reference(
        forward=lambda x: min(max(x, ZERO), 6 * ONE),
        derivative=lambda x: ONE if 0 < x < 6 else ZERO,
        from_output=lambda y: ONE if 0 < y < 6 else ZERO,
        kinks=lambda: (0.0, 6.0),
    ),
    "clipped_relu": Reference(
        forward=lambda x, max_value: min(max(x, ZERO), max_value),
        derivative=lambda x, max_value: ONE if 0 < x < max_value else ZERO,
        from_output=lambda y, max_value: ONE if 0 < y < max_value else ZERO,
        by={"max_value": lambda x, max_value: ONE if x >= max_value else ZERO},
        examples=({"max_value": 1.3}, {"max_value": 20.0}),
        kinks=lambda max_value: (0.0, max_value),
    ),
    "threshold": Reference(
        forward=lambda x, threshold, value: x if x > threshold else value,
        derivative=lambda x, threshold, value: ONE if x > threshold else ZERO,
        by={"value": lambda x, threshold, value: ZERO if x > threshold else ONE},
        examples=({"threshold": 0.1, "value": 20.0}, {"threshold": -1.7, "value": -0.3}),
        kinks=lambda threshold, value: (0.0, threshold),
    ),
    "thresholded_relu": Reference(
        forward=lambda x, threshold: x if x > threshold else ZERO,
        derivative=lambda x, threshold: ONE if x > threshold else ZERO,
        from_output=lambda y, threshold: ONE if y > threshold else ZERO,
        examples=({"threshold": 0.2}, {"threshold": -0.4}),
        kinks=lambda threshold: (0.0, threshold),
    ),
    "leaky_relu": Reference(
        forward=lambda x, negative_slope: x if x > 0 else negative_slope * x,
        derivative=lambda x, negative_slope: ONE if x > 0 else negative_slope,
        from_output=lambda y, negative_slope: ONE if y > 0 else negative_slope,
        by={"negative_slope": lambda x, negative_slope: min(x, ZERO)},
        examples=({"negative_slope": 0.2}, {"negative_slope": 1.7}, {"negative_slope": -0.3}),
    ),
    "prelu": Reference(
        forward=lambda x, weight: x if x > 0 else weight * x,
        derivative=lambda x, weight: ONE if x > 0 else weight,
        from_output=lambda y, weight: ONE if y > 0 else weight,
        by={"weight": lambda x, weight: min(x, ZERO)},
        examples=({"weight": -0.3},),
    ),
    "apl": Reference(
        forward=lambda x, a, b: max(x, ZERO) + a * max(b - x, ZERO),
        forward_terms=lambda x, a, b: max(x, abs(a) * max(b - x, ZERO)),
        derivative=lambda x, a, b: (ONE if x > 0 else ZERO) - (a if x < b else ZERO),
        by={
            "a": lambda x, a, b: max(b - x, ZERO),
            "b": lambda x, a, b: a if x < b else ZERO,
        },
        examples=({"a": 0.3, "b": 1.1}, {"a": -0.7, "b": 2.0}, {"a": 0.0, "b": -0.9}, {"a": 1.3, "b": -3.0}),
        kinks=lambda a, b: (0.0, float(b)),
    ),
    "rrelu": Reference(
        forward=lambda x, lower, upper: x if x > 0 else _slopes(lower, upper) * x,
        derivative=lambda x, lower, upper: ONE if x > 0 else _slopes(lower, upper),
        from_output=lambda y, lower, upper: ONE if y > 0 else _slopes(lower, upper),
        by={
            "lower": lambda x, lower, upper: min(x, ZERO) / 2,
            "upper": lambda x, lower, upper: min(x, ZERO) / 2,
        },
        examples=({"lower": 0.1, "upper": 0.7}, {"lower": -0.6, "upper": 0.2}),
        limits={
            ("float32", "forward"): (
                1.2,
                "the mean slope is rounded before the product",
                "1.0 ulp take 1.4 times as long",
            ),
        },
    ),
    "srelu": Reference(
        forward=_srelu,
        derivative=_srelu_derivative,
        by=_SRELU_BY,
        examples=(
            {"left_threshold": -1.3, "left_slope": 0.0, "right_threshold": 0.6, "right_slope": 1.9},
            {"left_threshold": 0.4, "left_slope": 0.3, "right_threshold": 1.1, "right_slope": -0.7},
        ),
        # The thresholds, and where the outer lines have a root.
        kinks=lambda left_threshold, left_slope, right_threshold, right_slope: (
            left_threshold,
            right_threshold,
            left_threshold - left_threshold / (left_slope or ONE),
            right_threshold - right_threshold / (right_slope or ONE),
        ),
    ),
    "smelu": Reference(
        forward=_smelu,
        derivative=lambda x, beta: min(max((x + beta) / (2 * beta), ZERO), ONE),
        second_derivative=lambda x, beta: 1 / (2 * beta) if abs(x) < beta else ZERO,
        by={"beta": lambda x, beta: (beta - x) * (beta + x) / (2 * beta) ** 2 if abs(x) < beta else ZERO},
        examples=({"beta": 0.1}, {"beta": 2.7}),
        kinks=lambda beta: (-beta, beta),
    ),
}

"""True values of the folding."""

import functools
import math

from .core import ZERO, FoldingReference, mp


def _softmax(row, temperature=1):
    row = [x / mp.mpf(temperature) for x in row]
    top = max(row)
    if mp.isinf(top):
        return [mp.mpf(x == top) if row.count(top) == 1 and top > 0 else mp.nan for x in row]
    powers = [mp.exp(x - top) for x in row]
    total = mp.fsum(powers)
    return [power / total for power in powers]


def _normalised_backward(dy, y, factor):
    inner = mp.fdot(dy, y)
    size = mp.fsum(abs(d) * p for d, p in zip(dy, y, strict=True))
    return (
        [factor * p * (d - inner) for d, p in zip(dy, y, strict=True)],
        [abs(factor) * p * max(abs(d), size) for d, p in zip(dy, y, strict=True)],
    )


def _softmax_backward(dy, row, temperature=1):
    return _normalised_backward(dy, _softmax(row, temperature), 1 / mp.mpf(temperature))


def _negative(row):
    return [-x for x in row]


def _quiet_softmax(row):
    return _softmax([*row, ZERO])[:-1]


def _logsumexp(row):
    return [max(row) + mp.log(mp.fsum(mp.exp(x - max(row)) for x in row))]


def _logmeanexp(row):
    return [_logsumexp(row)[0] - mp.log(len(row))]


def _logsumexp_backward(dy, row):
    gradient = [dy[0] * p for p in _softmax(row)]
    return gradient, [abs(g) for g in gradient]


def _log_softmax(row, temperature=1):
    row = [x / mp.mpf(temperature) for x in row]
    # Without the dominant element the rest is summed apart, so that its logarithm keeps every digit.
    top = max(range(len(row)), key=row.__getitem__)
    rest = mp.fsum(mp.exp(x - row[top]) for i, x in enumerate(row) if i != top)
    return [x - row[top] - mp.log1p(rest) for x in row]


def _log_softmax_backward(dy, row, temperature=1):
    y = _softmax(row, temperature)
    total = mp.fsum(dy)
    size = mp.fsum(abs(d) for d in dy)
    return (
        [(d - p * total) / mp.mpf(temperature) for d, p in zip(dy, y, strict=True)],
        [max(abs(d), p * size) / mp.mpf(temperature) for d, p in zip(dy, y, strict=True)],
    )


def _pieces(row, pieces):
    return [row[start : start + pieces] for start in range(0, len(row), pieces)]


def _maxout_backward(dy, row, pieces):
    gradient = []
    for d, piece in zip(dy, _pieces(row, pieces), strict=True):
        first = piece.index(max(piece))
        gradient += [d if i == first else ZERO for i in range(pieces)]
    return gradient, [abs(g) for g in gradient]


def _extreme_backward(choose):
    def backward(dy, row):
        first = row.index(choose(row))
        gradient = [dy[0] if i == first else ZERO for i in range(len(row))]
        return gradient, [abs(g) for g in gradient]

    return backward


def _share_backward(mean):
    def backward(dy, row):
        gradient = [dy[0] / (len(row) if mean else 1)] * len(row)
        return gradient, [abs(g) for g in gradient]

    return backward


def _lp_norm(row, p):
    if p == mp.inf or any(mp.isinf(x) for x in row):
        return [max(abs(x) for x in row)]
    if p == 2:
        return [mp.sqrt(mp.fsum(x * x for x in row))]
    return [mp.fsum(abs(x) ** mp.mpf(p) for x in row) ** (1 / mp.mpf(p))]


def _lp_norm_backward(dy, row, p):
    (norm,) = _lp_norm(row, p)
    if p == mp.inf:
        first = [abs(x) for x in row].index(norm)
        gradient = [dy[0] * mp.sign(x) if i == first else ZERO for i, x in enumerate(row)]
    else:
        gradient = [dy[0] * mp.sign(x) * (abs(x) / norm) ** (mp.mpf(p) - 1) if x else ZERO for x in row]
    return gradient, [abs(g) for g in gradient]


def _gaussian_rbf(row, center, sigma):
    return [mp.exp(-mp.fsum((x - center) ** 2 for x in row) / (2 * mp.mpf(sigma) ** 2))]


def _gaussian_rbf_backward(dy, row, center, sigma):
    (y,) = _gaussian_rbf(row, center, sigma)
    gradient = [-dy[0] * y * (x - center) / mp.mpf(sigma) ** 2 for x in row]
    return gradient, [abs(g) for g in gradient]


def _l2_normalize(row, eps, p):
    if any(mp.isinf(x) for x in row):
        return [mp.sign(x) * mp.isinf(x) if sum(map(mp.isinf, row)) == 1 else mp.nan for x in row]
    norm = max(_lp_norm(row, p)[0], mp.mpf(eps))
    return [x / norm if norm else ZERO for x in row]


def _l2_normalize_backward(dy, row, eps, p):
    (norm,) = _lp_norm(row, p)
    if norm < eps:
        gradient = [d / mp.mpf(eps) for d in dy]
        return gradient, [abs(g) for g in gradient]
    if not norm:
        return [ZERO] * len(row), [ZERO] * len(row)
    y = [x / norm for x in row]
    dot = mp.fdot(dy, y)
    size = mp.fsum(abs(d * v) for d, v in zip(dy, y, strict=True))
    slopes, _ = _lp_norm_backward([mp.mpf(1)], row, p)
    return (
        [(d - dot * s) / norm for d, s in zip(dy, slopes, strict=True)],
        [max(abs(d), size * abs(s)) / norm for d, s in zip(dy, slopes, strict=True)],
    )


def _standardize(row, eps):
    if any(mp.isinf(x) for x in row):
        return [mp.nan] * len(row)
    mean = mp.fsum(row) / len(row)
    deviation = mp.sqrt(mp.fsum((x - mean) ** 2 for x in row) / len(row) + mp.mpf(eps))
    return [(x - mean) / deviation for x in row]


def _standardize_backward(dy, row, eps):
    y = _standardize(row, eps)
    mean = mp.fsum(row) / len(row)
    deviation = mp.sqrt(mp.fsum((x - mean) ** 2 for x in row) / len(row) + mp.mpf(eps))
    level = mp.fsum(dy) / len(dy)
    dot = mp.fdot(dy, y) / len(dy)
    size = mp.fsum(abs(d) for d in dy) / len(dy)
    product = mp.fsum(abs(d * v) for d, v in zip(dy, y, strict=True)) / len(dy)
    return (
        [(d - level - dot * v) / deviation for d, v in zip(dy, y, strict=True)],
        [max(abs(d), size, product * abs(v)) / deviation for d, v in zip(dy, y, strict=True)],
    )


def _hardmax(row):
    first = row.index(max(row))
    return [mp.mpf(i == first) for i in range(len(row))]


def _sparsemax(row):
    top = max(row)
    row = [x - top for x in row]
    ordered = sorted(row, reverse=True)
    total = ZERO
    for k, x in enumerate(ordered, 1):
        total += x
        if mp.isinf(x) or 1 + k * x <= total:
            break
        tau = (total - 1) / k
    return [max(x - tau, ZERO) for x in row]


def _sparsemax_backward(dy, row):
    y = _sparsemax(row)
    inside = [d for d, v in zip(dy, y, strict=True) if v > 0]
    mean, size = mp.fsum(inside) / len(inside), mp.fsum(abs(d) for d in inside) / len(inside)
    return (
        [d - mean if v > 0 else ZERO for d, v in zip(dy, y, strict=True)],
        [max(abs(d), size) if v > 0 else ZERO for d, v in zip(dy, y, strict=True)],
    )


def _entmax(row, alpha):
    return list(_entmax_of(tuple(row), alpha))


@functools.lru_cache(maxsize=2)
def _entmax_of(row, alpha):
    """By bisection in double on what the largest element is raised from, and Newton's method for further digits."""
    if alpha == 1:
        return _softmax(row)
    rate = 1 / (mp.mpf(alpha) - 1)
    top = max(row)
    row = [(x - top) / rate for x in row]
    near = [float(x) for x in row if x > -1]
    low, high = len(row) ** float(-1 / rate), 1.0
    while high - low > low * 2.0**-30:
        middle = (low + high) / 2
        total = math.fsum((middle + x) ** float(rate) for x in near if middle + x > 0)
        low, high = (middle, high) if total < 1 else (low, middle)

    def powers(t, exponent):
        return [(t + x) ** exponent if t + x > 0 else ZERO for x in row]

    t = mp.mpf(low + high) / 2
    for _ in range(mp.prec.bit_length()):
        step = (mp.fsum(powers(t, rate)) - 1) / (rate * mp.fsum(powers(t, rate - 1)))
        t -= step
        if abs(step) < mp.ldexp(t, -mp.prec // 2):
            break
    return powers(t, rate)


def _edge(y, alpha):
    """How much an output moves with tau, in terms of the output: much at the edge of the support.

    tau is known to ten bits more than float64 has, and to twice as many with the powers that are an
    exponential, a square and a line.
    """
    if alpha in (1, 1.5, 2) or not y:
        return 1
    return max(1, mp.ldexp(1 / (mp.mpf(alpha) - 1) / y ** (mp.mpf(alpha) - 1), -10))


def _entmax_backward(dy, row, alpha):
    y = _entmax(row, alpha)
    shares = [v ** (2 - mp.mpf(alpha)) if v else ZERO for v in y]
    total = mp.fsum(shares)
    mean, size = mp.fdot(dy, shares) / total, mp.fsum(abs(d) * s for d, s in zip(dy, shares, strict=True)) / total
    return (
        [s * (d - mean) for d, s in zip(dy, shares, strict=True)],
        [s * max(abs(d), size) for d, s in zip(dy, shares, strict=True)],
    )


SOFTMAX_LIMITS = {
    ("float32", "forward"): (
        2.1,
        "exponential, sum and scaling round once each; 1.5 without a temperature",
        "half an ulp less takes 1.04 times as long (sums in double from the second addition on)",
    ),
    ("float32", "backward"): (3.3, "an output's one and a half, and those of the sum that is subtracted"),
    ("float64", "forward"): (2.5, "the same, and two products in scaling without fma; 2.0 with it"),
    ("float64", "backward"): (6.0, "two ulp of the output, those of the sum that is subtracted, and the terms' own"),
}
LOG_SUM = (2.8, "it is a softmax, and a product")
TEMPERATURES = ({"temperature": 0.3},)

REFERENCE = {
    "softmax": FoldingReference(
        forward=_softmax, backward=_softmax_backward, limits=SOFTMAX_LIMITS, examples=TEMPERATURES
    ),
    "log_softmax": FoldingReference(
        forward=_log_softmax,
        backward=_log_softmax_backward,
        limits={
            ("float32", "forward"): (2.0, "the logarithm of the sum, and a temperature's product"),
            ("float32", "backward"): (2.8, "the output's exponential, times the sum of dy"),
            ("float64", "backward"): (4.3, "the sum of dy, which is added without its errors"),
        },
        examples=TEMPERATURES,
    ),
    "gumbel_softmax": FoldingReference(
        forward=lambda row, tau: _softmax(row, tau),
        backward=lambda dy, row, tau: _softmax_backward(dy, row, tau),
        limits=SOFTMAX_LIMITS,
        examples=[{"tau": each["temperature"]} for each in TEMPERATURES],
    ),
    "softmin": FoldingReference(
        forward=lambda row: _softmax(_negative(row)),
        backward=lambda dy, row: _normalised_backward(dy, _softmax(_negative(row)), -1),
        limits=SOFTMAX_LIMITS,
    ),
    "quiet_softmax": FoldingReference(
        forward=_quiet_softmax,
        backward=lambda dy, row: _normalised_backward(dy, _quiet_softmax(row), 1),
        limits=SOFTMAX_LIMITS,
    ),
    "logsumexp": FoldingReference(
        forward=_logsumexp,
        backward=_logsumexp_backward,
        terms=lambda row: [max(abs(max(row)), abs(_logsumexp(row)[0] - max(row)))],
        limits={("float64", "backward"): LOG_SUM},
    ),
    "logmeanexp": FoldingReference(
        forward=_logmeanexp,
        backward=_logsumexp_backward,
        terms=lambda row: [max(abs(max(row)), mp.log(len(row)))],
        limits={("float64", "backward"): LOG_SUM},
    ),
    "max_fold": FoldingReference(forward=lambda row: [max(row)], backward=_extreme_backward(max), exact=True),
    "min_fold": FoldingReference(forward=lambda row: [min(row)], backward=_extreme_backward(min), exact=True),
    "sum_fold": FoldingReference(forward=lambda row: [mp.fsum(row)], backward=_share_backward(False)),
    "mean_fold": FoldingReference(forward=lambda row: [mp.fsum(row) / len(row)], backward=_share_backward(True)),
    "lp_norm_fold": FoldingReference(
        forward=_lp_norm,
        backward=_lp_norm_backward,
        examples=({"p": 1.0}, {"p": 3.0}, {"p": float("inf")}),
    ),
    "gaussian_rbf": FoldingReference(
        forward=_gaussian_rbf,
        backward=_gaussian_rbf_backward,
        examples=({"center": 0.3, "sigma": 20.0},),
        limits={("float64", "backward"): (2.7, "the exponential's own error under three products")},
    ),
    "l2_normalize": FoldingReference(
        forward=_l2_normalize,
        backward=_l2_normalize_backward,
        limits={("float64", "backward"): (3.8, "the output's error, in the sum over the row too; 3.1 with fma")},
        examples=({"eps": 0.0}, {"p": 1.0}, {"p": 3.0}, {"eps": 0.0, "p": float("inf")}),
    ),
    "standardize": FoldingReference(
        forward=_standardize,
        backward=_standardize_backward,
        limits={("float64", "backward"): (4.0, "the output's error, and the mean's rounding; 3.3 with fma")},
        examples=({"eps": 0.3},),
    ),
    "hardmax": FoldingReference(
        forward=_hardmax, backward=lambda dy, row: ([ZERO] * len(row), [ZERO] * len(row)), exact=True
    ),
    "sparsemax": FoldingReference(forward=_sparsemax, backward=_sparsemax_backward),
    "entmax": FoldingReference(
        forward=_entmax,
        backward=_entmax_backward,
        terms=lambda row, alpha: [v * _edge(v, alpha) for v in _entmax(row, alpha)],
        limits=SOFTMAX_LIMITS,
        examples=({"alpha": 1.0}, {"alpha": 1.2}, {"alpha": 2.0}, {"alpha": 3.0}),
    ),
    "maxout": FoldingReference(
        forward=lambda row, pieces: [max(piece) for piece in _pieces(row, pieces)],
        backward=_maxout_backward,
        examples=({"pieces": 3}, {"pieces": 5}),
        block=lambda pieces: pieces,
        exact=True,
    ),
}

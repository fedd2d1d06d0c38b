"""True values of the folding."""

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


SOFTMAX_LIMITS = {
    ("float64", "forward"): (2.7, "exponential, sum and scaling round in the result's precision"),
    ("float64", "backward"): (5.4, "as its forward pass, on terms that cancel"),
}
TEMPERATURES = ({"temperature": 0.3}, {"temperature": 7.0})

REFERENCE = {
    "softmax": FoldingReference(
        forward=_softmax, backward=_softmax_backward, limits=SOFTMAX_LIMITS, examples=TEMPERATURES
    ),
    "log_softmax": FoldingReference(forward=_log_softmax, backward=_log_softmax_backward, examples=TEMPERATURES),
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
    ),
    "logmeanexp": FoldingReference(
        forward=_logmeanexp,
        backward=_logsumexp_backward,
        terms=lambda row: [max(abs(max(row)), mp.log(len(row)))],
    ),
    "max_fold": FoldingReference(forward=lambda row: [max(row)], backward=_extreme_backward(max), exact=True),
    "min_fold": FoldingReference(forward=lambda row: [min(row)], backward=_extreme_backward(min), exact=True),
    "sum_fold": FoldingReference(forward=lambda row: [mp.fsum(row)], backward=_share_backward(False)),
    "mean_fold": FoldingReference(forward=lambda row: [mp.fsum(row) / len(row)], backward=_share_backward(True)),
    "lp_norm_fold": FoldingReference(
        forward=_lp_norm,
        backward=_lp_norm_backward,
        examples=({"p": 1.0}, {"p": 3.0}, {"p": 1.5}, {"p": float("inf")}),
    ),
    "gaussian_rbf": FoldingReference(
        forward=_gaussian_rbf,
        backward=_gaussian_rbf_backward,
        examples=({"center": 0.3, "sigma": 20.0}, {"center": -1.0, "sigma": 0.7}),
    ),
    "maxout": FoldingReference(
        forward=lambda row, pieces: [max(piece) for piece in _pieces(row, pieces)],
        backward=_maxout_backward,
        examples=({"pieces": 3}, {"pieces": 5}),
        block=lambda pieces: pieces,
        exact=True,
    ),
}

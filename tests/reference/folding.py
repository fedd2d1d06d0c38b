"""True values of the folding."""

from .core import ZERO, FoldingReference, mp


def _softmax(row):
    top = max(row)
    powers = [mp.exp(x - top) for x in row]
    total = mp.fsum(powers)
    return [power / total for power in powers]


def _softmax_backward(dy, row):
    y = _softmax(row)
    inner = mp.fdot(dy, y)
    size = mp.fsum(abs(d) * p for d, p in zip(dy, y, strict=True))
    return (
        [p * (d - inner) for d, p in zip(dy, y, strict=True)],
        [p * max(abs(d), size) for d, p in zip(dy, y, strict=True)],
    )


def _log_softmax(row):
    # Without the dominant element the rest is summed apart, so that its logarithm keeps every digit.
    top = max(range(len(row)), key=row.__getitem__)
    rest = mp.fsum(mp.exp(x - row[top]) for i, x in enumerate(row) if i != top)
    return [x - row[top] - mp.log1p(rest) for x in row]


def _log_softmax_backward(dy, row):
    y = _softmax(row)
    total = mp.fsum(dy)
    size = mp.fsum(abs(d) for d in dy)
    return (
        [d - p * total for d, p in zip(dy, y, strict=True)],
        [max(abs(d), p * size) for d, p in zip(dy, y, strict=True)],
    )


def _pieces(row, pieces):
    return [row[start : start + pieces] for start in range(0, len(row), pieces)]


def _maxout_backward(dy, row, pieces):
    gradient = []
    for d, piece in zip(dy, _pieces(row, pieces), strict=True):
        first = piece.index(max(piece))
        gradient += [d if i == first else ZERO for i in range(pieces)]
    return gradient, [abs(g) for g in gradient]


REFERENCE = {
    "softmax": FoldingReference(
        forward=_softmax,
        backward=_softmax_backward,
        limits={
            ("float64", "forward"): (2.7, "exponential, sum and scaling round in the result's precision"),
            ("float64", "backward"): (5.4, "as its forward pass, on terms that cancel"),
        },
    ),
    "log_softmax": FoldingReference(forward=_log_softmax, backward=_log_softmax_backward),
    "maxout": FoldingReference(
        forward=lambda row, pieces: [max(piece) for piece in _pieces(row, pieces)],
        backward=_maxout_backward,
        examples=({"pieces": 3}, {"pieces": 5}),
        block=lambda pieces: pieces,
        exact=True,
    ),
}

"""Errors of the engine in ulp: over samples against mpmath, densely against the float64 kernel, over rows."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from activations import catalogue

from .reference import REFERENCE, mp, show
from .samples import abscissae, gradients, rows, special_values, to_mp
from .ulp import FORMATS, Truth, is_narrow, ulp_error, ulp_exponent

__all__ = [
    "Curve",
    "RowSample",
    "Sample",
    "Worst",
    "cases",
    "label",
    "measure",
    "measure_blocks",
    "measure_dense",
    "measure_rows",
    "run",
    "special_faults",
]


@dataclass
class Worst:
    """The worst error of one pass; where the derivative nears a root, counted apart in ulp of its largest term."""

    error: float = 0.0
    where: object = None
    got: object = None
    true: object = None
    near_root: float = 0.0
    root: object = None

    def __str__(self):
        text = f"{self.error:9.4f} ulp"
        if self.where is not None:
            text += f" at {self.where!s}: got {self.got!s}, true {self.true!s}"
        return text + (
            f"; near a root {self.near_root:.3f} ulp of the terms at {self.root!s}" if self.near_root else ""
        )

    def include(self, other):
        """Take over what is worse in another."""
        if not other.error <= self.error:
            self.error, self.where, self.got, self.true = other.error, other.where, other.got, other.true
        if not other.near_root <= self.near_root:
            self.near_root, self.root = other.near_root, other.root


def cases(name):
    """The parameters to test a function with: its defaults, then its reference's examples."""
    return [{}, *REFERENCE[name].examples]


def label(name, parameters):
    """A readable test id."""
    return ",".join([name, *(f"{key}={value}" for key, value in parameters.items())])


class Curve:
    """True values of one pass of an elementwise activation, with the parameters as a kernel of one dtype sees them.

    A real parameter is rounded to the type that the kernel computes in: float32 for narrower ones too. But bounds that
    an output is compared with are rounded as it was.
    """

    def __init__(self, activation, dtype, pass_):
        self.real = np.float64 if np.dtype(dtype) == np.float64 else np.float32
        self.reference = REFERENCE[activation.name]
        self.of = "derivative" if pass_ == "backward" else pass_
        self.narrow = {
            key: value if value is None or isinstance(value, (str, bool)) else float(self.real(value))
            for key, value in activation.parameters.items()
        }
        if pass_ == "from_output":
            held = {key: self.narrow[key] for key in catalogue.declarations()[activation.name].output_bounds}
            self.narrow |= {key: float(np.array(value).astype(dtype)) for key, value in held.items()}
        self.key = (activation.name, tuple(self.narrow.items()), self.of)
        self.parameters = {k: mp.mpf(v) if isinstance(v, float) else v for k, v in self.narrow.items()}

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return self.key == other.key

    def __call__(self, x):
        return self.function(x, **self.parameters)

    @property
    def function(self):
        """The reference's function of x and the parameters."""
        return self.reference.by[self.of[3:]] if self.of.startswith("by_") else getattr(self.reference, self.of)

    @property
    def terms(self):
        """The reference's magnitude of the largest term, or None."""
        if self.of.startswith("by_"):
            return self.reference.by_terms.get(self.of[3:])
        named = {
            "forward": self.reference.forward_terms,
            "derivative": self.reference.terms,
            "second_derivative": self.reference.second_terms,
        }
        return named.get(self.of)

    @property
    def kinks(self):
        return self.reference.kinks(**self.parameters)

    @property
    def has_terms(self):
        """Whether the derivative has roots between terms that cancel."""
        return self.terms is not None

    def term(self, x):
        """Magnitude of the derivative's largest term."""
        return self.terms(x, **self.parameters)

    @functools.lru_cache(maxsize=64)  # noqa: B019 -- a few curves, alive as long as the tests
    def near_roots(self):
        """The stretches where the derivative is less than half of its largest term."""
        grid = [mp.mpf(k) / 64 for k in range(-64 * 20, 64 * 20)]
        near = [abs(self(x)) < self.term(x) / 2 for x in grid]
        near[0] = near[-1] = False
        ends = [float(x) for x, a, b in zip(grid, near, near[1:], strict=False) if a != b]
        return list(zip(ends[::2], ends[1::2], strict=True))


@functools.lru_cache(maxsize=2)
def _truths(curve, points, dtype):
    """True values and, where the curve has any, terms; a backward pass asks for those of the derivative before it."""
    points = to_mp(np.frombuffer(points, dtype))
    return [curve(point) for point in points], [curve.term(point) for point in points] if curve.has_terms else None


@dataclass
class Sample:
    """Sample points of one pass of an elementwise activation with their true values."""

    curve: Curve
    pass_: str
    x: np.ndarray
    dy: np.ndarray | None
    values: list
    terms: list | None

    @classmethod
    def at(cls, curve, pass_, x, dy=None):
        """At given finite points."""
        values, terms = _truths(curve, x.tobytes(), x.dtype)
        if dy is not None:
            incoming = to_mp(dy)
            values = [d * value for d, value in zip(incoming, values, strict=True)]
            terms = terms and [abs(d) * term for d, term in zip(incoming, terms, strict=True)]
        return cls(curve, pass_, x, dy, values, terms)

    @classmethod
    def of(cls, activation, dtype, pass_, size, seed=0):
        """At about `size` points wherever something can go wrong."""
        curve = Curve(activation, dtype, pass_)
        if pass_ == "from_output":
            forward = Curve(activation, dtype, "forward")
            x = activation(abscissae(forward, dtype, size, forward.kinks, seed))
            x = np.unique(x[np.isfinite(x)])
        else:
            x = abscissae(curve, dtype, size, curve.kinks, seed)
        dy = gradients(len(x), dtype, seed) if pass_ in ("backward", "from_output") else None
        return cls.at(curve, pass_, x, dy)

    def judge(self, got, derivative=None):
        """The worst error of results.

        A backward pass may be right by either of two measures: the true derivative times `dy`, or `dy` times what
        `derivative` returned, which is held to the truth by itself: a slope that leaves the range of float32 leaves
        bfloat16's, and whatever `dy` makes of it is right.
        """
        truth = Truth.of(self.values)
        error = ulp_error(got, truth)
        if derivative is not None and got.dtype != np.float16:
            products = zip(to_mp(self.dy), to_mp(derivative), strict=True)
            error = np.minimum(error, ulp_error(got, Truth.of([d * value for d, value in products])))
            if not is_narrow(got.dtype):
                error = np.ldexp(error, -_below_slope(truth.exponent, self.dy))
        worst = Worst()
        if self.terms:
            near = np.array([abs(value) < term / 2 for value, term in zip(self.values, self.terms, strict=True)])
            lost = ulp_exponent(Truth.of(self.terms).exponent, got.dtype) - ulp_exponent(truth.exponent, got.dtype)
            if is_narrow(got.dtype):  # computed through float32, with more digits: only the rest counts here
                more = FORMATS["float32"].digits - FORMATS[got.dtype.name].digits
                error = np.where(near, np.maximum(error - np.ldexp(2.0, lost - more), 0.0), error)
            else:
                rescaled = np.where(near, np.ldexp(error, -lost), 0.0)
                k = int(rescaled.argmax())
                worst.near_root, worst.root = float(rescaled[k]), self.x[k]
                error = np.where(near, 0.0, error)
        k = int(error.argmax())
        worst.error, worst.where, worst.got, worst.true = float(error[k]), self.x[k], got[k], show(self.values[k])
        return worst


def run(activation, pass_, x, dy=None):
    """One pass of the engine, which must keep the dtype; `x` is the output for the pass that works from it."""
    if pass_ == "backward":
        result = activation.backward(dy, x)
    elif pass_ == "from_output":
        result = activation.backward(dy, None, y=x)
    elif pass_.startswith("by_"):
        result = activation._apply(pass_, (np.ones_like(x), x), activation.parameters, {})
    else:
        result = activation(x) if pass_ == "forward" else getattr(activation, pass_)(x)
    if result.dtype != x.dtype:
        raise AssertionError(f"{activation!r}: {pass_} of {x.dtype} gave {result.dtype}")
    return result


def _slopes(activation, x):
    """Slopes in the type that a gradient of x is computed in; None for float16, whose range float32's never leaves."""
    if x.dtype == np.float16:
        return None
    return activation.derivative(x.astype(np.float32) if is_narrow(x.dtype) else x)


def measure(activation, dtype, pass_="forward", size=4000, seed=0):
    """Worst error of an elementwise activation over about `size` samples, against mpmath."""
    sample = Sample.of(activation, dtype, pass_, size, seed)
    got = run(activation, pass_, sample.x, sample.dy)
    return sample.judge(got, _slopes(activation, sample.x) if pass_ == "backward" else None)


def _below_slope(exponent, dy):
    """By how many powers of two a product's ulp is finer than `dy` times the spacing of slopes below the normal range.

    A slope down there is known to its spacing only, and `dy` multiplies that.
    """
    floor = FORMATS[dy.dtype.name].lowest + np.frexp(np.abs(dy).astype(float))[1]
    top = np.maximum(exponent, floor)
    return ulp_exponent(top, dy.dtype) - ulp_exponent(exponent, dy.dtype)


def _rough_error(got, true):
    """Errors in ulp of float64 results taken as exact, as well as they can be told in float64."""
    form = FORMATS[got.dtype.name]
    # The power of two below each true value, read off its bits.
    power = np.maximum(true.view(np.int64) & (0x7FF << 52), (1023 + form.lowest) << 52).view(np.float64)
    with np.errstate(all="ignore"):
        error = np.abs(got.astype(np.float64) - true) / (power * np.ldexp(1.0, 1 - form.digits))
    special = ~np.isfinite(error)
    if special.any():
        error[special] = ulp_error(got[special], Truth.of_doubles(true[special]))
    return error


@dataclass
class Suspects:
    """Points at which results seem to be off most, of however many; mpmath judges them in the end."""

    x: np.ndarray
    dy: np.ndarray | None
    got: np.ndarray
    slopes: np.ndarray | None
    error: np.ndarray

    @classmethod
    def among(cls, error, x, dy, got, slopes, count=64):
        """The worst of them."""
        pick = error.argpartition(-count)[-count:] if count < len(error) else np.arange(len(error))
        taken = [each if each is None else each[pick] for each in (x, dy, got, slopes)]
        return cls(*taken, error[pick])

    def joined(self, other):
        """The worst of both."""
        pairs = [(getattr(self, key), getattr(other, key)) for key in ("error", "x", "dy", "got", "slopes")]
        return Suspects.among(*(None if a is None else np.concatenate([a, b]) for a, b in pairs))

    def judged(self, curve, pass_):
        """The worst of them by the true values."""
        return Sample.at(curve, pass_, self.x, self.dy).judge(self.got, self.slopes)


def measure_dense(activation, x, pass_="forward", seed=0, got=None):
    """Worst error over many points of float32 or a narrower type, NaN and infinities included.

    The float64 kernel, which is measured against mpmath by itself, points out the suspects; mpmath judges them. `got`
    are somebody else's results for the same points, of which only those at finite points are judged.
    """
    return measure_blocks(activation, [x], pass_, seed, got)


def measure_blocks(activation, blocks, pass_="forward", seed=0, got=None):
    """`measure_dense` over as many points as there are in all blocks, at the cost of no more suspects."""
    worst, suspects = Worst(), {}
    for x in blocks:
        curve = Curve(activation, x.dtype, pass_)
        for key, error, operands in _errors(activation, curve, x, pass_, seed, got):
            if key == "special":
                worst.include(operands)
            elif key not in suspects:
                suspects[key] = Suspects.among(error, *operands)
            elif error.max() > suspects[key].error.min():
                suspects[key] = suspects[key].joined(Suspects.among(error, *operands))
    for found in suspects.values():
        worst.include(found.judged(curve, pass_))
    return worst


def _errors(activation, curve, x, pass_, seed, theirs):
    """Rough errors near roots and elsewhere with their operands, and what is wrong at NaN and infinities."""
    dy = gradients(len(x), x.dtype, seed) if pass_ == "backward" else None
    got = run(activation, pass_, x, dy) if theirs is None else theirs
    with np.errstate(all="ignore"):
        true = run(activation.bind(**curve.narrow), curve.of, x.astype(np.float64))
        true = true if dy is None else true * dy.astype(np.float64)
    error = _rough_error(got, true)
    slopes = _slopes(activation, x) if dy is not None else None
    if slopes is not None:
        # Right by the other measure of `judge`: no suspects, who would hide those who are wrong by both.
        with np.errstate(all="ignore"):
            product = dy.astype(np.float64) * slopes.astype(np.float64)
        error = np.minimum(error, _rough_error(got, product))
        if not is_narrow(x.dtype):
            error = np.ldexp(error, -_below_slope(Truth.of_doubles(true).exponent, dy))
    with np.errstate(invalid="ignore"):  # ml_dtypes' NaN
        place = x.astype(np.float64)
    finite = np.isfinite(place)
    bad = ~finite & (error > 0.51)
    if theirs is None and bad.any():
        k = int(bad.argmax())
        yield "special", error, Worst(np.inf, x[k], got[k], true[k])
    error[~finite] = 0.0
    operands = (x, dy, got, slopes)
    if curve.has_terms:
        near = np.zeros(len(x), bool)
        least, most = np.fmin.reduce(place), np.fmax.reduce(place)
        for low, high in curve.near_roots():
            if low < most and least < high:
                near |= (place > low) & (place < high)
        if near.any():
            with np.errstate(all="ignore"):
                distance = np.abs(got.astype(np.float64) - true)[near]
            yield "near", distance, [each if each is None else each[near] for each in operands]
        error[near] = 0.0
    if finite.all():
        yield "far", error, operands
    elif finite.any():
        yield "far", error[finite], [each if each is None else each[finite] for each in operands]


@dataclass
class RowSample:
    """One row of a folding activation with its true values; a gradient's errors count in ulp of its largest terms."""

    name: str
    row: np.ndarray
    dy: np.ndarray | None
    values: list
    terms: list | None

    @classmethod
    def all(cls, activation, dtype, pass_, **options):
        """Every named row of one dtype."""
        reference = REFERENCE[activation.name]
        parameters = {key: value for key, value in activation.parameters.items() if key != "axis"}
        for name, row in rows(dtype, block=reference.block(**parameters), **options):
            points = to_mp(row)
            if pass_ == "forward":
                terms = reference.terms(points, **parameters) if reference.terms else None
                yield cls(name, row, None, reference.forward(points, **parameters), terms)
            elif np.isfinite(row).all():
                dy = gradients(len(reference.forward(points, **parameters)), dtype)
                yield cls(name, row, dy, *reference.backward(to_mp(dy), points, **parameters))

    def judge(self, got):
        """The worst element of a result."""
        got = np.atleast_1d(got)
        truth = Truth.of(self.values)
        error = ulp_error(got, truth)
        if self.terms:
            top = np.maximum(Truth.of(self.terms).exponent, truth.exponent)
            if self.dy is not None:
                # An output below the normal range is known to its spacing only, and the gradient multiplies that.
                floor = FORMATS[got.dtype.name].lowest + int(np.frexp(np.abs(self.dy).astype(float).sum())[1])
                top = np.maximum(top, floor)
            error = np.ldexp(error, ulp_exponent(truth.exponent, got.dtype) - ulp_exponent(top, got.dtype))
        k = int(error.argmax())
        return Worst(float(error[k]), f"{self.name}, [{k}]", got[k], show(self.values[k]))


def measure_rows(activation, dtype, pass_="forward", **options):
    """Worst error per element of a folding activation over rows, against mpmath."""
    worst = Worst()
    for sample in RowSample.all(activation, dtype, pass_, **options):
        worst.include(sample.judge(run(activation, pass_, sample.row, sample.dy)))
    return worst


def special_faults(activation, dtype, pass_="forward"):
    """What comes out wrong for NaN, infinities (the limit is due), zeros, subnormals and the ends of the range."""
    curve = Curve(activation, dtype, pass_)
    x = special_values(dtype)
    got = run(activation, pass_, x, np.ones_like(x))
    far = mp.mpf(10) ** 5000
    faults = []
    for value, result in zip(x.tolist(), got, strict=True):
        true = mp.nan
        if not np.isnan(value):
            true = curve({np.inf: far, -np.inf: -far}.get(value) or mp.mpf(value))
        # A logarithm of 10^5000 is no larger than some thousands, and that of infinity is infinity.
        if np.isinf(value) and np.isinf(result) and abs(true) > 1000 and (result > 0) == (true > 0):
            continue
        if not ulp_error(np.array([result]), Truth.of([true]))[0] <= 2:
            faults.append(f"{pass_} at {value}: {result}, not {show(true)}")
    return faults

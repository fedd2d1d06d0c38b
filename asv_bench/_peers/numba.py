"""numba: hand-written one-pass kernels, as @vectorize and as @njit, each also with fastmath."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numba
import numpy as np
from numba import njit, prange, vectorize

from . import numba_lines, spelling
from .cases import SLOPE, Case
from .contender import Contender

version = numba.__version__

# Arguments of the scalar functions, by direction: what the kernels below read.
OPERANDS = {
    "forward": ("x",),
    "backward x": ("dy", "x"),
    "backward y": ("dy", "y"),
    "backward which": ("dy", "which"),
}


@cache
def scalars(real: type) -> dict[tuple[str, str], Callable[..., Any]]:
    """The functions of one element; constants are of its type, since a Python float would make all double."""
    zero, half, one, slope = real(0), real(0.5), real(1), real(SLOPE)
    root_half, density = real(math.sqrt(0.5)), real(1 / math.sqrt(2 * math.pi))
    scale, cubic, cubic3 = (real(math.sqrt(2 / math.pi) * factor) for factor in (1, 0.044715, 3 * 0.044715))
    exp, expm1, log1p, tanh, erf = math.exp, math.expm1, math.log1p, math.tanh, math.erf

    def gelu_backward(dy, x):
        return dy * (half * (one + erf(x * root_half)) + x * density * exp(-half * x * x))

    def gelu_tanh_backward(dy, x):
        t = tanh(x * (scale + cubic * x * x))
        return dy * (half * (one + t) + half * x * (one - t * t) * (scale + cubic3 * x * x))

    def silu_backward(dy, x):
        s = one / (one + exp(-x))
        return dy * s * (one + x * (one - s))

    return {
        ("relu", "forward"): lambda x: max(x, zero),
        ("relu", "backward x"): lambda dy, x: dy if x > zero else zero,
        ("leaky_relu", "forward"): lambda x: x if x > zero else slope * x,
        ("leaky_relu", "backward x"): lambda dy, x: dy if x > zero else slope * dy,
        ("sigmoid", "forward"): lambda x: one / (one + exp(-x)),
        ("sigmoid", "backward y"): lambda dy, y: dy * y * (one - y),
        ("tanh", "forward"): lambda x: tanh(x),
        ("tanh", "backward y"): lambda dy, y: dy * (one - y * y),
        ("silu", "forward"): lambda x: x / (one + exp(-x)),
        ("silu", "backward x"): silu_backward,
        ("gelu", "forward"): lambda x: half * x * (one + erf(x * root_half)),
        ("gelu", "backward x"): gelu_backward,
        ("gelu_tanh", "forward"): lambda x: half * x * (one + tanh(x * (scale + cubic * x * x))),
        ("gelu_tanh", "backward x"): gelu_tanh_backward,
        ("softplus", "forward"): lambda x: max(x, zero) + log1p(exp(-abs(x))),
        ("softplus", "backward x"): lambda dy, x: dy / (one + exp(-x)),
        ("elu", "forward"): lambda x: x if x > zero else expm1(x),
        ("elu", "backward x"): lambda dy, x: dy if x > zero else dy * exp(x),
        ("elu", "backward y"): lambda dy, y: dy if y > zero else dy * (y + one),
    }


def _loops(scalar: Callable[..., Any], operands: int) -> Callable[..., None]:
    def forward(x, out):
        for i in prange(x.size):
            out[i] = scalar(x[i])

    def backward(dy, x, out):
        for i in prange(x.size):
            out[i] = scalar(dy[i], x[i])

    return forward if operands == 1 else backward


# Unsigned indices: signed ones may be negative, count from the end then, and keep stores from vectorising.
unsigned = np.uint64


def _softmax(x, out):
    for r in prange(unsigned(x.shape[0])):
        top = x[r, 0]
        for c in range(unsigned(x.shape[1])):
            top = max(top, x[r, c])
        total = x.dtype.type(0)
        for c in range(unsigned(x.shape[1])):
            out[r, c] = math.exp(x[r, c] - top)
            total += out[r, c]
        for c in range(unsigned(x.shape[1])):
            out[r, c] /= total


def _softmax_backward(dy, y, out):
    for r in prange(unsigned(y.shape[0])):
        total = y.dtype.type(0)
        for c in range(unsigned(y.shape[1])):
            total += dy[r, c] * y[r, c]
        for c in range(unsigned(y.shape[1])):
            out[r, c] = y[r, c] * (dy[r, c] - total)


def _log_softmax(x, out):
    for r in prange(unsigned(x.shape[0])):
        top = x[r, 0]
        for c in range(unsigned(x.shape[1])):
            top = max(top, x[r, c])
        total = x.dtype.type(0)
        for c in range(unsigned(x.shape[1])):
            total += math.exp(x[r, c] - top)
        top += math.log(total)
        for c in range(unsigned(x.shape[1])):
            out[r, c] = x[r, c] - top


def _log_softmax_backward(dy, y, out):
    for r in prange(unsigned(y.shape[0])):
        total = y.dtype.type(0)
        for c in range(unsigned(y.shape[1])):
            total += dy[r, c]
        for c in range(unsigned(y.shape[1])):
            out[r, c] = dy[r, c] - math.exp(y[r, c]) * total


def _maxout2(x, out):
    for i in prange(unsigned(out.size)):
        j = unsigned(2) * i
        out[i] = max(x[j], x[j + unsigned(1)])


def _maxout3(x, out):
    for i in prange(unsigned(out.size)):
        j = unsigned(3) * i
        out[i] = max(max(x[j], x[j + unsigned(1)]), x[j + unsigned(2)])


def _maxout2_backward(dy, x, out):
    for i in prange(unsigned(dy.size)):
        j = unsigned(2) * i
        d, zero = dy[i], dy.dtype.type(0)
        first = x[j] >= x[j + unsigned(1)]
        out[j] = d if first else zero
        out[j + unsigned(1)] = zero if first else d


def _maxout3_backward(dy, x, out):
    for i in prange(unsigned(dy.size)):
        j = unsigned(3) * i
        a, b, c = x[j], x[j + unsigned(1)], x[j + unsigned(2)]
        d, zero = dy[i], dy.dtype.type(0)
        first, second = (a >= b) & (a >= c), (b > a) & (b >= c)
        out[j] = d if first else zero
        out[j + unsigned(1)] = d if second else zero
        out[j + unsigned(2)] = zero if first | second else d


def _maxout2_backward_which(dy, which, out):
    for i in prange(unsigned(dy.size)):
        j = unsigned(2) * i
        d, zero = dy[i], dy.dtype.type(0)
        out[j] = d if which[i] == 0 else zero
        out[j + unsigned(1)] = d if which[i] == 1 else zero


def _maxout3_backward_which(dy, which, out):
    for i in prange(unsigned(dy.size)):
        j = unsigned(3) * i
        d, zero = dy[i], dy.dtype.type(0)
        out[j] = d if which[i] == 0 else zero
        out[j + unsigned(1)] = d if which[i] == 1 else zero
        out[j + unsigned(2)] = d if which[i] == 2 else zero


FOLDING = {
    ("softmax", "forward"): _softmax,
    ("softmax", "backward y"): _softmax_backward,
    ("log_softmax", "forward"): _log_softmax,
    ("log_softmax", "backward y"): _log_softmax_backward,
    ("maxout2", "forward"): _maxout2,
    ("maxout2", "backward x"): _maxout2_backward,
    ("maxout2", "backward which"): _maxout2_backward_which,
    ("maxout3", "forward"): _maxout3,
    ("maxout3", "backward x"): _maxout3_backward,
    ("maxout3", "backward which"): _maxout3_backward_which,
}


def _compiled(kernel: Callable[..., None], threads: int) -> Iterator[tuple[str, Callable[..., None]]]:
    for fastmath in (False, True):
        for parallel in (False, True)[: 1 + (threads > 1)]:
            label = "njit" + " parallel" * parallel + " fastmath" * fastmath
            # NumPy's error model, else a division by zero is tested for and nothing vectorises.
            yield label, njit(fastmath=fastmath, parallel=parallel, error_model="numpy", nogil=True)(kernel)


def unfit(case: Case) -> str:
    """Why it is not raced in the case, if so."""
    return "it has no float16" if case.data.dtype == np.float16 else ""


def _ufuncs(scalar: Callable[..., Any], operands: tuple[str, ...], case: Case) -> Iterator[Contender]:
    element, arguments = numba.from_dtype(case.data.dtype), ", ".join(operands)
    for fastmath in (False, True):
        ufunc = vectorize([element(*[element] * len(operands))], fastmath=fastmath)(scalar)
        label = "vectorize" + " fastmath" * fastmath
        yield Contender("numba", (f"ufunc({arguments})",), case.names | {"ufunc": ufunc}, label)
        yield Contender("numba", (f"ufunc({arguments}, out)",), case.names | {"ufunc": ufunc}, label)


def _kernels(
    kernel: Callable[..., None], operands: tuple[str, ...], names: dict[str, Any], threads: int
) -> Iterator[Contender]:
    arguments = ", ".join(operands)
    for label, compiled in _compiled(kernel, threads):
        yield Contender("numba", (f"kernel({arguments}, out)",), names | {"kernel": compiled}, label, result="out")


def _inline(scalar: Callable[..., Any]) -> Callable[..., Any]:
    return njit(inline="always", error_model="numpy")(scalar)


def _of_formula(case: Case) -> Iterator[Contender]:
    """What a line of `formulas` says."""
    formula, real = case.formula, case.data.dtype.type
    if formula.gated and case.backward:
        both = [_inline(spelling.scalar(text, ("dy", "a", "b"), real)) for text in formula.backward]
        yield from _kernels(numba_lines.gates(*both), ("dy", "a", "b"), case.names, case.threads)
        return
    for text, operands in formula.texts(case.backward):
        scalar = spelling.scalar(text, operands, real)
        yield from _ufuncs(scalar, operands, case)
        # On one thread the ufunc is this loop already, and compiling takes longer than the race.
        if case.threads > 1 and not formula.gated:
            yield from _kernels(_loops(_inline(scalar), len(operands)), operands, case.names, case.threads)


def _along_lines(case: Case) -> Iterator[Contender]:
    """Folding along an axis in whose steps other lines lie side by side."""
    pieces = case.pieces
    for form, operands in OPERANDS.items():
        if kernel := form.startswith(case.direction) and numba_lines.KERNELS.get((case.name, form)):
            names = {"x": numba_lines.lines(case, case.names["x"]), "out": numba_lines.lines(case, case.names["out"])}
            names |= {name: numba_lines.lines(case, case.names[name]) for name in ("dy", "y") if name in case.names}
            if pieces > 1 and case.backward:
                which = case.split(case.names["x"]).argmax(axis=case.at).astype(np.int8)
                names["which"] = numba_lines.lines(case, which)
            yield from _kernels(kernel, operands, names, case.threads)


def contenders(case: Case) -> Iterator[Contender]:
    real = case.data.dtype.type
    if case.formula:
        yield from _of_formula(case)
        return
    if case.by_row and case.axis >= 0:
        yield from _along_lines(case)
        return
    for form, operands in OPERANDS.items():
        if not form.startswith(case.direction):
            continue
        key, names = (case.function, form), case.names
        if key in FOLDING:
            kernel = FOLDING[key]
        elif scalar := scalars(real).get(key):
            yield from _ufuncs(scalar, operands, case)
            kernel = _loops(_inline(scalar), len(operands))
        else:
            continue
        if case.pieces > 1:
            which = names["x"].reshape(*case.folded_shape, case.pieces).argmax(axis=-1).astype(np.int8)
            names = {
                name: array.reshape(-1)
                for name, array in (names | {"which": which}).items()
                if isinstance(array, np.ndarray)
            }
        yield from _kernels(kernel, operands, names, case.threads)


@njit(parallel=False)
def _add(a, b, out):
    for i in range(out.size):
        out[i] = a[i] + b[i]


@njit(parallel=True)
def _add_parallel(a, b, out):
    for i in prange(out.size):
        out[i] = a[i] + b[i]


@njit(parallel=True)
def _copy_parallel(a, out):
    for i in prange(out.size):
        out[i] = a[i]


def copies(case: Case, sources: int, names: dict[str, np.ndarray]) -> Iterator[Contender]:
    """Loops that only move the bytes of `copy.contenders`, from one source or from two."""
    if sources == 2:
        yield Contender("copy", ("kernel(a, b, out)",), names | {"kernel": _add}, "numba loop", result="out")
    if case.threads > 1:
        kernel, arguments = (_add_parallel, "a, b, out") if sources == 2 else (_copy_parallel, "a, out")
        yield Contender(
            "copy", (f"kernel({arguments})",), names | {"kernel": kernel}, "numba parallel loop", result="out"
        )

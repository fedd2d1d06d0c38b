"""The tables of polynomials that AVX-512's loops look up: ``python -m tests.tables`` writes kernels/tables.h.

From 0 on there are thirty-two intervals about the multiples of a step. In each of them the value is a head and a
polynomial without a constant in the distance from the interval's middle. That middle is the float32 number near by
where the function is next to a number that float32 has, the head, or one with fewer digits than that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mpmath
import numpy as np
from mpmath import mpf

import activations

HEADER = Path(activations.__file__).parent / "kernels" / "tables.h"
INTERVALS = 32
TRIED = 30000
TINY = mpf(10) ** -15
START = """\
/* Polynomials on thirty-two intervals, for the loops of AVX-512: look_up.h says what the rows are, tests/tables.py of
 * what functions; python -m tests.tables writes this file. */
#ifndef ACTIVATIONS_TABLES_H
#define ACTIVATIONS_TABLES_H

#include "look_up.h"
#include "machine.h"

"""


@dataclass(frozen=True)
class Table:
    """A function of a >= 0, from where on no more is looked up, the step from interval to interval, the degree, and the
    place of the last of the heads' digits."""

    function: Callable[[mpf], mpf]
    end: float
    step: float
    degree: int
    place: int | None = None


def normal_deficit(a):
    """v with which Phi(-a) = exp(v - a^2 / 2) / 2."""
    return a * a / 2 + mpmath.log(2 * mpmath.ncdf(-a))


def normal_slope(a):
    """What the density's exponential is multiplied by in gelu's slope at -a."""
    return mpmath.exp(a * a / 2) * mpmath.ncdf(-a) - a / mpmath.sqrt(2 * mpmath.pi)


def by_argument(function, power=1):
    """function(a) / a^power, of functions that are like that power at 0: nowhere does what is left vary much."""
    return lambda a: function(max(a, TINY)) / max(a, TINY) ** power


# gelu's tables end where the power of two that they are multiplied by, with SCALE, is just what is spelt as 0: a result
# too small to be normal would take a hundred cycles.
TABLES = {
    "gelu": Table(normal_deficit, 16.087, 131 / 256, 5, place=15),
    "gelu_slope": Table(normal_slope, 16.272, 133 / 256, 6),
    "erf": Table(by_argument(mpmath.erf), 3.98, 65 / 512, 4),
    "tanh": Table(by_argument(mpmath.tanh), 9.2, 75 / 256, 5),
    "lisht_slope": Table(by_argument(lambda a: mpmath.tanh(a) + a / mpmath.cosh(a) ** 2), 10.7, 11 / 32, 6),
    "tanh_shrink": Table(by_argument(lambda a: a - mpmath.tanh(a), 3), 9.47, 77 / 256, 6),
    "tanh_shrink_slope": Table(by_argument(lambda a: mpmath.tanh(a) ** 2, 2), 9.47, 77 / 256, 6),
}


def single(value, place=None):
    """The value rounded to float32, or to so many binary places."""
    if place is not None:
        return mpf(int(mpmath.nint(value * 2**place))) / 2**place
    return mpf(float(np.float32(float(value))))


def interpolated(function, low, high, degree):
    """Coefficients of 1, d ... of the polynomial through a function's values at Chebyshev's points."""
    points = [
        (low + high) / 2 + (high - low) / 2 * mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * degree + 2))
        for k in range(degree + 1)
    ]
    matrix = mpmath.matrix([[point**power for power in range(degree + 1)] for point in points])
    return list(mpmath.lu_solve(matrix, mpmath.matrix([function(point) for point in points])))


def middle(table, k):
    """A float32 number near the k-th multiple of the step where the function nearly is one, too, and that one."""
    start = np.float32(max(k, 1 / 4) * table.step)
    series = mpmath.taylor(table.function, mpf(float(start)), 6)
    unit = float(np.spacing(np.float32(float(series[0])))) if table.place is None else 2.0**-table.place
    moves = np.arange(-TRIED, TRIED) * float(np.spacing(start))
    places = np.polyval([float(term / unit) for term in reversed(series[1:])] + [float((series[0] / unit) % 1)], moves)
    number = mpf(float(start) + float(moves[np.argmin(np.abs(places - np.rint(places)))]))
    return number, single(table.function(number), table.place)


def interval(table, k):
    """The coefficients of one interval, in the order of the rows."""
    exact = table.function(mpf(0))
    centre, head = (mpf(0), single(exact)) if k == 0 and abs(exact - single(exact)) < TINY else middle(table, k)
    low, high = (mpf(max(k - 0.5, 0)) * table.step - centre, mpf(k + 0.5) * table.step - centre)
    value = table.function(centre)

    def steepness(d):
        d = d if abs(d) > TINY else TINY
        return (table.function(centre + d) - value) / d

    return [centre, *(single(term) for term in reversed(interpolated(steepness, low, high, table.degree - 1))), head]


def rows(table):
    """The coefficients as rows of thirty-two."""
    with mpmath.workdps(100):
        return np.array([interval(table, k) for k in range(INTERVALS)], object).T


def text():
    """The header."""
    parts = [START]
    for name, table in TABLES.items():
        parts.append(f"ACT_BOUND(float, act_{name}_end, {table.end}f)\n")
        parts.append(f"#define ACT_{name.upper()}_STEP {table.step}f\n")
        parts.append(f"#define ACT_{name.upper()}_DEGREE {table.degree}\n")
        parts.append(f"static const float act_{name}_table[{table.degree + 2} * {INTERVALS}] = {{\n")
        for row in rows(table):
            spelled = [f"{float(value).hex()}f" for value in row]
            spelled = [each.replace("0x0.0p+0f", "0.0f").replace("0000000p", "p") for each in spelled]
            lines = [", ".join(spelled[at : at + 6]) for at in range(0, INTERVALS, 6)]
            parts.append("".join(f"    {line},\n" for line in lines))
        parts.append("};\n\n")
    return "".join(parts) + "#endif\n"


if __name__ == "__main__":
    HEADER.write_text(text())

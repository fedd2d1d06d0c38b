"""The check of speed, which needs the author's own NumPy expression to compare with."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np

from activations.activation import Activation
from activations.testing.samples import points

__all__ = ["speed"]


def speed(f: Activation, expression: Callable, rounds: int = 25) -> float:
    """Time of f over that of a NumPy expression, on 65,536 float32 elements.

    Parameters
    ----------
    f : Activation
    expression : callable
        ``expression(x)``, what a user would write without the activation; or another activation.
    rounds : int
        Each round times both, one after the other; the least time of each counts.

    Returns
    -------
    float
        Below 1 where the activation is faster.

    Raises
    ------
    AssertionError
        If the two do not agree: nothing is timed then.
    """
    x = points(f, np.float32, (64, 1024))
    if not np.allclose(f(x), expression(x), rtol=1e-4, atol=1e-6, equal_nan=True):
        raise AssertionError("the expression does not give what the activation gives: there is nothing to compare")
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for k, function in enumerate((f, expression)):
            start = perf_counter()
            function(x)
            best[k] = min(best[k], perf_counter() - start)
    return best[0] / best[1]

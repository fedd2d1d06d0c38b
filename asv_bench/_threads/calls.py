"""The calls that are timed, the bytes that they move, and how long they take."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter

import numpy as np

import activations

# A pass of an activation: whether it is backward, from the saved output, and the operands beside x.
FORWARD = ("relu", "leaky_relu", "sigmoid", "gelu", "tanh", "softmax", "maxout")
BACKWARD = ("relu.backward", "sigmoid.backward")
CALLS = (*FORWARD, *BACKWARD)
COLUMNS = 1024
# A call is repeated until a burst takes as long, in seconds.
BURST = 4e-4


def arrays(size: int, number: int) -> list[np.ndarray]:
    """Float32 arrays of so many elements, normally distributed, written once so that their memory is there."""
    rng = np.random.default_rng(0)
    block = rng.standard_normal(min(size, 1 << 16), dtype=np.float32)
    return [np.resize(block, size) for _ in range(number)]


def call(title: str, size: int) -> tuple[Callable[[], object], int]:
    """A call on arrays of so many elements, its result given (``out=``), and the elements that it reads and writes."""
    name, _, backward = title.partition(".")
    f = activations.get(name)
    x, dy, out = arrays(size, 3)
    if backward:
        if f.saves == "either" or f.saves == "y":
            y = f(x)
            return (lambda: f.backward(dy, None, y=y, out=out)), 3 * size
        return (lambda: f.backward(dy, x, out=out)), 3 * size
    if name == "maxout":
        half = out[: size // 2]
        return (lambda: f(x, out=half)), size + size // 2
    if name == "softmax":
        x, out = (each.reshape(-1, 64 if size % COLUMNS else COLUMNS) for each in (x, out))
    return (lambda: f(x, out=out)), 2 * size


def copy(elements: int, threads: int) -> Callable[[], object]:
    """A copy that reads and writes so many elements in total, by `numpy.copyto` in so many Python threads."""
    from concurrent.futures import ThreadPoolExecutor

    source, to = arrays(elements // 2, 2)
    if threads == 1:
        return lambda: np.copyto(to, source)
    pool = ThreadPoolExecutor(threads)
    pieces = list(zip(np.array_split(to, threads), np.array_split(source, threads), strict=True))
    return lambda: list(pool.map(lambda piece: np.copyto(*piece), pieces))


def burst(timed: Callable[[], object]) -> float:
    """The least time of a call of a short burst, the first of which only brings memory and threads back."""
    timed()
    least, begun = float("inf"), perf_counter()
    while True:
        start = perf_counter()
        timed()
        now = perf_counter()
        least = min(least, now - start)
        if now - begun > BURST:
            return least


def interleaved(contenders: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each contender returns in each round; they take turns, and every round begins with another one."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order:
                found[name].append(contenders[name]())
            order.append(order.pop(0))
    finally:
        gc.enable()
    return found


def on(threads: int, timed: Callable[[], float]) -> Callable[[], float]:
    """The same with so many threads for a call."""

    def limited() -> float:
        with activations.num_threads(threads):
            return timed()

    return limited

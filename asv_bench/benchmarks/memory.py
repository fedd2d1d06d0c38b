"""What a call takes of memory beyond its result: buffers, which do not grow with the arrays."""

from __future__ import annotations

import contextlib
import ctypes
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .common import COLUMNS, arrays, enrolled, get, is_elementwise

BYTES = 1 << 23
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
LAYOUTS = ("rows", "every other", "first axis", "float16")
GIVEN = ("nothing", "out", "bias", "where", "bias and where", "rng")
_THP_DISABLE = 41  # prctl's number


@contextlib.contextmanager
def small_pages() -> Iterator[None]:
    """Huge pages come two megabytes at a time, whoever asks for some bytes of them."""
    process = ctypes.CDLL(None)
    process.prctl(_THP_DISABLE, 1, 0, 0, 0)
    try:
        yield
    finally:
        process.prctl(_THP_DISABLE, 0, 0, 0, 0)


def peak(call: Callable[[], object]) -> int:
    """The bytes by which the resident memory of this process is larger at most while `call` runs (Linux), its results
    aside. What the C library has kept of freed memory goes back first: an array laid there would not be seen."""
    call()  # imports, and buffers that are kept
    ctypes.CDLL(None).malloc_trim(0)
    RESET.write_text("5")
    before = _status("VmRSS")
    result = call()
    held = sum(each.nbytes for each in (result if isinstance(result, tuple) else (result,)))
    return max(0, _status("VmHWM") - before - held)


def _status(field: str) -> int:
    return 1024 * int(re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text()).group(1))


class Memory:
    """Bytes beyond the result, the most of several layouts: rows of 1,024, of every other element, of float16, and
    (folding and gated kinds) columns along the first axis; arrays of 8 MiB. Beside x a call is given memory for the
    result, a bias, a mask, a generator."""

    params = (enrolled(), ("forward", "backward"), GIVEN)
    param_names = ("function", "pass", "given")
    unit = "bytes"
    number = 1

    def setup(self, function: str, which: str, given: str) -> None:
        self.f = get(function)
        try:
            RESET.write_text("5")
        except OSError:
            raise NotImplementedError("the kernel does not let a process reset its peak of memory") from None
        self.elementwise = is_elementwise(self.f)
        self.layouts = [each for each in LAYOUTS if not (each == "first axis" and self.elementwise)]
        if which == "backward" and given == "rng":
            raise NotImplementedError("backward draws nothing")
        if "bias" in given and "bias" in self.f.parameters:
            raise NotImplementedError("its bias is a parameter of its own")
        try:
            self.call("rows", which, given, rows=2)()
        except TypeError as error:
            raise NotImplementedError(f"{function} does not take it") from error

    def call(self, layout: str, which: str, given: str, rows: int = 0) -> Callable[[], object]:
        f = self.f
        dtype = "float16" if layout == "float16" else "float32"
        row, _ = arrays(f, COLUMNS, dtype)
        rows = rows or BYTES // row.nbytes
        step = 2 if layout == "every other" else 1
        x = np.empty((rows, step * COLUMNS), dtype)[:, ::step]
        x[...] = row
        keywords = {"axis": 0} if layout == "first axis" else {}
        y = f(x, **keywords)
        operands = (x,) if which == "forward" else (np.ones_like(y), x)
        if "bias" in given:
            keywords["bias"] = np.linspace(-1, 1, COLUMNS, dtype=dtype)
        if "where" in given:
            # Folds leave elements out; the others' masks are those of ufuncs, for which NumPy calls the loop once for
            # each run of elements.
            shape = x.shape if f.kind == "folding" or (which == "backward" and f.name == "crelu") else y.shape
            period = 7 if f.kind == "folding" else 301
            keywords["where"] = np.broadcast_to(np.arange(shape[-1]) % period > period // 3, shape).copy()
        if given == "rng":
            keywords["rng"] = np.random.default_rng(0)
        if given == "out" or ("where" in given and f.kind != "folding"):
            keywords["out"] = y if which == "forward" else np.empty_like(x)
        run = f if which == "forward" else f.backward

        def call():
            result = run(*operands, **keywords)
            return () if "out" in keywords else result

        return call

    def track_beyond_the_result(self, function: str, which: str, given: str) -> int:
        with small_pages(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what float16 cannot hold
            return max(peak(self.call(layout, which, given)) for layout in self.layouts)

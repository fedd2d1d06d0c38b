"""What a call takes of memory beyond its result: buffers, which do not grow with the arrays."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .common import COLUMNS, DTYPES, arrays, enrolled, get

SIZE = 1 << 22
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak(call: Callable[[], np.ndarray]) -> int:
    """The bytes by which the resident memory of this process is larger at most while `call` runs (Linux)."""
    call()  # imports, and buffers that are kept
    RESET.write_text("5")
    before = _status("VmRSS")
    result = call()
    held = result.nbytes if isinstance(result, np.ndarray) else 0
    return max(0, _status("VmHWM") - before - held)


def _status(field: str) -> int:
    return 1024 * int(re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text()).group(1))


class Memory:
    """Bytes beyond the result, of 4 million elements in rows of 1,024."""

    params = (enrolled(), ("forward", "backward"), DTYPES)
    param_names = ("function", "pass", "dtype")
    unit = "bytes"
    number = 1

    def setup(self, function: str, which: str, dtype: str) -> None:
        f = get(function)
        x, _ = arrays(f, COLUMNS, dtype)
        x = np.resize(x, (SIZE // COLUMNS, COLUMNS))
        dy = np.ones_like(f(x)) if which == "backward" else None
        self.call = (lambda: f(x)) if which == "forward" else (lambda: f.backward(dy, x))
        with contextlib.suppress(OSError):
            RESET.write_text("5")
            return
        raise NotImplementedError("the kernel does not let a process reset its peak of memory")

    def track_beyond_the_result(self, function: str, which: str, dtype: str) -> int:
        return peak(self.call)

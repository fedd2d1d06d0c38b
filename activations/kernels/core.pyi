from typing import Any

import numpy as np
from typing_extensions import disjoint_base

INTERFACE: int

def cpu_level() -> int: ...
def compiler() -> str: ...
def itemsize(character: str) -> int: ...
def threads_now() -> int: ...
def helpers() -> int: ...
def configure(
    threads: int | None = None,
    quota: int | None = None,
    parallel_ns: float | None = None,
    stream_bytes: int | None = None,
    stream_ns: float | None = None,
) -> dict[str, float]: ...
def elementwise(
    name: str,
    doc: str,
    drivers: dict[str, int],
    loops: list[tuple[str, str, int, int, bytes, int, bytes]],
    operands: int,
    results: int = 1,
    keeps: Any = None,
) -> np.ufunc: ...
def take_bfloat16(ufunc: np.ufunc, number: int) -> bool: ...
def folding(
    name: str,
    doc: str,
    drivers: dict[str, int],
    loops: list[tuple[str, int]],
    signature: str,
    values: tuple[float, ...],
    over: bool = False,
) -> np.ufunc: ...

@disjoint_base
class Ownership:
    def __init__(self) -> None: ...

from typing import Any

import numpy as np
from typing_extensions import disjoint_base

def split_axis(x: np.ndarray, axis: int, pieces: int) -> np.ndarray | None: ...
def fold_rows(
    ufunc: np.ufunc, a: Any, b: Any, out: np.ndarray | None, columns: int, reduced: bool = False
) -> np.ndarray | None: ...

@disjoint_base
class Rows:
    ufunc: np.ufunc
    def __init__(self, ufunc: np.ufunc) -> None: ...
    def __call__(self, *arrays: Any) -> Any: ...

@disjoint_base
class Reduced:
    ufunc: np.ufunc
    needs_elements: bool
    def __init__(self, ufunc: np.ufunc, needs_elements: bool = False) -> None: ...
    def __call__(self, x: Any, out: np.ndarray | None = None) -> Any: ...

@disjoint_base
class Call:
    fast: Any
    fast_backward: Any
    fast_from_output: Any
    straight: bool
    grouped: np.ufunc | None
    grouped_backward: np.ufunc | None
    grouped_from_argmax: np.ufunc | None
    pieces: int
    halved: np.ufunc | None
    halved_backward: np.ufunc | None
    turned: bool
    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...
    def backward(self, dy: Any, x: Any = None, /, y: Any = None, *, out: Any = None, **keywords: Any) -> Any: ...

from typing import Any

import numpy as np
from typing_extensions import disjoint_base

def split_axis(x: np.ndarray, axis: int, pieces: int) -> np.ndarray | None: ...

@disjoint_base
class Call:
    fast: Any
    fast_backward: Any
    fast_from_output: Any
    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...
    def backward(self, dy: Any, x: Any = None, /, y: Any = None, *, out: Any = None, **keywords: Any) -> Any: ...

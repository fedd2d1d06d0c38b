from typing import Any

import numpy as np
from typing_extensions import disjoint_base

PORTION: int

@disjoint_base
class Call:
    fast: Any
    fast_backward: Any
    fast_from_output: Any
    fast_derivative: Any
    fast_second_derivative: Any
    straight: bool
    folded: np.ufunc | None
    folded_backward: np.ufunc | None
    folded_from_output: np.ufunc | None
    folded_with_output: np.ufunc | None
    folded_from_argmax: np.ufunc | None
    pieces: int
    removes: bool
    usual_axis: int
    fewest: int
    most: int
    absent: int
    logarithmic: bool
    halved: np.ufunc | None
    halved_backward: np.ufunc | None
    turned: bool
    doubled: bool
    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...
    def derivative(self, x: Any, /, *, out: Any = None, **keywords: Any) -> Any: ...
    def second_derivative(self, x: Any, /, *, out: Any = None, **keywords: Any) -> Any: ...
    def backward(
        self,
        dy: Any,
        x: Any = None,
        /,
        y: Any = None,
        *,
        out: Any = None,
        axis: Any = ...,
        pieces: Any = ...,
        keepdims: Any = ...,
        which: Any = ...,
        **keywords: Any,
    ) -> Any: ...

def follow(cls: type) -> None: ...

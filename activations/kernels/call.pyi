from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

_Out = TypeVar("_Out", bound=NDArray[Any])

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
    # As in NumPy's own stubs of ufuncs, arrays of no dimension pass for arrays, though a scalar comes out; what
    # scalars, lists and other libraries' arrays give depends on more than a signature says, and is Any.
    @overload
    def __call__(self, x: Any, /, *args: Any, out: _Out, **kwargs: Any) -> _Out: ...
    @overload
    def __call__(self, x: NDArray[Any], /, *args: Any, **kwargs: Any) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def derivative(self, x: Any, /, *, out: _Out, **keywords: Any) -> _Out: ...
    @overload
    def derivative(self, x: NDArray[Any], /, **keywords: Any) -> NDArray[Any]: ...
    @overload
    def derivative(self, x: Any, /, *, out: Any = None, **keywords: Any) -> Any: ...
    @overload
    def second_derivative(self, x: Any, /, *, out: _Out, **keywords: Any) -> _Out: ...
    @overload
    def second_derivative(self, x: NDArray[Any], /, **keywords: Any) -> NDArray[Any]: ...
    @overload
    def second_derivative(self, x: Any, /, *, out: Any = None, **keywords: Any) -> Any: ...
    # A third array by position is a gated kind's, whose gradients are two.
    @overload
    def backward(self, dy: Any, x: Any = None, /, *, out: _Out, **keywords: Any) -> _Out: ...
    @overload
    def backward(self, dy: NDArray[Any] | float | np.generic, x: NDArray[Any], /, **keywords: Any) -> NDArray[Any]: ...
    @overload
    def backward(self, dy: NDArray[Any], x: None = None, /, **keywords: Any) -> NDArray[Any]: ...
    @overload
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

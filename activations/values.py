"""Values of parameters: how they are declared from a default, checked, kept and compared; and functions compared."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from activations.arrays import one_result
from activations.declaration import RESERVED, UFUNC_KEYWORDS, Parameter
from activations.narrow import WIDE, demand_float, is_foreign

__all__ = [
    "beside",
    "by_name",
    "frozen",
    "identity",
    "in_type",
    "is_array",
    "is_whole",
    "kept",
    "memory",
    "no_parameter",
    "parameters_alone",
    "parameters_of",
    "real_value",
    "refuse_memory",
    "told",
]


def kept(value: object) -> object:
    """A bound array, or another library's, is a value: later changes to the caller's do not reach it."""
    if hasattr(value, "__array_ufunc__") and not isinstance(value, np.generic):
        value = np.array(value, subok=True)
        value.flags.writeable = False
    return value


def is_array(value: object) -> bool:
    """Whether a parameter's value is an array, and no number or word."""
    return type(value) is not float and hasattr(value, "astype")


def in_type(values: Iterable, dtype: np.dtype) -> list:
    """Arrays among values in the type of what they go with. One may be too small or too large for float16: it rounds to
    0 or infinity without a warning."""
    values = list(values)
    other = [place for place, value in enumerate(values) if is_array(value) and value.dtype != dtype]
    if other:
        with np.errstate(all="ignore"):
            for place in other:
                values[place] = values[place].astype(dtype)
    return values


def beside(x: object, values: Mapping[str, object], parameters: Iterable[Parameter]) -> Mapping[str, object]:
    """The values for functions of x: an array of real ones has x's type, so that it does not promote the result."""
    dtype = getattr(x, "dtype", None)
    if getattr(dtype, "kind", "") != "f" or not any(map(is_array, values.values())):
        return values
    real = [p.name for p in parameters if np.asarray(p.default).dtype.kind == "f"]
    return values | dict(zip(real, in_type((values[name] for name in real), dtype), strict=True))


def frozen(value: object) -> object:
    """What a value is compared and hashed by. An array is its numbers: a config does not keep their type."""
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind == "f" and np.isnan(value).any():
        return value.shape, value.tobytes(), value.dtype.str  # numbers would differ from themselves
    return value.shape, tuple(value.ravel().tolist())


def identity(function: object) -> object:
    """What a function is compared and hashed by: itself, if it can be hashed."""
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def parameters_of(name: str, defaults: Mapping[str, object] | None) -> tuple[Parameter, ...]:
    """The declarations of an activation's parameters of which only the defaults are known."""
    if not isinstance(defaults, Mapping | None):
        raise TypeError(f"parameters of {name!r} are names with defaults, such as {{'a': 1.0}}, not {defaults!r}")
    return tuple(_parameter_of(each, default) for each, default in (defaults or {}).items())


def no_parameter(f, key: str) -> str:
    """What to say of a parameter that an activation does not have: those it has, or what else was meant."""
    known = ", ".join(f.parameters) or "none"
    if key in ("axis", "dim") and not f._declaration.elementwise:
        cure = f"; axis is given in the call: {f.name}(x, axis=-1)"
    elif key == "inplace":
        cure = f"; in place is {f.name}(x, out=x)"
    elif f._library is None:
        cure = f"; more are named when it is made: Activation({f.name!r}, ..., parameters={{{key!r}: default}})"
    else:
        cure = ""
    return f"{f.name} has no parameter {key!r}; its parameters: {known}{cure}"


def by_name(f) -> str:
    """How a parameter or an axis is given, for whoever gave it by its position."""
    words = [*([] if f._declaration.elementwise else ["axis"]), *f.parameters]
    given = ", ".join(f"{word}=..." for word in words)
    return f"; give the rest by name: {f.name}(x, {given})" if words else ""


def memory(f, given: tuple) -> tuple:
    """What stood behind x in a call: nothing but the memory for the result, if any."""
    if len(given) > 1:
        count = 1 + len(given)
        raise TypeError(f"{f.name}() takes x and out by position, and {count} arguments were given{by_name(f)}")
    return (one_result(given[0], by_name(f), f.name),) if given else given


def parameters_alone(f, keywords: dict) -> Mapping[str, object]:
    """The parameters among the keywords of `Activation.parameter_gradients`, which takes nothing else."""
    values, rest = f._split(keywords)
    if rest:
        raise TypeError(f"{f.name}.parameter_gradients takes parameters alone, not {', '.join(rest)}")
    return values


def refuse_memory(f, given: tuple, error: Exception) -> None:
    """An error that names the parameters, if what stood behind x may have been meant for one: it does not take the
    result, by its shape (prelu's weights), its type or being read-only."""
    if f.kind == "gated" or not f.parameters or not given or given[0] is None:
        return
    if isinstance(error, ValueError) or getattr(getattr(given[0], "dtype", None), "kind", "") in "iub":
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"{f.name}: the second argument is the memory for the result: {error}{by_name(f)}") from None


def _parameter_of(name: str, default: object) -> Parameter:
    """The declaration of a parameter of which only the default is known."""
    if not name.isidentifier() or name in UFUNC_KEYWORDS | RESERVED:
        raise ValueError(
            f"{name!r} cannot be a parameter: it is not an identifier, or a keyword of ufuncs, of passes or of configs"
        )
    if isinstance(default, (bool, np.bool)):
        return Parameter(name, bool(default))
    if not isinstance(default, (int, float, np.number)):
        return Parameter(name, kept(default))
    return Parameter(name, int(default) if is_whole(default) else float(default))


def is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def told(value: object) -> str:
    """A value in a message: a NumPy scalar as the number or the word that it holds."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def real_value(value: object, parameter: Parameter, wrong: Callable[[object], str]) -> object:
    """A number as float, an array of numbers as an array, each checked against the allowed range."""
    if isinstance(value, (str, bytes, bool, np.bool, complex, np.timedelta64)):
        raise TypeError(wrong(told(value)))
    if isinstance(value, numbers.Real):
        if not parameter.contains(value):
            raise ValueError(wrong(told(value)))
        if isinstance(value, float):
            return float(value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        # A fraction or a longdouble may round to infinity, or to a bound that is not allowed itself.
        if (math.isinf(number) and number != value) or not parameter.contains(number):
            raise ValueError(wrong("a number beyond double precision"))
        return number
    try:
        array = value if hasattr(value, "__array_ufunc__") and not isinstance(value, np.generic) else np.asarray(value)
    except ValueError:  # of lists of different lengths
        raise ValueError(wrong(told(value))) from None
    if is_foreign(array):
        demand_float(array.dtype)
        array = array.astype(WIDE)
    if getattr(array, "dtype", np.dtype(object)).kind not in "fiu":
        raise TypeError(wrong(f"an array of {array.dtype}" if np.ndim(array) else told(value)))
    if isinstance(array, np.ndarray):
        if array.dtype.itemsize > 8:  # no loop takes a longdouble, and beside integers NumPy would want one
            with np.errstate(all="ignore"):
                array = array.astype(np.float64)
        # Where every number is allowed NaN alone is not, which the largest tells.
        bounded = parameter.open_low or parameter.open_high or not parameter.low == -parameter.high == -math.inf
        ends = (array.min, array.max) if bounded or parameter.whole else (array.max,)
        for extreme in [end() for end in ends] if array.size else ():
            if not parameter.contains(extreme):
                raise ValueError(wrong(f"an array that holds {extreme}"))
        if parameter.whole and (broken := array[array != np.floor(array)]).size:
            raise ValueError(wrong(f"an array that holds {broken[0]}"))
        if array.ndim == 0:
            return float(array)
    return array

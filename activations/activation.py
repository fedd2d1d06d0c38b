"""The class of every activation, and the kind that is made from somebody's own functions."""

from __future__ import annotations

import operator
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.arrays import same_shape, summed
from activations.declaration import UFUNC_KEYWORDS, Declaration
from activations.documentation import INTERNALS, OfInstances, docstring, show_unset, signature
from activations.errors import UnknownActivationError
from activations.kernels.call import Call, follow
from activations.narrow import is_foreign
from activations.numerical import Derivative, Gradient, by_parameters, real_dtype
from activations.plain import call_plain
from activations.values import (
    beside,
    frozen,
    identity,
    is_array,
    is_whole,
    kept,
    memory,
    no_parameter,
    parameters_of,
    real_value,
    refuse_memory,
    told,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Activation", "Builtin"]


class Activation(Call):
    """An activation function with its derivative and backward pass, known by a name.

    Made from functions of one's own; the built-ins come from `activations.get`. Immutable.

    Parameters
    ----------
    name : str
        What it is registered and looked up by.
    forward : callable
        ``forward(x, **parameters)``: a `numpy.ufunc` or numba ``DUFunc`` (which get the parameters as further operands,
        in the order of `parameters`), or any callable on arrays. Folding and gated kinds work along the last axis.
    derivative : callable or "numerical", optional
        ``derivative(x, **parameters)``, elementwise; "numerical" asks for differences of `forward`.
    backward : callable or "numerical", optional
        ``backward(dy, x, **parameters)``, the vector-Jacobian product. For elementwise kinds ``dy * derivative(x)`` if
        not given; "numerical" asks for differences of `forward` along the last axis, one for each of its elements.
    kind : {"ridge", "radial", "folding", "gated"}
    parameters : mapping of str to object, optional
        Names and defaults; every parameter has a default.
    aliases : iterable of str, optional
        Further names.
    formula : str, optional
        LaTeX.
    reference : str, optional
        The source of the formula.

    Raises
    ------
    TypeError
        If a function is not callable or the name is not a string.
    ValueError
        If the kind is unknown or a name is empty or holds a colon, which separates a distribution from a name.

    Examples
    --------
    >>> import numpy as np
    >>> import activations
    >>> cube = activations.Activation("cube_of_mine", lambda x: x**3, derivative=lambda x: 3 * x**2, formula="x^3")
    >>> cube.backward(np.ones(2), np.array([1.0, 2.0]))
    array([ 3., 12.])
    """

    __slots__ = ("_arrays", "_declaration", "_functions", "_library", "_origin", "_values")

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        follow(cls)
        cls.__doc__ = OfInstances(docstring, cls.__doc__)

    __signature__ = OfInstances(signature)

    def __init__(
        self,
        name: str,
        forward: Callable,
        *,
        derivative: Callable | str | None = None,
        backward: Callable | str | None = None,
        kind: str = "ridge",
        parameters: Mapping[str, object] | None = None,
        aliases: Iterable[str] = (),
        formula: str = "",
        reference: str = "",
    ):
        if not callable(forward):
            raise TypeError(f"forward of {name!r} is not callable: give forward(x, **parameters) or a ufunc")
        if isinstance(derivative, str) and derivative == "numerical":
            derivative = Derivative(forward)
        if isinstance(backward, str) and backward == "numerical":
            # Elementwise, one difference serves all elements at once.
            backward = None if kind in ("ridge", "radial") else Gradient(forward)
            derivative = derivative or (Derivative(forward) if backward is None else None)
        for label, function in (("derivative", derivative), ("backward", backward)):
            if function is not None and not callable(function):
                raise TypeError(f'{label} of {name!r} is not callable; "numerical" asks for differences of forward')
        aliases = (aliases,) if isinstance(aliases, str) else tuple(aliases)
        for text in (name, *aliases):
            if not isinstance(text, str):
                raise TypeError(f"the name of an activation is a string, not {type(text).__name__}")
            if not text.strip("_- ") or ":" in text:
                raise ValueError(f"{text!r} cannot name an activation: it is empty or holds a colon")
        declaration = Declaration(
            name=name,
            kind=kind,
            summary="",
            formula=formula,
            reference=reference,
            aliases=aliases,
            parameters=parameters_of(name, parameters),
        )
        self._set(declaration, None)
        self._functions = {"forward": forward, "derivative": derivative, "backward": backward}
        self._prepare()

    @classmethod
    def from_capsule(
        cls,
        name: str,
        forward,
        *,
        derivative=None,
        backward=None,
        parameters: Mapping[str, object] | None = None,
        **more,
    ) -> Activation:
        """Made from C functions, which are called for each element without the GIL, from several threads at once.

        Parameters
        ----------
        name : str
        forward : PyCapsule or sequence of PyCapsule
            A function of doubles, in a capsule named by its signature, ``double (double)`` with a ``double`` more for
            each parameter; and, if float32 is not to be computed in double, one of floats.
        derivative : PyCapsule, sequence of PyCapsule or "numerical", optional
            Of the same signatures.
        backward : PyCapsule or sequence of PyCapsule, optional
            Of `dy`, x and the parameters.
        parameters : mapping of str to float, optional
            Names and defaults, in the order of the arguments.
        **more
            ``kind`` ("ridge" or "radial"), ``aliases``, ``formula`` and ``reference``, as for `Activation`.

        Raises
        ------
        TypeError, ValueError
            If something is no capsule, or its signature does not fit.
        """
        from activations.capsules import defaults_of, ufuncs_of

        parameters = defaults_of(name, parameters, more.get("kind", "ridge"))
        functions = ufuncs_of(name, parameters, forward, derivative, backward)
        return cls(name, **functions, parameters=parameters, **more)

    def _set(self, declaration: Declaration, origin: str | None, values: Mapping[str, object] | None = None) -> None:
        self._declaration = declaration
        self._origin = origin
        self._functions, self._library = {}, None
        self._values = {p.name: p.default for p in declaration.parameters} | dict(values or {})

    def _prepare(self) -> None:
        """Set what f(x) alone calls, and whether calls have to look at the bound parameters' types."""
        self._arrays = any(map(is_array, self._values.values()))
        forward = self._functions["forward"]
        self.fast = forward if isinstance(forward, np.ufunc) and not self._values else None

    # What it is

    @property
    def name(self) -> str:
        """The canonical name."""
        return self._declaration.name

    @property
    def __name__(self) -> str:
        """The same, where others look for a function's or a ufunc's."""
        return self._declaration.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names that mean the same with the default parameters, other frameworks' readings among them."""
        declared, defaults = self._declaration, {p.name: p.default for p in self._declaration.parameters}
        same = (alias for alias, bound in declared.dotted.items() if defaults | dict(bound) == defaults)
        return (*declared.aliases, *same)

    @property
    def kind(self) -> str:
        """``"ridge"``, ``"radial"``, ``"folding"`` or ``"gated"``."""
        return self._declaration.kind

    @property
    def summary(self) -> str:
        """One sentence."""
        return self._declaration.summary

    @property
    def formula(self) -> str:
        """The formula in LaTeX, with the words that are bound."""
        return self._declaration.formula_with(self._values)

    @property
    def reference(self) -> str:
        """The paper or convention that the formula comes from."""
        return self._declaration.reference

    @property
    def saves(self) -> str:
        """What ``backward`` needs of the forward pass, ``"x"``, ``"y"`` or ``"either"``."""
        return self._saves(self._values)

    def _saves(self, values: Mapping[str, object]) -> str:
        """The same with other parameters: with some the output does not tell the derivative."""
        lowest = self._declaration.output_tells
        return "x" if any(np.any(values[key] < low) for key, low in lowest.items()) else self._declaration.saves

    @property
    def numerical(self) -> bool:
        """Whether its gradients are differences of the forward pass, as its author asked for."""
        return any(isinstance(each, Derivative) for each in self._functions.values())

    @property
    def properties(self) -> Mapping[str, object]:
        """Declared mathematical properties with the bound parameters; empty where none are known of these."""
        return MappingProxyType(self._declaration.known(self._values).table)

    @property
    def advice(self) -> str:
        """When to use it, and what goes wrong with it."""
        return self._declaration.advice

    @property
    def origin(self) -> str | None:
        """Distribution and version that it comes from; None where it was made at run time."""
        return self._origin

    @property
    def parameters(self) -> Mapping[str, object]:
        """The bound parameters, read-only."""
        return MappingProxyType(self._values)

    @property
    def config(self) -> dict[str, object]:
        """What `activations.get` makes the same activation from; fit for JSON."""
        from activations.registry import spelling

        return {"name": spelling(self)} | {key: _plain(value) for key, value in self._values.items()}

    @property
    def ufunc(self) -> np.ufunc | None:
        """The `numpy.ufunc` behind it, parameters bound; None where it was made from a plain callable."""
        return self.fast

    # Passes

    def _derivative(self, x, keywords: dict):
        self._demand_elementwise()
        x = self._with_bias(x, keywords)
        values, rest = self._split(keywords)
        if self._functions["derivative"] is None:
            if self._functions["backward"] is None:
                raise TypeError(f'{self.name} has no derivative: make it with derivative=... or derivative="numerical"')
            return self._apply("backward", (np.ones_like(np.asarray(x), dtype=real_dtype(x)), x), values, rest)
        return self._apply("derivative", (x,), values, rest)

    def _second_derivative(self, x, keywords: dict):
        raise TypeError(f"{self.name} has no second derivative")

    def parameter_gradients(self, dy, x, /, **parameters) -> dict[str, np.ndarray]:
        """The gradient of the loss with respect to each parameter.

        Parameters
        ----------
        dy : array_like
            Gradient of the loss with respect to the output.
        x : array_like
            Pre-activation, of the shape of `dy`.
        **parameters
            Parameters of the activation, in the place of the bound ones; and ``bias``, as in the call.

        Returns
        -------
        dict of str to ndarray
            For each parameter with which the output varies differentiably, the sum of ``dy * df/dp`` over all elements
            that share it: of that parameter's shape.

        Raises
        ------
        ValueError
            If the shapes of `dy` and `x` differ.
        TypeError
            If the activation has parameters whose derivative is not known: of functions of one's own, all but those of
            elementwise kinds with a numerical derivative.

        Examples
        --------
        >>> import numpy as np, activations
        >>> activations.prelu.parameter_gradients(np.ones(3), np.array([-1.0, 2.0, -3.0]))
        {'weight': array(-4.)}
        """
        if not self._values:
            return {}
        found = by_parameters(self, dy, x, parameters)
        if found is None:
            raise TypeError(f"{self.name} does not know how it varies with its parameters")
        return found

    def _backward(self, dy, x, y, keywords: dict):
        x = self._saved(x, y, self.saves)
        values, rest = self._split(keywords)
        if self._declaration.elementwise:
            self._demand_same_shape(dy, x)
        if self._functions["backward"] is not None:
            return self._apply("backward", (dy, x), values, rest)
        if self._functions["derivative"] is None or not self._declaration.elementwise:
            way = "derivative" if self._declaration.elementwise else "backward"
            raise TypeError(f'{self.name} has no backward pass: make it with {way}=... or {way}="numerical"')
        return np.multiply(dy, self._apply("derivative", (x,), values, {}), **rest)

    def plot(self, *args: Any, **kwargs: Any) -> Axes:
        """Plot the function and its derivative with matplotlib: see `activations.plotting.plot`."""
        from activations.plotting import plot

        return plot(self, *args, **kwargs)

    def bind(self, **parameters) -> Activation:
        """The same activation with other parameters.

        Raises
        ------
        TypeError
            For a parameter that it does not have, or a value of the wrong type.
        ValueError
            For a value out of the allowed range.
        """
        if not parameters:
            return self
        values = self._values | {key: kept(self._checked(key, kept(value))) for key, value in parameters.items()}
        twin = type(self).__new__(type(self))
        twin._set(self._declaration, self._origin, values)
        twin._functions, twin._library = self._functions, self._library
        twin._prepare()
        return twin

    def _variant(self, parameters: dict) -> Activation | None:
        """The same activation for calls with these parameters; None where a call has to look at them itself."""
        return None

    # What passes are made of

    def _general(self, x, /, *args, **keywords):
        values, rest = self._split(keywords)
        behind = args if self.kind == "gated" else memory(self, args)  # a ufunc's value may stand there
        try:
            return self._apply("forward", (x, *behind), values, rest)
        except (TypeError, ValueError) as error:
            refuse_memory(self, behind, error)
            raise

    def _biased(self, x, /, *args, **keywords):
        """f(x + bias) where it cannot be had in one pass."""
        total = self._sum(x, keywords)
        if total is not x and self.straight and not args and not keywords and _is_plain(total):
            keywords["out"] = total
        return self._general(total, *args, **keywords)

    def _backward_in_blocks(self, dy, x, y, keywords: dict):
        """``f.backward`` in blocks of rows, for kinds whose rows are known; None for others."""
        return None

    def _sum(self, x, keywords: dict):
        """x + bias, taken from the keywords; x where the bias is None or a parameter of the activation itself."""
        if "bias" in self._values:
            return x
        bias = keywords.pop("bias")
        if bias is None or x is None:  # what was saved in the place of x, y or which, has the bias in it
            return x
        return summed(self.name, x, bias)

    def _with_bias(self, x, keywords: dict):
        """x, or the sum that it makes with a bias among the keywords."""
        return self._sum(x, keywords) if "bias" in keywords else x

    def _apply(self, name: str, operands: tuple, values: Mapping[str, object], rest: dict):
        """Run one of the user's functions."""
        function = self._functions[name]
        if (self._arrays or values is not self._values) and rest.get("dtype") is None:
            values = beside(operands[name == "backward"], values, self._declaration.parameters)
        if isinstance(function, np.ufunc) or hasattr(function, "ufunc"):
            return function(*operands, *values.values(), **rest)
        return call_plain(self, function, operands, 2 if name == "backward" else 1, values, rest)

    def _saved(self, x, y, saves: str):
        if y is not None and x is None and saves == "x":
            raise TypeError(
                f"{self.name}.backward needs the pre-activation x: its derivative is no function of y alone"
            )
        if x is None and y is None:
            raise TypeError(f"{self.name}.backward needs x{', or y=' if saves != 'x' else ''}")
        return x

    def _demand_elementwise(self) -> None:
        if not self._declaration.elementwise:
            raise TypeError(
                f"{self.name} is of kind {self.kind}: it has no elementwise derivative, use backward(dy, x)"
            )

    def _demand_same_shape(self, dy, x, first: str = "dy", second: str = "x") -> None:
        one, other = np.shape(dy), np.shape(x)
        if one != other and not same_shape(one, other):
            raise ValueError(
                f"{self.name}.backward: {first} has shape {one} and {second} has shape {other}; they must be equal"
            )

    def _demand_real(self, arrays: Iterable[np.ndarray]) -> None:
        for each in arrays:
            if not is_foreign(each) and (each.dtype.kind not in "fiub" or each.dtype.itemsize > 8):
                raise self._explained(TypeError(), each)

    def _split(self, keywords: dict) -> tuple[dict[str, object], dict]:
        """Parameters (bound ones where the call gives none) and the ufunc's keywords."""
        if not keywords:
            return self._values, keywords
        given = {key: self._checked(key, value) for key, value in keywords.items() if key not in UFUNC_KEYWORDS}
        rest = {key: value for key, value in keywords.items() if key in UFUNC_KEYWORDS}
        return (self._values | given if given else self._values), rest

    def _checked(self, key: str, value: object) -> object:
        """A parameter's value in the form that is kept, or an error that says what is allowed."""
        parameter = next((p for p in self._declaration.parameters if p.name == key), None)
        if parameter is None:
            raise TypeError(no_parameter(self, key))

        def wrong(shown: object) -> str:
            return f"{self.name}: {key}={shown} is not allowed; it must be {parameter.allowed}"

        if parameter.choices is not None:
            if not isinstance(value, str):
                raise TypeError(wrong(told(value)))
            if value not in parameter.choices:
                raise ValueError(wrong(told(value)))
            return str(value)
        if value is None:
            if parameter.none is None and parameter.default is not None:
                raise TypeError(wrong(None))
            return None
        if parameter.integer:
            if isinstance(value, (bool, np.bool)):
                raise TypeError(wrong(told(value)))
            try:
                number = operator.index(value)
            except TypeError:
                raise TypeError(wrong(told(value))) from None
            if not parameter.contains(number):
                raise ValueError(wrong(number))
            if number > sys.maxsize:
                raise ValueError(f"{self.name}: {key}={number} is more than any axis holds")
            return number
        if isinstance(parameter.default, bool):
            if not isinstance(value, (bool, np.bool)):
                raise TypeError(wrong(told(value)))
            return bool(value)
        if not isinstance(parameter.default, (int, float)) and parameter.none is None:
            return value
        if self._library is None and isinstance(parameter.default, int) and is_whole(value):
            return int(value)  # somebody's own function may shift or index by it
        return real_value(value, parameter, wrong)

    def _explained(self, error: TypeError, x) -> TypeError:
        """A plain message where the ufunc has no loop for the input."""
        kind = getattr(getattr(x, "dtype", None), "kind", None) or np.asarray(x).dtype.kind
        if kind in "fiub" and np.asarray(x).dtype.itemsize <= 8:
            return error
        return TypeError(
            f"{self.name} takes real numbers (float16, float32, float64, integers, bool), not "
            f"{np.asarray(x).dtype}: convert the input first, for example with numpy.asarray(x, dtype=float)"
        )

    # Identity

    def _key(self) -> tuple:
        return (self.name, tuple((key, frozen(value)) for key, value in self._values.items()), self._made_of())

    def _made_of(self) -> object:
        """A name says which function it is only among those that have theirs from one library."""
        return self._library or tuple(map(identity, self._functions.values()))

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Activation) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __copy__(self) -> Activation:
        return self

    def __deepcopy__(self, memo) -> Activation:
        return self

    def __reduce__(self):
        return _restored, (self._findable(), self._values)

    def _findable(self) -> str:
        """The name that a pickle holds, by which its reader finds this activation."""
        from activations.registry import get, spelling

        name, other = spelling(self), ""
        try:
            if get(name)._made_of() == self._made_of():
                return name
            other = f"; what get({name!r}) finds is another activation"
        except UnknownActivationError:
            pass
        raise pickle.PicklingError(
            f"{self.name} is not registered: activations.register({self.name}), here and wherever it is loaded, "
            f"or publish it as a plugin{other}"
        )

    def __repr__(self) -> str:
        inside = ", ".join(
            f"{p.name}={self._values[p.name]!r}"
            for p in self._declaration.parameters
            if frozen(self._values[p.name]) != frozen(p.default)
        )
        return f"{self.name}({inside})" if inside else self.name

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in INTERNALS]

    def _repr_html_(self) -> str:
        from html import escape

        from activations.plotting import curve_svg

        try:
            curve = f"<br>{curve_svg(self)}"
        except Exception:  # a parameter for each channel has no one curve, and a notebook shows what it can
            curve = ""
        return f"<div><code>{escape(repr(self))}</code><br>\\({escape(self.formula)}\\){curve}</div>"


follow(Activation)
show_unset(Activation.backward)
Activation.__doc__ = OfInstances(docstring, Activation.__doc__)


class Builtin(Activation):
    """What is made from a declaration, with kernels in the place of functions: built-ins, plugins in Cython."""

    __slots__ = ()

    def __init__(self, declaration: Declaration, origin: str | None, library):
        self._set(declaration, origin)
        self._library = library
        self._prepare()

    def _prepare(self) -> None:
        """No call goes past the general way."""
        self.fast = self.fast_backward = self.fast_from_output = None
        self.fast_derivative = self.fast_second_derivative = None

    def _variant(self, parameters: dict) -> Activation | None:
        return self.bind(**parameters) if all(name in self._values for name in parameters) else None


def _restored(name: str, values: dict[str, object]) -> Activation:
    from activations.registry import get

    return get(name, **values)


def _is_plain(x) -> bool:
    """Whether x is an array that a result of its own type can be written into."""
    return type(x) is np.ndarray and x.dtype.kind == "f" and x.dtype.itemsize <= 8


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value

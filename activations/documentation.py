"""What an activation tells of itself: docstring and signature, from its declaration and how its class is called."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from inspect import Parameter, Signature

import numpy as np

from activations.kernels.call import Call

__all__ = ["INTERNALS", "OfInstances", "docstring", "show_unset", "signature"]

# What `Call` keeps its ufuncs in: no business of whoever looks for what an activation offers.
INTERNALS = frozenset(name for name, each in vars(Call).items() if inspect.isdatadescriptor(each))

_KEYWORDS = {
    "out": ("ndarray, optional", "Where the result goes; may be the input."),
    "bias": ("array_like, optional", "Added to the input first, along its last axis."),
    "dtype": ("data-type, optional", "The type to compute in."),
    "keepdims": ("bool", "Whether the folded axis stays, with length 1."),
    "hard": ("bool", "Whether the class that is drawn gets 1 and every other one 0."),
    "rng": ("numpy.random.Generator, optional", "Draws as in training; without it nothing is random."),
    "ufunc_keywords": ("", "A ufunc's other keywords: ``casting``, ``order``, ``subok``."),
}


class Unset:
    """The default of a keyword that says nothing."""

    def __repr__(self) -> str:
        return "<unset>"


class OfInstances:
    """An attribute that instances compute, and the class has a value of its own for, or lacks if that is `missing`."""

    missing = object()

    def __init__(self, compute, own: object = missing):
        self.compute, self.own = compute, own

    def __get__(self, instance, owner=None):
        if instance is not None:
            return self.compute(instance)
        if self.own is self.missing:
            raise AttributeError("only instances have it")
        return self.own


def show_unset(method) -> None:
    """Give a compiled method a signature in which defaults that say nothing look like that."""
    found = inspect.signature(method)
    unset = Unset()
    method.__signature__ = found.replace(
        parameters=[
            each.replace(default=unset) if type(each.default) is object else each for each in found.parameters.values()
        ]
    )


def signature(f) -> Signature:
    """How an activation is called: its bound parameters are the defaults."""
    # Kinds that work on rows take the labels off what `_general` gets, and hand on the rest.
    called = inspect.signature(getattr(f, "_forward", f._general))
    own = [each for each in called.parameters.values() if each.name not in ("args", "keywords")]
    inputs = [each for each in own if each.kind is Parameter.POSITIONAL_ONLY]
    named = {"out": None}
    named |= {each.name: each.default for each in own if each.kind is Parameter.KEYWORD_ONLY}
    if f._library is None and not f._declaration.elementwise:
        named["axis"] = -1
    named |= f.parameters
    if "bias" not in f.parameters:
        named["bias"] = None
    if f._declaration.elementwise or _takes_pairs(f):
        named["where"] = True
    elif f._declaration.absent is None:
        named.pop("where", None)
    named["dtype"] = None
    keywords = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD if name == "out" else Parameter.KEYWORD_ONLY, default=default)
        for name, default in named.items()
    ]
    return Signature([*inputs, *keywords, Parameter("ufunc_keywords", Parameter.VAR_KEYWORD)])


def docstring(f) -> str:
    """All that is known of an activation, as numpydoc sets it out."""
    declared = f._declaration
    called = signature(f)
    parts = [f"{f.name}{called}", _wrapped(declared.summary or f"An activation function of kind {f.kind!r}.")]
    if f.formula:
        parts.append(f".. math:: {f.formula}")
    parts += [_wrapped(declared.advice)] * bool(declared.advice)
    parts.append(_section("Parameters", *(_entry(f, each) for each in called.parameters.values())))
    parts.append(_section("Returns", f"ndarray or scalar\n    {_result(f)}"))
    parts.append(_section("Notes", *_notes(f)))
    if declared.reference:
        parts.append(_section("References", _wrapped(declared.reference)))
    if f._library is not None:
        parts.append(_section("Examples", *_example(f)))
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 88, break_long_words=False, break_on_hyphens=False)


def _section(title: str, *lines: str) -> str:
    return "\n".join((title, "-" * len(title), *lines))


def _entry(f, parameter: Parameter) -> str:
    """One keyword's lines of the section on parameters."""
    name = parameter.name
    declared = next((each for each in f._declaration.parameters if each.name == name), None)
    if declared is not None:
        kind = f"{declared.allowed}, default {declared.default!r}"
        text = f"{declared.meaning[:1].upper()}{declared.meaning[1:]}." if declared.meaning else ""
    elif parameter.kind is Parameter.POSITIONAL_ONLY:
        kind, text = _input(f, name)
    elif name == "where":
        kind = "array_like of bool, optional"
        text = "Where to compute." if parameter.default is True else "The elements that take part."
    elif name == "axis":
        one = f.kind == "gated" or "pieces" in f.parameters or f._library is None
        several = "" if one else ", tuple of int or None"
        kind, text = f"int{several}, default {parameter.default}", "Along which it works."
    else:
        kind, text = _KEYWORDS[name]
    stars = "**" if parameter.kind is Parameter.VAR_KEYWORD else ""
    return f"{stars}{name}{' : ' * bool(kind)}{kind}" + (textwrap.indent(f"\n{_wrapped(text)}", "    ") if text else "")


def _input(f, name: str) -> tuple[str, str]:
    if not _takes_pairs(f):
        return "array_like", "Pre-activation."
    if name == "a":
        return "array_like", "An array with both halves along `axis`, or the first of two arrays."
    return "array_like, optional", "The second of two arrays."


def _takes_pairs(f) -> bool:
    """Whether gate and value may be two arrays."""
    return f.kind == "gated" and "gate" in f.parameters


def _result(f) -> str:
    if f._declaration.elementwise:
        return "Of the shape of `x`; floating-point types are kept."
    if f._library is None:
        return "What its author's function makes of `x`."
    if f.kind == "gated":
        length = "half as long" if _takes_pairs(f) else "twice as long"
        return f"The axis is {length}; floating-point types are kept."
    if "pieces" in f.parameters:
        return "The axis is `pieces` times shorter; the type is kept."
    return f"The axis {'is gone' if f._declaration.reduces else 'keeps its length'}; floating-point types are kept."


def _notes(f) -> Iterator[str]:
    gradients = ["``derivative(x)``"] * f._declaration.elementwise + ["``backward(dy, x)``"]
    gradients += ["``second_derivative(x)``"] * ("second_derivative" in f._declaration.scalars)
    gradients += ["``parameter_gradients(dy, x)``"] * bool(f._declaration.gradients)
    yield f"Its gradients: {', '.join(gradients)}."
    if hasattr(f, "with_slopes"):
        yield _wrapped("``with_slopes(x, rng=)`` returns the drawn slopes too, for ``backward(dy, slopes=slopes)``.")
    if hasattr(f, "with_argmax"):
        yield _wrapped("``with_argmax(x)`` returns the winners too, for ``backward(dy, which=which)``.")
    if f.aliases:
        known = ", ".join(f.aliases)
        yield f"\n{_wrapped(f'Also known as {known}.')}"
    if described := f._declaration.described(f.parameters):
        words = "; ".join(f"{name}: {value}" for name, value in described.items())
        yield f"\n{_wrapped(f'Properties: {words}.')}"


def _example(f) -> Iterator[str]:
    """A call with default parameters, and what it gives."""
    from activations.registry import spelling

    plain = f.bind(**{each.name: each.default for each in f._declaration.parameters})
    x, shown = [-1.0, 0.0, 2.0] if f._declaration.elementwise else [1.0, 3.0, 2.0, 0.0], "round(4)"
    if f._declaration.dimensions:
        # Images print with blank lines, where a docstring's example would end.
        x, shown = np.reshape(x, (4, 1, 1)).tolist(), "ravel().round(4)"
    yield ">>> import activations"
    yield f">>> f = activations.get({spelling(f)!r})"
    yield f">>> f({x}).{shown}"
    result = np.asarray(plain(x)).round(4)
    yield repr(result.ravel() if f._declaration.dimensions else result[()])

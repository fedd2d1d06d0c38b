"""What an activation declares about itself: pure data, readable without NumPy and without a compiler.

The build reads declarations to write the loops; the registry reads them for names and aliases; the documentation,
the command line and the tests read the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["KINDS", "RESERVED", "UFUNC_KEYWORDS", "Declaration", "Parameter", "Properties", "always"]

KINDS = ("ridge", "radial", "folding", "gated")

# What scalar functions and kernels there may be besides forward and derivative.
SCALARS = ("backward", "backward_from_output", "second_derivative", "backward_with_output", "added")

# What no parameter can be called.
UFUNC_KEYWORDS = frozenset(
    ("out", "where", "axes", "axis", "keepdims", "casting", "order", "dtype", "subok", "signature")
)

# Nor this: what passes and configs call their own.
RESERVED = frozenset(("self", "name", "x", "y", "dy"))


@dataclass(frozen=True)
class Parameter:
    """One parameter of an activation.

    Attributes
    ----------
    name : str
        Keyword of the call, of ``derivative`` and of ``backward``.
    default : float, int, str, bool or None
        Value when the user gives none. None only where `none` says what it stands for.
    low, high : float
        Bounds of the allowed range, inclusive unless `open_low` or `open_high`, infinite ones too.
    nonzero : bool
        Whether 0 is not allowed, though it may lie in the range.
    choices : mapping of str to str, optional
        For a parameter that picks between formulas: the word and the formula's name among the scalar functions.
    none : float, optional
        The number that None stands for inside the kernel.
    integer : bool
        Whether the value is a whole number that never reaches an elementwise kernel (``pieces``).
    whole : bool
        Whether only whole numbers are allowed, though the kernel computes with them as with any other.
    meaning : str
        One phrase for documentation.
    """

    name: str
    default: object
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    nonzero: bool = False
    choices: Mapping[str, str] | None = None
    none: float | None = None
    integer: bool = False
    whole: bool = False
    meaning: str = ""

    @property
    def is_operand(self) -> bool:
        """Whether the value is a real number that the kernel computes with."""
        return self.choices is None and not self.integer

    @property
    def allowed(self) -> str:
        """The allowed values, in words for messages and documentation."""
        if self.choices is not None:
            return " or ".join(repr(word) for word in self.choices)
        if isinstance(self.default, bool):
            return "True or False"
        number = "whole number" if self.integer or self.whole else "real number"
        endless = [shut for end, shut in ((self.low, self.open_low), (self.high, self.open_high)) if math.isinf(end)]
        finite = not self.integer and bool(endless) and all(endless)
        ends = [
            f"{sign}{'' if shut else '='} {end:g}"
            for sign, end, shut in ((">", self.low, self.open_low), ("<", self.high, self.open_high))
            if math.isfinite(end) or (shut and not finite)
        ]
        number = " ".join(filter(None, ("a finite" if finite else "a", number, " and ".join(ends))))
        if self.nonzero:
            number += " other than 0"
        return number if self.none is None else number + ", or None"

    @property
    def allows_default(self) -> bool:
        """Whether the default is one of the values that are allowed; of what is no number, NaN too, any is."""
        if self.choices is not None:
            return self.default in self.choices
        number = isinstance(self.default, (int, float)) and not isinstance(self.default, bool)
        return not number or math.isnan(self.default) or self.contains(self.default)

    def contains(self, value: float) -> bool:
        """Whether a single number lies in the allowed range (NaN never does)."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        if not (above and below) or (self.nonzero and value == 0):
            return False
        return not self.whole or (value not in (-math.inf, math.inf) and value == math.floor(value))


@dataclass(frozen=True)
class Properties:
    """Mathematical properties of an activation; tests hold it to them.

    None where a property has no meaning for the kind, or is not known.

    Attributes
    ----------
    monotonic : bool
        Whether it nowhere decreases.
    range : tuple of float
        Infimum and supremum of the values.
    lipschitz : float
        The largest slope there is, infinity if there is no largest. Of folding kinds: the largest ratio of the
        distance of two outputs to that of their inputs, in the Euclidean norm and for rows of any length; None where
        that grows with the length (sum_fold, log_softmax).
    smoothness : float
        How many derivatives are continuous everywhere: -1 if not even the function is, infinity if all.
    parity : {"odd", "even", ""}
        Of folding kinds: what becomes of the output if every input changes its sign. What is odd is zero-centred too:
        where inputs are symmetric about 0 so are its outputs, and their mean is 0.
    saturates : tuple of {"left", "right"}
        The sides on which it tends to a constant, so that its gradient vanishes.
    kinks : tuple of float
        Where the first derivative that is not continuous jumps.
    at_zero : float
        f(0).
    """

    monotonic: bool | None = None
    range: tuple[float, float] | None = None
    lipschitz: float | None = None
    smoothness: float | None = None
    parity: str | None = None
    saturates: tuple[str, ...] | None = None
    kinks: tuple[float, ...] | None = None
    at_zero: float | None = None

    @property
    def table(self) -> dict[str, object]:
        """What is known, by name, with what follows from it."""
        known: dict[str, object] = {"monotonic": self.monotonic}
        if self.range is not None:
            low, high = self.range
            known |= {"bounded": math.isfinite(low) and math.isfinite(high), "range": self.range}
        if self.parity is not None:
            odd = self.parity == "odd"
            known |= {"zero_centred": odd, "odd": odd, "even": self.parity == "even"}
        for name in ("at_zero", "lipschitz", "smoothness", "kinks", "saturates"):
            known[name] = getattr(self, name)
        return {name: value for name, value in known.items() if value is not None}


def always(**values) -> Callable[..., Properties]:
    """Properties that hold whatever the parameters are."""
    known = Properties(**values)
    return lambda **parameters: known


def _worded(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_worded, value)) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Declaration:
    """One activation: its names, parameters, documentation, and which scalar functions stand behind it.

    The scalar functions of an elementwise activation ``f`` are found by name in the formulas of its family:
    ``f(x, *parameters)`` and ``f_derivative(x, *parameters)`` always; ``f_backward(dy, x, *parameters)`` and
    ``f_backward_from_output(dy, y, *parameters)`` where `scalars` lists them. Without an own backward the loop is
    ``dy * f_derivative(x)``. Those of a gated one are ``f(gate, value, *parameters)`` and, of ``(dy, gate,
    value, *parameters)``, ``f_by_gate`` and ``f_by_value``.

    Attributes
    ----------
    name, aliases, kind, summary, formula, reference
        As on `Activation`.
    dotted : mapping of str to mapping
        Further names that bring parameters along: other frameworks' readings, ``{"keras.f": {"alpha": 0.3}}``.
    chosen_formulas : mapping of str to str
        The formula with a word, not the default, of a parameter that takes words, where it is another.
    parameters : tuple of Parameter
    scalars : tuple of str
        Which of ``"backward"``, ``"backward_from_output"`` and ``"second_derivative"`` the formulas hold besides
        forward and derivative; ``"backward_with_output"`` where the kernels of a folding kind hold a gradient from x
        and y together; and ``"added"`` of a sum of terms, whose formulas hold ``f_added(y, x, *parameters)``,
        ``f_derivative_added(slope, x, *parameters)`` and ``f_backward_added(dy, slope, x, *parameters)``: what one more
        term makes of a value or a slope, and of the gradient.
    gradients : tuple of str
        The parameters with which the output varies differentiably: the formulas hold
        ``f_by_<parameter>(x, *parameters)``, the derivative with respect to that parameter.
    far : bool
        Whether arguments far from 0 need a way of their own that does not vectorise. Then the formulas hold
        ``f_is_far(x, *parameters)`` as well, and every scalar function takes one more argument at the end: a constant,
        false in the loop over all elements, true where those that are far are computed again, one at a time.
    near : mapping of str to tuple of float
        By pass (``"forward"`` ...): up to which magnitude of x, in float and in double, a shorter way gives the same
        bits. Then the scalar function of that pass takes one more argument at the end: a constant, true in the loop
        over blocks whose elements are all that near.
    near_parameters : mapping of str to tuple of float
        The least and the largest value of parameters with which that way may be taken.
    tabled : mapping of str to str
        By pass: the table from which AVX-512 computes it in float32 (formulas/tabled.pxd). Such functions have no
        parameters.
    saves : {"x", "y", "either"}
        What backward needs: the pre-activation, the output, or whichever the caller kept.
    output_tells : mapping of str to float
        The lowest values of parameters with which the output tells the derivative; below them backward needs x.
    output_bounds : tuple of str
        Parameters at which an output is held: the gradient from an output in float16 or bfloat16 compares it with these
        bounds as that type has them.
    formulas : str
        Name of the activation whose scalar functions, or whose loops over rows, this one shares; its own if empty.
    special : str
        Of elementwise kinds: the scalar functions that are taken where all parameters but those of `special_takes` have
        their defaults, since they have less to compute, and less to round: those of another activation of the family
        (swish is silu), or such as the formulas hold for no other purpose.
    special_takes : tuple of str
        The parameters that they take.
    kernels : str
        Module of hand-written kernels, for kinds that are not elementwise.
    integers : bool
        Whether the function is closed over the integers and keeps an integer dtype.
    axis : int
        Of folding kinds: the axis that is folded where the call names none.
    dimensions : tuple of int
        Of folding kinds: how many dimensions the input may have where the call names no axis; any number if empty.
    reduces : bool
        Of folding kinds: whether the axis goes (logsumexp) or keeps its length (softmax).
    any_parameters : bool
        Of folding kinds: whether the kernels for rows side by side take any parameters, or the defaults alone.
    absent : float
        Of folding kinds: the input that weighs nothing, which ``where=`` puts in the place of the elements left out;
        None where there is no such input, and so no ``where=``.
    needs_elements : bool
        Of kinds that reduce: whether an empty axis is an error.
    properties : Properties or callable
        Those of the default parameters; or ``properties(**parameters)``, which tells them for any numbers.
    advice : str
        When to use it, and what goes wrong with it: two sentences.
    """

    name: str
    kind: str
    summary: str
    formula: str
    reference: str
    aliases: tuple[str, ...] = ()
    dotted: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    chosen_formulas: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    scalars: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ()
    far: bool = False
    near: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    near_parameters: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tabled: Mapping[str, str] = field(default_factory=dict)
    saves: str = "x"
    output_tells: Mapping[str, float] = field(default_factory=dict)
    output_bounds: tuple[str, ...] = ()
    formulas: str = ""
    special: str = ""
    special_takes: tuple[str, ...] = ()
    kernels: str = ""
    integers: bool = False
    axis: int = -1
    dimensions: tuple[int, ...] = ()
    reduces: bool = False
    any_parameters: bool = False
    absent: float | None = None
    needs_elements: bool = False
    properties: Properties | Callable[..., Properties] = Properties()
    advice: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.saves not in ("x", "y", "either"):
            raise ValueError(f"{self.name}: saves {self.saves!r} is not 'x', 'y' or 'either'")
        if self.far and self.near:
            raise ValueError(f"{self.name}: far and near are two ways of dividing elements; declare one")
        if unknown := [each for each in self.scalars if each not in SCALARS]:
            raise ValueError(f"{self.name}: scalars {unknown[0]!r} is not one of {', '.join(map(repr, SCALARS))}")
        if self.elementwise and self.saves != "x" and "backward_from_output" not in self.scalars:
            raise ValueError(f"{self.name}: saves {self.saves!r} needs 'backward_from_output' among scalars")
        names = [p.name for p in self.parameters]
        for each in names:
            if names.count(each) > 1:
                raise ValueError(f"{self.name}: there are two parameters {each!r}")
        for where in ("gradients", "near_parameters", "output_tells", "output_bounds", "special_takes"):
            if unknown := [each for each in getattr(self, where) if each not in names]:
                raise ValueError(f"{self.name}: {where} {unknown[0]!r} is not one of its parameters: {names}")
        others = {word for p in self.parameters for word in p.choices or () if word != p.default}
        if unknown := [each for each in self.chosen_formulas if each not in others]:
            raise ValueError(f"{self.name}: chosen_formulas {unknown[0]!r} is no word that a parameter takes instead")
        for p in self.parameters:
            if not p.allows_default:
                raise ValueError(f"{self.name}: the default {p.name}={p.default!r} is not {p.allowed}")

    def formula_with(self, parameters: Mapping[str, object]) -> str:
        """The formula with these parameters."""
        words = (parameters[p.name] for p in self.parameters if p.choices is not None)
        return next((self.chosen_formulas[word] for word in words if word in self.chosen_formulas), self.formula)

    def known(self, parameters: Mapping[str, object] | None = None) -> Properties:
        """The properties with these parameters, and with the defaults of those not given.

        Nothing is known of arrays, nor of other values than the defaults where no function of them is declared.
        """
        defaults = {p.name: p.default for p in self.parameters}
        values = defaults | dict(parameters or {})
        if not all(value is None or isinstance(value, (int, float, str)) for value in values.values()):
            return Properties()
        if callable(self.properties):
            return self.properties(**values)
        return self.properties if values == defaults else Properties()

    def described(self, parameters: Mapping[str, object] | None = None) -> dict[str, str]:
        """The same in words."""
        words = {name.replace("_", " "): _worded(value) for name, value in self.known(parameters).table.items()}
        if "lipschitz" in words and not self.elementwise:
            words["lipschitz"] += " in the Euclidean norm"
        return words

    def searchable(self, parameters: Mapping[str, object] | None = None) -> dict[str, object]:
        """What a list of names can be filtered by: properties and, beside them, what a user chooses by."""
        properties = self.known(parameters)
        parity = {} if properties.parity is None else {"parity": properties.parity}
        return {**properties.table, **parity, "saves": self.saves, "integers": self.integers}

    @property
    def elementwise(self) -> bool:
        """Whether each output element depends on one input element."""
        return self.kind in ("ridge", "radial")

    @property
    def has_formulas(self) -> bool:
        """Whether scalar functions stand behind it, for which the build writes the loops."""
        return self.elementwise or (self.kind == "gated" and not self.formulas)

    @cached_property
    def operands(self) -> tuple[Parameter, ...]:
        """The parameters that the kernel computes with, in the order of the scalar functions' arguments."""
        return tuple(p for p in self.parameters if p.is_operand)

    def operands_of(self, stem: str) -> tuple[Parameter, ...]:
        """Those of `operands` that scalar functions take."""
        return tuple(p for p in self.operands if stem != self.special or p.name in self.special_takes)

    @cached_property
    def fixed(self) -> dict[str, object]:
        """What the parameters have to be for the scalar functions of `special`."""
        return {p.name: p.default for p in self.operands if p.name not in self.special_takes}

    @property
    def stems(self) -> tuple[str, ...]:
        """Names of the scalar functions: the activation's own, or one for each choice of formula."""
        for p in self.parameters:
            if p.choices is not None:
                return tuple(p.choices.values())
        return (self.formulas or self.name,)

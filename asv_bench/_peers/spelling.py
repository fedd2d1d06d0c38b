"""The texts of `formulas` in the words of each peer: NumPy's statements with `out=`, an expression, a function."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["function", "numpy_statements", "one_expression", "scalar", "true"]

_NUMPY = {"max": "maximum", "min": "minimum", "abs": "absolute", "asinh": "arcsinh", "atan": "arctan"}
_NUMPY |= {name: name for name in ("exp", "expm1", "log1p", "sqrt", "sin", "cos", "tanh", "sign")}
_OPERATORS = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.USub: "negative",
    ast.BitAnd: "logical_and",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
}
_TRUTHS = ("logical_and", "greater", "greater_equal", "less", "less_equal")


class _Constants(ast.NodeTransformer):
    """Names in the place of numbers, and of what is computed of numbers alone."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and not any(isinstance(each, ast.Name) for each in ast.walk(node)):
            value = float(eval(ast.unparse(node), {}))
            known = {number: name for name, number in self.values.items()}
            name = known.get(value, f"c{len(self.values)}" if value else "zero")
            self.values[name] = value
            return ast.Name(name, ast.Load())
        return self.generic_visit(node)


def _parsed(text: str) -> tuple[list[tuple[str, ast.expr]], ast.expr, dict[str, float]]:
    """What is assigned, the value, and the numbers in them."""
    constants = _Constants()
    body = [constants.visit(each) for each in ast.parse(text.replace("; ", "\n")).body]
    return [(each.targets[0].id, each.value) for each in body[:-1]], body[-1].value, constants.values


class _Choices(ast.NodeTransformer):
    """Python's choice in the place of `where`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return ast.IfExp(*node.args) if node.func.id == "where" else node


def function(text: str, operands: tuple[str, ...], names: Mapping[str, Any], real: Any = float) -> Callable[..., Any]:
    """A Python function of the operands, which calls `names`, and whose numbers are of the type `real`."""
    assigned, value, constants = _parsed(text)
    lines = [f"def f({', '.join(operands)}):", *(f"    {name} = {ast.unparse(each)}" for name, each in assigned)]
    scope = dict(names) | {name: real(number) for name, number in constants.items()}
    exec("\n".join([*lines, f"    return {ast.unparse(value)}"]), scope)
    return scope["f"]


def scalar(text: str, operands: tuple[str, ...], real: Any) -> Callable[..., Any]:
    """A function of one element, for numba: conditions are choices, and a Python number would make all double."""
    text = "; ".join(ast.unparse(_Choices().visit(each)) for each in ast.parse(text.replace("; ", "\n")).body)
    names = {name: getattr(math, name) for name in (*_NUMPY, "erf") if hasattr(math, name)}
    return function(text, operands, names | {"sign": np.sign}, real)


def true(text: str, *operands: tuple[str, np.ndarray]) -> np.ndarray:
    """The value in NumPy's float64."""
    names = {name: getattr(np, numpy_name) for name, numpy_name in _NUMPY.items()} | {
        "where": np.where,
        "erf": np.vectorize(math.erf),
    }
    found = function(text, tuple(name for name, _ in operands), names)(*(array for _, array in operands))
    return np.asarray(found, np.float64)


def one_expression(text: str) -> tuple[str, dict[str, float]]:
    """The text with what is assigned put in its place, and the numbers in it by name."""
    assigned, value, constants = _parsed(text)

    class Put(ast.NodeTransformer):
        def __init__(self) -> None:
            self.known: dict[str, ast.expr] = {}

        def visit_Name(self, node: ast.Name) -> ast.AST:
            return self.known.get(node.id, node)

    put = Put()
    for name, each in assigned:
        put.known[name] = put.visit(each)
    return ast.unparse(put.visit(value)), constants


class _Statements:
    """NumPy's calls, each into an array that exists: `out`, scratch `r0`, `r1`, ..., and truths `m0`, `m1`, ..."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.free: dict[str, list[str]] = {"r": [], "m": []}
        self.made: dict[str, int] = {"r": 0, "m": 0}

    def take(self, kind: str) -> str:
        if self.free[kind]:
            return self.free[kind].pop()
        self.made[kind] += 1
        return f"{kind}{self.made[kind] - 1}"

    def into(self, node: ast.expr, target: str) -> None:
        """Compute the node into the target."""
        if isinstance(node, ast.Name):
            self.lines.append(f"np.copyto({target}, {node.id})")
            return
        name, operands = _called(node)
        if name == "where":
            self.choose(*operands, target)
            return
        arguments, taken = [], []
        for operand in operands:
            place = operand.id if isinstance(operand, ast.Name) else ""
            if not place:
                kind = "m" if _called(operand)[0] in _TRUTHS else "r"
                own = target not in arguments and (kind == "m") == (name in _TRUTHS)
                place = target if own else self.take(kind)
                taken += [place] * (place != target)
                self.into(operand, place)
            arguments.append(place)
        self.lines.append(f"np.{name}({', '.join(arguments)}, out={target})")
        self.give_back(taken)

    def choose(self, condition: ast.expr, a: ast.expr, b: ast.expr, target: str) -> None:
        mask = self.take("m")
        self.into(condition, mask)
        taken = [mask]
        by_zero = isinstance(b, ast.Name) and b.id == "zero"
        if not by_zero:
            self.into(b, target)
        if isinstance(a, ast.Name):
            chosen = a.id
        else:
            chosen = target if by_zero else self.take("r")
            taken += [chosen] * (chosen != target)
            self.into(a, chosen)
        if by_zero:
            self.lines.append(f"np.multiply({chosen}, {mask}, out={target})")
        else:
            self.lines.append(f"np.copyto({target}, {chosen}, where={mask})")
        self.give_back(taken)

    def give_back(self, taken: list[str]) -> None:
        for name in taken:
            self.free[name[0]].append(name)


def _called(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The name of a ufunc, or `where`, and what it is given."""
    if isinstance(node, ast.Call):
        name = node.func.id
        if name not in _NUMPY and name != "where":
            raise LookupError(f"NumPy has no {name}")
        return _NUMPY.get(name, name), node.args
    if isinstance(node, ast.Compare):
        return _OPERATORS[type(node.ops[0])], [node.left, *node.comparators]
    operands = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
    return _OPERATORS[type(node.op)], operands


def numpy_statements(text: str, target: str = "out") -> tuple[list[str], dict[str, float], dict[str, int]]:
    """The statements, the numbers that they use by name, and how many arrays of each kind: `r` real, `m` of truths.

    Raises
    ------
    LookupError
        If NumPy lacks a function.
    """
    assigned, value, constants = _parsed(text)
    named: dict[str, str] = {}
    writer = _Statements()
    for name, each in assigned:
        place = writer.take("r")
        writer.into(_renamed(each, named), place)
        named[name] = place
    writer.into(_renamed(value, named), target)
    return writer.lines, constants, writer.made


def _renamed(node: ast.expr, names: Mapping[str, str]) -> ast.expr:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            each.id = names.get(each.id, each.id)
    return node

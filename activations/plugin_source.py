"""Reads what a plugin in Cython is built from, and says what is wrong with it before a compiler would."""

from __future__ import annotations

import keyword
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

from activations import declaration
from activations.declaration import Declaration

__all__ = ["read"]

# No names for functions and parameters: variables of the loops, types, and keywords of every call.
RESERVED = (
    declaration.UFUNC_KEYWORDS
    | declaration.RESERVED
    | {
        *("arrays", "at", "bias", "block", "first", "found", "i", "n", "other", "second", "slope", "start", "values"),
        *("bint", "char", "complex", "double", "float", "int", "long", "object", "real", "short", "void"),
    }
)


def read(package: str, where: str, passes: Callable) -> tuple[Declaration, ...]:
    """The declarations of a plugin's package, all of whose formulas are there.

    Parameters
    ----------
    package, where : str
        As for `activations.build.plugin`.
    passes : callable
        ``passes(declaration, stem)`` gives the expressions of an activation's loops, as the build writes them.

    Raises
    ------
    SystemExit
        If something is missing, or no declaration of an elementwise activation, or has a name that no loop can have.
    """
    folder = Path(where, *package.split("."))
    for name in ("declarations.py", "formulas.pxd"):
        if not (folder / name).is_file():
            raise SystemExit(f"plugin({package!r}): there is no {folder / name}")
    # Read by its path: the package itself cannot be imported before its kernels are compiled.
    declared = tuple(runpy.run_path(str(folder / "declarations.py")).get("DECLARATIONS", ()))
    if not declared or not all(isinstance(each, Declaration) and each.elementwise for each in declared):
        raise SystemExit(
            f"{folder / 'declarations.py'}: DECLARATIONS must be a sequence of Declaration, of kind 'ridge' or 'radial'"
        )
    names = [each.name for each in declared]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SystemExit(f"{folder / 'declarations.py'}: two of DECLARATIONS have the name {twice!r}")
    for each in declared:
        for name in (*each.stems, *(p.name for p in each.parameters)):
            if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED:
                raise SystemExit(f"{folder / 'declarations.py'}: {name!r} cannot be a name in a loop; take another one")
    if missing := list(_missing(declared, (folder / "formulas.pxd").read_text(encoding="utf-8"), passes)):
        raise SystemExit("\n".join(f"{folder / 'formulas.pxd'} has no {each}" for each in missing))
    return declared


def _missing(declared: tuple[Declaration, ...], formulas: str, passes: Callable) -> Iterator[str]:
    """The scalar functions whose names do not occur in the text: each would be hundreds of lines of Cython's errors."""
    if re.search(r"^\s*include\b|\bcimport \*", formulas, re.MULTILINE):
        return  # what stands elsewhere is not looked for
    known = set(re.findall(r"\w+", re.sub(r"#.*", "", formulas)))
    own = {each.name: each for each in declared}
    for each in declared:
        for stem in filter(None, dict.fromkeys((*each.stems, each.special))):
            for name, arguments in _calls(own.get(stem, each), stem, passes):
                if name not in known:
                    known.add(name)
                    yield f"`{name}({arguments})`, which the declaration of {each.name} needs"


def _calls(declaration: Declaration, stem: str, passes: Callable) -> Iterator[tuple[str, str]]:
    """The scalar functions that the loops call, each with its arguments."""
    parameters = "".join(f", {p.name}" for p in declaration.operands_of(stem))
    for label, (_, expression) in passes(declaration, stem).items():
        if stem != declaration.special or not label.startswith("by_"):
            for name, arguments in re.findall(r"(\w+)\(([^()]*)\)", expression):
                ways = ", far" * declaration.far + ", near" * (label in declaration.near)
                yield name, arguments.replace("*", parameters) + ways
    if declaration.far:
        yield f"{stem}_is_far", f"x{parameters}"

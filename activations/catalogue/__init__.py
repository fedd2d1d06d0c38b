"""The built-in activations' declarations: one per activation, data only, in one module per family.

Adding an activation is writing its scalar functions in ``activations/formulas`` and its declaration here (and its name
among the entry points in ``pyproject.toml``, as any third party would). The build writes the loops from it; the
registry, the documentation, the command line, the tests and the benchmarks enrol it.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from activations.declaration import Declaration

__all__ = ["FAMILIES", "aliases", "declarations", "families", "family_of", "names"]

# The modules of declarations, and with the same names the modules of formulas in activations.formulas.
FAMILIES = (
    "rectifiers",
    "piecewise",
    "exponentials",
    "smooth",
    "sigmoids",
    "gates",
    "normal",
    "waves",
    "radial",
    "gated",
    "folding",
)


@cache
def families() -> dict[str, tuple[Declaration, ...]]:
    """The declarations by the module that they stand in."""
    from importlib import import_module

    return {family: import_module(f"activations.catalogue.{family}").DECLARATIONS for family in FAMILIES}


@cache
def declarations() -> MappingProxyType[str, Declaration]:
    """Every built-in's declaration by canonical name, sorted."""
    every = {d.name: d for group in families().values() for d in group}
    return MappingProxyType(dict(sorted(every.items())))


@cache
def family_of(name: str) -> str:
    """The family (module of formulas) that a built-in belongs to."""
    return next(family for family, group in families().items() if any(d.name == name for d in group))


def names() -> tuple[str, ...]:
    """The canonical names of the built-ins, sorted."""
    return tuple(declarations())


@cache
def aliases() -> MappingProxyType[str, tuple[str, dict[str, object]]]:
    """Alias to (canonical name, parameters): other spellings, and other frameworks' defaults under dotted names."""
    table = {alias: (d.name, {}) for d in declarations().values() for alias in d.aliases}
    for d in declarations().values():
        table.update((alias, (d.name, dict(parameters))) for alias, parameters in d.dotted.items())
    return MappingProxyType(table)

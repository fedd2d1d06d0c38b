"""The built-in activations' declarations: one per activation, data only, in one module per kind.

Adding an activation is writing its scalar functions in ``activations/kernels`` and its declaration here (and its name
among the entry points in ``pyproject.toml``, as any third party would). The build writes the loops from it; the
registry, the documentation, the command line, the tests and the benchmarks enrol it.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from activations.declaration import Declaration

__all__ = ["FAMILIES", "aliases", "declarations", "family_of", "names"]

# The modules of declarations, and with the same names the modules of formulas in activations.kernels.
FAMILIES = ("ridge", "radial", "folding")


@cache
def _by_family() -> dict[str, tuple[Declaration, ...]]:
    from importlib import import_module

    return {family: import_module(f"activations.catalogue.{family}").DECLARATIONS for family in FAMILIES}


@cache
def declarations() -> MappingProxyType[str, Declaration]:
    """Every built-in's declaration by canonical name, sorted."""
    every = {d.name: d for group in _by_family().values() for d in group}
    return MappingProxyType(dict(sorted(every.items())))


@cache
def family_of(name: str) -> str:
    """The family (module of formulas) that a built-in belongs to."""
    return next(family for family, group in _by_family().items() if any(d.name == name for d in group))


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

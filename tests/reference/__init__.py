"""True values: every built-in written a second time, for `mpmath`, at 66 digits and safe in the tails.

A registered built-in without an entry here fails a test. An entry holds functions of an `mpf` (of a list of them for
the folding kinds) and of the parameters by name; nothing here knows about dtypes or about the engine, whose
older versions are measured with them too. A module per family of the catalogue.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .core import FoldingReference, Reference, mp, show

__all__ = ["REFERENCE", "FoldingReference", "Reference", "mp", "show"]

REFERENCE: dict[str, Reference | FoldingReference] = {
    name: reference
    for module in iter_modules(__path__)
    if module.name not in ("core", "functions")
    for name, reference in import_module(f"{__name__}.{module.name}").REFERENCE.items()
}

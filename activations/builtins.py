"""The built-ins as objects: what their entry points name."""

from __future__ import annotations

from activations import __version__, catalogue, ufuncs
from activations._locks import Guard

_made: dict[str, object] = {}
_guard = Guard()


def __getattr__(name: str):
    declaration = catalogue.declarations().get(name)
    if declaration is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _guard.lock:
        if name not in _made:
            origin = f"numpy-activations {__version__}"
            _made.setdefault(name, _class_for(declaration)(declaration, origin, ufuncs.BUILTINS))
        return _made[name]


def _class_for(declaration):
    if declaration.name == "rrelu":
        from activations.randomized import Randomized

        return Randomized
    if declaration.name == "apl":
        from activations.hinges import Hinged

        return Hinged
    if declaration.elementwise:
        from activations.elementwise import Elementwise

        return Elementwise
    if declaration.kind == "gated":
        from activations.gated import Concatenated, Gated

        return Gated if declaration.has_formulas else Concatenated
    from activations.folding import Channels, Entmax, Gumbel, Maxout, Normaliser, Reduction

    named = {"maxout": Maxout, "gumbel_softmax": Gumbel, "entmax": Entmax}
    if declaration.name in named:
        return named[declaration.name]
    if declaration.dimensions:
        return Channels
    return Reduction if declaration.reduces else Normaliser


def __dir__() -> list[str]:
    return list(catalogue.names())

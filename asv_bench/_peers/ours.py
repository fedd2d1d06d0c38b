"""This library, called as its users call it."""

from __future__ import annotations

from collections.abc import Iterator

import activations

from .cases import Case
from .contender import Contender

version = activations.runtime_info()["version"]


def contenders(case: Case) -> Iterator[Contender]:
    if activations.num_threads() != case.threads:
        activations.num_threads(case.threads)
    f = activations.get(case.name)
    names = case.names | {"f": f}
    extra = ", pieces=pieces" if case.pieces > 1 else ""
    if case.by_row and case.axis >= 0:
        extra += ", axis=axis"
    if case.pieces > 1:
        names |= {"pieces": case.pieces}
    if not case.backward:
        calls = [f"f(x{extra})", f"f(x{extra}, out=out)"]
    else:
        saved = ["x"]
        if case.pieces > 1:
            names["which"] = f.with_argmax(case.names["x"], pieces=case.pieces, axis=case.axis)[1]
            saved.append("x, which=which")
        elif f.saves in ("y", "either"):
            saved += ["x, y=y", "None, y=y"]
        elif f.folded_with_output is not None:
            saved.append("x, y=y")
        calls = [f"f.backward(dy, {s}{extra}{out})" for s in saved for out in ("", ", out=out")]
    for call in calls:
        yield Contender("activations", (call,), names)

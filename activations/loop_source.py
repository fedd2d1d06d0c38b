"""Writes the loops that declarations ask for, in Cython; `activations.build` compiles them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from activations.declaration import Declaration

__all__ = ["loops_source", "passes"]

# Bytes of a result that are computed before they are stored, and the passes where it is done.
GROUP = 256
GROUPED = ("forward", "backward", "backward_from_output")

# Elements of float16 that are converted, computed and converted back before the next ones are: ACT_TILE in halves.h. So
# is whatever is grouped and has one result, but the forward passes of other families than MOVING: long chains, whose
# latency the conversions add to, silu took 1.15 of its time.
TILE = 64

# Elements of float32 whose polynomials are looked up before any is computed further (look_up.h), and for what is left a
# single group of lanes.
LOOKED_UP = (64, 16)

# Families whose formulas take less time than the memory, which is asked for the lines of a result before they are
# written; so it is for every gradient from the output. Where more is computed, that would cost more than it gains.
MOVING = ("rectifiers", "piecewise")

WHOLE = {
    "b": "int8_t",
    "B": "uint8_t",
    "h": "int16_t",
    "H": "uint16_t",
    "i": "int32_t",
    "I": "uint32_t",
    "q": "int64_t",
    "Q": "uint64_t",
}
REAL = {"f": "float", "d": "double"}
BYTES = {"float": 4, "double": 8} | {kind: int(re.sub(r"\D", "", kind)) // 8 for kind in WHOLE.values()}

# What loops with two ways of computing are written with.
WAYS = {
    "mended": "from activations.kernels.mending cimport mended",
    "either": "from activations.kernels.mending cimport either\n"
    "from activations.kernels.real cimport absolute, act_bits32, act_bits64",
}


def _indexed(line: str, arrays: Sequence[str]) -> str:
    """A line about elements: the names of `arrays` with an index, functions of such names as they are."""
    return re.sub(r"\b(" + "|".join(arrays) + r")\b(?!\()", r"\1[i]", line)


def _reads(kind: str, operands: Sequence[str]) -> str:
    """The lines that make memoryviews of a loop's operands."""
    return "\n".join(
        f"    cdef const {kind}[::1] {operand} = read_{kind}(arrays[{k}], n, sizeof({kind}))"
        for k, operand in enumerate(operands)
    )


def _loop(
    name: str,
    kind: str,
    operands: Sequence[str],
    line: str,
    values: Sequence[str],
    finds: str = "",
    group: bool = False,
    ahead: bool = False,
) -> str:
    """One loop over `line`: `operands` and ``out`` are arrays, `values` are bound parameters hoisted out of it.

    `finds` names a whole number that the line counts with and the function returns. Lengths are whole groups of lanes
    anyhow; that the loop says so saves the compiler the code for a remainder, a third of all.

    With `group` results are computed `GROUP` bytes at a time before any is stored, in registers. Stores in between cost
    up to a quarter of the time where the result's address, modulo the size of a page, lies a little after an operand's:
    the processor compares no more of it, and takes a load for one of what was stored just before. That is where memory
    for arrays of one size usually comes to lie. `ahead` says whether lines are asked for that are written next.
    """
    hoisted = "".join(f"    cdef {kind} {v} = (<const {kind}*>values)[{k}]\n" for k, v in enumerate(values))
    hoisted += f"    cdef int {finds} = 0\n" if finds else ""
    indexed = _indexed(line, (*operands, "out"))
    grouped, first = "", "0"
    if group:
        size = GROUP // BYTES[kind]
        first = f"n & -<Py_ssize_t>{size}"
        hoisted += f"    cdef {kind}[{size}] block\n    cdef Py_ssize_t start, at\n"
        hoisted += f"    cdef bint far = is_far_off(n * sizeof({kind}))\n" if ahead else ""
        asked = f"\n        if far:\n            ask_for(&out[start], {GROUP})" if ahead else ""
        grouped = f"""
    for start in range(0, {first}, {size}):{asked}
        for at in range({size}):
            i = start + at
            {indexed.replace("out[i]", "block[at]", 1)}
        for at in range({size}):
            out[start + at] = block[at]"""
    return f"""
cdef {"int" if finds else "void"} {name}(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
{_reads(kind, operands)}
    cdef {kind}[::1] out = write_{kind}(arrays[{len(operands)}], n, sizeof({kind}))
{hoisted}    cdef Py_ssize_t i{grouped}
    for i in range({first}, n & -<Py_ssize_t>LANES):
        {indexed}
""" + (f"    return {finds}\n" if finds else "")


def _halves(name: str, operands: Sequence[str], call: str, values: Sequence[str]) -> str:
    """A loop over float16, of whole tiles, which never leave the registers between the conversions."""
    hoisted = "".join(f"    cdef float {v} = (<const float*>values)[{k}]\n" for k, v in enumerate(values))
    widened = "".join(f"        widen_tile(arrays[{k}], start, {operand})\n" for k, operand in enumerate(operands))
    return f"""
cdef void {name}(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    cdef float[{TILE}] {", ".join(operands)}, block
{hoisted}    cdef Py_ssize_t start, i
    for start in range(0, n, {TILE}):
{widened}        for i in range({TILE}):
            {_indexed(f"block = {call}", (*operands, "block"))}
        narrow_tile(block, arrays[{len(operands)}], start)
"""


def _looked_up(name: str, operands: Sequence[str], table: str) -> str:
    """A loop over float32 of what a table tells of x, times dy where that is an operand."""
    value = f"{table}_looked_up(x[i], held[at], head[at], steep[at], distance[at])"
    parts = "".join(
        f"""
    for start in range({first}, {last}, {size}):
        for at in range({size}):
            places[at] = place(x[start + at], {table}_end, {table}_step, &held[at])
        look_up({table}_table, {table}_degree, places, held, head, steep, distance, {size})
        for at in range({size}):
            i = start + at
            block[at] = {"dy[i] * " * ("dy" in operands)}{value}
        for at in range({size}):
            out[start + at] = block[at]"""
        for first, last, size in (("0", "whole", LOOKED_UP[0]), ("whole", "n", LOOKED_UP[1]))
    )
    return f"""
cdef void {name}(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
{_reads("float", operands)}
    cdef float[::1] out = write_float(arrays[{len(operands)}], n, sizeof(float))
    cdef float[{LOOKED_UP[0]}] places, held, head, steep, distance, block
    cdef Py_ssize_t start, at, i, whole = n & -<Py_ssize_t>{LOOKED_UP[0]}{parts}
"""


def _twofold(name: str, kind: str, operands: Sequence[str], calls: Sequence[str], values: Sequence[str]) -> str:
    """A loop with two results, ``out`` and ``other``: what their formulas share is computed once.

    Both are computed before either is stored, since a result may lie where an operand does.
    """
    text = _loop(name, kind, operands, "out = first", values)
    out = f"    cdef {kind}[::1] out ="
    other = f"    cdef {kind}[::1] other = write_{kind}(arrays[{len(operands) + 1}], n, sizeof({kind}))\n"
    steps = [f"{each} = {call}" for each, call in zip(("first", "second"), calls, strict=True)]
    steps = [_indexed(step, operands) for step in steps]
    text = text.replace(out, f"    cdef {kind} first, second\n{other}{out}")
    return text.replace("        out[i]", "".join(f"        {step}\n" for step in steps) + "        out[i]") + (
        "        other[i] = second\n"
    )


def _mended(
    name: str, kind: str, operands: Sequence[str], call: str, values: Sequence[str], is_far: str, group: bool
) -> str:
    """A loop for near arguments, and one that computes what is far again, in blocks that have any."""
    return (
        _loop(name, kind, operands, f"out = {call.replace(', far)', ', False)')}", values, group=group)
        + _loop(f"{name}_found", kind, operands, f"found |= {is_far}", values, finds="found")
        + _loop(f"{name}_far", kind, operands, f"if {is_far}: out = {call.replace(', far)', ', True)')}", values)
        + f"""
cdef void {name}_mended(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    mended(arrays, n, values, {len(operands)}, sizeof({kind}), {name}, {name}_found, {name}_far)
"""
    )


def _either(
    name: str,
    kind: str,
    operands: Sequence[str],
    call: str,
    values: Sequence[str],
    nearest: float,
    within: Mapping[str, tuple[float, float]],
) -> str:
    """Two loops, for blocks all of whose elements are near and for any, and one that looks which it is to be.

    Magnitudes are compared as whole numbers, which order them and have NaN behind infinity.
    """
    stem, whole, bits = name.removesuffix(kind), f"int{8 * BYTES[kind]}_t", f"act_bits{8 * BYTES[kind]}"
    others = "".join(
        f" or not {low!r} <= (<const {kind}*>values)[{values.index(each)}] <= {high!r}"
        for each, (low, high) in within.items()
    )
    return (
        _loop(name, kind, operands, f"out = {call.replace(', near)', ', True)')}", values, group=True)
        + _loop(f"{stem}any_{kind}", kind, operands, f"out = {call.replace(', near)', ', False)')}", values, group=True)
        + f"""
cdef int {stem}far_{kind}(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    cdef const {kind}[::1] x = read_{kind}(arrays[{operands.index("x")}], n, sizeof({kind}))
    cdef {whole} most = 0, magnitude
    cdef Py_ssize_t i
    for i in range(n & -<Py_ssize_t>LANES):
        magnitude = {bits}(absolute(x[i]))
        most = magnitude if magnitude > most else most
    return most > {bits}(<{kind}>{nearest}){others}

cdef void {name}_either(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    either(arrays, n, values, {len(operands)}, sizeof({kind}), {name}, {stem}far_{kind}, {stem}any_{kind})
"""
    )


def passes(declaration: Declaration, stem: str) -> dict[str, tuple[tuple[str, ...], str]]:
    """The passes of an activation: pass to (operands, scalar expression with ``*`` for the parameters).

    Two expressions with a semicolon between have a result each.
    """
    if declaration.kind == "gated":
        by = {each: f"{stem}_by_{each}(dy, gate, value*)" for each in ("gate", "value", *declaration.gradients)}
        found = {"backward": f"{by['gate']}; {by['value']}"} | {f"by_{key}": each for key, each in by.items()}
        return {"forward": (("gate", "value"), f"{stem}(gate, value*)")} | {
            key: (("dy", "gate", "value"), expression) for key, expression in found.items()
        }
    backward = f"{stem}_backward(dy, x*)" if "backward" in declaration.scalars else f"dy * {stem}_derivative(x*)"
    found = {
        "forward": (("x",), f"{stem}(x*)"),
        "derivative": (("x",), f"{stem}_derivative(x*)"),
        "backward": (("dy", "x"), backward),
    }
    if "backward_from_output" in declaration.scalars:
        found["backward_from_output"] = (("dy", "y"), f"{stem}_backward_from_output(dy, y*)")
    if "second_derivative" in declaration.scalars:
        found["second_derivative"] = (("x",), f"{stem}_second_derivative(x*)")
    if "added" in declaration.scalars:
        found["forward_added"] = (("y", "x"), f"{stem}_added(y, x*)")
        found["derivative_added"] = (("slope", "x"), f"{stem}_derivative_added(slope, x*)")
        found["backward_added"] = (("dy", "slope", "x"), f"{stem}_backward_added(dy, slope, x*)")
    for parameter in declaration.gradients:
        found[f"by_{parameter}"] = (("dy", "x"), f"dy * {stem}_by_{parameter}(x*)")
    return found


def loops_source(declarations: Iterable[Declaration], formulas: str) -> str:
    """Cython source of the loops over the scalar functions in the module `formulas`.

    For each scalar function, element type and pass there is a loop with bound parameters and, where the function has
    parameters, one in which they are arrays too. The module's ``LOOPS`` maps (name, pass) to the numbers of operands
    and of results and, per NumPy type character, the addresses of the two; of "f" there may be a third one, of a loop
    over whole tiles of float16 with bound parameters, or 0. ``INTERFACE`` is the version of this format
    and of all else that kernels and library agree on, ``PARAMETERS`` the names of each scalar function's parameters.
    """
    imported: list[str] = []
    loops: list[str] = []
    tables: list[str] = []
    table: list[str] = []
    parameters: dict[str, tuple[str, ...]] = {}

    def write(name, kind, operands, call, values, is_far, group=False, ahead=False, near=None, within=None):
        """Write a loop, and return the name of what the driver is to call."""
        if near:
            loops.append(_either(name, kind, operands, call, values, near[kind == "double"], within))
            return f"{name}_either"
        call = call.replace(", near)", ", False)")
        if "; " in call:
            loops.append(_twofold(name, kind, operands, call.split("; "), values))
            return name
        if not is_far:
            loops.append(_loop(name, kind, operands, f"out = {call}", values, group=group, ahead=ahead))
            return name
        loops.append(_mended(name, kind, operands, call, values, is_far, group))
        return f"{name}_mended"

    # A formula that several share has the passes that its own declaration lists.
    declarations = list(declarations)
    own = {declaration.name: declaration for declaration in declarations}
    package, _, family = formulas.rpartition(".")
    moving = family in MOVING
    for declaration in declarations:
        special = [declaration.special] if declaration.special and declaration.special not in own else []
        for stem in (*declaration.stems, *special):
            if stem in parameters:
                continue
            values = [p.name for p in declaration.operands_of(stem)]
            parameters[stem] = tuple(values)
            formula = own.get(stem, declaration)
            for name, (operands, expression) in passes(formula, stem).items():
                if stem in special and name.startswith("by_"):
                    continue
                imported += re.findall(r"\w+(?=\()", expression)
                given = "".join(f", {v}" for v in values)
                is_far = f"{stem}_is_far(x{given})" if formula.far else ""
                if is_far:
                    imported.append(f"{stem}_is_far")
                near = formula.near.get(name)
                call = expression.replace("*)", f"{given}{', far' * formula.far}{', near' * bool(near)})")
                ahead = moving or name == "backward_from_output"
                group = name in GROUPED or (moving and name == "derivative")
                kinds = REAL | WHOLE if declaration.integers and name == "forward" else REAL
                entries = []
                for character, kind in kinds.items():
                    bound = f"{stem}_{name}_{kind}"
                    within = formula.near_parameters
                    bound = write(bound, kind, operands, call, values, is_far, group, ahead, near, within)
                    varying = "0"
                    if values:
                        varying = f"{stem}_{name}_varying_{kind}"
                        varying = write(varying, kind, (*operands, *values), call, (), is_far)
                        varying = f"<uintptr_t><void*>{varying}"
                    tiles = ""
                    plain = group and "; " not in call and not is_far
                    if kind == "float" and plain and (moving or name != "forward"):
                        anywhere = call.replace(", near)", ", False)")
                        loops.append(_halves(f"{stem}_{name}_float16", operands, anywhere, values))
                        tiled = "ACT_TILE and not ACT_TABLES" if name in formula.tabled else "ACT_TILE"
                        tiles = f", <uintptr_t><void*>{stem}_{name}_float16 if {tiled} else 0"
                    address = f"<uintptr_t><void*>{bound}"
                    if looked := formula.tabled.get(name) if kind == "float" else None:
                        loops.append(_looked_up(f"{stem}_{name}_looked_up", operands, looked))
                        tables += ["ACT_TABLES", "look_up", "place"]
                        tables += [f"{looked}_{each}" for each in ("degree", "end", "looked_up", "step", "table")]
                        address = f"<uintptr_t><void*>{stem}_{name}_looked_up if ACT_TABLES else {address}"
                    entries.append(f'        "{character}": ({address}, {varying}{tiles}),')
                counts = f"{len(operands)}, {1 + expression.count('; ')}"
                table.append(f'    ("{stem}", "{name}"): ({counts}, {{\n' + "\n".join(entries) + "\n    }),")
    kinds = sorted({*REAL.values(), *WHOLE.values()})
    views = ", ".join(f"read_{kind}, write_{kind}" for kind in kinds)
    return (
        '"""Loops written by activations.loop_source from the declarations; the mathematics is in '
        f'{formulas}."""\n\n'
        "from libc.stdint cimport (\n    int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, "
        "uintptr_t,\n)\n"
        f"from {formulas} cimport {', '.join(dict.fromkeys(imported))}\n"
        "from activations.kernels.core cimport ACT_INTERFACE, LANES\n"
        f"from activations.kernels.views cimport ACT_TILE, ask_for, is_far_off, narrow_tile, widen_tile, {views}\n"
        + "".join(
            f"{imports}\n"
            for ways, imports in WAYS.items()
            if any(f"{ways}(arrays, n, values" in loop for loop in loops)
        )
        + (f"from {package}.tabled cimport {', '.join(dict.fromkeys(tables))}\n" if tables else "")
        + "".join(loops)
        + "\nINTERFACE = ACT_INTERFACE\n"
        + f"PARAMETERS = {parameters!r}\n"
        + "\nLOOPS = {\n"
        + "\n".join(table)
        + "\n}\n"
    )

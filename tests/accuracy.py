"""Print errors in ulp: ``python -m tests.accuracy [NAME ...] [--dtype float32] [--pass forward] [--dense]``.

A name may carry parameters: ``softplus:beta=2.3``. Without a name every built-in is measured, with its defaults and
with its reference's examples. ``--dense`` sweeps 2**22 float32 patterns (``--dense 32``: all of them) and every
number of a narrow type; its worst points are confirmed with mpmath. A line over its limit begins with an exclamation
mark.
ACTIVATIONS_ISA chooses the level that is measured.
"""

from __future__ import annotations

import argparse
import ast

import numpy as np

import activations
from activations import catalogue

from .enrolment import ALL_DTYPES
from .limits import limit, near_root_limit
from .measuring import cases, label, measure, measure_blocks, measure_rows
from .reference import REFERENCE, FoldingReference
from .samples import every

PASSES = ("forward", "derivative", "backward", "from_output", "second_derivative", "by")


def patterns(bits, seed=0):
    """Blocks of evenly spread float32 bit patterns, 2**bits of them together, starting at a random one."""
    step = 1 << (32 - bits)
    start = int(np.random.default_rng(seed).integers(step))
    for block in range(0, 1 << 32, step << 15):
        stop = min(block + (step << 15), 1 << 32)
        yield np.arange(block + start, stop, step, np.uint64).astype(np.uint32).view(np.float32)


def spell(text):
    """``softplus:beta=2.3,threshold=20`` as a name and parameters."""
    name, _, rest = text.partition(":")
    pairs = (pair.partition("=")[::2] for pair in rest.split(",") if pair)
    parameters = {}
    for key, value in pairs:
        try:
            parameters[key] = ast.literal_eval(value)
        except ValueError:
            parameters[key] = value
    return name, parameters


def wanted(names):
    """Pairs of name and parameters for the command line's names."""
    for text in names or catalogue.names():
        name, parameters = spell(text)
        yield from [(name, parameters)] if parameters else ((name, case) for case in cases(name))


def passes(activation, chosen):
    """Those of the chosen passes that the activation has."""
    if isinstance(REFERENCE[activation.name], FoldingReference):
        return [pass_ for pass_ in chosen if pass_ in ("forward", "backward")]
    return [each for pass_ in chosen for each in further(activation, pass_)]


def further(activation, pass_):
    """The passes that a word of the command line stands for: one for each parameter, none where there is none."""
    declared = catalogue.declarations()[activation.name]
    if pass_ == "by":
        return [f"by_{parameter}" for parameter in declared.gradients]
    known = {"from_output": activation.saves != "x", "second_derivative": "second_derivative" in declared.scalars}
    return [pass_] if known.get(pass_, True) else []


def one(activation, dtype, pass_, arguments):
    """Worst error of one activation, dtype and pass as the arguments ask."""
    if isinstance(REFERENCE[activation.name], FoldingReference):
        return measure_rows(activation, dtype, pass_)
    all_of_it = dtype == "bfloat16" or (dtype == "float16" and arguments.dense is not None and pass_ != "from_output")
    if not all_of_it and (arguments.dense is None or dtype == "float64" or pass_ == "from_output"):
        return measure(activation, dtype, pass_, arguments.size, arguments.seed)
    blocks = [every(dtype)] if all_of_it else patterns(arguments.dense, arguments.seed)
    return measure_blocks(activation, blocks, pass_, arguments.seed)


def main():
    """Measure and print, one line per function, dtype and pass."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--dtype", action="append", choices=ALL_DTYPES)
    parser.add_argument("--pass", dest="passes", action="append", choices=PASSES)
    parser.add_argument("--size", type=int, default=12_000, help="number of samples judged by mpmath")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dense", nargs="?", type=int, const=22, metavar="BITS", help="sweep 2**BITS float32 patterns")
    arguments = parser.parse_args()
    for name, parameters in wanted(arguments.names):
        activation = activations.get(name, **parameters)
        for pass_ in passes(activation, arguments.passes or PASSES):
            for dtype in arguments.dtype or ALL_DTYPES:
                if (dtype, pass_) == ("bfloat16", "from_output"):
                    continue  # not every number is an output
                worst = one(activation, dtype, pass_, arguments)
                folding = isinstance(REFERENCE[activation.name], FoldingReference)
                allowed = limit(activation.name, dtype, pass_, folding)
                over = "!" if worst.error > allowed or worst.near_root > near_root_limit(pass_) else " "
                print(f"{over} {label(name, parameters):34} {dtype:8} {pass_:11} {worst}", flush=True)


if __name__ == "__main__":
    main()

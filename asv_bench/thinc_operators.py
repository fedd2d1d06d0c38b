"""Each operator of our backend for thinc against thinc's own, at sizes that spaCy's networks have.

    python -m asv_bench.thinc_operators
    python -m asv_bench.thinc_operators --sizes 1000x96 --operators maxout,backprop_maxout --rounds 200

The ratio is our time over that of thinc's ``NumpyOps``; the two take turns, and the minimum over all rounds counts.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from time import process_time

from asv_bench.peers import chosen, set_threads
from asv_bench.thinc_networks import race

SIZES = ("32x96", "1000x96", "1000x256", "4000x512")
ELEMENTWISE = (
    *("relu", "clipped_linear", "relu_k", "hard_sigmoid", "hard_tanh", "hard_swish", "hard_swish_mobilenet"),
    *("dish", "gelu", "gelu_approx", "mish", "sigmoid"),
)
OTHERS = ("swish", "softmax", "maxout", "softmax_sequences")
OPERATORS = (
    *(f"{prefix}{name}" for name in (*ELEMENTWISE, *OTHERS) for prefix in ("", "backprop_")),
    *("dsigmoid", "dtanh", "erf", "sechsq"),
)
PIECES = (2, 3)
# Rows of a sequence, and its columns: thinc's attention has one.
SEQUENCES = ((5, 1), (20, 1), (5, 96), (20, 96))
# A call is repeated until it takes as long, in seconds.
LONG_ENOUGH = 2e-4


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asv_bench.thinc_operators", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--operators", metavar="NAME,...", help="only these")
    add("--sizes", metavar="ROWSxCOLUMNS,...", default=",".join(SIZES), help="default: %(default)s")
    add("--rounds", type=int, default=60, metavar="N", help="rounds (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds is {options.rounds}; give at least 1")
    for size in options.sizes.split(","):
        if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", size):
            parser.error(f"--sizes holds {size!r}; give rows and columns as 1000x96")
    return options


def cases(rows: int, columns: int, reference) -> dict[str, Callable]:
    """Of each operator, perhaps in several forms, a function of the backend."""
    import numpy as np

    rng = np.random.default_rng(0)
    x, dy = (rng.normal(size=(rows, columns)).astype(np.float32) for _ in range(2))
    found: dict[str, Callable] = {}
    for name in ELEMENTWISE:
        saved = getattr(reference, name)(x) if name in ("relu", "sigmoid") else x
        found[name] = lambda ops, name=name: getattr(ops, name)(x)
        found[f"backprop_{name}"] = lambda ops, name=name, saved=saved: getattr(ops, f"backprop_{name}")(dy, saved)
    y, odds = reference.swish(x), reference.softmax(x)
    found |= {
        "swish": lambda ops: ops.swish(x),
        "backprop_swish": lambda ops: ops.backprop_swish(dy, x, y),
        "softmax": lambda ops: ops.softmax(x),
        "backprop_softmax": lambda ops: ops.backprop_softmax(odds, dy),
        "dsigmoid": lambda ops: ops.dsigmoid(odds),
        "dtanh": lambda ops: ops.dtanh(odds),
        "erf": lambda ops: ops.erf(x),
        "sechsq": lambda ops: ops.sechsq(x),
    }
    for pieces in PIECES:
        parts = rng.normal(size=(rows, columns, pieces)).astype(np.float32)
        which = reference.maxout(parts)[1]
        form = f"{pieces} pieces"
        found[f"maxout, {form}"] = lambda ops, parts=parts: ops.maxout(parts)
        found[f"backprop_maxout, {form}"] = lambda ops, w=which, p=pieces: ops.backprop_maxout(dy, w, p)
    for long, wide in SEQUENCES:
        lengths = np.full(max(1, rows // long), long, np.int32)
        xs, ds = (rng.normal(size=(lengths.sum(), wide)).astype(np.float32) for _ in range(2))
        ys, form = reference.softmax_sequences(xs, lengths), f"{long} rows, {wide} columns"
        found[f"softmax_sequences, {form}"] = lambda ops, xs=xs, n=lengths: ops.softmax_sequences(xs, n)
        found[f"backprop_softmax_sequences, {form}"] = lambda ops, ds=ds, ys=ys, n=lengths: (
            ops.backprop_softmax_sequences(ds, ys, n)
        )
    return found


def repeated(call: Callable[[], object]) -> tuple[Callable[[], None], int]:
    """The call as often as makes it long enough to be timed, and how often that is."""
    call()
    start = process_time()
    for _ in range(10):
        call()
    count = max(1, int(LONG_ENOUGH / max((process_time() - start) / 10, 1e-9)))

    def calls() -> None:
        for _ in range(count):
            call()

    return calls, count


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    names = chosen("--operators", options.operators, OPERATORS)
    set_threads(1)
    try:
        from activations.thinc import ActivationsOps
    except ImportError as error:
        raise SystemExit(str(error)) from None
    from thinc.backends import NumpyOps

    ours, theirs = ActivationsOps(), NumpyOps()
    print(f"{'operator':<48}{'size':>10}{'ours, us':>12}{'NumpyOps, us':>14}{'ratio':>8}")
    slower = []
    for size in options.sizes.split(","):
        for title, operator in cases(*map(int, size.split("x")), theirs).items():
            if title.partition(",")[0] not in names:
                continue
            timed, counts = {}, {}
            for label, ops in (("ours", ours), ("theirs", theirs)):
                timed[label], counts[label] = repeated(lambda ops=ops, operator=operator: operator(ops))
            best = {
                label: 1e3 * time / counts[label] for label, time in race(timed, options.rounds, process_time).items()
            }
            ratio = best["ours"] / best["theirs"]
            slower += [f"{title} ({size}): {ratio:.2f}"] if ratio > 1 else []
            print(f"{title:<48}{size:>10}{best['ours']:>12.1f}{best['theirs']:>14.1f}{ratio:>8.2f}", flush=True)
    print(f"\nslower than thinc's: {len(slower)}", *slower, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

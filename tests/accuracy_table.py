"""The accuracy tables of the docs: worst errors in ulp, ours beside those of other libraries, and what is above the
general limits.

``python -m tests.accuracy_table`` measures every built-in with its default parameters, and each pass for which a limit
of its own is declared at every instruction set and with the reference's examples too, and writes docs/accuracy.json;
``python -m tests.accuracy_table silu gcu`` measures those two and leaves the others' rows as they are; with
``--missing`` it measures what the table does not hold yet.
The others need the extra ``peers`` and PyTorch; one that is missing is left out and named.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

import numpy as np

import activations

from .accuracy import patterns
from .accuracy_costs import times_in_double
from .enrolment import ALL_DTYPES, ELEMENTWISE, NARROW, ROWWISE
from .limits import EXCEPTIONS
from .measuring import RowSample, Sample, Worst, cases, measure, measure_blocks, measure_dense, measure_rows, run
from .parity import jax, onnx, pytorch, scipy
from .samples import every

__all__ = ["TABLE", "most_recorded", "recorded", "recorded_exceptions", "stale"]

TABLE = Path(__file__).parent.parent / "docs" / "accuracy.json"
PASSES = ("forward", "derivative")
LENGTHS = (1, 2, 3, 7, 16, 33, 130)
DENSE = 20  # so many bits of float32's are swept besides the samples
EXCEPTIONS_DENSE = 24


@cache
def recorded() -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """What was measured: name, dtype, pass, and library to ulp."""
    return json.loads(TABLE.read_text())["ulp"]


@cache
def recorded_exceptions() -> dict[str, dict[str, float]]:
    """What was measured of passes with limits of their own, by name, dtype and pass."""
    return json.loads(TABLE.read_text()).get("exceptions", {})


def most_recorded(name: str, dtype: str, pass_: str) -> float:
    """What ours may be off now: the table was measured with other samples, perhaps at another level."""
    return 1.4 * recorded()[name][dtype][pass_]["ours"] + 0.5


def _torch(function: Callable, pass_: str) -> Callable:
    import torch

    def call(x):
        # NumPy has no bfloat16 of its own, and PyTorch does not know ml_dtypes': the bits go over as whole numbers.
        whole = x.dtype.name == "bfloat16"
        tensor = torch.tensor(x.view(np.int16)).view(torch.bfloat16) if whole else torch.tensor(x)
        tensor.requires_grad_(pass_ == "derivative")
        y = function(tensor)
        if pass_ == "derivative":
            y.sum().backward()
            y = tensor.grad
        return y.view(torch.int16).numpy().view(x.dtype) if whole else y.numpy()

    return call


def _jax(function: Callable, pass_: str) -> Callable:
    import jax

    jax.config.update("jax_enable_x64", True)
    gradient = jax.grad(lambda x: function(x).sum())
    return jax.jit(function if pass_ == "forward" else gradient)


def _plain(function: Callable, pass_: str) -> Callable | None:
    return function if pass_ == "forward" else None


PEERS = {
    "PyTorch": ("torch", pytorch.FUNCTIONS, _torch),
    "JAX": ("jax", jax.FUNCTIONS, _jax),
    "SciPy": ("scipy", scipy.FUNCTIONS, _plain),
    "ONNX Runtime": ("onnxruntime", onnx.FUNCTIONS, _plain),
}


def peers(name: str, pass_: str) -> Iterator[tuple[str, Callable]]:
    """The libraries at hand that have a function at our default parameters."""
    for label, (module, functions, made) in PEERS.items():
        if name not in functions or not _installed(module):
            continue
        function = next((theirs for parameters, theirs in functions[name] if not parameters), None)
        call = made(function, pass_) if function else None
        if call is not None:
            yield label, call


def _installed(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def measured(name: str, dtype: str, pass_: str, size: int) -> dict[str, float]:
    """Worst errors of one pass, by library."""
    f = activations.get(name)
    sample = None if dtype in NARROW else Sample.of(f, dtype, pass_, size)
    dense = every(dtype) if dtype in NARROW else np.concatenate([*patterns(DENSE)]) if dtype == "float32" else None
    first = sample.x if sample else dense
    found = {}
    for label, call in (("ours", lambda x: run(f, pass_, x)), *peers(name, pass_)):
        with np.errstate(all="ignore"):
            try:
                got = np.asarray(call(first))
            except Exception as error:
                # ONNX Runtime has no double of many operators.
                print(f"{label} has no {name} of {dtype}: {str(error).splitlines()[0][:80]}")
                continue
            if got.dtype != first.dtype:
                continue
            found[label] = sample.judge(got) if sample else Worst()
            if dense is not None:
                found[label].include(measure_dense(f, dense, pass_, got=np.asarray(call(dense))))
    return {label: _worst(each) for label, each in found.items()}


def measured_rows(name: str, dtype: str) -> dict[str, float]:
    """Worst errors of a forward pass over rows, by library."""
    f, real = activations.get(name), np.float64 if dtype == "float64" else np.float32
    # The truth has the parameters that the kernel has.
    f = f.bind(**{key: float(real(value)) for key, value in f.parameters.items() if isinstance(value, float)})
    samples = list(RowSample.all(f, dtype, "forward", lengths=LENGTHS))
    if f.kind == "gated":  # a shut gate makes 0 of an infinite value, mpmath NaN
        samples = [sample for sample in samples if np.isfinite(sample.row).all()]
    found = {"ours": Worst()}
    for sample in samples:
        found["ours"].include(sample.judge(run(f, "forward", sample.row)))
    axis = {"PyTorch": pytorch.AXIS} if _installed("torch") else {}
    for label, functions in axis.items():
        if name in functions:
            found[label] = Worst()
            call = _torch(lambda x, theirs=functions[name][0][1]: theirs(x, -1), "forward")
            for sample in samples:
                found[label].include(sample.judge(call(sample.row)))
    return {label: _worst(each) for label, each in found.items()}


def all_passes(name: str, dtype: str, size: int) -> dict[str, dict[str, float]]:
    """Worst errors of a function in one dtype, by pass and library."""
    if name in ELEMENTWISE:
        return {pass_: measured(name, dtype, pass_, size) for pass_ in PASSES}
    return {"forward": measured_rows(name, dtype)}


def exceptions(names: Iterable[str], size: int) -> dict[str, float]:
    """Worst errors, at the instruction set in use, of the passes that have a limit of their own."""
    found = {}
    for name, dtype, pass_ in sorted(key for key in EXCEPTIONS if key[0] in names):
        worst = Worst()
        for case in cases(name):
            f = activations.get(name, **case)
            if name in ROWWISE:
                worst.include(measure_rows(f, dtype, pass_, lengths=LENGTHS))
                continue
            worst.include(measure(f, dtype, pass_, size))
            if dtype == "float32":
                worst.include(measure_blocks(f, patterns(EXCEPTIONS_DENSE), pass_))
        found[f"{name} {dtype} {pass_}"] = _worst(worst)
    return found


def exceptions_anywhere(names: Iterable[str], size: int) -> dict[str, dict[str, float]]:
    """The worst of all instruction sets, beside the limits that they were measured under."""
    command = [sys.executable, "-m", "tests.accuracy_table", *names, "--size", str(size), "--exceptions-here"]
    running = [
        subprocess.Popen(command, env=os.environ | {"ACTIVATIONS_ISA": level}, stdout=subprocess.PIPE, text=True)
        for level in activations.runtime_info()["isa_available"]
    ]
    found = [json.loads(process.communicate()[0]) for process in running]
    keys = sorted(key for key in EXCEPTIONS if key[0] in names)
    times = times_in_double((name, pass_) for name, dtype, pass_ in keys if dtype == "float32")
    return {
        " ".join(key): {"ulp": max(each[" ".join(key)] for each in found), "allowed": EXCEPTIONS[key].ulp}
        | ({"in_double": round(times[key[0], key[2]], 1)} if key[1] == "float32" else {})
        for key in keys
    }


def stale() -> list[str]:
    """The passes whose limits are no longer those that were measured under."""
    known = recorded_exceptions()
    now = {" ".join(key): allowed.ulp for key, allowed in EXCEPTIONS.items()}
    return sorted(key for key in {*known, *now} if key not in known or known[key]["allowed"] != now.get(key))


def _worst(worst: Worst) -> float | None:
    """Three digits; None stands for a result that is wrong altogether (infinity or NaN)."""
    error = max(worst.error, worst.near_root)
    return float(f"{error:.3g}") if math.isfinite(error) else None


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy_table", description=__doc__.split("\n")[0])
    parser.add_argument("names", metavar="NAME", nargs="*", help="functions; all of them without")
    parser.add_argument("--missing", action="store_true", help="only what the table does not hold yet")
    parser.add_argument("--size", type=int, default=4000, help="number of samples of each function")
    parser.add_argument("--exceptions-here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.exceptions_here:
        print(json.dumps(exceptions(arguments.names, arguments.size)))
        return
    names = arguments.names or (*ELEMENTWISE, *ROWWISE)
    if unknown := {*names} - {*ELEMENTWISE, *ROWWISE}:
        parser.error(f"not measured: {', '.join(sorted(unknown))}")
    some = bool(arguments.names or arguments.missing)
    ulp: dict[str, dict[str, dict[str, dict[str, float]]]] = dict(recorded()) if some else {}
    for name in names:
        known = ulp.get(name, {}) if arguments.missing else {}
        ulp[name] = {dtype: known.get(dtype) or all_passes(name, dtype, arguments.size) for dtype in ALL_DTYPES}
        print(name, ulp[name], flush=True)
    limited = {key.split()[0] for key in stale()} if arguments.missing else {*names}
    found = exceptions_anywhere(sorted(limited & {name for name, *_ in EXCEPTIONS}), arguments.size)
    kept = {" ".join(key) for key in EXCEPTIONS if some and key[0] not in limited}
    found |= {key: known for key, known in recorded_exceptions().items() if key in kept}
    missing = [label for label, (module, *_) in PEERS.items() if not _installed(module)]
    versions = {label: metadata.version(module) for label, (module, *_) in PEERS.items() if label not in missing}
    about = {"isa": activations.runtime_info()["isa"], "versions": versions, "missing": missing}
    if some:
        about = {key: value for key, value in json.loads(TABLE.read_text()).items() if key in about}
    table = {**about, "exceptions": dict(sorted(found.items())), "ulp": dict(sorted(ulp.items()))}
    TABLE.write_text(json.dumps(table, indent=1) + "\n")
    print(f"wrote {TABLE}" + f"; not installed: {', '.join(missing)}" * bool(missing))


if __name__ == "__main__":
    main()

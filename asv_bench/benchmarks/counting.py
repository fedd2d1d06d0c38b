"""Instructions per element of every kernel: ``python -m asv_bench.instructions``.

Times swing; the instructions that a kernel executes do not. callgrind counts them, in float32 and float64, at
v3 (valgrind knows no AVX-512), for two lengths, whose difference is free of what a call costs by itself. A kernel that
takes more than 5 % more than ``asv_bench/instructions.json`` says fails, by name; so does one that is not recorded.
``--write`` records what is measured, in the commit that means it. Counts of different compilers are not compared.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import activations

# Run by its path it is no part of a package.
if __package__:
    from .common import DTYPES, arrays, enrolled, get, is_elementwise
else:
    from common import DTYPES, arrays, enrolled, get, is_elementwise

__all__ = ["compare", "main", "measure", "names_of_kernels"]

RECORD = Path(__file__).resolve().parents[1] / "instructions.json"
ALLOWED = 1.05
# Rows of 1,024, and so many that the hundred instructions by which calls differ do not count.
LENGTHS = (1024, 17 * 1024)
# After four calls a loop has learnt its cost, and times no more.
WARM = 5
PAGE = 4096
MARKS = """
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; }
void on(void) { CALLGRIND_ZERO_STATS; CALLGRIND_TOGGLE_COLLECT; }
void off(const char* name) { CALLGRIND_TOGGLE_COLLECT; CALLGRIND_DUMP_STATS_AT(name); }
"""


def kernels(names=None):
    """The function, pass and type of each kernel of the library that is installed."""
    for name in names or enrolled():
        try:
            f = get(name)
        except NotImplementedError:
            continue  # an old library
        for which in ("forward", "backward", *(("derivative",) if is_elementwise(f) else ())):
            for dtype in DTYPES:
                yield name, which, dtype


def names_of_kernels() -> list[str]:
    """What is counted."""
    return [" ".join(kernel) for kernel in kernels()]


def call(f, which, x, dy):
    """One pass, into an output made beforehand, over arrays that always lie alike."""
    x, dy = placed(x, 0), placed(dy, 1408)
    if which == "backward":
        out = placed(f.backward(dy, x), 2752)
        return lambda: f.backward(dy, x, out=out)
    run = f if which == "forward" else f.derivative
    out = placed(run(x), 2752)
    return lambda: run(x, out=out)


def placed(array, offset):
    """A copy that begins so many bytes behind a page: some loops choose their way by how results lie to operands."""
    room = np.empty(array.nbytes + 2 * PAGE, np.uint8)
    start = -room.ctypes.data % PAGE + offset
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def inside(marks: str, names) -> None:
    """What runs under callgrind: every call to warm up, then once counted."""
    library = ctypes.CDLL(marks)
    begin, on, off = library.begin, library.on, library.off
    every = [
        (f"{name} {which} {dtype} {length}".encode(), call(f, which, *arrays(f, length, dtype)))
        for name, which, dtype in kernels(names)
        for f in [activations.get(name)]
        for length in LENGTHS
    ]
    with activations.num_threads(1):
        begin()
        on()
        off(b"")
        for label, run in every:
            for _ in range(WARM):
                run()
            on()
            run()
            off(label)


def measure(names=None) -> dict[str, float | str]:
    """Instructions per element by kernel, and under ``"compiler"`` and ``"isa"`` what was measured.

    Raises
    ------
    RuntimeError
        If valgrind or a C compiler is missing, or the program fails under valgrind.
    """
    for program in ("valgrind", "gcc"):
        if shutil.which(program) is None:
            raise RuntimeError(f"counting instructions needs {program}: apt-get install {program}")
    with tempfile.TemporaryDirectory() as folder:
        marks = str(Path(folder, "marks.so"))
        compiler = ["gcc", "-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", marks]
        subprocess.run(compiler, input=MARKS, text=True, check=True)
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no"]
        # As a script, and away from the sources: what is counted is the library that is installed.
        command += [f"--callgrind-out-file={folder}/out", sys.executable, str(Path(__file__).resolve())]
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ACTIVATIONS_ISA": "v3"}
        run = subprocess.run(
            [*command, "--inside", marks, *(names or ())],
            env=os.environ | alone,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(f"the program failed under valgrind:\n{run.stderr[-3000:]}")
        counted = {}
        for dump in Path(folder).glob("out.*"):
            text = dump.read_text()
            name = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
            if name is None:
                continue  # what is left at the end, and the first dump, which has no name
            counted[name.group(1)] = int(re.search(r"^summary: (\d+)$", text, re.MULTILINE).group(1))
    short, long = LENGTHS
    found = {key.rpartition(" ")[0] for key in counted}
    result = {
        name: round((counted[f"{name} {long}"] - counted[f"{name} {short}"]) / (long - short), 3)
        for name in sorted(found)
    }
    return {"compiler": activations.runtime_info()["compiler"].rpartition(".")[0], "isa": "v3", **result}


def compare(measured: dict, recorded: dict) -> tuple[list[str], list[str]]:
    """What is wrong, and what could be recorded anew since it takes less."""
    if measured["compiler"] != recorded["compiler"]:
        return [], [f"not comparable: recorded with {recorded['compiler']}, measured with {measured['compiler']}"]
    wrong, better = [], []
    for name, count in measured.items():
        if name in ("compiler", "isa"):
            continue
        if name not in recorded:
            wrong.append(f"{name}: {count} instructions per element, and none are recorded; run with --write")
        elif count > ALLOWED * recorded[name]:
            wrong.append(f"{name}: {count} instructions per element where {recorded[name]} are recorded")
        elif count < recorded[name] / ALLOWED:
            better.append(f"{name}: {count} in the place of {recorded[name]}")
    return wrong, better


def main() -> int:
    """Measure, print, and compare or record."""
    parser = argparse.ArgumentParser(prog="python -m asv_bench.instructions", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="functions; all of them without")
    parser.add_argument("--write", action="store_true", help=f"record what is measured in {RECORD.name}")
    parser.add_argument("--json", type=Path, help="write what is measured to this file too")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(given.inside, given.names)
        return 0
    if given.write and given.names:
        parser.error("--write records all functions together: name none")
    if unknown := ", ".join(sorted({*given.names} - {*enrolled()})):
        parser.error(f"there is no {unknown} to count: 'activations list' shows the names")
    measured = measure(given.names)
    text = json.dumps(measured, indent=0) + "\n"
    if given.json:
        given.json.write_text(text)
    if given.write:
        RECORD.write_text(text)
    wrong, better = compare(measured, json.loads(RECORD.read_text()))
    print("\n".join(f"less: {each}" for each in better))
    print("\n".join(f"FAILED: {each}" for each in wrong))
    print(f"{len(measured) - 2} kernels counted, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Whether the compiler vectorised every kernel loop, by GCC's own report: for this library's builds and for plugins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from activations.build import LOOPS

__all__ = ["check_vectorisation"]


def check_vectorisation(reports: Path | None = None, root: Path = Path()) -> tuple[list[str], list[str]]:
    """Judge every kernel loop at v3 and v4 by the compiler's report of what it vectorised.

    Every function of a generated module, and every ``block_`` function of a hand-written one, must hold a loop that
    the compiler reports as vectorised with the level's full width.

    Parameters
    ----------
    reports : path, optional
        What a build there with ``ACTIVATIONS_REPORT`` left behind; without it everything is built afresh.
    root : path
        The directory with ``setup.py``: a checkout of this library, or a plugin's.

    Returns
    -------
    every, missed : list of str
        The names of all kernel loops, and of those that were not vectorised.
    """
    if reports is not None:
        return _judge(sorted(Path(reports).glob("*.vectorised")), root)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "setup.py", "-q", "build_ext", "--force"]
        command += ["--build-temp", folder, "--build-lib", folder]
        subprocess.run(command, cwd=root, env=dict(os.environ, ACTIVATIONS_REPORT=folder), check=True)
        return _judge(sorted(Path(folder).glob("*.vectorised")), root)


def _judge(reports: list[Path], root: Path) -> tuple[list[str], list[str]]:
    width = {"v3": "32", "v4": "64"}
    every: list[str] = []
    missed: list[str] = []
    for report in reports:
        family, _, level = report.stem.split(".")[-1].rpartition("_")
        if level not in width:
            continue
        source = root / LOOPS / f"{family}.c"
        found = re.findall(r"(\d+):\d+: optimized: loop vectorized using (\d+) byte", report.read_text())
        lines = {int(line) for line, size in found if size == width[level]}
        functions = list(_functions(source, lines))
        # Of a loop that looks polynomials up and the one in whose place it stands the compiler leaves one out.
        looked_up = {name for name, _ in functions if name.endswith("_looked_up")}
        left_out = looked_up
        if level == "v4":
            left_out = {re.sub("looked_up$", kind, name) for name in looked_up for kind in ("float", "float16")}
        judged = [(f"{level}: {name}", vectorised) for name, vectorised in functions if name not in left_out]
        every += [name for name, _ in judged]
        missed += [name for name, vectorised in judged if not vectorised]
    if not every:
        raise RuntimeError("no vectorisation report was found: the check needs GCC")
    return every, missed


def _innermost(lines: list[str], start: int) -> list[int]:
    """The lines on which the innermost of a function's loops begin."""
    loops = [(start + k, len(line) - len(line.lstrip())) for k, line in enumerate(lines) if re.match(r" *for \(", line)]
    depths = [depth for _, depth in loops[1:]] + [0]
    return [number for (number, depth), following in zip(loops, depths, strict=False) if following <= depth]


def _functions(source: Path, vectorised: set[int]) -> Iterable[tuple[str, bool]]:
    """The kernel functions of a C file, and whether all their innermost loops begin on one of the lines `vectorised`.

    A module holds the inline functions of all that it cimports from; those that nothing in it calls are not compiled.
    """
    generated = "Loops written by activations.loop_source" in source.with_suffix(".pyx").read_text()
    pattern = re.compile(r"^static .*__pyx_(?:fuse_\w+?__pyx_)?f_\w*?_(\w+)\((?!.*\); /\*proto)")
    found: dict[str, list[int]] = {}
    calls: dict[str, set[str]] = {}
    waiting: list[str] = []
    start, name = 0, None
    text = source.read_text().splitlines()
    for number, line in enumerate(text, 1):
        if pattern.match(line) and line.rstrip().endswith("{"):
            start, name = number, line.split("(")[0].split()[-1]
            if "CYTHON_INLINE" not in line:
                waiting.append(name)
        elif line == "}" and name is not None:
            found[name] = _innermost(text[start:number], start + 1)
            calls[name] = set(re.findall(r"\b__pyx_(?:fuse_\w+?__pyx_)?f_\w+", "\n".join(text[start:number])))
            name = None
    called: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in called:
            called.add(name)
            waiting += calls.get(name, ())
    for name, loops in found.items():
        is_loop = generated and re.search(r"_(float|double|float16)$|_(forward|derivative|backward)_looked_up$", name)
        if name in called and ("block_" in name or is_loop):
            yield _short(name), bool(loops) and vectorised.issuperset(loops)


def _short(name: str) -> str:
    """A function's name without what Cython puts in front: the packages and modules, each after its length."""
    name = re.sub(r"^__pyx_(fuse_\w+?__pyx_)?f_", "", name)
    while found := re.match(r"\d+", name):
        name = name[found.end() + int(found[0]) + 1 :]
    return name

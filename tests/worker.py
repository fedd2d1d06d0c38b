"""Run passes of the engine in a process of its own: ``python -m tests.worker JOBS INPUTS OUTPUTS``.

The process inherits what its environment forces (the ISA level, the number of threads). JOBS is a JSON list of
``[name, parameters, pass]``; INPUTS and OUTPUTS are npz files with the arrays ``x0, dy0, x1, ...`` and ``y0, y1, ...``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np

__all__ = ["results"]


def results(jobs, inputs, folder, **environment):
    """Results of ``(activation, pass, x, dy)`` jobs computed under other environment variables."""
    paths = [os.fspath(folder / name) for name in ("jobs.json", "inputs.npz", "outputs.npz")]
    with open(paths[0], "w") as file:
        json.dump([[name, parameters, pass_] for name, parameters, pass_ in jobs], file)
    arrays = {f"x{i}": x for i, (x, _) in enumerate(inputs)}
    arrays |= {f"dy{i}": dy for i, (_, dy) in enumerate(inputs) if dy is not None}
    np.savez(paths[1], **arrays)
    command = [sys.executable, "-m", "tests.worker", *paths]
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    subprocess.run(command, env={**os.environ, **environment}, cwd=root, check=True, timeout=300)
    with np.load(paths[2]) as outputs:
        return [outputs[f"y{i}"] for i in range(len(jobs))]


def main():
    """Do the jobs."""
    import activations

    from .measuring import run

    with open(sys.argv[1]) as file:
        jobs = json.load(file)
    outputs = {}
    with np.load(sys.argv[2]) as inputs:
        for i, (name, parameters, pass_) in enumerate(jobs):
            f = activations.get(name, **parameters)
            outputs[f"y{i}"] = run(f, pass_, inputs[f"x{i}"], inputs.get(f"dy{i}"))
    np.savez(sys.argv[3], **outputs)


if __name__ == "__main__":
    main()

"""Builds the extension modules; all metadata is in pyproject.toml.

Switches, in the environment: ACTIVATIONS_DEBUG=1 (bounds checks, -O1), ACTIVATIONS_SANITIZE=1 (address and undefined
behaviour), ACTIVATIONS_ANNOTATE=1 (Cython's HTML), ACTIVATIONS_OPENMP=0 (one thread).
"""

import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).parent))

from activations import build, catalogue

KERNELS = "activations/kernels"
FAMILIES = {
    family: [d for d in group if d.has_formulas]
    for family, group in catalogue.families().items()
    if any(d.has_formulas for d in group)
}
AT_EVERY_LEVEL = (
    "driver",
    "bias_driver",
    "fold_driver",
    "entmax",
    "folds",
    "logsumexp",
    "maxout",
    "normalise",
    "norms",
    "softmax",
    "sparse",
)
ONCE = ("core", "call", "capsule", "direct")


def sources(names):
    return {name: f"{KERNELS}/{name}.pyx" for name in names}


setup(
    ext_modules=build.extensions(FAMILIES, sources(AT_EVERY_LEVEL), sources(ONCE)),
    cmdclass={"build_ext": build.build_ext},
)

"""Builds the extension modules; all metadata is in pyproject.toml.

Switches, in the environment: ACTIVATIONS_DEBUG=1 (bounds checks, -O1), ACTIVATIONS_SANITIZE=1 (address and undefined
behaviour), ACTIVATIONS_ANNOTATE=1 (Cython's HTML), ACTIVATIONS_OPENMP=0 (one thread).
"""

import sys
from pathlib import Path

from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).parent))

from activations import build, catalogue

KERNELS = "activations/kernels"
FAMILIES = {
    family: [d for d in group if d.has_formulas]
    for family, group in catalogue.families().items()
    if any(d.has_formulas for d in group)
}
HAND_WRITTEN = ("driver", "entmax", "fold_driver", "folds", "logsumexp", "maxout", "normalise", "softmax")
AT_EVERY_LEVEL = {name: f"{KERNELS}/{name}.pyx" for name in HAND_WRITTEN}


def once(name):
    """An extension module that is the same at every ISA level."""
    return Extension(f"activations.kernels.{name}", [f"{KERNELS}/{name}.pyx"])


def modules():
    from Cython.Build import cythonize

    single = [once(name) for name in ("core", "call", "direct")]
    return build.translate(single, cythonize) + build.extensions(FAMILIES, AT_EVERY_LEVEL)


setup(ext_modules=modules(), cmdclass={"build_ext": build.build_ext})

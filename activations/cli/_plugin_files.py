"""What ``activations new-plugin`` writes: files by name, with {name}, {module} and {distribution} to be filled in."""

__all__ = ["CYTHON", "NUMPY"]

MODULE = '''\
"""The activation {name}, by name from the registry of numpy-activations."""

import numpy as np

from activations import Activation

__all__ = ["{name}"]


# Replace the two functions by your own mathematics. They get an array and, as a number or an array, each parameter;
# they keep the array's dtype, and raise no floating-point warning for values that they handle.


def _forward(x, a):
    return np.tanh(a * x)


def _derivative(x, a):
    return a * (1 - np.square(np.tanh(a * x)))


{name} = Activation(
    "{name}",
    _forward,
    derivative=_derivative,
    parameters={{"a": 1.0}},
    formula=r"f(x) = \\tanh(a x)",
    reference="who found it, where and when",
)
'''

FORMULAS = '''\
"""The mathematics of {name}, for one number each: the build writes the loops over arrays from it."""

from activations.plugin cimport real, tanh


# Replace the two functions by your own mathematics. They are compiled without branches: of `a if condition else b` both
# sides are computed. Every number has the type `real`, which stands for float and double: <real>1, never 1.0.


cdef inline real {name}(real x, real a) noexcept nogil:
    return tanh(a * x)


cdef inline real {name}_derivative(real x, real a) noexcept nogil:
    cdef real y = tanh(a * x)
    return a * (<real>1 - y * y)
'''

DECLARATIONS = '''\
"""What {name} is called, and what is known of it. The build reads this file alone: import nothing compiled here."""

from activations.plugin import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="{name}",
        kind="ridge",
        summary="What it is good for, in a sentence.",
        formula=r"f(x) = \\tanh(a x)",
        reference="who found it, where and when",
        parameters=(Parameter("a", 1.0, low=0.0, open_low=True, meaning="steepness"),),
        properties=Properties(monotonic=True, range=(-1.0, 1.0), parity="odd", at_zero=0.0),
    ),
)
'''

PACKAGE = '''\
"""The activation {name}, by name from the registry of numpy-activations."""

from activations.plugin import compiled
from {module}.declarations import DECLARATIONS

__all__ = ["{name}"]

({name},) = compiled(__name__, DECLARATIONS)
'''

SETUP = """\
from activations.build import plugin
from setuptools import setup

setup(**plugin("{module}", "src"))
"""

TESTS = """\
import numpy as np
from {module} import {name}

import activations
from activations.testing import parametrize_with_checks


@parametrize_with_checks([{name}, {name}.bind(a=0.5)])
def test_checks(activation, check):
    check(activation)


def test_is_found_by_name():
    assert activations.get("{name}") is {name}


def test_values():
    x = np.linspace(-5, 5, 101)
    np.testing.assert_allclose({name}(x, a=3.0), np.tanh(3 * x), rtol=1e-14)
"""

PYPROJECT = """\
[build-system]
requires = [{requires}]
build-backend = "setuptools.build_meta"

[project]
name = "{distribution}"
version = "0.1.0"
description = "The activation {name} for the registry of numpy-activations"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["numpy>=2.0", "numpy-activations"]

[project.optional-dependencies]
test = ["pytest>=8"]

[project.entry-points.activations]
{name} = "{module}:{name}"

"""

README = """\
# {distribution}

The activation `{name}` for `activations` (the distribution `numpy-activations`): once installed, it is there by
name beside the built-ins.

    pip install ".[test]"
    pytest

```python
import activations

f = activations.get("{name}", a=2.0)
y = f(x)
dx = f.backward(dy, x)
```

`python -m activations.testing {name}` holds it to what users of activations rely on, `activations show {name}` says
what is known of it, and `activations plot {name} -o {name}.png` draws it.
"""


def _pyproject(requires: str, packages: str) -> str:
    return PYPROJECT.replace("{requires}", requires) + packages


COMPILED = """\
It is in Cython, and needs a C compiler to be built. Where numpy-activations was installed from a clone, first
`pip install "cython>=3.1" "setuptools>=77"`, and add `--no-build-isolation` below: pip would look for it on an index.

"""

NUMPY = {
    "{module}.py": MODULE,
    "test_{module}.py": TESTS,
    "pyproject.toml": _pyproject('"setuptools>=77"', '[tool.setuptools]\npy-modules = ["{module}"]\n'),
    "README.md": README,
}
CYTHON = {
    "src/{module}/__init__.py": PACKAGE,
    "src/{module}/declarations.py": DECLARATIONS,
    "src/{module}/formulas.pxd": FORMULAS,
    "setup.py": SETUP,
    "test_{module}.py": TESTS,
    "pyproject.toml": _pyproject(
        '"setuptools>=77", "cython>=3.1", "numpy>=2.0", "numpy-activations"',
        '[tool.setuptools.packages.find]\nwhere = ["src"]\n',
    ),
    "README.md": README.replace("    pip install", COMPILED + "    pip install"),
}

"""``activations new-plugin``: a distribution that offers one activation, ready to be changed and published."""

import keyword
import os
import shutil
import tempfile
from pathlib import Path

import click

import activations
from activations.cli.common import Refusal

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
requires = ["setuptools>=77"]
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

[tool.setuptools]
py-modules = ["{module}"]
"""

README = """\
# {distribution}

The activation `{name}` for [`activations`](https://pypi.org/project/numpy-activations/): once installed, it is there by
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


@click.command("new-plugin")
@click.argument("name")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def new_plugin(name, directory):
    """Write a distribution into DIR that offers an activation called NAME, with tests that pass."""
    _demand_free(name)
    words = {"name": name, "module": f"activations_{name}", "distribution": f"activations-{name.replace('_', '-')}"}
    files = {
        f"{words['module']}.py": MODULE,
        f"test_{words['module']}.py": TESTS,
        "pyproject.toml": PYPROJECT,
        "README.md": README,
    }
    _write(directory, {path: text.format(**words) for path, text in files.items()})
    click.echo(f"{directory}: {', '.join(files)}")
    click.echo(f"next: pip install -e {directory} && python -m pytest {directory}")


def _demand_free(name):
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise Refusal(f"{name!r} cannot be imported by name: take letters, digits and underscores, a letter first")
    try:
        taken = activations.get(name)
    except LookupError:
        return
    except ImportError as error:
        raise Refusal(f"{name} is taken by a plugin that is installed here: {error}") from error
    raise Refusal(f"{name} is taken by {taken.origin or 'this process'}: choose another name")


def _write(directory, files):
    """All the files, or none: an existing directory must be empty."""
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise Refusal(f"{directory} exists and is not an empty directory: name one that does not exist yet")
        directory.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".new-plugin-", dir=directory.parent))
        try:
            for path, text in files.items():
                (made / path).write_text(text, encoding="utf-8")
            made.chmod(0o755)
            os.replace(made, directory)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise Refusal(f"cannot write {directory}: {error.strerror or error}") from error

"""The package's stub declares what there is: names resolve lazily, so that no tool can find them by itself.

The compiled modules' stubs are held to the modules by mypy's stubtest, in `.ci/run`.
"""

import ast
import inspect
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import activations
from activations import catalogue

PACKAGE = Path(activations.__file__).parent


def stub(path):
    """The statements of a stub's top level by the name that each declares."""
    declared = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.AnnAssign):
            declared[statement.target.id] = statement
        elif isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            declared[statement.name] = statement
        elif isinstance(statement, ast.ImportFrom):
            declared |= {alias.asname: statement for alias in statement.names if alias.asname}
    return declared


PACKAGE_STUB = stub(PACKAGE / "__init__.pyi")
FUNCTIONS = [name for name, statement in PACKAGE_STUB.items() if isinstance(statement, ast.FunctionDef)]


def shape(arguments):
    """Names of the positional-only, ordinary and keyword-only parameters, and of the catch-alls."""
    groups = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
    rest = [each and each.arg for each in (arguments.vararg, arguments.kwarg)]
    return [[each.arg for each in group] for group in groups] + rest


def test_declares_what_is_public_and_nothing_else():
    assert set(PACKAGE_STUB) == {*activations.__all__, *catalogue.names(), "__version__", "__getattr__"}


@pytest.mark.parametrize("name", catalogue.names())
def test_builtins_are_declared_with_their_class(name):
    declared = ast.unparse(PACKAGE_STUB[name].annotation)
    cls = type(activations.get(name))
    assert declared == ("Activation" if cls.__name__ == "Elementwise" else cls.__name__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures(name):
    function = getattr(activations, name)
    real = ast.parse(inspect.getsource(function).strip()).body[0]
    assert shape(PACKAGE_STUB[name].args) == shape(real.args)


def test_reexports_come_from_where_they_are_defined():
    imported = {name: each for name, each in PACKAGE_STUB.items() if isinstance(each, ast.ImportFrom)}
    assert imported
    for name, statement in imported.items():
        assert getattr(import_module(statement.module), name) is getattr(activations, name)


def public_functions(module):
    """The functions and methods that a module offers of its own, by name."""
    for name in module.__all__:
        offered = getattr(module, name)
        if inspect.isclass(offered):
            for each, value in vars(offered).items():
                function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                if inspect.isfunction(function) and not each.startswith("_"):
                    yield f"{name}.{each}", function
        elif inspect.isfunction(offered):
            yield name, offered


@pytest.mark.parametrize(
    "name",
    [
        "activation",
        "diagnostics",
        "folding",
        "gated",
        "plotting",
        "plugin",
        "randomized",
        "registry",
        "sklearn",
        "testing",
    ],
)
def test_typed_code_may_call_it(name):
    """To mypy --strict a call of a function without any annotation is an error."""
    functions = dict(public_functions(import_module(f"activations.{name}")))
    assert functions
    assert not [each for each, function in functions.items() if not function.__annotations__]


ARRAY, GIVEN = "NDArray[Any]", "NDArray[np.float32]"
CALLS = {
    "activations.relu(x)": ARRAY,
    "activations.get('gelu', approximate='tanh')(x)": ARRAY,
    "activations.prelu(x, weight=x)": ARRAY,
    "activations.relu(x, out=x)": GIVEN,
    "activations.relu.derivative(x)": ARRAY,
    "activations.gelu.second_derivative(x)": ARRAY,
    "activations.relu.backward(x, x)": ARRAY,
    "activations.relu.backward(x, x, out=x)": GIVEN,
    "activations.sigmoid.backward(x, y=x)": ARRAY,
    "activations.sigmoid.backward(x, None, y=x)": ARRAY,
    "activations.softmax(x, axis=0)": ARRAY,
    "activations.swiglu(x, x)": ARRAY,
    "activations.swiglu.backward(x, x, x)": "Any",
    "activations.maxout.backward(x, which=x)": ARRAY,
    "activations.logsumexp(x)": "Any",
    "activations.logsumexp(x, out=x)": "Any",
    "activations.logsumexp.backward(1.0, x)": ARRAY,
    "activations.relu(1.0)": "Any",
    "activations.relu([1.0])": "Any",
    "activations.relu(unknown)": "Any",
    "activations.relu.backward(unknown, unknown)": "Any",
}


CODE = """\
from typing import Any, assert_type
import numpy as np
from numpy.typing import NDArray
import activations

x: NDArray[np.float32] = np.ones((2, 4), np.float32)
unknown: Any = x
"""


@pytest.mark.slow
def test_types_of_calls(tmp_path):
    """What mypy --strict makes of calls: arrays of arrays; what depends on more than a signature says stays Any."""
    pytest.importorskip("mypy")
    claims = [f"assert_type({call}, {expected})\n" for call, expected in CALLS.items()]
    (tmp_path / "calls.py").write_text(CODE + "".join(claims))
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports", "silent"]
    command += ["--cache-dir", str(tmp_path / "cache"), "calls.py"]
    # An editable installation is known to Python's import alone.
    known = os.environ | {"MYPYPATH": str(Path(activations.__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=known, check=False)
    assert done.stdout.startswith("Success: no issues"), done.stdout + done.stderr


@pytest.mark.parametrize("name", ["call", "core"])
def test_compiled_modules(name):
    module = import_module(f"activations.kernels.{name}")
    public = {each for each in vars(module) if not each.startswith("_")}
    assert public == set(stub(PACKAGE / "kernels" / f"{name}.pyi"))

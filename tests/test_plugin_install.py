"""The example plugins, installed by pip into a fresh environment, are there by name; so is what new-plugin writes."""

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
import tarfile
import textwrap
import venv
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

import activations

EXAMPLES = Path(__file__).parents[1] / "examples"
PAGE = EXAMPLES.with_name("docs") / "plugins.rst"

# What is importable here, `activations` included, is importable there; what pip installs there stays there.
INHERIT = "import site; site.addsitedir({folder!r})\n"

USE_SINLU = """
import numpy as np, activations
from activations import sinlu
assert activations.get("SinLU") is activations.get("activations-sinlu:sinlu") is sinlu
x = np.linspace(-3, 3, 7, dtype=np.float32)
f = activations.get({"name": "sinlu", "a": 2.0})
gate = 1 / (1 + np.exp(-x))
y, slope = x + 2 * np.sin(x), 1 + 2 * np.cos(x)
np.testing.assert_allclose(f(x), y * gate, rtol=1e-5)
np.testing.assert_allclose(f.backward(x, x), x * gate * (slope + y * (1 - gate)), rtol=1e-4, atol=1e-6)
print(f, f.origin, f(x).dtype, "sinlu" in activations.names())
"""
USE_SMISH = """
import pickle, numpy as np, activations
from activations.testing import speed
x = np.linspace(-3, 3, 60_000, dtype=np.float32)
f = activations.get("smish", beta=2.0)
y = x * np.tanh(np.log1p(1 / (1 + np.exp(-2 * x))))
np.testing.assert_allclose(f(x), y, rtol=1e-5, atol=1e-7)
np.testing.assert_allclose(f(x[::2, None], bias=np.ones(1, "f")), f(x[::2, None] + 1))
assert pickle.loads(pickle.dumps(f.ufunc)) is f.ufunc
print(f, f.origin, speed(f, lambda x: x * np.tanh(np.log1p(1 / (1 + np.exp(-2 * x))))) < 1)
"""
# Without a report of the library's own build, which the tests may run under: it is no place for a plugin's.
OURS = os.environ | {"ACTIVATIONS_REPORT": ""}
# The best level alone is compiled: those of a whole installation are three times as much to wait for.
ONE_LEVEL = {"ACTIVATIONS_LEVELS": activations.runtime_info()["isa"]}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Python of a fresh virtual environment."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "env", with_pip=PathFinder.find_spec("pip") is None, symlinks=os.name != "nt")
    paths = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    inherited = [each for each in dict.fromkeys([*site.getsitepackages(), *sys.path]) if each and Path(each).is_dir()]
    (packages / "inherited.pth").write_text("".join(INHERIT.format(folder=each) for each in inherited))
    return Path(sysconfig.get_path("scripts", "venv", vars=paths)) / "python"


def call(python, *arguments, folder, **environment):
    done = subprocess.run(
        [python, *arguments], cwd=folder, env=OURS | environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def install(python, project, **environment):
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    code, said = call(python, "-m", "pip", "install", *options, str(project), folder=project.parent, **environment)
    assert code == 0, said


def assert_its_tests_pass(python, project):
    code, said = call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", folder=project)
    assert code == 0, said


def copied(name, folder):
    """An example where pip may build."""
    ignored = shutil.ignore_patterns("__pycache__", "build", "*.egg-info", "*.so", "*.pyd")
    return Path(shutil.copytree(EXAMPLES / name, folder / name, ignore=ignored))


def own_lines(project):
    """How many lines of code are the plugin's own, its tests and metadata aside."""
    sources = [path for path in project.rglob("*.p*") if path.suffix in (".py", ".pxd", ".pyx")]
    texts = [path.read_text().splitlines() for path in sources if not path.name.startswith("test_")]
    return sum(bool(line.strip()) for text in texts for line in text)


@pytest.mark.slow
def test_sinlu(environment, tmp_path):
    python = environment
    code, said = call(python, "-c", "import activations; activations.get('sinlu')", folder=tmp_path)
    assert code != 0
    assert "UnknownActivationError: no activation is named 'sinlu'" in said

    project = copied("activations-sinlu", tmp_path)
    install(python, project)
    assert call(python, "-c", USE_SINLU, folder=tmp_path) == (0, "sinlu(a=2.0) activations-sinlu 1.0.0 float32 True\n")
    code, said = call(python, "-m", "activations", "plot", "sinlu", "-o", "sinlu.svg", folder=tmp_path)
    assert code == 0, said
    assert "<svg" in (tmp_path / "sinlu.svg").read_text()
    assert_its_tests_pass(python, project)


@pytest.mark.slow
def test_smish(environment, tmp_path):
    project = copied("activations-smish", tmp_path)
    # With a level that falls back to another one.
    levels = {"baseline", activations.runtime_info()["isa"]}
    install(environment, project, ACTIVATIONS_LEVELS=",".join(levels))
    assert call(environment, "-c", USE_SMISH, folder=tmp_path) == (0, "smish(beta=2.0) activations-smish 1.0.0 True\n")
    for level in activations.runtime_info()["isa_available"]:
        code = "import activations; print(activations.smish([-1.0, 0.0, 2.0]).round(6).tolist())"
        said = call(environment, "-c", code, folder=tmp_path, ACTIVATIONS_ISA=level)
        assert said == (0, "[-0.233779, 0.0, 1.118437]\n")
    assert_its_tests_pass(environment, project)

    code, said = call(environment, "setup.py", "-q", "sdist", folder=project)
    assert code == 0, said
    with tarfile.open(next((project / "dist").iterdir())) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    package = "src/activations_smish"
    assert {"setup.py", "pyproject.toml", f"{package}/declarations.py", f"{package}/formulas.pxd"} <= set(names)
    assert not [name for name in names if name.endswith((".c", ".so")) or name.startswith("build")]


@pytest.mark.peer
def test_penalized_tanh(environment, tmp_path):
    project = copied("activations-penalized-tanh", tmp_path)
    install(environment, project)
    assert_its_tests_pass(environment, project)


@pytest.mark.parametrize("name", ["activations-penalized-tanh", "activations-sinlu", "activations-smish"])
def test_an_example_is_short(name):
    assert 15 < own_lines(EXAMPLES / name) <= 60


def commands(name):
    """The lines of the page "Publish an activation" that make a plugin of this name, install it and try it."""
    blocks = re.findall(r"code-block:: sh\n\n((?:   .+\n)+)", PAGE.read_text())
    return next(textwrap.dedent(block).splitlines() for block in blocks if f"new-plugin {name} " in block)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "outcome"),
    [("swirl", "23 passed, 0 failed, 3 skipped"), ("whirl", "24 passed, 0 failed, 2 skipped")],
)
def test_the_page_as_it_stands(environment, tmp_path, name, outcome):
    """What new-plugin writes passes its own tests at once, in the words of the documentation."""
    # What is inherited has no scripts there, and those of another environment would change that one.
    for tool in ("activations", "pip"):
        script = environment.with_name(tool)
        script.write_text(f'#!/bin/sh\nexec {environment} -m {tool} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join((str(environment.parent), os.environ["PATH"]))
    environ = OURS | ONE_LEVEL | {"PATH": path, "MPLBACKEND": "Agg"}
    environ |= {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_REQUIRE_VIRTUALENV": "1"}
    said = ""
    for line in commands(name):
        done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, line + done.stdout + done.stderr
        said += done.stdout
    assert f"\n{name}: 26 checks run, {outcome}\n" in said
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")

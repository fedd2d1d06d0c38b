"""The example plugins, installed by pip into a fresh environment, are there by name; so is what new-plugin writes."""

import os
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

import activations

EXAMPLES = Path(__file__).parents[1] / "examples"

# What is importable here, `activations` included, is importable there; what pip installs there stays there.
INHERIT = "import site; site.addsitedir({folder!r})\n"

USE_SNAKE = """
import numpy as np, activations
from activations import snake
assert activations.get("Snake") is activations.get("activations-snake:snake") is snake
x = np.linspace(-3, 3, 7, dtype=np.float32)
f = activations.get({"name": "snake", "a": 2.0})
np.testing.assert_allclose(f(x), x + np.sin(2 * x) ** 2 / 2, rtol=1e-5)
np.testing.assert_allclose(f.backward(x, x), x * (1 + np.sin(4 * x)), rtol=1e-4, atol=1e-6)
print(f, f.origin, f(x).dtype, "snake" in activations.names())
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
# The best level alone is compiled: those of a whole installation are three times as much to wait for.
ONE_LEVEL = {"ACTIVATIONS_LEVELS": activations.runtime_info()["isa"]}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Python of a fresh virtual environment."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "env", with_pip=find_spec("pip") is None, symlinks=os.name != "nt")
    paths = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    inherited = [each for each in dict.fromkeys([*site.getsitepackages(), *sys.path]) if each and Path(each).is_dir()]
    (packages / "inherited.pth").write_text("".join(INHERIT.format(folder=each) for each in inherited))
    return Path(sysconfig.get_path("scripts", "venv", vars=paths)) / "python"


def call(python, *arguments, folder, **environment):
    done = subprocess.run(
        [python, *arguments], cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
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
def test_snake(environment, tmp_path):
    python = environment
    code, said = call(python, "-c", "import activations; activations.get('snake')", folder=tmp_path)
    assert code != 0
    assert "UnknownActivationError: no activation is named 'snake'" in said

    project = copied("activations-snake", tmp_path)
    install(python, project)
    assert call(python, "-c", USE_SNAKE, folder=tmp_path) == (0, "snake(a=2.0) activations-snake 1.0.0 float32 True\n")
    code, said = call(python, "-m", "activations", "plot", "snake", "-o", "snake.svg", folder=tmp_path)
    assert code == 0, said
    assert "<svg" in (tmp_path / "snake.svg").read_text()
    assert_its_tests_pass(python, project)


@pytest.mark.slow
def test_smish(environment, tmp_path):
    project = copied("activations-smish", tmp_path)
    install(environment, project)
    assert call(environment, "-c", USE_SMISH, folder=tmp_path) == (0, "smish(beta=2.0) activations-smish 1.0.0 True\n")
    for level in activations.runtime_info()["isa_available"]:
        code = "import activations; print(activations.smish([-1.0, 0.0, 2.0]).round(6).tolist())"
        said = call(environment, "-c", code, folder=tmp_path, ACTIVATIONS_ISA=level)
        assert said == (0, "[-0.233779, 0.0, 1.118437]\n")
    assert_its_tests_pass(environment, project)


@pytest.mark.peer
def test_penalized_tanh(environment, tmp_path):
    project = copied("activations-penalized-tanh", tmp_path)
    install(environment, project)
    assert_its_tests_pass(environment, project)


@pytest.mark.parametrize("name", ["activations-penalized-tanh", "activations-smish", "activations-snake"])
def test_an_example_is_short(name):
    assert 15 < own_lines(EXAMPLES / name) <= 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "name", "outcome"),
    [("--numpy", "swirl", "20 passed, 0 failed, 1 skipped"), ("--cython", "whirl", "21 passed, 0 failed, 0 skipped")],
)
def test_a_new_plugin_passes_its_own_tests_at_once(environment, tmp_path, way, name, outcome):
    project = tmp_path / name
    code, said = call(environment, "-m", "activations", "new-plugin", name, way, str(project), folder=tmp_path)
    assert code == 0, said
    install(environment, project, **ONE_LEVEL)
    assert_its_tests_pass(environment, project)
    code, said = call(environment, "-m", "activations.testing", name, folder=tmp_path)
    assert (code, said.splitlines()[-1]) == (0, f"{name}: 21 checks run, {outcome}")

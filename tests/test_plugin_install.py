"""The example plugin, installed by pip into a fresh environment, is there by name."""

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

EXAMPLE = Path(__file__).parents[1] / "examples" / "activations-snake"

# What is importable here, `activations` included, is importable there; what pip installs there stays there.
INHERIT = "import site; site.addsitedir({folder!r})\n"

USE = """
import numpy as np, activations
from activations import snake
assert activations.get("Snake") is activations.get("activations-snake:snake") is snake
x = np.linspace(-3, 3, 7, dtype=np.float32)
f = activations.get({"name": "snake", "a": 2.0})
np.testing.assert_allclose(f(x), x + np.sin(2 * x) ** 2 / 2, rtol=1e-5)
np.testing.assert_allclose(f.backward(x, x), x * (1 + np.sin(4 * x)), rtol=1e-4, atol=1e-6)
print(f, f.origin, f(x).dtype, "snake" in activations.names())
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Python of a fresh virtual environment, and the folder with a copy of the example that pip may build in."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "env", with_pip=find_spec("pip") is None, symlinks=os.name != "nt")
    paths = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    inherited = [each for each in dict.fromkeys([*site.getsitepackages(), *sys.path]) if each and Path(each).is_dir()]
    (packages / "inherited.pth").write_text("".join(INHERIT.format(folder=each) for each in inherited))
    shutil.copytree(EXAMPLE, folder / "snake", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    return Path(sysconfig.get_path("scripts", "venv", vars=paths)) / "python", folder / "snake"


def call(python, *arguments, folder):
    done = subprocess.run([python, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_snake(environment, tmp_path):
    python, example = environment
    code, said = call(python, "-c", "import activations; activations.get('snake')", folder=tmp_path)
    assert code != 0
    assert "UnknownActivationError: no activation is named 'snake'" in said

    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    code, said = call(python, "-m", "pip", "install", *options, str(example), folder=tmp_path)
    assert code == 0, said

    assert call(python, "-c", USE, folder=tmp_path) == (0, "snake(a=2.0) activations-snake 1.0.0 float32 True\n")
    code, said = call(python, "-m", "activations", "plot", "snake", "-o", "snake.svg", folder=tmp_path)
    assert code == 0, said
    assert "<svg" in (tmp_path / "snake.svg").read_text()

    code, said = call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", folder=example)
    assert code == 0, said


@pytest.mark.slow
def test_a_new_plugin_passes_its_own_tests_at_once(environment, tmp_path):
    python, _ = environment
    code, said = call(python, "-m", "activations", "new-plugin", "swirl", str(tmp_path / "swirl"), folder=tmp_path)
    assert code == 0, said
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    code, said = call(python, "-m", "pip", "install", *options, str(tmp_path / "swirl"), folder=tmp_path)
    assert code == 0, said
    code, said = call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", folder=tmp_path / "swirl")
    assert code == 0, said
    code, said = call(python, "-m", "activations.testing", "swirl", folder=tmp_path)
    assert (code, said.splitlines()[-1]) == (0, "swirl: 21 checks run, 20 passed, 0 failed, 1 skipped")

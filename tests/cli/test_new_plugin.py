"""``activations new-plugin``: what it writes is a plugin whose own tests pass (installed in test_plugin_install)."""

import os
import shlex
import tomllib
from pathlib import Path

import pytest

import activations
from activations.cli import new_plugin
from activations.providers import PROVIDERS
from activations.testing import check_activation
from tests.cli.running import assert_refused, invoke
from tests.fake_plugins import Site, visible


@pytest.fixture
def made(tmp_path):
    result = invoke("new-plugin", "swirl_of_mine", tmp_path / "deep" / "plugin")
    assert result.exit_code == 0, result.stderr
    return tmp_path / "deep" / "plugin", result.stdout


def test_the_files(made):
    folder, said = made
    names = {path.name for path in folder.iterdir()}
    assert names == {"activations_swirl_of_mine.py", "test_activations_swirl_of_mine.py", "pyproject.toml", "README.md"}
    assert all(name in said for name in names)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["name"] == "activations-swirl-of-mine"
    entries = project["project"]["entry-points"]["activations"]
    assert entries == {"swirl_of_mine": "activations_swirl_of_mine:swirl_of_mine"}
    assert [path.name for path in folder.parent.iterdir()] == ["plugin"]


def test_it_is_an_activation_that_passes_the_checks(made):
    folder, _ = made
    site = Site(folder)
    with visible(site):
        site.record("activations-swirl-of-mine", {"swirl_of_mine": "activations_swirl_of_mine:swirl_of_mine"})
        f = activations.get("swirl_of_mine")
        # It declares no properties, has no second derivative and does not know how it varies with its parameter.
        assert check_activation(f).count("skipped") == 3
        assert check_activation(f.bind(a=0.25)).ok


@pytest.mark.parametrize("way", ["--numpy", "--cython"])
def test_what_comes_next_is_what_the_page_says(tmp_path, way, monkeypatch):
    """With pytest, which the tests need, and without an index, where this library may not be."""
    monkeypatch.chdir(tmp_path)
    _, said = invoke("new-plugin", "swirl_of_mine", way, "./activations-whirl").stdout.splitlines()
    page = (Path(__file__).parents[2] / "docs" / "plugins.rst").read_text().replace("swirl", "whirl")
    for command in said.removeprefix("next: ").split(" && "):
        assert f"   {command.replace('activations-whirl', './activations-whirl')}\n" in page
    assert ("--no-build-isolation" in said) == (way == "--cython")
    assert ("--no-build-isolation" in (tmp_path / "activations-whirl" / "README.md").read_text()) == (way == "--cython")


def test_what_a_build_needs_is_told_with_its_versions(tmp_path):
    """A new environment of Python 3.11 has a setuptools that is too old, and pip leaves what it finds."""
    said = invoke("new-plugin", "swirl_of_mine", "--cython", tmp_path / "plugin").stdout
    needed = tomllib.loads((tmp_path / "plugin" / "pyproject.toml").read_text())["build-system"]["requires"]
    tools = " ".join(sorted(f'"{each}"' for each in needed if not each.startswith("numpy")))
    example = Path(__file__).parents[2] / "examples" / "activations-smish" / "README.md"
    for text in (said, (tmp_path / "plugin" / "README.md").read_text(), example.read_text(), PROVIDERS["smish"]):
        assert f"pip install {tools}" in text


def test_the_files_of_cython(tmp_path):
    result = invoke("new-plugin", "swirl_of_mine", "--cython", tmp_path / "plugin")
    assert result.exit_code == 0, result.stderr
    names = {str(path.relative_to(tmp_path / "plugin")) for path in (tmp_path / "plugin").rglob("*") if path.is_file()}
    package = Path("src", "activations_swirl_of_mine")
    assert names == {
        *(str(package / name) for name in ("__init__.py", "declarations.py", "formulas.pxd")),
        *("setup.py", "test_activations_swirl_of_mine.py", "pyproject.toml", "README.md"),
    }
    assert all(name in result.stdout for name in names)
    project = tomllib.loads((tmp_path / "plugin" / "pyproject.toml").read_text())
    assert project["build-system"]["requires"][-1] == "numpy-activations"
    assert project["project"]["entry-points"]["activations"] == {
        "swirl_of_mine": "activations_swirl_of_mine:swirl_of_mine"
    }
    assert not any("{" in path.read_text() for path in (tmp_path / "plugin").rglob("*.p*"))


@pytest.mark.parametrize("name", ["real", "signed", "block", "n", "a", "compiled"])
def test_a_name_that_means_something_else_in_cython(tmp_path, name):
    assert_refused(invoke("new-plugin", name, "--cython", tmp_path / "plugin"), f"{name} means something else in what")
    assert not list(tmp_path.iterdir())
    assert invoke("new-plugin", name, "--numpy", tmp_path / "plugin").exit_code == 0


def test_into_an_empty_directory(tmp_path):
    (tmp_path / "empty").mkdir()
    assert invoke("new-plugin", "swirl_of_mine", tmp_path / "empty").exit_code == 0
    assert len(list((tmp_path / "empty").iterdir())) == 4


def test_into_the_directory_that_one_stands_in(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir(mode=0o700)
    monkeypatch.chdir(here)
    before = here.stat()
    result = invoke("new-plugin", "swirl_of_mine", "--cython", ".")
    assert result.exit_code == 0, result.stderr
    assert sorted(os.listdir()) == sorted(os.listdir(here))
    assert {"README.md", "setup.py", "src"} < set(os.listdir())
    assert len(list(Path("src").rglob("*.py"))) == 2
    assert (here.stat().st_ino, here.stat().st_mode) == (before.st_ino, before.st_mode)


def test_a_failure_in_the_middle_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    calls = []

    def replace(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        os.rename(source, target)

    monkeypatch.setattr(new_plugin.os, "replace", replace)
    assert_refused(invoke("new-plugin", "swirl_of_mine", tmp_path / "empty"), "No space left on device")
    assert len(calls) == 5
    assert not list((tmp_path / "empty").iterdir())


def test_permissions_are_those_of_any_new_directory(tmp_path):
    old = os.umask(0o027)
    try:
        invoke("new-plugin", "swirl_of_mine", tmp_path / "plugin")
    finally:
        os.umask(old)
    assert (tmp_path / "plugin").stat().st_mode & 0o777 == 0o750


def test_what_comes_next_can_be_typed_where_names_have_spaces(tmp_path):
    said = invoke("new-plugin", "swirl_of_mine", tmp_path / "my plugin").stdout.splitlines()[-1]
    install, _, run = said.removeprefix("next: ").partition(" && ")
    assert shlex.split(install)[-1] == f"{tmp_path / 'my plugin'}[test]"
    assert shlex.split(run)[-1] == str(tmp_path / "my plugin")


def test_nothing_is_overwritten(made):
    folder, _ = made
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert_refused(invoke("new-plugin", "other_of_mine", folder), "is not an empty directory")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("relu", "relu is taken by numpy-activations"),
        ("LeakyReLU", "is taken by"),
        ("2x", "cannot be imported by name"),
        ("my-act", "cannot be imported by name"),
        ("class", "cannot be imported by name"),
        ("_hidden", "cannot be imported by name"),
        ("\u00fc", "'\u00fc' cannot be published: take unaccented letters"),
        ("swirl_", "cannot be published"),
        ("testing", "activations.testing is something else"),
        ("refresh", "activations.refresh is something else"),
        ("np", "np means something else in the files"),
        ("activations", "activations means something else in the files"),
    ],
)
def test_names_that_will_not_do(tmp_path, name, words):
    assert_refused(invoke("new-plugin", name, tmp_path / "plugin"), words)
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert_refused(invoke("new-plugin", "swirl_of_mine", tmp_path / "file" / "plugin"), "cannot write")
    assert_refused(invoke("new-plugin", "swirl_of_mine", tmp_path / "file"), "is not an empty directory")

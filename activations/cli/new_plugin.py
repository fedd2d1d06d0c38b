"""``activations new-plugin``: a distribution that offers one activation, ready to be changed and published."""

import keyword
import os
import shlex
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

import click

import activations
from activations.cli._plugin_files import CYTHON, NUMPY
from activations.cli.common import Refusal, umask
from activations.plugin_source import RESERVED

# What stands for something else in the files that are written; and in those of Cython besides the words of its loops.
TAKEN = {"np", "activations", "parametrize_with_checks"}
TAKEN_IN_CYTHON = RESERVED | {"signed", "unsigned", "a", "compiled", "DECLARATIONS"}


@click.command("new-plugin")
@click.argument("name")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--numpy", "cython", flag_value=False, default=False, help="In NumPy (the default).")
@click.option("--cython", "cython", flag_value=True, help="In Cython, as fast as a built-in; needs a C compiler.")
def new_plugin(name, directory, cython):
    """Write a distribution into DIR that offers an activation called NAME, with tests that pass."""
    _demand_free(name)
    if name in TAKEN:
        raise Refusal(f"{name} means something else in the files that are written: choose another name")
    if cython and name in TAKEN_IN_CYTHON:
        raise Refusal(f"{name} means something else in what is compiled: choose another name, or --numpy")
    words = {"name": name, "module": f"activations_{name}", "distribution": f"activations-{name.replace('_', '-')}"}
    templates = CYTHON if cython else NUMPY
    files = {path.format(**words): text.format(**words) for path, text in templates.items()}
    _write(directory, files)
    click.echo(f"{directory}: {', '.join(files)}")
    # Built in isolation, a plugin in Cython would look for this library on an index.
    tools = 'pip install "cython>=3.1" "setuptools>=77" && pip install --no-build-isolation'
    install = tools if cython else "pip install"
    click.echo(f'next: {install} -e "{directory}[test]" && python -m pytest {shlex.quote(str(directory))}')


def _demand_free(name):
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise Refusal(f"{name!r} cannot be imported by name: take letters, digits and underscores, a letter first")
    if not name.isascii() or name.endswith("_"):
        # activations-NAME has to be a distribution's name too.
        raise Refusal(f"{name!r} cannot be published: take unaccented letters, a to z, digits and underscores inside")
    if name in activations.__all__ or find_spec(f"activations.{name}"):
        raise Refusal(f"activations.{name} is something else, and stays it: choose another name")
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
        exists = directory.exists()
        beside = directory if exists else directory.parent
        beside.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".new-plugin-", dir=beside))
        try:
            for path, text in files.items():
                (made / path).parent.mkdir(parents=True, exist_ok=True)
                (made / path).write_text(text, encoding="utf-8")
            if exists:  # it may be where the user stands, or another's; it is filled, and not replaced
                _move_all(made, directory)
            else:
                made.chmod(0o777 & ~umask())
                os.replace(made, directory)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise Refusal(f"cannot write {directory}: {error.strerror or error}") from error


def _move_all(source, directory):
    """Everything in a directory into another, or nothing."""
    moved = []
    try:
        for path in sorted(source.iterdir()):
            os.replace(path, directory / path.name)
            moved.append(path.name)
    except OSError:
        for name in moved:
            os.replace(directory / name, source / name)
        raise

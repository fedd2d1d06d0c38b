"""Plugins without an installation: distributions' records and modules in a folder on ``sys.path``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from activations import registry

__all__ = ["Site", "run", "visible"]

GOOD = """
import numpy as np
from activations import Activation

{name} = Activation({name!r}, np.negative, derivative=lambda x: -np.ones_like(x), aliases={aliases!r})
"""


class Site:
    """A folder that plugins are put into."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def record(self, distribution, points, version="1.0"):
        """Write what an installer would have written for a distribution with these entry points."""
        folder = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (folder / "entry_points.txt").write_text("\n".join(["[activations]", *lines, ""]))
        registry.refresh()
        return folder

    def module(self, name, source):
        """Write a module."""
        (self.folder / f"{name}.py").write_text(source)

    def good(self, distribution, name, *, aliases=(), version="1.0", object_name="mine"):
        """A distribution whose module, named after it, offers one activation."""
        module = distribution.replace("-", "_")
        self.module(module, GOOD.format(name=object_name, aliases=tuple(aliases)))
        return self.record(distribution, {name: f"{module}:{object_name}"}, version)

    def imported(self):
        """Names of the modules of this folder that are imported."""
        files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
        return [name for name, file in files.items() if file.startswith(str(self.folder))]


def visible(*sites):
    """Context in which the folders stand first on ``sys.path``; nothing of them is left afterwards."""
    return _Visible(sites)


class _Visible:
    def __init__(self, sites):
        self.sites = sites
        self.patch = pytest.MonkeyPatch()

    def __enter__(self):
        self.patch.setattr(sys, "path", [*(str(site.folder) for site in self.sites), *sys.path])
        registry.refresh()

    def __exit__(self, *exception):
        self.patch.undo()
        for site in self.sites:
            for name in site.imported():
                del sys.modules[name]
        registry.refresh()
        registry.names()  # reading anew drops what was loaded from here


def run(code, *folders, **environment):
    """Run code in a fresh interpreter that sees these folders and not the current one; what it printed."""
    path = [*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | environment | ({"PYTHONPATH": os.pathsep.join(path)} if path else {})
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

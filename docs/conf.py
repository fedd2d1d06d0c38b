"""Sphinx: ``python -m sphinx -W -b html docs docs/_build/html`` in a checkout with the package installed."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
# For the extension beside this file, and for the limits that the tests hold accuracy to.
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "activations"
author = "The activations developers"
copyright = "2026, the activations developers"
version = release = installed("numpy-activations")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "builtins_page",
]
exclude_patterns = ["_build"]
nitpicky = False
default_role = "py:obj"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "alabaster"
html_static_path = ["_static"]
html_theme_options = {
    "description": "Activation functions for NumPy",
    "fixed_sidebar": True,
    "page_width": "1040px",
}
html_show_sourcelink = False

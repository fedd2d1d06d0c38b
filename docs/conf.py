"""Sphinx: ``python -m sphinx -W -b html docs docs/_build/html`` in a checkout with the package installed."""

import os
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
    "sphinx_gallery.gen_gallery",
    "builtins_page",
]
exclude_patterns = ["_build", "gallery"]
nitpicky = False
default_role = "py:obj"

autodoc_member_order = "bysource"
# The page on thinc is built without it.
autodoc_mock_imports = ["thinc"]
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

# Building runs every page of the gallery, and fails where a claim does not hold. Classes and functions go by their
# names, since the configuration is pickled.
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "within_subsection_order": "gallery_style.Order",
    "reset_modules": ("matplotlib", "gallery_style.apply"),
    "run_stale_examples": "CI" in os.environ,  # elsewhere only pages that have changed
    "capture_repr": (),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
}

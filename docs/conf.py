"""Sphinx configuration; the catalogue page is written from the declarations at every build."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "activations"
author = "the activations developers"
copyright = "2026, the activations developers"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon", "activation_catalogue"]
html_theme = "alabaster"
html_static_path = ["_static"]
exclude_patterns = ["_build", "generated"]
autodoc_member_order = "bysource"

"""How the documentation is built: ``sphinx-build -W --keep-going docs docs/_build/html``.

Every code cell of every chapter runs at every build, and an error in one stops the build.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import tinyconv  # noqa: E402 - installed by `pip install '.[docs]'`

project = "tinyconv"
author = "the tinyconv developers"
project_copyright = "the tinyconv developers, MIT licence"
version = release = tinyconv.__version__

extensions = [
    "alt_texts",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "bilingual",
    "draw_digit",
    "internal_links",
    "mathml",
    "notebooks",
    "numpy_docstrings",
    "public_names",
    "pytorch_names",
    "sliding_window",
    "source_links",
    "theme_words",
]
exclude_patterns = ["_build", "jupyter_execute"]
suppress_warnings = ["toc.empty_glob"]  # a language of which no chapter is written yet
templates_path = ["_templates"]

# --- chapters: run every cell, stop at the first error --------------------------------------------

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_show_tb = True
nb_merge_streams = True
nb_kernel_rgx_aliases = {".*": "python3"}
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
os.environ["MATPLOTLIBRC"] = str(HERE / "matplotlibrc")  # read by the kernels, which are child processes

# --- reference: NumPy-style docstrings ------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it
napoleon_google_docstring = False
napoleon_use_param = False  # types are words here, not links
napoleon_use_rtype = False
napoleon_use_ivar = True

# --- pages ----------------------------------------------------------------------------------------

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "tinyconv"
html_static_path = ["_static"]
html_css_files = ["extra.css"]
html_copy_source = False
html_show_sourcelink = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

"""Write ``api.json``: the names and signatures that the installed CuPy shares with NumPy.

It needs CuPy but no GPU, driver or CUDA library::

    pip install "cupy-cuda13x==14.2.*"
    python tests/strict_device/generate_api.py            # writes api.json beside this file
    python tests/strict_device/generate_api.py --check    # exit status 1 if api.json would change

The format is described in ``spec.py``.  What signatures do not tell stands in ``rules.py``.
"""

from __future__ import annotations

import inspect
import json
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

import cupy
import numpy as np

API_FILE = pathlib.Path(__file__).with_name("api.json")

STARS = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}

# Parameters hidden behind **kwargs, read off CuPy's source (14.2).
OVERRIDES = {
    "einsum": "*operands, dtype=, optimize=",
    "pad": "array, pad_width, mode=, *, stat_length=, constant_values=, end_values=, reflect_type=",
    "meshgrid": "*xi, indexing=, sparse=, copy=",
}


def python_parameters(function: Callable) -> str:
    """Give the parameters of a Python function, as ``'a, axis=, *, out='``."""
    words: list[str] = []
    keyword_only = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            words.append("*")
        keyword_only |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        stars = STARS.get(parameter.kind.name, "")
        default = "=" if parameter.default is not parameter.empty else ""
        words.append(stars + parameter.name + default)
    return ", ".join(words)


def cython_parameters(function: Callable) -> str | None:
    """Give the parameters of a Cython function, from the first line of its docstring."""
    first_line = (function.__doc__ or "").partition("\n")[0]
    match = re.match(r"\s*[\w.]+\((.*)\)", first_line)  # 'ndarray.max(self, axis=None, out=None)'
    if not match:
        return None
    words = []
    for part in match.group(1).split(","):
        declaration, has_default, _ = part.partition("=")  # 'Py_ssize_t axis', '=', '-1'
        if declaration.strip() and declaration.split()[-1] not in ("self", "/"):
            words.append(declaration.split()[-1] + has_default)
    return ", ".join(words)


def parameters_of(function: Callable) -> str | None:
    """Give the parameters of `function`, or None where they cannot be known."""
    try:
        return python_parameters(function)
    except (TypeError, ValueError):
        return cython_parameters(function)


def describe(name: str, value: Any, host: Any) -> str | None:
    """Give the entry of CuPy's `value` (NumPy's is `host`), or None to leave it out."""
    if value is host:
        return "same"
    if isinstance(value, cupy.ufunc):
        at = f" at={value._scatter_op}" if value._scatter_op else ""
        reduces = " reduce" if value.name in ("cupy_add", "cupy_multiply") else ""  # as ufunc.reduce tests it
        return f"ufunc {value.nin} {value.nout}{at}{reduces}"
    if isinstance(value, type) or not callable(value):
        return "data"
    parameters = OVERRIDES.get(name, parameters_of(value))
    return None if parameters is None else f"call {parameters}".rstrip()


def section(owner: Any, host: Any) -> dict[str, str]:
    """Describe the public names that `owner` shares with `host`."""
    entries = {}
    for name in sorted(dir(owner)):
        value = getattr(owner, name)
        if name.startswith("_") or not hasattr(host, name) or inspect.ismodule(value) or name == "test":
            continue
        entry = describe(name, value, getattr(host, name))
        if entry:
            entries[name] = entry
    return entries


def operators() -> dict[str, str]:
    """List the operators and protocols that CuPy's array defines."""
    inherited = set(dir(object))
    names = {name for name in dir(cupy.ndarray) if name.startswith("__") and hasattr(np.ndarray, name)}
    return dict.fromkeys(sorted(names - inherited), "data")


def build() -> dict[str, Any]:
    """Collect all sections."""
    return {
        "cupy": cupy.__version__,
        "numpy": np.__version__,
        "": section(cupy, np),
        "linalg": section(cupy.linalg, np.linalg),
        "lib.stride_tricks": section(cupy.lib.stride_tricks, np.lib.stride_tricks),
        "ndarray": section(cupy.ndarray, np.ndarray) | operators(),
        "Generator": section(cupy.random.Generator, np.random.Generator),
    }


def main() -> int:
    text = json.dumps(build(), indent=1, sort_keys=True) + "\n"
    if "--check" in sys.argv[1:]:
        return int(text != API_FILE.read_text(encoding="utf-8"))
    API_FILE.write_text(text, encoding="utf-8")
    print(f"{API_FILE}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

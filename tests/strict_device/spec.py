"""Read ``api.json``: which names CuPy has, and how they may be called.

The file holds one string per name (see ``generate_api.py``, which writes it):

=========================================  ==============================================================
``same``                                   the very object NumPy has (a dtype, a constant)
``data``                                   an attribute, class or constant of CuPy's own
``ufunc 2 1 at=add reduce``                a ufunc of 2 inputs and 1 output; ``.at`` as kind ``add``
                                           (see ``rules.AT_DTYPES``), ``.reduce`` allowed
``call a, axis=, *, out=, **kw``           a function: its parameters, ``=`` marks those with a default
=========================================  ==============================================================
"""

from __future__ import annotations

import inspect
import json
import pathlib
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

API: dict[str, Any] = json.loads(pathlib.Path(__file__).with_name("api.json").read_text(encoding="utf-8"))
CUPY_VERSION: str = API["cupy"]


@dataclass(frozen=True)
class UfuncSpec:
    """What CuPy's ufunc of one name can do."""

    nin: int
    nout: int
    at: str | None
    reduce: bool


def kind_of(entry: str) -> str:
    """Give the first word of an entry: ``same``, ``data``, ``ufunc`` or ``call``."""
    return entry.partition(" ")[0]


def ufunc_spec(entry: str) -> UfuncSpec:
    """Parse ``'ufunc 2 1 at=add reduce'``."""
    _, nin, nout, *extras = entry.split()
    at = next((word[3:] for word in extras if word.startswith("at=")), None)
    return UfuncSpec(int(nin), int(nout), at, "reduce" in extras)


def call_signature(entry: str) -> inspect.Signature:
    """Parse ``'call a, axis=, *, out='`` into a signature."""
    words = entry.partition(" ")[2].split(", ") if " " in entry else []
    parameters = []
    named: Any = Parameter.POSITIONAL_OR_KEYWORD  # until a star makes them keyword-only
    for word in words:
        if word.startswith("**"):
            parameters.append(Parameter(word[2:], Parameter.VAR_KEYWORD))
        elif word.startswith("*"):
            named = Parameter.KEYWORD_ONLY
            if word != "*":
                parameters.append(Parameter(word[1:], Parameter.VAR_POSITIONAL))
        else:
            default = None if word.endswith("=") else Parameter.empty
            parameters.append(Parameter(word.rstrip("="), named, default=default))
    return inspect.Signature(parameters)

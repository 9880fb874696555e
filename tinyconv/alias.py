"""Imports below another name of tinyconv: ``sys.modules["torch"] = tinyconv``, and then ``import torch.nn as nn``.

Python would find the file of ``torch.nn`` in tinyconv's folder and run it a second time, as another module with classes
of its own, whose Tensors no function of the first takes for Tensors.  The finder here answers before that, with the
module that is there already.  Below tinyconv's own name it finds what Python finds, and tells of a name of PyTorch's
that is not here why.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from . import absent

__all__ = ["AliasFinder"]

FOLDERS = {"tinyconv.nn.modules": "tinyconv.nn"}  # of PyTorch's -> where what is in them is here


class AliasFinder:
    """Finds ``torch.nn`` where ``sys.modules["torch"]`` is tinyconv: it is ``tinyconv.nn``.

    Examples
    --------
    >>> import sys, tinyconv
    >>> sys.modules["a_name"] = tinyconv
    >>> import a_name.nn.functional
    >>> a_name.nn.functional is tinyconv.nn.functional
    True
    >>> del sys.modules["a_name"], sys.modules["a_name.nn"], sys.modules["a_name.nn.functional"]
    """

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """Give a spec that loads the module of tinyconv, or None for every other name."""
        parent, _, name = fullname.rpartition(".")
        known = getattr(sys.modules.get(parent), "__name__", parent)
        known = FOLDERS.get(known, known)
        if known.partition(".")[0] != "tinyconv":
            return None
        if known == parent:
            return _found_or_told(fullname, name, path)
        try:
            module = importlib.import_module(f"{known}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{known}.{name}":
                raise
            return None
        return ModuleSpec(fullname, _Loaded(module))  # type: ignore[arg-type]  # what it takes, without importlib.abc


def _found_or_told(fullname: str, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """The file of a module of tinyconv's; where there is none, a name of PyTorch's is refused with its reason.

    Python asks here for the ``LSTM`` of ``from torch.nn import LSTM`` too, once ``torch.nn`` has no such attribute: it
    might be a module.  Only a package's names are asked for, so that modules of functions have a ``__path__``.
    """
    spec = PathFinder.find_spec(fullname, path)
    if spec is None and (error := absent.not_to_import(fullname.rpartition(".")[0], name)) is not None:
        raise error
    return spec


class _Loaded:
    """Gives a module that was imported before, and leaves it as it is."""

    def __init__(self, module: ModuleType):
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import put its own there

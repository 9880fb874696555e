"""Other names for the package: ``sys.modules["torch"] = tinyconv``, and ``import torch.nn`` gives ``tinyconv.nn``.

Without this, Python would read the files of ``tinyconv.nn`` a second time under the name ``torch.nn``, and the copy's
``Module`` would be another class than the first's.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

__all__ = ["AliasFinder"]


class AliasFinder:
    """Finds the parts of tinyconv under every name that stands for it in ``sys.modules``.

    Examples
    --------
    >>> import sys, tinyconv
    >>> sys.modules["some_name"] = tinyconv
    >>> import some_name.nn.functional as F
    >>> F is tinyconv.nn.functional
    True
    >>> for name in ("some_name", "some_name.nn", "some_name.nn.functional"):
    ...     del sys.modules[name]
    """

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Give a way to ``tinyconv.a.b`` for ``alias.a.b``; nothing for all other modules."""
        parent, _, child = fullname.rpartition(".")
        own = getattr(sys.modules.get(parent), "__name__", "")
        if own == parent or own.partition(".")[0] != "tinyconv" or not importlib.util.find_spec(f"{own}.{child}"):
            return None
        return importlib.machinery.ModuleSpec(fullname, _AliasLoader(f"{own}.{child}"))  # type: ignore[arg-type]


class _AliasLoader:
    """Puts the module that has another name in the place of the one that Python would make."""

    def __init__(self, own: str):
        self.own = own

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None  # a plain one, for the moment

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = importlib.import_module(self.own)

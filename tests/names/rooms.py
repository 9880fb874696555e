"""Where names stand, below ``torch`` there and below ``tinyconv`` here."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

ROOMS = [
    "", "Tensor", "nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler", "utils.data", "autograd",
    "cuda",
]  # fmt: skip


def found(library: ModuleType, room: str) -> Any:
    """The room in a library."""
    if room == "Tensor":
        return library.Tensor
    return importlib.import_module(f"{library.__name__}.{room}") if room else library

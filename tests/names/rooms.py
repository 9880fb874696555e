"""Where names stand, below ``torch`` there and below ``tinyconv`` here; ``vision`` is torchvision."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

ROOMS = [
    "", "Tensor", "nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler", "utils.data", "autograd",
    "cuda", "vision.datasets", "vision.transforms", "vision.transforms.functional", "vision.models", "vision.utils",
]  # fmt: skip


def found(library: ModuleType, room: str) -> Any:
    """The room in a library."""
    if room == "Tensor":
        return library.Tensor
    if room.startswith("vision.") and library.__name__ == "torch":
        return importlib.import_module(f"torch{room}")
    return importlib.import_module(f"{library.__name__}.{room}") if room else library

"""Models built from either library's ``nn``, and numbers to fill them with that need no generator.

What PyTorch 2.13 gives for them is written down in ``test_state_dict.py``; run this file's functions with
``torch.nn`` to see it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

MODELS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "conv": (
        lambda nn: nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), nn.ReLU(), nn.Conv2d(4, 3, (1, 2), bias=False)
        ),
        (2, 2, 5, 6),
    ),
    "conv of 1 and 3 axes": (
        lambda nn: nn.Sequential(
            nn.Conv1d(2, 4, 3, dilation=2), nn.Unflatten(1, (1, 2, 2)), nn.Conv3d(1, 2, (1, 2, 2))
        ),
        (2, 2, 8),
    ),
    "transposed": (
        lambda nn: nn.Sequential(
            nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
            nn.ConvTranspose2d(6, 1, (2, 1), bias=False),
        ),
        (1, 4, 2, 3),
    ),
    "batch norm": (
        lambda nn: nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Flatten(), nn.BatchNorm1d(8, affine=False)),
        (3, 1, 3, 3),
    ),
    "other norms": (
        lambda nn: nn.Sequential(
            nn.GroupNorm(2, 4),
            nn.LayerNorm((3, 2)),
            nn.Flatten(2),
            nn.InstanceNorm1d(4, affine=True, track_running_stats=True),
            nn.LayerNorm(6, bias=False),
        ),
        (2, 4, 3, 2),
    ),
    "linear": (
        lambda nn: nn.Sequential(nn.Linear(3, 4), nn.PReLU(4), nn.Linear(4, 2, bias=False), nn.PReLU()),
        (2, 3),
    ),
    "nested": (
        lambda nn: nn.ModuleDict(
            {
                "stem": nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.BatchNorm2d(2), nn.Dropout())),
                "heads": nn.ModuleList([nn.Linear(2, 3), nn.ModuleDict({"out": nn.Linear(3, 1, bias=False)})]),
            }
        ),
        (),
    ),
}


def numbers(shape: Iterable[int], offset: int = 0) -> np.ndarray:
    """Give float32 values in (-1, 1) that look random and are the same everywhere."""
    shape = tuple(shape)
    count = int(np.prod(shape))
    return np.sin(np.arange(count) * 1.7 + offset).astype(np.float32).reshape(shape)


def checkpoint(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Give values for all keys of a state_dict; variances are positive."""
    values = {}
    for offset, (name, shape) in enumerate(shapes.items()):
        values[name] = numbers(shape, offset)
        if name.endswith("running_var"):
            values[name] = values[name] ** 2 + np.float32(0.5)
        if name.endswith("num_batches_tracked"):
            values[name] = np.array(7)
    return values

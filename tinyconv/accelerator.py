"""PyTorch's names for the device at hand, whatever its kind: here a CUDA device, or none.

Examples
--------
>>> import tinyconv as tc
>>> accelerator = tc.accelerator.current_accelerator() if tc.accelerator.is_available() else None
>>> device = "cpu" if accelerator is None else accelerator.type
"""

from __future__ import annotations

from typing import Any

from . import cuda
from .backend import Device
from .errors import refusal

__all__ = ["current_accelerator", "device_count", "is_available", "synchronize"]


def is_available() -> bool:
    """Tell whether there is a device other than the CPU.

    Examples
    --------
    >>> isinstance(is_available(), bool)
    True
    """
    return cuda.is_available()


def device_count() -> int:
    """Give the number of such devices."""
    return cuda.device_count()


def current_accelerator(check_available: bool = False) -> Device | None:
    """Give the device, or None where there is none."""
    return Device("cuda") if cuda.is_available() else None


def synchronize(device: Any = None) -> None:
    """Wait until the work queued on the device is done.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    if not cuda.is_available():
        raise refusal("device.no_accelerator", "synchronize")
    cuda.synchronize(device)

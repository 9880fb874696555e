"""Moving between devices and dtypes, inside the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import DeviceLike, checked
from ..autograd import Operation, Tensor
from ..backend import Array, Device, device_of
from .dtype import cast


class ToDevice(Operation):
    """The same values on another device; the gradient comes back."""

    __slots__ = ()

    def forward(self, x: Array, device: Device) -> Array:
        self.keep(source=device_of(x))
        return device.asarray(x)

    def grad_x(self, g: Tensor, source: Device) -> Tensor:
        return ToDevice.apply(g, source)


def to_device(x: Tensor, device: Device) -> Tensor:
    """Give `x` on `device` (`x` itself if it is there)."""
    return x if x.device == device else ToDevice.apply(x, device)


def destination(
    *args: Any, device: Any = None, dtype: Any = None, non_blocking: bool = False, copy: bool = False
) -> tuple[Device | None, np.dtype | None]:
    """Read the arguments of ``to``: a device, a dtype, or a Tensor to be like; `non_blocking` changes nothing here."""
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, Device) or (isinstance(arg, str) and not _is_dtype_name(arg)):
            device = arg
        elif arg is not None:
            dtype = arg
    return None if device is None else Device(device), None if dtype is None else np.dtype(dtype)


def _is_dtype_name(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


def to(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Give the tensor on another device, in another dtype, or like another tensor.

    Both moves are differentiable; the tensor itself comes back if nothing changes, unless ``copy=True``.
    """
    device, dtype = destination(*args, **kwargs)
    result = x if dtype is None else cast(x, dtype)
    result = result if device is None else to_device(result, device)
    return result.clone() if result is x and kwargs.get("copy") else result


def cpu(x: Tensor) -> Tensor:
    """Give the tensor on the CPU."""
    return to_device(x, Device("cpu"))


@checked
def cuda(x: Tensor, device: int | DeviceLike | None = None, non_blocking: bool = False) -> Tensor:
    """Give the tensor on a CUDA device: the first, or the one of that number or name."""
    return to_device(x, Device(f"cuda:{device or 0}" if device is None or isinstance(device, int) else device))

"""Moving between devices and dtypes, inside the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import DeviceLike, checked
from ..autograd import Operation, Tensor
from ..backend import Array, Device, device_of
from ..errors import refusal
from .dtype import cast

_KINDS = {
    "FloatTensor": np.float32, "DoubleTensor": np.float64, "HalfTensor": np.float16, "LongTensor": np.int64,
    "IntTensor": np.int32, "ShortTensor": np.int16, "CharTensor": np.int8,
    "ByteTensor": np.uint8, "BoolTensor": np.bool_,
}  # fmt: skip
_NAMES = {np.dtype(kind): name for name, kind in _KINDS.items()}


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


def type(x: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Give the name of the tensor's type, ``'torch.FloatTensor'``, or with `dtype` the tensor converted to it.

    Parameters
    ----------
    dtype : dtype, str or class, optional
        ``int64``, ``'torch.LongTensor'`` or ``LongTensor``; of the last two, those of ``torch.cuda`` move it to a GPU.
    non_blocking : bool
        Changes nothing here.

    Raises
    ------
    ValueError
        If `dtype` names no type.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.ones(2).type(), tc.ones(2).type("torch.LongTensor")
    ('torch.FloatTensor', tensor([1, 1]))
    """
    if dtype is None:
        return _type_name(x)
    room, _, name = dtype.rpartition(".") if isinstance(dtype, str) else ("", "", "")
    if name in _KINDS and room in ("", "torch", "torch.cuda"):
        return to(x, _KINDS[name], device="cuda" if room == "torch.cuda" else "cpu")
    try:
        return to(x, np.dtype(dtype), device=getattr(dtype, "device_type", None))
    except TypeError:
        raise refusal("type.unknown", "type", given=dtype) from None


def _type_name(x: Tensor) -> str:
    """As PyTorch calls the dtype and the device together."""
    place = "" if x.device.type == "cpu" else f"{x.device.type}."
    return f"torch.{place}{_NAMES.get(x.dtype, x.dtype.name)}"


@checked
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """Give the tensor in another one's dtype, on its device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensor([1, 2]).type_as(tc.tensor([0.5]))
    tensor([1., 2.])
    """
    return to(input, other)

"""Moving between devices, inside the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import Function
from ..backend import Array, Device, device_of

if TYPE_CHECKING:
    from ..tensor import Tensor


class ToDevice(Function):
    """The same values on another device; the gradient comes back."""

    __slots__ = ("_source",)

    def forward(self, x: Array, device: Device) -> Array:
        self._source = device_of(x)
        return device.asarray(x)

    def vjp(self, grad: Tensor) -> Any:
        return ToDevice.apply(grad, self._source), None


def to_device(x: Tensor, device: Device) -> Tensor:
    """Give `x` on `device` (`x` itself if it is there)."""
    return x if x.device == device else ToDevice.apply(x, device)

"""Layers whose input size is left open (None), in one place.

Such a layer holds an UninitializedParameter as its ``weight``.  Its first call reads the size off the
input, gives the weight its shape, and draws the first values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backend import Device
from ..errors import layer_name
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter, UninitializedParameter

__all__ = ["WeightedLayer"]


class WeightedLayer(Module):
    """The base of layers with a weight and a bias, sized now or at the first call.

    A subclass says how its weight is shaped in :meth:`_weight_shape`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> layer = tc.nn.Linear(None, 3)
    >>> layer.in_features is None
    True
    >>> layer(tc.zeros(1, 5)).shape, layer.in_features
    ((1, 3), 5)
    """

    weight: Parameter
    bias: Parameter | None
    _fans: dict[str, Any]

    def _weight_shape(self, in_size: int) -> tuple[int, ...]:
        """The weight's shape for this many input channels or features."""
        raise NotImplementedError

    def _make_parameters(
        self, in_size: int | None, out_size: int, bias: bool, device: Any, dtype: Any
    ) -> None:
        if in_size is None:
            self.weight = UninitializedParameter(dtype, device)
        else:
            self.weight = Parameter(_zeros(self._weight_shape(in_size), dtype, device))
        if bias:
            self.bias = Parameter(_zeros((out_size,), dtype, device))
        else:
            self.register_parameter("bias", None)
        if in_size is not None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew from U(-b, b) with ``b = 1/sqrt(fan_in)``, PyTorch's default."""
        fan_in, _ = init.calculate_fans(self.weight, **self._fans)
        bound = 1.0 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def _materialize(self, x: Tensor, in_size: int) -> None:
        """At the first call of a lazy layer: shape the weight, and draw its values."""
        if isinstance(self.weight, UninitializedParameter):
            self.weight.materialize(self._weight_shape(in_size), like=x)
            if self.bias is not None and self.bias.device != self.weight.device:
                self.bias.data = self.weight.device.asarray(self.bias._data)
            self.reset_parameters()


def _zeros(shape: tuple[int, ...], dtype: Any, device: Any) -> Tensor:
    return Tensor(Device(device or "cpu").asarray(np.zeros(shape, dtype or np.float32)))


def positive(layer: str, **sizes: Any) -> None:
    """Refuse sizes that are not positive integers.

    Raises
    ------
    ValueError
        Naming the layer, the argument and its value.

    Examples
    --------
    >>> positive("Linear", out_features=0)
    Traceback (most recent call last):
    ...
    ValueError: Linear: out_features must be a positive integer, got 0
    """
    for name, value in sizes.items():
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
            raise ValueError(f"{layer_name(layer)}: {name} must be a positive integer, got {value!r}")

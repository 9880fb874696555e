"""Layers whose input size is left open (None), in one place.

Such a layer holds an UninitializedParameter as its ``weight``.  Its first call reads the size off the
input, gives the weight its shape, and draws the first values.  A norm's running values are left open likewise.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from ..creation import zeros
from ..errors import refusal
from ..tensor import Tensor
from . import init
from .layer import Layer
from .parameter import Parameter, UninitializedParameter

__all__ = ["LazyLayer", "WeightedLayer"]

_first_call = threading.RLock()  # two threads must not both draw a layer's first values


class LazyLayer(Layer):
    """The base of layers whose parameters or buffers may get their shapes at the first call.

    Examples
    --------
    >>> import tinyconv as tc
    >>> isinstance(tc.nn.Linear(None, 3), LazyLayer)
    True
    """

    _sized = True  # False until a lazy layer's first call has succeeded
    cls_to_become: type[Layer] | None = None  # of PyTorch's Lazy layers: what they are from then on

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call forward; a lazy layer whose first call fails is as lazy as before."""
        if self._sized:
            return super().__call__(*args, **kwargs)
        with _first_call:
            if self._sized:  # by another thread in the meantime
                return self(*args, **kwargs)
            lazy = [(member, dict(member.__dict__)) for member in self._lazy_members()]
            try:
                result = super().__call__(*args, **kwargs)
            except BaseException:
                self._stay_lazy(lazy)
                raise
            self._sized = True
            if self.cls_to_become is not None:
                self._become(self.cls_to_become)
            return result

    def _become(self, cls: type[Layer]) -> None:
        """Be an ordinary layer, which ``type(layer) == nn.Linear`` finds."""
        self.__class__ = cls  # type: ignore[assignment]

    def _lazy_members(self) -> list[UninitializedParameter]:
        """Parameters and buffers without a shape."""
        members = (*self._parameters.values(), *self._buffers.values())
        return [member for member in members if isinstance(member, UninitializedParameter)]

    def _stay_lazy(self, members: list[tuple[UninitializedParameter, dict[str, Any]]]) -> None:
        """Undo what a first call did that failed."""
        for member, attributes in members:
            _make_lazy(member, attributes)


class WeightedLayer(LazyLayer):
    """The base of layers with a weight and a bias, sized now or at the first call.

    A subclass says how its weight is shaped in :meth:`_weight_shape`, and at which axis the input's size
    stands in it.

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
    _in_axis = 1

    def _weight_shape(self, in_size: int) -> tuple[int, ...]:
        """The weight's shape for this many input channels or features."""
        raise NotImplementedError

    def _make_parameters(self, in_size: int | None, out_size: int, bias: bool, device: Any, dtype: Any) -> None:
        self._sized = in_size is not None
        if in_size is None:
            pattern: list[int | None] = list(self._weight_shape(self._fans.get("groups", 1)))
            pattern[self._in_axis] = None
            self.weight = UninitializedParameter(dtype, device, pattern=tuple(pattern))
        else:
            self.weight = Parameter(zeros(self._weight_shape(in_size), dtype=dtype, device=device))
        if bias:
            self.bias = Parameter(zeros(out_size, dtype=dtype, device=device))
        else:
            self.register_parameter("bias", None)
        if in_size is not None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew from U(-b, b) with ``b = 1/sqrt(fan_in)``, PyTorch's default.

        A lazy layer's values are drawn at its first call.
        """
        if isinstance(self.weight, UninitializedParameter):
            return
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
                self.bias.array = self.weight.device.asarray(self.bias.array)
            self.reset_parameters()


def _make_lazy(weight: Any, attributes: dict[str, Any]) -> None:
    """Undo ``UninitializedParameter.materialize``."""
    if not isinstance(weight, UninitializedParameter):
        weight._array = np.zeros(0, np.float32)  # host: holds nothing
        weight.__class__ = weight._lazy
        weight.__dict__.update(attributes)


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
            raise refusal("layer.positive", layer, name=name, value=value)

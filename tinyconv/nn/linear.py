"""Fully connected layer, and layers that only reshape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..creation import zeros
from ..tensor import Tensor
from . import functional as F
from . import init
from .layer import Layer
from .lazy import WeightedLayer, positive
from .module import Module
from .parameter import Parameter, UninitializedParameter

__all__ = ["Bilinear", "Flatten", "Identity", "LazyLinear", "Linear", "Unflatten"]


class Linear(WeightedLayer):
    """``y = x @ weight.T + bias``.

    Parameters
    ----------
    in_features : int or None
        Size of the last dimension; None reads it off the first input.
    out_features : int
        Size of the result's last dimension.
    bias : bool
        Whether to add a bias.

    Attributes
    ----------
    weight : Parameter
        ``(out_features, in_features)``.
    bias : Parameter or None
        ``(out_features,)``.

    Raises
    ------
    RuntimeError
        At a call, if the input's last size is not ``in_features``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Linear(3, 2)(tc.zeros(4, 3)).shape
    (4, 2)
    """

    def __init__(
        self, in_features: int | None, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ):  # fmt: skip
        super().__init__()
        positive("Linear", out_features=out_features)
        if in_features is not None:
            positive("Linear", in_features=in_features)
        self.out_features = out_features
        self._fans: dict[str, Any] = {}
        self._make_parameters(in_features, out_features, bias, device, dtype)

    @property
    def in_features(self) -> int | None:
        """Size of the last dimension; None before a lazy layer's first call."""
        return None if isinstance(self.weight, UninitializedParameter) else self.weight.shape[1]

    def _weight_shape(self, in_size: int) -> tuple[int, ...]:
        return (self.out_features, in_size)

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim:
            self._materialize(input, input.shape[-1])
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class LazyLinear(Linear):
    """A :class:`Linear` whose ``in_features`` is read off the first input, under PyTorch's name.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.LazyLinear(2)(tc.zeros(4, 3)).shape
    (4, 2)
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None):
        super().__init__(None, out_features, bias, device, dtype)


class Bilinear(Layer):
    """``y[o] = input1^T weight[o] input2 + bias[o]``.

    Parameters
    ----------
    in1_features, in2_features : int
        Sizes of the inputs' last dimensions.
    out_features : int
        Size of the result's last dimension.
    bias : bool
        Whether to add a bias.

    Attributes
    ----------
    weight : Parameter
        ``(out_features, in1_features, in2_features)``, drawn from U(-b, b) with ``b = 1/sqrt(in1_features)``.
    bias : Parameter or None
        ``(out_features,)``, drawn likewise.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Bilinear(3, 4, 2)(tc.zeros(5, 3), tc.zeros(5, 4)).shape
    (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        positive("Bilinear", in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = Parameter(zeros(out_features, in1_features, in2_features, dtype=dtype, device=device))
        if bias:
            self.bias = Parameter(zeros(out_features, dtype=dtype, device=device))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1.0 / math.sqrt(self.in1_features)
        for parameter in self.parameters(recurse=False):
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"


class Identity(Module):
    """Gives its input back; any arguments are accepted and ignored.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Identity()(tc.ones(1))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Flatten(Layer):
    """Merges dimensions `start_dim` to `end_dim`; by default all but the batch.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Flatten()(tc.zeros(4, 2, 3, 3)).shape
    (4, 18)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)


class Unflatten(Layer):
    """Splits dimension `dim` into `unflattened_size`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Unflatten(1, (2, 9))(tc.zeros(4, 18)).shape
    (4, 2, 9)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]):
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

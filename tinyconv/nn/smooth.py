"""Smooth activation layers: the functions of :mod:`tinyconv.ops.smooth` as Modules."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional as F
from .layer import Layer

__all__ = [
    "CELU",
    "GLU",
    "SELU",
    "LogSigmoid",
    "Mish",
    "Softmax2d",
    "Softmin",
    "Softsign",
    "Tanhshrink",
]  # fmt: skip


class CELU(Layer):
    """``x`` where positive, else ``alpha * (exp(x/alpha) - 1)``."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


class GLU(Layer):
    """``a * sigmoid(b)``, the two halves of the input along `dim`."""

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)


class LogSigmoid(Layer):
    """``log(sigmoid(x))``, without overflow."""

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Mish(Layer):
    """``x * tanh(softplus(x))``."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


class SELU(Layer):
    """``scale * elu(x, alpha)`` with the two constants for which activations keep mean 0 and variance 1."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


class Softmax2d(Layer):
    """``softmax`` over the channels of ``(N, C, H, W)`` or ``(C, H, W)``."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, -3)


class Softmin(Layer):
    """``softmax(-x)`` along `dim`."""

    _shown = ("dim",)

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


class Softsign(Layer):
    """``x / (1 + |x|)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Softsign()(tc.tensor([-3.0, 1.0]))
    tensor([-0.7500,  0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(Layer):
    """``x - tanh(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)

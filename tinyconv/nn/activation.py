"""Activation layers: the functions of :mod:`tinyconv.nn.functional` as Modules."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor, tensor
from . import functional as F
from .module import Module
from .parameter import Parameter

__all__ = [
    "ELU", "GELU", "LeakyReLU", "LogSoftmax", "PReLU", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
]  # fmt: skip


class ReLU(Module):
    """``max(x, 0)``.

    `inplace` is accepted for PyTorch's sake, here and below; the result is always a new tensor.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.ReLU()(tc.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.relu(input)


class LeakyReLU(Module):
    """``x`` where positive, else ``negative_slope * x``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.LeakyReLU()(tc.tensor([-1.0, 2.0]))
    tensor([-0.0100,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"negative_slope={self.negative_slope!r}"


class ELU(Module):
    """``x`` where positive, else ``alpha * (exp(x) - 1)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.ELU()(tc.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"alpha={self.alpha!r}"


class GELU(Module):
    """``x * Phi(x)`` with the normal distribution function Phi, or its tanh approximation.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.GELU()(tc.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """``x * sigmoid(x)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.SiLU()(tc.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.silu(input)


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Sigmoid()(tc.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.sigmoid(input)


class Tanh(Module):
    """``tanh(x)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Tanh()(tc.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.tanh(input)


class Softplus(Module):
    """``log(1 + exp(beta*x)) / beta``, and ``x`` where ``beta*x > threshold``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Softplus()(tc.tensor([0.0]))
    tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"beta={self.beta!r}, threshold={self.threshold!r}"


class Softmax(Module):
    """``exp(x) / sum(exp(x))`` along `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Softmax(dim=1)(tc.tensor([[0.0, 0.0]]))
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply it along `dim`."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"dim={self.dim!r}"


class LogSoftmax(Module):
    """``log(softmax(x))`` along `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.LogSoftmax(dim=1)(tc.tensor([[0.0, 0.0]]))
    tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply it along `dim`."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"dim={self.dim!r}"


class PReLU(Module):
    """``x`` where positive, else ``weight * x`` with one learnt slope, or one per channel.

    References
    ----------
    K. He et al., "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.PReLU()(tc.tensor([-1.0, 2.0])).detach()
    tensor([-0.2500,  2.0000])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None):
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(tensor([init] * num_parameters, dtype=dtype or "float32", device=device))

    def forward(self, input: Tensor) -> Tensor:
        """Apply it element by element."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"num_parameters={self.num_parameters}"

"""Layers of sizes and angles: the functions of :mod:`tinyconv.ops.magnitude` and :mod:`tinyconv.ops.distance`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor
from . import functional as F
from .layer import Layer
from .module import Module
from .norm import _Affine

__all__ = ["CosineSimilarity", "LocalResponseNorm", "PairwiseDistance", "RMSNorm"]


class RMSNorm(_Affine):
    """``x / sqrt(mean(x**2) + eps) * weight``, the mean over the last dimensions, of sizes `normalized_shape`.

    References
    ----------
    B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.RMSNorm(2)(tc.tensor([[1.0, 7.0]])).detach()
    tensor([[0.2000, 1.4000]])
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        shape = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (int(normalized_shape),)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine
        self._make_affine(shape, elementwise_affine, device, dtype, bias=False)
        del self._parameters["bias"]  # PyTorch's has none either

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LocalResponseNorm(Layer):
    """Divides each channel of ``(N, C, *)`` by the size of `size` neighbouring ones at its place, AlexNet's way.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.LocalResponseNorm(3, alpha=3.0, beta=1.0)(tc.ones(1, 3, 1)).flatten()
    tensor([0.3333, 0.2500, 0.3333])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CosineSimilarity(Layer):
    """Cosine of the angle between vectors along `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.CosineSimilarity()(tc.tensor([[1.0, 0.0]]), tc.tensor([[3.0, 4.0]]))
    tensor([0.6000])
    """

    extra_repr = Module.extra_repr  # PyTorch prints no argument of this one, nor of the next

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Layer):
    """p-norm of ``x1 - x2 + eps`` along the last dimension.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.PairwiseDistance()(tc.tensor([[3.0, 4.0]]), tc.tensor([[0.0, 0.0]]))
    tensor([5.0000])
    """

    extra_repr = Module.extra_repr

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)

"""Normalisation by size alone: nothing is taken off, each number is divided by how large those around it are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal
from .dtype import cast, require_float
from .reduction import norm
from .shape import pad

__all__ = ["local_response_norm", "normalize", "rms_norm"]


@checked
def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide by the p-norm along `dim`, or by `eps` where it is smaller: vectors of length 1.

    Raises
    ------
    RuntimeError
        For integer input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.normalize(tc.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    require_float(input, "normalize")
    return input / norm(input, p, dim, keepdim=True).clamp(min=eps)


@checked
def rms_norm(
    input: Tensor, normalized_shape: int | Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """``x / sqrt(mean(x**2) + eps) * weight``, the mean over the last dimensions, of sizes `normalized_shape`.

    Without `eps` it is the distance from 1 to the next number of the dtype.

    Raises
    ------
    RuntimeError
        If the input does not end in `normalized_shape`.

    References
    ----------
    B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.rms_norm(tc.tensor([[1.0, 7.0]]), (2,))
    tensor([[0.2000, 1.4000]])
    """
    require_float(input, "rms_norm")
    shape = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (normalized_shape,)
    if not shape or input.shape[max(0, input.ndim - len(shape)) :] != shape:
        sizes = ", ".join(map(str, shape))
        raise refusal("norm.shape", "rms_norm", given=list(shape), sizes=sizes, size=list(input.shape))
    wide = cast(input, np.float32) if input.dtype == np.float16 else input
    eps = float(np.finfo(wide.dtype).eps) if eps is None else eps
    dims = tuple(range(input.ndim - len(shape), input.ndim))
    scaled = cast(wide * ((wide * wide).mean(dims, keepdim=True) + eps).rsqrt(), input.dtype)
    return scaled if weight is None else scaled * weight


@checked
def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divide each channel of ``(N, C, *)`` by the size of `size` neighbouring ones at its place, AlexNet's way.

    ``x / (k + alpha * m)**beta``, with m the mean of the squares in a window of `size` channels; beyond the first
    and the last channel there are zeros, and they count.

    Raises
    ------
    ValueError
        For fewer than 3 dimensions.
    RuntimeError
        If `size` is not positive.

    References
    ----------
    A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional neural networks",
    NeurIPS 2012.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.local_response_norm(tc.ones(1, 3, 1), 3, alpha=3.0, beta=1.0).flatten()
    tensor([0.3333, 0.2500, 0.3333])
    """
    require_float(input, "local_response_norm")
    if input.ndim < 3:
        raise refusal("magnitude.no_space", "local_response_norm", size=list(input.shape))
    if size < 1:
        raise refusal("magnitude.size", "local_response_norm", size=size)
    if not input.numel():
        return input.clone()
    channels = input.shape[1]
    squares = pad(input * input, (0, 0) * (input.ndim - 2) + (size // 2, (size - 1) // 2))
    total = squares[:, :channels]
    for shift in range(1, size):
        total = total + squares[:, shift : shift + channels]
    return input / (total * (alpha / size) + k) ** beta

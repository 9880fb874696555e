"""How far apart two vectors are, and how alike their directions."""

from __future__ import annotations

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal
from .dtype import as_float
from .elementwise import sub
from .magnitude import normalize
from .reduction import norm
from .shape import expand, normalize_dim

__all__ = ["cosine_similarity", "pairwise_distance"]


@checked
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Cosine of the angle between vectors along `dim`; the two broadcast, and integers become floats.

    ``sum(x1 * x2) / (max(|x1|, eps) * max(|x2|, eps))``.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.cosine_similarity(tc.tensor([[1.0, 0.0]]), tc.tensor([[3.0, 4.0]]))
    tensor([0.6000])
    """
    x1, x2 = as_float(x1), as_float(x2)
    try:
        shape = np.broadcast_shapes(x1.shape, x2.shape)  # host: shapes are tuples
    except ValueError:
        raise refusal("distance.shapes", "cosine_similarity", x1=x1, x2=x2) from None
    axis = normalize_dim(dim, len(shape), "cosine_similarity")
    x1, x2 = (x if x.shape == shape else expand(x, shape) for x in (x1, x2))
    return (normalize(x1, 2.0, axis, eps) * normalize(x2, 2.0, axis, eps)).sum(axis)


@checked
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """p-norm of ``x1 - x2 + eps`` along the last dimension; `eps` keeps the gradient away from a distance of 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.pairwise_distance(tc.tensor([[3.0, 4.0]]), tc.tensor([[0.0, 0.0]]))
    tensor([5.0000])
    """
    return norm(as_float(sub(x1, x2)) + eps, p, -1, keepdim)

"""Norms under the names of ``torch.linalg``; the rest of linear algebra is not here.

Examples
--------
>>> import tinyconv as tc
>>> tc.linalg.norm(tc.tensor([3.0, 4.0]))
tensor(5.)
"""

from __future__ import annotations

from typing import Any, NoReturn

from . import ops
from .arguments import Dims, DType, checked
from .autograd import Tensor
from .errors import phrase, refusal

__all__ = ["matmul", "norm", "vector_norm"]

matmul = ops.matmul


def __getattr__(name: str) -> NoReturn:
    if name.startswith("_"):
        raise refusal("absent.module", owner=__name__, name=name)
    raise refusal("absent.name", name=f"linalg.{name}", reason=phrase("absent.linalg"))


@checked
def vector_norm(
    x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The p-norm ``sum(|x|**ord)**(1/ord)`` over `dim`, or over all elements.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.linalg.vector_norm(tc.tensor([[1.0, -2.0], [3.0, -4.0]]), ord=1, dim=1)
    tensor([3., 7.])
    """
    return ops.norm(x, ord, dim, keepdim, dtype=dtype)


@checked
def norm(
    A: Tensor,
    ord: float | str | None = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """The 2-norm over `dim` or over all elements; with `ord` the p-norm of vectors; of matrices ``'fro'`` alone.

    Raises
    ------
    NotImplementedError
        For another norm of matrices: `ord` with two dims, or with a matrix and no `dim`.
    RuntimeError
        For more than two dims, unless all elements are meant: neither `ord` nor `dim` is given.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.linalg.norm(tc.tensor([[3.0, 0.0], [0.0, 4.0]])), tc.linalg.norm(tc.tensor([1.0, -2.0]), ord=1)
    (tensor(5.), tensor(3.))
    """
    of_matrices = A.ndim == 2 if dim is None else _count(dim) == 2
    if (dim, ord) != (None, None) and (A.ndim if dim is None else _count(dim)) > 2:
        raise refusal("linalg.rank", "linalg.norm", A=A, dim=dim)
    if of_matrices and ord not in (None, "fro"):
        raise refusal("linalg.matrix_norm", "linalg.norm", ord=ord)
    if isinstance(ord, str) and not of_matrices:
        raise refusal("linalg.of_vectors", "linalg.norm", ord=ord)
    return ops.norm(A, 2 if ord in (None, "fro") else ord, dim, keepdim, dtype=dtype)


def _count(dim: Any) -> int:
    return len(dim) if isinstance(dim, (tuple, list)) else 1

"""Products of vectors and matrices under PyTorch's other names, and sums of products; all made of :func:`matmul`."""

from __future__ import annotations

import math
from typing import Any

from ..arguments import checked, refuse
from ..autograd import Tensor
from ..errors import refusal
from .dtype import rank_of
from .elementwise import add, mul
from .linalg import matmul
from .rearranging import broadcast_tensors, roll
from .reduction import norm, sum
from .shape import as_int, normalize_dim

__all__ = [
    "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "baddbmm", "bmm", "cdist", "cross", "dist", "dot",
    "inner", "lerp", "mm", "mv", "outer", "rsub", "tensordot",
]  # fmt: skip


def _check_ranks(function: str, **operands: tuple[Tensor, int]) -> None:
    """Refuse a tensor that has not the number of dimensions asked for."""
    for name, (x, ndim) in operands.items():
        if not isinstance(x, Tensor):
            raise refuse(function, name, x, "Tensor")
        if x.ndim != ndim:
            raise refusal("product.rank", function, name=name, ndim=ndim, x=x)


@checked
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Product of two matrices, ``(n, k) @ (k, m)``; `matmul` takes stacks of them too.

    Raises
    ------
    RuntimeError
        For what are no matrices, or matrices that do not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.mm(tc.ones(2, 3), tc.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    _check_ranks("mm", input=(input, 2), mat2=(mat2, 2))
    return matmul(input, mat2)


@checked
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of two equal stacks of matrices, ``(b, n, k) @ (b, k, m)``.

    Raises
    ------
    RuntimeError
        For what are no such stacks, or do not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.bmm(tc.ones(4, 2, 3), tc.ones(4, 3, 1)).shape
    (4, 2, 1)
    """
    _check_ranks("bmm", input=(input, 3), mat2=(mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise refusal("bmm.batch", "bmm", first=input, second=mat2)
    return matmul(input, mat2)


@checked
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Product of a matrix and a vector, ``(n, k) @ (k)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.mv(tc.tensor([[1.0, 2.0], [3.0, 4.0]]), tc.tensor([1.0, 0.0]))
    tensor([1., 3.])
    """
    _check_ranks("mv", input=(input, 2), vec=(vec, 1))
    return matmul(input, vec)


@checked
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Sum of the products of two vectors' elements.

    Raises
    ------
    RuntimeError
        For what are no vectors of one length; NumPy's ``dot`` of matrices is `matmul`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.dot(tc.tensor([1.0, 2.0]), tc.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _check_ranks("dot", input=(input, 1), tensor=(tensor, 1))
    return matmul(input, tensor)


@checked
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products over the last dimensions; a tensor of no dimension multiplies the other.

    Raises
    ------
    RuntimeError
        If the last sizes differ.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.inner(tc.tensor([[1.0, 2.0], [0.0, 1.0]]), tc.tensor([3.0, 4.0]))
    tensor([11.,  4.])
    """
    if not input.ndim or not other.ndim:
        return mul(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise refusal("inner.last", "inner", input=input, other=other)
    return tensordot(input, other, ([-1], [-1]))


@checked
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Cross product of vectors along `dim`, of size 3; without `dim` along the first dimension of that size.

    Raises
    ------
    RuntimeError
        If there is no such dimension.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cross(tc.tensor([1.0, 0.0, 0.0]), tc.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        raise refusal("cross.ranks", "cross", input=input, other=other)
    a, b = broadcast_tensors(input, other)
    if dim is None and 3 not in a.shape:
        raise refusal("cross.size", "cross", shape=a.shape)
    axis = a.shape.index(3) if dim is None else normalize_dim(dim, a.ndim, "cross")
    if a.shape[axis] != 3:
        raise refusal("cross.size", "cross", shape=a.shape)
    return mul(roll(a, -1, axis), roll(b, -2, axis)) - mul(roll(a, -2, axis), roll(b, -1, axis))


@checked
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors' elements, ``(n, m)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.outer(tc.tensor([1, 2]), tc.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _check_ranks("outer", input=(input, 1), vec2=(vec2, 1))
    return mul(input.unsqueeze(1), vec2)


@checked
def rsub(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """``other - alpha * input``, element by element.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.rsub(tc.tensor([1.0]), 3.0)
    tensor([2.])
    """
    return other - (input if alpha == 1 else input * alpha)


def _plus(input: Tensor, product: Tensor, beta: float, alpha: float, function: str) -> Tensor:
    """``beta * input + alpha * product`` in the product's shape; with beta = 0 nothing of `input` is read."""
    if beta and not isinstance(input, Tensor):
        raise refuse(function, "input", input, "Tensor")
    for factor in (alpha, beta):
        if product.dtype.kind != "f" and rank_of(factor) == 2:
            raise refusal("elementwise.alpha", function, alpha=factor)
    product = product if alpha == 1 else product * alpha
    if not beta:
        return product
    result = add(input if beta == 1 else input * beta, product)
    if result.shape != product.shape:
        raise refusal("product.grows", function, input=input, shape=product.shape)
    return result


@checked
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; `input` broadcasts.  With ``beta=0`` even its NaNs are left out.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.addmm(tc.tensor([1.0]), tc.ones(1, 3), tc.ones(3, 2))
    tensor([[4., 4.]])
    """
    _check_ranks("addmm", mat1=(mat1, 2), mat2=(mat2, 2))
    return _plus(input, matmul(mat1, mat2), beta, alpha, "addmm")


@checked
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2)``; `input` broadcasts.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.baddbmm(tc.zeros(1), tc.ones(4, 2, 3), tc.ones(4, 3, 1), alpha=2.0)[0]
    tensor([[6.],
            [6.]])
    """
    return _plus(input, bmm(batch1, batch2), beta, alpha, "baddbmm")


@checked
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2).sum(0)``; `input` broadcasts."""
    product = bmm(batch1, batch2)
    return _plus(input, sum(product, 0, dtype=product.dtype), beta, alpha, "addbmm")


@checked
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * mv(mat, vec)``; `input` broadcasts."""
    return _plus(input, mv(mat, vec), beta, alpha, "addmv")


@checked
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``; `input` broadcasts.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.addr(tc.zeros(2, 2), tc.tensor([1.0, 2.0]), tc.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return _plus(input, outer(vec1, vec2), beta, alpha, "addr")


@checked
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``input + value * tensor1 * tensor2``, element by element.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.addcmul(tc.tensor([1.0]), tc.tensor([2.0]), tc.tensor([3.0]), value=0.5)
    tensor([4.])
    """
    return add(input, tensor1 * tensor2 if value == 1 else value * tensor1 * tensor2)


@checked
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``input + value * tensor1 / tensor2``, element by element.

    Raises
    ------
    RuntimeError
        For integers divided by integers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.addcdiv(tc.tensor([1.0]), tc.tensor([6.0]), tc.tensor([3.0]), value=0.5)
    tensor([2.])
    """
    if tensor1.dtype.kind != "f" and tensor2.dtype.kind != "f":
        raise refusal("addcdiv.integers", "addcdiv")
    return add(input, (tensor1 if value == 1 else value * tensor1) / tensor2)


@checked
def lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """``input + weight * (end - input)``: from `input` at weight 0 to `end` at weight 1; a number or a tensor.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.lerp(tc.tensor([0.0]), tc.tensor([10.0]), 0.25)
    tensor([2.5000])
    """
    if input.dtype != end.dtype:
        raise refusal("close.dtypes", "lerp", first=input.dtype, second=end.dtype)
    return add(input, mul(end - input, weight))


@checked
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sum of products over pairs of dimensions: the last `dims` of `a` with the first of `b`, or those listed.

    Parameters
    ----------
    dims : int, or (list of int, list of int)
        How many, or which of `a` and which of `b`.

    Raises
    ------
    RuntimeError
        If the dimensions do not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensordot(tc.ones(2, 3, 4), tc.ones(4, 3, 5), dims=([1, 2], [1, 0])).shape
    (2, 5)
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise refusal("tensordot.dims", "tensordot", dims=dims, a=a, b=b)
        dims = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    if not hasattr(dims, "__len__") or len(dims) != 2:
        raise refusal("tensordot.pair", "tensordot", dims=dims)
    of_a, of_b = ([of] if isinstance(of, int) else list(of) for of in dims)
    of_a = [normalize_dim(as_int(d, "shape.no_dim", "tensordot"), a.ndim, "tensordot") for d in of_a]
    of_b = [normalize_dim(as_int(d, "shape.no_dim", "tensordot"), b.ndim, "tensordot") for d in of_b]
    if [a.shape[d] for d in of_a] != [b.shape[d] for d in of_b]:
        raise refusal("tensordot.dims", "tensordot", dims=dims, a=a, b=b)
    rest_a, rest_b = ([d for d in range(t.ndim) if d not in of] for t, of in ((a, of_a), (b, of_b)))
    outer_a, outer_b = [a.shape[d] for d in rest_a], [b.shape[d] for d in rest_b]
    inner = math.prod(a.shape[d] for d in of_a)
    left = a.permute(rest_a + of_a).reshape(math.prod(outer_a), inner)
    right = b.permute(of_b + rest_b).reshape(inner, math.prod(outer_b))
    return matmul(left, right).reshape(outer_a + outer_b)


@checked
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """Distances of all pairs of rows: ``(..., n, d)`` and ``(..., m, d)`` give ``(..., n, m)`` p-norms.

    The gradient of a distance 0 is taken as 0.  The differences are computed one by one, whatever `compute_mode`.

    Raises
    ------
    RuntimeError
        If the rows are not of one length.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cdist(tc.tensor([[0.0, 0.0]]), tc.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise refusal("cdist.rows", "cdist", x1=x1, x2=x2)
    return norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)


@checked
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of ``input - other``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.dist(tc.tensor([0.0, 0.0]), tc.tensor([3.0, 4.0]))
    tensor(5.)
    """
    return norm(input - other, p)

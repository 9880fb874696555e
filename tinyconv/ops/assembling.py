"""Tensors put together from others, and cut apart: pairs, blocks, parts, and the steps from one to the next."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import checked, refuse
from ..autograd import Tensor
from ..errors import refusal
from ..size import Size
from .elementwise import ne, sub
from .rearranging import atleast_2d, meshgrid, narrow
from .shape import PadConstant, as_sizes, cat, clone, common_shape, normalize_dim, stack

__all__ = [
    "block_diag", "broadcast_shapes", "cartesian_prod", "combinations", "diff", "hsplit", "tensor_split", "vander",
    "vsplit",
]  # fmt: skip


def _check_tensor(x: Any, function: str) -> None:
    if not isinstance(x, Tensor):
        raise refuse(function, "tensors", x, "Tensor")


def _check_vector(x: Tensor, function: str) -> None:
    if x.ndim != 1:
        raise refusal("parts.vector", function, x=x)


# ------------------------------------------------------------------------------ put together


def broadcast_shapes(*shapes: Any) -> Size:
    """Give the shape that tensors of these shapes have together; nothing is made.

    Raises
    ------
    RuntimeError
        If they do not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    return Size(common_shape([as_sizes((shape,), "broadcast_shapes") for shape in shapes], "broadcast_shapes"))


@checked
def block_diag(*tensors: Tensor) -> Tensor:
    """Set matrices along the diagonal of a greater one, zeros beside them; a vector is a row.

    Raises
    ------
    RuntimeError
        For more than two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.block_diag(tc.ones(2, 2), tc.tensor([3.0]))
    tensor([[1., 1., 0.],
            [1., 1., 0.],
            [0., 0., 3.]])
    """
    for position, x in enumerate(tensors):
        _check_tensor(x, "block_diag")
        if x.ndim > 2:
            raise refusal("parts.matrices", "block_diag", position=position, x=x)
    blocks = [atleast_2d(x) for x in tensors] or [Tensor([[]])]
    width, before, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        rows.append(PadConstant.apply(x, ((0, 0), (before, width - before - x.shape[1])), 0))
        before += x.shape[1]
    return cat(rows, 0)


@checked
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All choices of one element of each vector, a row each; of one vector itself.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cartesian_prod(tc.tensor([1, 2]), tc.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for x in tensors:
        _check_tensor(x, "cartesian_prod")
        _check_vector(x, "cartesian_prod")
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.reshape(-1) for grid in meshgrid(*tensors, indexing="ij")], 1)


@checked
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of `r` elements of a vector in their order, a row each; with replacement an element may repeat.

    Raises
    ------
    RuntimeError
        For what is no vector, or a negative `r`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.combinations(tc.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    _check_vector(input, "combinations")
    if r < 0:
        raise refusal("parts.count", "combinations", r=r)
    if r == 0:
        return input[:0]
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(input.shape[0]), r)), np.int64).reshape(-1, r)  # host: a table of sizes
    return input[Tensor._of(input.device.asarray(places))]


@checked
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of a vector's elements, a row each: from ``N - 1`` down to 0, or upwards; `N` is the vector's length.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.vander(tc.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    _check_vector(x, "vander")
    N = x.shape[0] if N is None else N
    if N < 0:
        raise refusal("parts.count", "vander", r=N)
    powers = range(N) if increasing else range(N - 1, -1, -1)
    if not N:
        return x.unsqueeze(1)[:, :0]
    return stack([x**n for n in powers], 1)


# ------------------------------------------------------------------------------ cut apart


@checked
def tensor_split(input: Tensor, indices_or_sections: int | Sequence[int] | Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut along `dim` into a number of parts whose sizes differ by 1 at most, or before the listed places.

    Raises
    ------
    RuntimeError
        For a tensor without dimensions, or no parts.

    Examples
    --------
    >>> import tinyconv as tc
    >>> [part.tolist() for part in tc.tensor_split(tc.arange(7), 3)]
    [[0, 1, 2], [3, 4], [5, 6]]
    >>> [part.tolist() for part in tc.tensor_split(tc.arange(5), (1, 3))]
    [[0], [1, 2], [3, 4]]
    """
    _check_dims(input, 1, "tensor_split")
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    axis = normalize_dim(dim, input.ndim, "tensor_split")
    size = input.shape[axis]
    if isinstance(indices_or_sections, Sequence):
        places = [0, *as_sizes((indices_or_sections,), "tensor_split"), size]
    else:
        parts = int(indices_or_sections)
        if parts < 1:
            raise refusal("parts.sections", "tensor_split", parts=parts)
        small, large = divmod(size, parts)
        places = [number * small + min(number, large) for number in range(parts + 1)]
    before = (slice(None),) * axis
    return tuple(input[before + (slice(start, stop),)] for start, stop in itertools.pairwise(places))


def _check_dims(input: Tensor, least: int, function: str) -> None:
    if input.ndim < least:
        raise refusal("rank.least", function, least=least, x=input)


def _split_evenly(input: Tensor, how: int | Sequence[int], dim: int, function: str) -> tuple[Tensor, ...]:
    if not isinstance(how, Sequence) and (how < 1 or input.shape[dim] % how):
        raise refusal("parts.even", function, dim=dim, size=input.shape[dim], parts=how)
    return tensor_split(input, how, dim)


@checked
def hsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut into parts that stand side by side, along dimension 1 (of a vector 0): equal ones, or at the listed places.

    Raises
    ------
    RuntimeError
        If the number of parts does not divide the size.

    Examples
    --------
    >>> import tinyconv as tc
    >>> [part.tolist() for part in tc.hsplit(tc.tensor([[1, 2], [3, 4]]), 2)]
    [[[1], [3]], [[2], [4]]]
    """
    _check_dims(input, 1, "hsplit")
    return _split_evenly(input, indices_or_sections, min(1, input.ndim - 1), "hsplit")


@checked
def vsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut into parts that stand under one another, along dimension 0; see :func:`hsplit`."""
    _check_dims(input, 2, "vsplit")
    return _split_evenly(input, indices_or_sections, 0, "vsplit")


# ------------------------------------------------------------------------------ from one to the next


@checked
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """``x[i + 1] - x[i]`` along `dim`, `n` times over; of bools whether they differ.

    Parameters
    ----------
    prepend, append : Tensor, optional
        Set before and after `input` first.

    Raises
    ------
    RuntimeError
        For a tensor without dimensions, or a negative `n`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.diff(tc.tensor([1, 4, 9])), tc.diff(tc.tensor([1, 4, 9]), n=2)
    (tensor([3, 5]), tensor([2]))
    """
    _check_dims(input, 1, "diff")
    if n < 0:
        raise refusal("parts.count", "diff", r=n)
    axis = normalize_dim(dim, input.ndim, "diff")
    if n == 0:  # not even with what would stand before and after it
        return clone(input)
    beside = [x for x in (prepend, input, append) if x is not None]
    result = cat(beside, axis) if len(beside) > 1 else input
    if n >= result.shape[axis]:  # nothing is left
        return narrow(result, axis, 0, 0)
    for _ in range(n):
        size = result.shape[axis] - 1
        after, before = narrow(result, axis, 1, size), narrow(result, axis, 0, size)
        result = ne(after, before) if result.dtype.kind == "b" else sub(after, before)
    return result

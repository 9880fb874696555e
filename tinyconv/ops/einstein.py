"""Sums of products by Einstein's notation."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal
from .dtype import cast, promote_dtypes
from .linalg import matmul
from .rearranging import diagonal
from .reduction import sum as sum_over

__all__ = ["einsum"]

Labels = list[Any]  # a letter of the equation each, or for a dimension that ... stands for, its place from the end


@checked
def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products, by Einstein's notation: ``'ij,jk->ik'`` is the matrix product.

    A letter names a dimension.  What one letter names has one size; letters that are not after the arrow are
    summed over; a letter twice in one operand is its diagonal; ``...`` stands for dimensions that broadcast.
    Without an arrow the letters that occur once come out, in alphabetical order.  Several operands are
    multiplied from left to right, each time by one `matmul`.

    Raises
    ------
    RuntimeError
        If the equation does not fit the operands.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.einsum("ij,jk->ik", tc.ones(2, 3), tc.ones(3, 4)).shape
    (2, 4)
    >>> tc.einsum("ii", tc.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else list(operands)
    terms, result = _read_equation(equation, tensors)
    sizes = _sizes_of(terms, tensors)
    dtype = functools.reduce(promote_dtypes, [t.dtype for t in tensors])
    named = [_without_repeats(cast(t, dtype), term) for t, term in zip(tensors, terms)]
    x, labels = named[0]
    x, labels = _summed(x, labels, set(result).union(*terms[1:]))
    for position, (y, others) in enumerate(named[1:], 2):
        needed = set(result).union(*terms[position:])
        y, others = _summed(y, others, needed | set(labels))
        x, labels = _summed(x, labels, needed | set(others))
        x, labels = _contracted(x, labels, y, others, needed, sizes)
    out = x.permute([labels.index(label) for label in result])
    return out.clone() if out.array is x.array or len(tensors) == 1 else out


def _read_equation(equation: str, tensors: Sequence[Tensor]) -> tuple[list[Labels], Labels]:
    """The labels of every operand, and of the result."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(tensors) or not all(isinstance(t, Tensor) for t in tensors):
        raise refusal("einsum.operands", "einsum", equation=equation, count=len(parts), given=len(tensors))
    terms = []
    for position, (part, t) in enumerate(zip(parts, tensors)):
        free = t.ndim - len(part.replace("...", ""))
        labels = _labels(part, free, equation)
        if len(labels) != t.ndim or free < 0:
            raise refusal("einsum.dims", "einsum", equation=equation, part=part, position=position, x=t)
        terms.append(labels)
    hidden = max((sum(isinstance(label, int) for label in term) for term in terms), default=0)
    if arrow:
        result = _labels(right, hidden, equation)
    else:
        letters = left.replace("...", "").replace(",", "")
        result = [*range(-hidden, 0), *sorted(letter for letter in set(letters) if letters.count(letter) == 1)]
    if len(set(result)) != len(result) or not set(result) <= set().union(*terms):
        raise refusal("einsum.result", "einsum", equation=equation)
    return terms, result


def _labels(part: str, free: int, equation: str) -> Labels:
    before, dots, after = part.partition("...")
    if not all(letter.isalpha() and letter.isascii() for letter in before + after):
        raise refusal("einsum.letters", "einsum", equation=equation)
    return [*before, *(range(-free, 0) if dots else ()), *after]


def _sizes_of(terms: Sequence[Labels], tensors: Sequence[Tensor]) -> dict[Any, int]:
    """The size of every label; 1 broadcasts."""
    sizes: dict[Any, int] = {}
    for position, (term, t) in enumerate(zip(terms, tensors)):
        for label, size in zip(term, t.shape):
            if sizes.setdefault(label, size) == 1:
                sizes[label] = size
            elif size not in (1, sizes[label]):
                raise refusal("einsum.size", "einsum", label=label, size=size, position=position, other=sizes[label])
    return sizes


def _without_repeats(x: Tensor, labels: Labels) -> tuple[Tensor, Labels]:
    """Take the diagonal where one operand has a label twice."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = diagonal(x, 0, first, second)
            labels = [other for place, other in enumerate(labels) if place not in (first, second)] + [label]
    return x, labels


def _summed(x: Tensor, labels: Labels, needed: set[Any]) -> tuple[Tensor, Labels]:
    """Sum over the dimensions that nobody needs any more."""
    dims = [place for place, label in enumerate(labels) if label not in needed]
    return (sum_over(x, dims) if dims else x), [label for label in labels if label in needed]


def _contracted(
    x: Tensor, labels: Labels, y: Tensor, others: Labels, needed: set[Any], sizes: dict[Any, int]
) -> tuple[Tensor, Labels]:
    """Multiply two operands and sum over what is not needed: ``(both, of x, summed) @ (both, summed, of y)``."""
    both = [label for label in labels if label in others and label in needed]
    over = [label for label in labels if label in others and label not in needed]
    only_x = [label for label in labels if label not in others]
    only_y = [label for label in others if label not in labels]
    x = _ordered(x, labels, [both, only_x, over], sizes)
    y = _ordered(y, others, [both, over, only_y], sizes)
    names = both + only_x + only_y
    return matmul(x, y).reshape(tuple(sizes[label] for label in names)), names


def _ordered(x: Tensor, labels: Labels, groups: Sequence[Labels], sizes: dict[Any, int]) -> Tensor:
    """Dimensions put in the groups' order, at their full sizes, and each group merged into one."""
    order = [label for group in groups for label in group]
    x = x.permute([labels.index(label) for label in order]).expand([sizes[label] for label in order])
    return x.reshape([math.prod(sizes[label] for label in group) for group in groups])

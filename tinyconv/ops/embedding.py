"""Rows of a table looked up by number."""

from __future__ import annotations

import math

from ..arguments import checked
from ..autograd import Tensor, no_grad
from ..errors import refusal
from .dtype import cast
from .elementwise import where
from .reduction import norm

__all__ = ["embedding"]


@checked
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Give ``weight[input]``: to every number in ``(*)`` its row of ``(num_embeddings, embedding_dim)``.

    Parameters
    ----------
    padding_idx : int, optional
        A row without gradient, for numbers that stand for nothing.  Negative ones count from the end.
    max_norm, norm_type : float
        Before they are read, rows whose norm is larger are shortened to it, in the weight itself.
    scale_grad_by_freq, sparse : bool
        Not available.

    Raises
    ------
    IndexError
        For a number without a row (on a device its row is NaN instead).
    RuntimeError
        If the numbers are not integers.
    ValueError
        If `padding_idx` is no row, or for an option that is not available.

    Examples
    --------
    >>> import tinyconv as tc
    >>> table = tc.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
    >>> tc.nn.functional.embedding(tc.tensor([2, 1]), table)
    tensor([[3., 4.],
            [1., 2.]])
    """
    if input.dtype.kind not in "iu":
        raise refusal("embedding.dtype", "embedding", input=input)
    if weight.ndim != 2:
        raise refusal("embedding.weight", "embedding", weight=weight)
    for name, value in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if value:
            raise refusal("embedding.option", "embedding", name=name)
    rows = weight.shape[0]
    padding = checked_padding(padding_idx, rows, "embedding")
    numbers = cast(input, "int64")
    inside = (numbers >= 0) & (numbers < rows)
    if weight.device.type == "cpu" and not inside.array.all():
        wrong = int(numbers.array[~inside.array].ravel()[0])
        raise refusal("embedding.range", "embedding", number=wrong, rows=rows, last=rows - 1)
    places = numbers * cast(inside, "int64")
    if max_norm is not None:
        _shorten(weight, places, max_norm, norm_type)
    found = weight[places]
    if padding is not None:
        found = where((numbers == padding).unsqueeze(-1), found.detach(), found)
    return found if weight.device.type == "cpu" else where(inside.unsqueeze(-1), found, math.nan)


def _shorten(weight: Tensor, places: Tensor, max_norm: float, norm_type: float) -> None:
    """Bring the rows that are read to a norm of `max_norm`, where they are longer."""
    with no_grad():
        rows = weight.detach()[places].reshape(-1, weight.shape[1])
        size = norm(rows, norm_type, 1, keepdim=True)
        weight[places.reshape(-1)] = where(size > max_norm, rows * (max_norm / (size + 1e-7)), rows)


def checked_padding(padding_idx: int | None, rows: int, function: str) -> int | None:
    """Count a negative `padding_idx` from the end; refuse one that is no row."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise refusal("embedding.padding", function, padding_idx=padding_idx, rows=rows)
    return padding_idx % rows

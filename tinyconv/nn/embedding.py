"""A learnt table of vectors."""

from __future__ import annotations

from typing import Any

from ..autograd import no_grad
from ..creation import zeros
from ..errors import refusal
from ..ops.embedding import checked_padding
from ..tensor import Tensor
from . import functional as F
from . import init
from .layer import Layer
from .lazy import positive
from .parameter import Parameter

__all__ = ["Embedding"]


class Embedding(Layer):
    """Gives every number in ``(*)`` its row of a learnt table: ``(*, embedding_dim)``.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        Rows of the table, and the size of each.  They start from the normal distribution.
    padding_idx : int, optional
        A row of zeros that is never trained, for numbers that stand for nothing.
    max_norm, norm_type : float
        See ``functional.embedding``.
    scale_grad_by_freq, sparse : bool
        Not available.

    Raises
    ------
    AssertionError
        If `padding_idx` is no row.
    ValueError
        For an option that is not available.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Embedding(10, 3)(tc.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    (2, 4, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False, device: Any = None,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        for name, value in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
            if value:
                raise refusal("embedding.option", "Embedding", name=name)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = checked_padding(padding_idx, num_embeddings, "Embedding")
        self.max_norm, self.norm_type = max_norm, norm_type
        self.weight = Parameter(zeros(num_embeddings, embedding_dim, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the rows anew, and set that of `padding_idx` to zeros."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0,
    ) -> Embedding:  # fmt: skip
        """Make a layer of a given table; with `freeze` it is not trained.

        Examples
        --------
        >>> import tinyconv as tc
        >>> tc.nn.Embedding.from_pretrained(tc.eye(2))(tc.tensor([1]))
        tensor([[0., 1.]])
        """
        rows, columns = embeddings.shape
        layer = cls(rows, columns, padding_idx, max_norm, norm_type)
        layer.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return layer

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"

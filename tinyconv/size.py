"""The sizes of a Tensor's dimensions."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex, overload

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """A tuple of sizes that can say how many elements they make; ``x.shape`` and ``x.size()`` are one.

    It prints as the tuple that it is.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(4, 1, 5).shape
    (4, 1, 5)
    >>> tc.zeros(4, 1, 5).shape[1:].numel()
    5
    """

    __slots__ = ()

    def numel(self) -> int:
        """Give the number of elements: the product of the sizes."""
        return math.prod(self)

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: Any) -> Any:
        part = tuple.__getitem__(self, index)
        return Size(part) if type(part) is tuple else part

    def __add__(self, other: tuple) -> Size:
        return Size(tuple(self) + tuple(other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: tuple) -> Size:
        return Size(tuple(other) + tuple(self)) if isinstance(other, tuple) else NotImplemented

"""What functions return that give values and where these stand: pairs with names, printed as PyTorch prints them.

Examples
--------
>>> import tinyconv as tc
>>> tc.max(tc.tensor([3.0, 5.0, 4.0]), dim=0)
tinyconv.return_types.max(
values=tensor(5.),
indices=tensor(1))
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["cummax", "cummin", "kthvalue", "max", "median", "min", "mode", "sort", "topk"]


class ValuesIndices(NamedTuple):
    """The base of them all: a tuple ``(values, indices)``."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{__name__}.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"


def _named(function: str) -> type[ValuesIndices]:
    return type(function, (ValuesIndices,), {"__slots__": (), "__module__": __name__, "__doc__": f"Of ``{function}``."})


max, min, sort, topk, kthvalue, median, mode, cummax, cummin = (
    _named(function) for function in ("max", "min", "sort", "topk", "kthvalue", "median", "mode", "cummax", "cummin")
)

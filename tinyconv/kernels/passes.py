"""Passes over arrays of one shape, cell by cell: in pieces that a cache holds, shared among threads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..backend import Array, get_array_module
from . import tuning
from .pieces import shares
from .threads import parallel_passes

__all__ = ["pass_over"]


def pass_over(body: Callable[..., None], arrays: tuple[Array, ...], cell_work: int, at_most: int | None = None) -> None:
    """Call ``body(*piece)`` for matching pieces of the arrays, views of at most so many cells.

    On a GPU, where every operation on a piece would be one more kernel launch, and for arrays that are not
    C-contiguous, the only piece is the whole.

    Parameters
    ----------
    body : callable
        It writes to what it gets, and may run on any thread.
    arrays : tuple of array
        Of one shape.
    cell_work : int
        How long a cell takes: as long as so many multiplications of a product.
    at_most : int, optional
        Where later operations of `body` read what earlier ones wrote, as much as stays in a cache.

    Examples
    --------
    >>> a, b = np.zeros((400, 500)), np.ones((400, 500))
    >>> def add(piece_a, piece_b):
    ...     piece_a += piece_b
    >>> pass_over(add, (a, b), cell_work=8, at_most=60_000)
    >>> float(a.sum())
    200000.0
    """
    size = arrays[0].size
    at_most, work = at_most or size, cell_work * size
    small = work <= tuning.SMALL_WORK and size <= at_most  # asked first: most arrays are
    if small or get_array_module(arrays[0]) is not np or not all(array.flags.c_contiguous for array in arrays):
        body(*arrays)
        return
    flat = [array.reshape(-1) for array in arrays]
    parts = shares(size, at_most, work)
    parallel_passes(len(parts), lambda i: body(*[array[parts[i]] for array in flat]), work)

"""Cutting a range, or arrays, into pieces: work for threads, or as much as a cache holds."""

from __future__ import annotations

from . import tuning

__all__ = ["axis_pieces", "length", "longest", "pieces", "shares"]


def pieces(cells: int, at_most: int) -> list[slice]:
    """Cut ``range(cells)`` into as few pieces as the bound allows, of nearly equal size.

    Examples
    --------
    >>> pieces(7, at_most=3)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 7, None)]
    >>> pieces(0, at_most=3)
    []
    """
    if cells == 0:
        return []
    count = -(-cells // at_most)
    size = -(-cells // count)
    return [slice(start, min(start + size, cells)) for start in range(0, cells, size)]


def shares(count: int, at_most: int, work: int = 0, at_least: int = 1) -> list[slice]:
    """Cut ``range(count)`` into 1, 2, 4, 8, ... or `count` pieces of at most so many, for threads to share.

    As few as that takes, for at each piece threads wait for the interpreter's lock; but two where all together is
    `work` enough, and more, though not of less than `at_least`, where it is much.  The last one is the longest.

    Examples
    --------
    >>> [len(shares(64, at_most=at_most, work=work)) for at_most, work in ((64, 0), (64, 10**7), (13, 0))]
    [1, 2, 8]
    """
    parts = 1 if work <= tuning.SMALL_WORK else 2
    while count > parts * at_most or (work > parts * tuning.SHARE_WORK and count >= 2 * parts * at_least):
        parts *= 2
    parts = min(parts, count)
    return [slice(i * count // parts, (i + 1) * count // parts) for i in range(parts)]


def longest(count: int, at_most: int, work: int) -> int:
    """How many the longest of the :func:`shares` has.

    Examples
    --------
    >>> longest(7, at_most=4, work=0)
    4
    """
    return length(shares(count, at_most, work)[-1])


def axis_pieces(length: int, size: int, at_most: int, work: int = 0) -> list[slice]:
    """:func:`shares` of an axis of an array of so many cells, or bytes: at most as many, or one step of the axis.

    Examples
    --------
    >>> axis_pieces(6, size=600, at_most=350)
    [slice(0, 3, None), slice(3, 6, None)]
    """
    return shares(length, max(1, at_most * length // max(size, 1)), work)


def length(piece: slice) -> int:
    """Give the number of cells of a slice.

    Examples
    --------
    >>> length(slice(2, 6))
    4
    """
    return piece.stop - piece.start

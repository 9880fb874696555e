"""Working memory of the update rules: arrays are updated in place, piece by piece.

An update rule such as Adam's is a dozen elementwise operations.  Done on whole arrays, each one reads
and writes main memory; done on pieces that fit in a cache, only the first one does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy

from ..backend import Array, Device, device_of, get_array_module

BLOCK = 1 << 17
"""Elements in a piece: six float32 arrays of this many fill 3 MiB, less than a last-level cache."""


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Cut arrays of one shape into matching pieces: views of at most ``BLOCK`` elements.

    On a GPU, where every operation on a piece would be one more kernel launch, and for arrays that
    are not C-contiguous, the only piece is the whole.

    Examples
    --------
    >>> import numpy
    >>> a, b = numpy.zeros((400, 500)), numpy.ones((400, 500))
    >>> [len(piece) for piece, _ in blocks(a, b)]
    [131072, 68928]
    >>> for piece_a, piece_b in blocks(a, b):
    ...     piece_a += piece_b
    >>> float(a.sum())
    200000.0
    """
    size = arrays[0].size
    on_host = get_array_module(arrays[0]) is numpy
    if not on_host or size <= BLOCK or not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, size, BLOCK):
        yield tuple(array[start : start + BLOCK] for array in flat)


class Scratch:
    """Arrays to compute in, kept from step to step so that no step allocates.

    Examples
    --------
    >>> import numpy
    >>> scratch = Scratch()
    >>> first = scratch.like(numpy.zeros((2, 3), numpy.float32))
    >>> first.shape, first.dtype.name
    ((2, 3), 'float32')
    >>> again = scratch.like(numpy.zeros(6, numpy.float32))
    >>> numpy.shares_memory(first, again)
    True
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[int, numpy.dtype, Device], Array] = {}

    def like(self, array: Array, slot: int = 0) -> Array:
        """Give an array of `array`'s shape, dtype and device, filled with anything.

        Two calls with the same `slot` give the same memory.
        """
        key = (slot, array.dtype, device_of(array))
        buffer = self._buffers.get(key)
        if buffer is None or buffer.size < array.size:
            buffer = get_array_module(array).empty(array.size, array.dtype)
            self._buffers[key] = buffer
        return buffer[: array.size].reshape(array.shape)

    def __deepcopy__(self, memo: dict) -> Scratch:
        return Scratch()

    def __reduce__(self) -> tuple:
        return Scratch, ()

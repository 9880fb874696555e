"""Working memory: arrays to compute in, kept from call to call so that none allocates.

Each thread has its own.  Memory that stays with its thread stays in that core's cache, and is not fetched
from the system anew for each tile.
"""

from __future__ import annotations

import math
import threading

import numpy as np

from ..backend import Array, device_of, get_array_module
from .tuning import LINE_BYTES

__all__ = ["scratch", "scratch_like"]


class _Buffers(threading.local):
    def __init__(self) -> None:
        self.by_use: dict[tuple, Array] = {}


_buffers = _Buffers()


def scratch(name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Give this thread's working array `name` on the host, uninitialised; the next call may reuse its memory.

    It begins where a cache line does.

    Examples
    --------
    >>> scratch("example", (2, 3), np.dtype("float32")).shape
    (2, 3)
    """
    size = math.prod(shape)
    buffer = _buffers.by_use.get((name, dtype))
    if buffer is None or buffer.size < size:
        buffer = _buffers.by_use[name, dtype] = _aligned(size, dtype)
    return buffer[:size].reshape(shape)


def scratch_like(name: str, array: Array) -> Array:
    """Give this thread's working array `name` with the shape, dtype and device of `array`.

    Examples
    --------
    >>> first = scratch_like("example", np.zeros((2, 3)))
    >>> np.shares_memory(first, scratch_like("example", np.zeros(6)))
    True
    """
    xp = get_array_module(array)
    if xp is np:
        return scratch(name, array.shape, array.dtype)
    key = (name, array.dtype, device_of(array))
    buffer = _buffers.by_use.get(key)
    if buffer is None or buffer.size < array.size:
        buffer = _buffers.by_use[key] = xp.empty(array.size, array.dtype)
    return buffer[: array.size].reshape(array.shape)


def _aligned(size: int, dtype: np.dtype) -> np.ndarray:
    room = size * dtype.itemsize
    raw = np.empty(room + LINE_BYTES, np.uint8)  # host: the memory of NumPy's own path
    start = -raw.ctypes.data % LINE_BYTES
    return raw[start : start + room].view(dtype)

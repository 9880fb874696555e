"""Working memory: one array per thread, use, dtype and device."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tinyconv.backend import Device, device_of
from tinyconv.kernels.scratch import scratch, scratch_like
from tinyconv.kernels.tuning import LINE_BYTES


def test_memory_is_shared_by_use_and_dtype_only() -> None:
    small = scratch_like("test", np.zeros(2))
    large = scratch_like("test", np.zeros((20, 30)))
    assert not np.shares_memory(small, large), "it had to grow"
    assert np.shares_memory(large, scratch_like("test", np.zeros(2)))
    assert not np.shares_memory(large, scratch_like("another test", np.zeros(2)))
    assert scratch_like("test", np.zeros(2, np.float32)).dtype == np.float32
    assert scratch_like("test", np.zeros(())).shape == ()


def test_threads_share_nothing() -> None:
    mine = scratch("test", (3,), np.dtype("float32"))
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(scratch, "test", (3,), np.dtype("float32")).result()
    assert not np.shares_memory(mine, theirs)


def test_it_begins_where_a_cache_line_does() -> None:
    for size in (1, 1000, 12345):
        assert scratch("test alignment", (size,), np.dtype("float64")).ctypes.data % LINE_BYTES == 0


def test_a_device_has_memory_of_its_own() -> None:
    array = Device("strict").asarray(np.zeros((2, 3), np.float32))
    there = scratch_like("test", array)
    assert device_of(there) == device_of(array)
    assert (there.shape, there.dtype) == ((2, 3), np.float32)

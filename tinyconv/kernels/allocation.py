"""Memory that is free stays with the process: a setting made once, when tinyconv is imported, on Linux with glibc.

glibc hands large arrays that nobody needs any more back to the system, which clears every page of the next ones anew.
Without it, a training step of ``examples/train_mnist.py`` takes one and a half times as long, and a chain of additions
on arrays of 2 MiB twenty times.  In exchange the process holds on to memory that it does not use, up to ``KEPT_BYTES``.
"""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["keep_freed_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # mallopt's numbers in <malloc.h>
USERS_SETTINGS = ("GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
KEPT_BYTES = 1 << 29  # so much free memory at the end of the heap is kept
LARGE_BYTES = 1 << 25  # larger arrays still come and go one by one; glibc takes no larger bound


def keep_freed_memory() -> bool:
    """Let arrays that are done with leave their memory to the next ones; say whether that could be set.

    A user's own settings in the environment (``man mallopt``) are left as they are.

    Examples
    --------
    >>> keep_freed_memory() in (True, False)
    True
    """
    if sys.platform != "linux" or any(name in os.environ for name in USERS_SETTINGS):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES) and mallopt(M_TRIM_THRESHOLD, KEPT_BYTES))

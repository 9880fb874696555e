"""A make-believe CuPy for machines without a GPU: it computes with NumPy and refuses what CuPy refuses.

``strict_device.xp`` stands where ``cupy`` would stand.  It answers only the names that CuPy has, takes only
the parameters that CuPy takes (``api.json``, read off the real package by ``generate_api.py``), never mixes
with NumPy arrays, and counts every copy between host and device.  A forward and backward pass inside
:func:`no_transfers` cannot have fallen back to NumPy: its numbers have no other way out.

Stricter than CuPy on purpose, where CuPy is silently slow or silently wrong:

- NumPy functions on device arrays (CuPy runs its own instead; on the CPU path they would be NumPy's);
- host arrays as values of an indexed assignment or of ``add.at`` (CuPy uploads them at every call);
- out-of-range indices in an integer array (CuPy wraps them), and repeated indices in an assignment
  (on a GPU any of the values may win);
- ``as_strided`` beyond the array's memory (CuPy checks nothing), writing into ``broadcast_to``'s result.

Laxer than CuPy: memory layout, rounding, random streams and the moment of an error are NumPy's, and with
NumPy 1.26 on the host so is type promotion.

How the parts build on one another: ``spec`` reads ``api.json`` and ``rules`` adds what signatures do not
tell; ``transfers`` counts; ``device_array`` is the array type; ``calls`` wraps functions and ufuncs;
``operators`` gives the array its operators and methods; ``namespace`` puts them together as ``xp``.
"""

from __future__ import annotations

from tests.strict_device.device_array import DeviceError, ndarray
from tests.strict_device.namespace import xp
from tests.strict_device.transfers import TransferError, no_transfers, transfers
from tinyconv.backend import Backend, register_backend

__all__ = ["DeviceError", "TransferError", "ndarray", "no_transfers", "register", "transfers", "xp"]


def register() -> None:
    """Make ``tinyconv.Device("strict")`` known."""
    register_backend(
        Backend("strict", xp, ndarray, from_host=xp.asarray, to_host=xp.asnumpy, count=lambda: 2)  # 0 and 1
    )

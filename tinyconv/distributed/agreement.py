"""Do all ranks make the same call?  Asked before each collective one, which would otherwise wait for ever."""

from __future__ import annotations

import time
import zlib
from typing import Any

import numpy as np

from ..backend import Array
from ..errors import refusal

__all__ = ["agree_on_call"]

_CALLS = ("create_communicator", "barrier", "broadcast", "allgather", "allreduce_sum", "broadcast_array")
_SPIN = 0.005  # seconds of asking again at once: ranks in step meet within them; then a waiting rank sleeps
_NAP = 0.0005

_abandoned: list[Any] = []  # messages that nobody waits for any more: MPI may still write into their memory


def agree_on_call(mpi_comm: Any, call: str, timeout: float | None, array: Array | None = None) -> None:
    """Return once all ranks have come to this call; raise if they do not come, or make another (collective).

    Parameters
    ----------
    mpi_comm : mpi4py.MPI.Comm
        Among whom.
    call : str
        The method that asks.
    timeout : float or None
        How many seconds to wait for the others; None for any time.
    array : array, optional
        What the ranks are going to exchange: shape and dtype must be the same on all.

    Raises
    ------
    RuntimeError
        On this rank, if some other has not come within `timeout`; on all, if their calls differ.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.distributed.create_communicator().barrier()  # asks first
    """
    own = np.array([_CALLS.index(call), _layout(array)], np.int64)
    everyones = np.empty((mpi_comm.Get_size(), 2), np.int64)
    request = mpi_comm.Iallgather(own, everyones)
    if not _completes(request, timeout):
        _abandoned.append((request, own, everyones))
        raise refusal("distributed.timeout", call, rank=mpi_comm.Get_rank(), seconds=timeout)
    for rank, (other, layout) in enumerate(everyones.tolist()):
        if other != own[0]:
            raise refusal("distributed.calls", call, own=mpi_comm.Get_rank(), rank=rank, other=_CALLS[other])
        if layout != own[1]:
            raise refusal("distributed.layouts", call, own=mpi_comm.Get_rank(), rank=rank, x=array)


def _layout(array: Array | None) -> int:
    return 0 if array is None else zlib.crc32(f"{array.shape} {array.dtype}".encode())


def _completes(request: Any, timeout: float | None) -> bool:
    """Ask until the message has arrived; a request makes progress only while it is asked."""
    begin = time.monotonic()
    while not request.Test():
        waited = time.monotonic() - begin
        if timeout is not None and waited > timeout:
            return False
        time.sleep(0 if waited < _SPIN else _NAP)  # 0 lets another process of this core go on
    return True

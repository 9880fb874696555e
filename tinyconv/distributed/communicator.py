"""Communicators: who am I, how many are we, and the few ways of talking that data-parallel training needs."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np

from ..backend import Array, asnumpy, device_of
from ..errors import refusal
from .agreement import agree_on_call

__all__ = ["Communicator", "MPICommunicator", "create_communicator"]


class Communicator:
    """One rank that talks to nobody; :class:`MPICommunicator` is the one that talks.

    Attributes
    ----------
    rank, size : int
        This process's number, from 0, and how many there are.
    intra_rank, intra_size : int
        The same among the processes of this machine: ``Device(f"cuda:{comm.intra_rank}")`` gives each its GPU.
    cuda_aware : bool
        Whether MPI reads and writes GPU memory itself.
    is_main : bool
        True on rank 0, the one that prints and writes files.

    Examples
    --------
    >>> from tinyconv.distributed import Communicator
    >>> comm = Communicator()
    >>> comm.rank, comm.size, comm.allgather("here")
    (0, 1, ['here'])
    """

    rank, size = 0, 1
    intra_rank, intra_size = 0, 1
    cuda_aware = False

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    def print(self, *values: Any, **options: Any) -> None:
        """Print on rank 0 alone."""
        if self.is_main:
            print(*values, **{"flush": True, **options})

    def barrier(self) -> None:
        """Wait until every rank has come here (collective)."""

    def broadcast(self, value: Any) -> Any:
        """Give rank 0's value, any object, to every rank (collective)."""
        return value

    def allgather(self, value: Any) -> list[Any]:
        """Give the values of all ranks, any objects, in the order of ranks (collective)."""
        return [value]

    def allreduce_sum(self, array: Array) -> Array:
        """Give the sum of all ranks' arrays, which must agree in shape and dtype (collective).

        The array may be overwritten.  All ranks get the same bits.  An array on a device makes one trip
        through the host.
        """
        return array

    def broadcast_array(self, array: Array) -> Array:
        """Give rank 0's array; the others' must agree with it in shape and dtype (collective)."""
        return array

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rank={self.rank}, size={self.size})"


class MPICommunicator(Communicator):
    """Ranks that talk through MPI.

    Parameters
    ----------
    mpi_comm : mpi4py.MPI.Comm
        Who belongs to it.
    cuda_aware : bool
        Hand arrays on a GPU to MPI as they are.  Only for an MPI library built for that: one that is not
        crashes, or gives wrong numbers.
    timeout : float or None
        How many seconds a collective call waits for the other ranks to make the same one; None for any time.

    Raises
    ------
    RuntimeError
        From every collective method: on all ranks, if they do not make the same call, or with arrays of other
        shapes or dtypes; on those that wait, if another has not come after `timeout` seconds.  That one may
        still come and wait for them, so let this error end the job.

    Examples
    --------
    >>> from tinyconv.distributed import create_communicator
    >>> comm = create_communicator()  # one of these, where mpi4py is installed
    >>> comm.allgather(comm.rank) == list(range(comm.size))
    True
    """

    def __init__(self, mpi_comm: Any, cuda_aware: bool = False, timeout: float | None = 300.0):
        from mpi4py import MPI

        if timeout is not None and not timeout > 0:
            raise refusal("distributed.timeout_value", "create_communicator", value=timeout)
        self.mpi_comm, self.cuda_aware, self.timeout = mpi_comm, cuda_aware, timeout
        self.rank, self.size = mpi_comm.Get_rank(), mpi_comm.Get_size()
        self._agree("create_communicator")
        neighbours = mpi_comm.Split_type(MPI.COMM_TYPE_SHARED)
        self.intra_rank, self.intra_size = neighbours.Get_rank(), neighbours.Get_size()
        neighbours.Free()
        self._in_place = MPI.IN_PLACE

    def barrier(self) -> None:
        """Wait until every rank has come here (collective)."""
        self._agree("barrier")
        self.mpi_comm.Barrier()

    def broadcast(self, value: Any) -> Any:
        """Give rank 0's value, any object, to every rank (collective)."""
        self._agree("broadcast")
        return self.mpi_comm.bcast(value, root=0)

    def allgather(self, value: Any) -> list[Any]:
        """Give the values of all ranks, any objects, in the order of ranks (collective)."""
        self._agree("allgather")
        return self.mpi_comm.allgather(value)

    def allreduce_sum(self, array: Array) -> Array:
        """Give the sum of all ranks' arrays, which must agree in shape and dtype (collective)."""
        self._agree("allreduce_sum", array)
        buffer, device = self._as_buffer(array), device_of(array)
        self.mpi_comm.Allreduce(self._in_place, buffer)
        return buffer if self.cuda_aware else device.asarray(buffer)

    def broadcast_array(self, array: Array) -> Array:
        """Give rank 0's array; the others' must agree with it in shape and dtype (collective)."""
        self._agree("broadcast_array", array)
        buffer, device = self._as_buffer(array), device_of(array)
        self.mpi_comm.Bcast(buffer, root=0)
        return buffer if self.cuda_aware else device.asarray(buffer)

    def _agree(self, call: str, array: Array | None = None) -> None:
        """Wait until every rank makes this call."""
        if self.size > 1:
            agree_on_call(self.mpi_comm, call, self.timeout, array)

    def _as_buffer(self, array: Array) -> Array:
        """Memory that MPI can read and write: contiguous, and on the host unless MPI knows about GPUs."""
        if not self.cuda_aware:
            return np.require(asnumpy(array), requirements=("C", "W"))
        device_of(array).synchronize()  # MPI does not wait for the kernels that are still writing
        return array if array.flags.c_contiguous else array.copy()


def create_communicator(mpi_comm: Any = None, cuda_aware: bool = False, timeout: float | None = 300.0) -> Communicator:
    """Give the communicator of all ranks; of size 1 where mpi4py is not installed (collective).

    Parameters
    ----------
    mpi_comm : mpi4py.MPI.Comm, optional
        Some of the ranks instead; ``MPI.COMM_WORLD`` by default.
    cuda_aware : bool
        See :class:`MPICommunicator`.
    timeout : float or None
        How many seconds every call waits for the other ranks before it raises; None for any time.  Longer than
        what one rank ever does alone, such as an evaluation on rank 0.

    Raises
    ------
    ValueError
        If `timeout` is not above 0.
    RuntimeError
        If the other ranks do not come, or make another call; or if ``mpiexec`` started several processes but
        mpi4py is not there to connect them: each would train alone, on everything.

    Examples
    --------
    >>> import tinyconv as tc
    >>> comm = tc.distributed.create_communicator()
    >>> 0 <= comm.rank < comm.size
    True
    """
    if mpi_comm is None:
        if importlib.util.find_spec("mpi4py") is None:
            _refuse_ranks_without_mpi4py()
            return Communicator()
        from mpi4py import MPI

        mpi_comm = MPI.COMM_WORLD
    return MPICommunicator(mpi_comm, cuda_aware, timeout)


def _refuse_ranks_without_mpi4py() -> None:
    """Hydra (MPICH) and Open MPI tell each process in its environment how many there are."""
    for variable in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE"):
        if int(os.environ.get(variable, "1")) > 1:
            raise refusal("distributed.no_mpi4py", processes=os.environ[variable])

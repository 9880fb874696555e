"""Checkpoints of a job with many ranks: rank 0 has the file, all ranks get what is in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ..backend import get_rng_state, set_rng_state
from ..errors import refusal
from ..serialization import load, save
from .communicator import Communicator, create_communicator

__all__ = ["gather_rng_states", "load_on_all", "restore_rng_state", "save_on_main"]


def save_on_main(obj: Any, path: str | os.PathLike[str], comm: Communicator | None = None) -> None:
    """Write a checkpoint on rank 0 with ``tinyconv.save``; the others wait until it is complete (collective).

    Parameters
    ----------
    obj : dict and others
        What rank 0 saves; the others' is not looked at.
    path : str or os.PathLike
        Rank 0's file.
    comm : Communicator, optional
        Among whom; everybody by default.

    Raises
    ------
    OSError, TypeError, ValueError
        On rank 0, if it cannot be written.
    RuntimeError
        On the other ranks then.

    Examples
    --------
    >>> import tempfile, tinyconv as tc
    >>> from tinyconv.distributed import Communicator, load_on_all, save_on_main
    >>> path = tempfile.mkdtemp() + "/checkpoint.npz"
    >>> save_on_main({"epoch": 3}, path, Communicator())
    >>> load_on_all(path, Communicator())
    {'epoch': 3}
    """
    _on_main(lambda: save(obj, path), comm or create_communicator(), "distributed.not_saved", path)


def load_on_all(path: str | os.PathLike[str], comm: Communicator | None = None) -> Any:
    """Read a checkpoint on rank 0 and send what is in it to all ranks, with Tensors on the CPU (collective).

    The other machines of a cluster need not see the file.

    Raises
    ------
    OSError, ValueError
        On rank 0, if it cannot be read.
    RuntimeError
        On the other ranks then.

    Examples
    --------
    >>> import tempfile
    >>> from tinyconv.distributed import Communicator, load_on_all, save_on_main
    >>> path = tempfile.mkdtemp() + "/checkpoint.npz"
    >>> save_on_main({"epoch": 3}, path, Communicator())
    >>> load_on_all(path, Communicator())["epoch"]
    3
    """
    comm = comm or create_communicator()
    value = _on_main(lambda: load(path), comm, "distributed.not_loaded", path)
    return comm.broadcast(value)


def _on_main(work: Callable[[], Any], comm: Communicator, failure: str, path: str | os.PathLike[str]) -> Any:
    """Do something on rank 0; if it fails there, raise on every rank instead of leaving the others waiting."""
    value: Any = None
    error: Exception | None = None
    if comm.is_main:
        try:
            value = work()
        except (OSError, TypeError, ValueError) as caught:
            error = caught
    told = comm.broadcast(None if error is None else f"{type(error).__name__}: {error}")
    if error is not None:
        raise error
    if told is not None:
        raise refusal(failure, path=os.fspath(path), error=told)
    return value


def gather_rng_states(comm: Communicator | None = None) -> list[dict[str, Any]]:
    """Give the states of all ranks' random generators, for a checkpoint (collective).

    Ranks draw different numbers, for dropout for instance, so that each has a state of its own.

    Examples
    --------
    >>> from tinyconv.distributed import Communicator, gather_rng_states
    >>> len(gather_rng_states(Communicator()))
    1
    """
    return (comm or create_communicator()).allgather(get_rng_state())


def restore_rng_state(states: list[dict[str, Any]], comm: Communicator | None = None) -> None:
    """Put this rank's generator back into its state out of :func:`gather_rng_states`.

    Raises
    ------
    ValueError
        If there were more or fewer ranks then.

    Examples
    --------
    >>> from tinyconv.distributed import Communicator, gather_rng_states, restore_rng_state
    >>> restore_rng_state(gather_rng_states(Communicator()), Communicator())
    """
    comm = comm or create_communicator()
    if len(states) != comm.size:
        raise refusal("distributed.rng_states", saved=len(states), own=comm.size)
    set_rng_state(states[comm.rank])

"""Data-parallel training over MPI: each process learns from its share of every batch, all keep one model.

A process is called a *rank*.  Ranks talk through a :class:`Communicator`; without MPI there is one rank,
and everything here then changes nothing, so one script serves both.  Run several ranks by::

    mpiexec -n 2 python -m mpi4py script.py

``-m mpi4py`` matters: with it, a rank that raises ends all the others; without it they wait until their time is up.

Functions that say *collective* must be called by every rank, in the same order: each waits for the others,
for as long as ``create_communicator(timeout=...)`` allows, and then says so.
"""

from __future__ import annotations

from .checkpoint import gather_rng_states, load_on_all, restore_rng_state, save_on_main
from .communicator import Communicator, create_communicator
from .norm import SyncBatchNorm, convert_sync_batchnorm
from .optimizer import DistributedOptimizer
from .parameters import broadcast_parameters
from .sampler import DistributedSampler, in_step, scatter_dataset

__all__ = [
    "Communicator",
    "DistributedOptimizer",
    "DistributedSampler",
    "SyncBatchNorm",
    "broadcast_parameters",
    "convert_sync_batchnorm",
    "create_communicator",
    "gather_rng_states",
    "in_step",
    "load_on_all",
    "restore_rng_state",
    "save_on_main",
    "scatter_dataset",
]

"""Who learns from which samples."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any

import numpy as np

from ..backend import generator
from ..data.dataset import Subset
from ..errors import refusal
from .communicator import Communicator, create_communicator

__all__ = ["DistributedSampler", "in_step", "scatter_dataset"]


class DistributedSampler:
    """Cuts each global batch of an epoch into one part per rank.

    Each ``for`` loop is one epoch, in the order that ``DataLoader(..., shuffle=shuffle, seed=seed)`` of a
    single process takes, and gives arrays of indices::

        for indices in sampler:
            optimizer.zero_grad()
            if len(indices):
                images, labels = dataset.take(indices)
                cross_entropy(model(images), labels).backward()
            optimizer.step(samples=len(indices))

    Every rank gets the same number of arrays, so that all take the same steps together; the parts of one
    batch differ by at most one sample.  If the batch has fewer samples than there are ranks, as the last one
    of an epoch may, some parts are empty.

    Parameters
    ----------
    dataset : Dataset, sequence or int
        Its samples, or how many there are; the same on every rank.
    batch_size : int
        Samples in a *global* batch: those of all ranks together.
    comm : Communicator, optional
        Among whom; everybody by default.
    shuffle : bool
        A new order in each epoch, drawn from `seed` and the epoch's number alone.
    drop_last : bool
        Leave out a last global batch that is not full.
    seed : int
        The same on every rank.

    Raises
    ------
    ValueError
        If `batch_size` is below 1.

    Examples
    --------
    >>> from tinyconv.distributed import Communicator, DistributedSampler
    >>> comm = Communicator()
    >>> comm.rank, comm.size = 1, 2  # as the second of two ranks sees it
    >>> [part.tolist() for part in DistributedSampler(7, batch_size=3, comm=comm)]
    [[2], [5], []]
    """

    def __init__(
        self,
        dataset: Sized | int,
        batch_size: int,
        comm: Communicator | None = None,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ):
        if batch_size < 1:
            raise refusal("distributed.batch_size", "DistributedSampler", value=batch_size)
        self.length = dataset if isinstance(dataset, int) else len(dataset)
        self.batch_size, self.comm = batch_size, comm or create_communicator()
        self.shuffle, self.drop_last, self.seed = shuffle, drop_last, seed
        self.epoch = 0  # the number of the next epoch
        self._done = 0  # batches handed out of the epoch under way
        self._resumes = False

    def __len__(self) -> int:
        full, rest = divmod(self.length, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[np.ndarray]:
        if not self._resumes:  # an epoch begins with its first part: until then, state_dict gives it whole
            self._done = 0
            self.epoch += 1
        self._resumes = False
        yield from self._parts(self._order(self.epoch - 1))

    def _order(self, epoch: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(self.length)
        return np.random.default_rng([self.seed, epoch]).permutation(self.length)

    def _parts(self, order: np.ndarray) -> Iterator[np.ndarray]:
        for step in range(self._done, len(self)):
            self._done = step + 1
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            yield np.array_split(batch, self.comm.size)[self.comm.rank]

    def state_dict(self) -> dict[str, int]:
        """Give what :meth:`load_state_dict` needs to go on from here, within an epoch too.

        The same on every rank, and good for another number of ranks.

        Examples
        --------
        >>> sampler = DistributedSampler(6, batch_size=2, comm=Communicator(), shuffle=True)
        >>> parts = iter(sampler)
        >>> first = next(parts)
        >>> state = sampler.state_dict()
        >>> rest = list(parts)
        >>> sampler.load_state_dict(state)
        >>> [bool((a == b).all()) for a, b in zip(rest, sampler)]
        [True, True]
        """
        return {"epoch": self.epoch, "done": self._done if self._done < len(self) else 0}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where a sampler of the same dataset, batch size and seed was when `state` was taken."""
        self.epoch, self._done = state["epoch"], state["done"]
        self._resumes = self._done > 0


def scatter_dataset(
    dataset: Any, comm: Communicator | None = None, shuffle: bool = False, seed: int | None = None
) -> Subset:
    """Give each rank its own part of a dataset, once and for all (collective).

    The parts do not overlap and together are the whole; they differ in length by at most one.

    Parameters
    ----------
    dataset : Dataset or sequence
        The same on every rank.
    comm : Communicator, optional
        Among whom; everybody by default.
    shuffle : bool
        Deal the samples out in random order.
    seed : int, optional
        Of that order; by default it is drawn from rank 0's generator.

    Raises
    ------
    RuntimeError
        On every rank, if the ranks' datasets differ in length.

    Notes
    -----
    Parts of unequal length may give their ranks an unequal number of batches, and a rank that takes a step
    more than the others waits for them in vain: go through them with :func:`in_step`.  To train as a
    single process would, batch by batch, use :class:`DistributedSampler`.

    Examples
    --------
    >>> from tinyconv.distributed import Communicator, scatter_dataset
    >>> list(scatter_dataset("abc", Communicator()))
    ['a', 'b', 'c']
    """
    comm = comm or create_communicator()
    lengths = comm.allgather(len(dataset))
    if len(set(lengths)) > 1:
        raise refusal("distributed.lengths", "scatter_dataset", lengths=lengths)
    order = np.arange(len(dataset))
    if shuffle:
        random = generator() if seed is None else np.random.default_rng(seed)
        order = comm.broadcast(random.permutation(len(dataset)) if comm.is_main else None)
    return Subset(dataset, np.array_split(order, comm.size)[comm.rank])


def in_step(batches: Any, comm: Communicator | None = None) -> Iterator[Any]:
    """Go through batches as often as the rank with the most of them does, with None once one's own are used up.

    Collective when it begins.

    Parameters
    ----------
    batches : DataLoader or sequence
        This rank's own; with a length.
    comm : Communicator, optional
        Among whom; everybody by default.

    Examples
    --------
    >>> from tinyconv.distributed import Communicator, in_step
    >>> list(in_step([1, 2], Communicator()))
    [1, 2]
    """
    comm = comm or create_communicator()
    steps = max(comm.allgather(len(batches)))
    iterator = iter(batches)
    for _ in range(steps):
        yield next(iterator, None)

"""DataLoader: a dataset in batches, in order or shuffled, prefetched by threads."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import generator
from ..errors import refusal
from .dataset import take

__all__ = ["DataLoader"]


@dataclass
class _Progress:
    """One epoch: the samples' order, and how many of them were handed out."""

    order: np.ndarray
    done: int = 0


class DataLoader:
    """Iterate over a dataset in batches.

    Each ``for`` loop is one epoch.  Its order is drawn when the loop starts and does not depend on
    `num_workers`.

    Parameters
    ----------
    dataset : Dataset or any sequence
        What to iterate over: it has ``__len__`` and ``__getitem__``.
    batch_size : int
        Samples per batch; the last batch has what is left.
    shuffle : bool
        A new order in each epoch.
    drop_last : bool
        Leave out a last batch that is not full.
    num_workers : int
        Threads that prepare batches ahead; 0 prepares each when it is asked for.  NumPy and file reading let
        other threads run meanwhile, plain Python code does not; for data in memory, 0 is fastest.
        A dataset that draws random numbers should seed them by the sample's index, for threads take turns in
        no fixed order.
    collate_fn : callable, optional
        Makes a batch of a list of samples.  By default :func:`~tinyconv.data.default_collate`, or the
        dataset's own ``take``, which is faster.
    seed : int, optional
        The order depends only on this and on the epoch's number.  Without it, the order is drawn from
        tinyconv's generator, so that ``manual_seed`` and ``set_rng_state`` govern it.
    prefetch_factor : int
        Batches that each worker may be ahead.

    Raises
    ------
    ValueError, TypeError
        If an argument cannot be used; the text says why.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv.data import DataLoader, TensorDataset
    >>> dataset = TensorDataset(tc.arange(5))
    >>> for (x,) in DataLoader(dataset, batch_size=2):
    ...     print(x)
    tensor([0, 1])
    tensor([2, 3])
    tensor([4])
    >>> loader = DataLoader(dataset, batch_size=2, shuffle=True, drop_last=True, num_workers=2, seed=0)
    >>> len(loader), len(list(loader))
    (2, 2)
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        seed: int | None = None,
        prefetch_factor: int = 2,
    ):
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise refusal("loader.dataset", kind=type(dataset).__name__)
        self.dataset = dataset
        self.batch_size = _integer("batch_size", batch_size, 1)
        self.num_workers = _integer("num_workers", num_workers, 0)
        self.prefetch_factor = _integer("prefetch_factor", prefetch_factor, 1)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.collate_fn = collate_fn
        self.seed = seed
        self.epoch = 0  # the number of the next epoch
        self._progress = _Progress(np.arange(0))
        self._resumes = False

    def __len__(self) -> int:
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        if not self._resumes:
            self._progress = _Progress(self._draw_order())
            self.epoch += 1
        self._resumes = False
        return self._iterate(self._progress)

    def _iterate(self, progress: _Progress) -> Iterator[Any]:
        starts = range(progress.done, self._end(progress), self.batch_size)
        batches = [progress.order[start : start + self.batch_size] for start in starts]
        prepared = self._prefetch(batches) if self.num_workers else (self._fetch(batch) for batch in batches)
        with contextlib.closing(prepared):  # a break closes this generator, and this one closes that
            for indices, batch in zip(batches, prepared):
                progress.done += len(indices)
                yield batch

    def _end(self, progress: _Progress) -> int:
        """Where no batch can start any more."""
        return len(progress.order) - (self.batch_size - 1 if self.drop_last else 0)

    def _draw_order(self) -> np.ndarray:
        size = len(self.dataset)
        if not self.shuffle:
            return np.arange(size)
        if self.seed is None:
            return generator().permutation(size)
        return np.random.default_rng([self.seed, self.epoch]).permutation(size)

    def _fetch(self, indices: np.ndarray) -> Any:
        if self.collate_fn is None:
            return take(self.dataset, indices)
        return self.collate_fn([self.dataset[int(i)] for i in indices])

    def _prefetch(self, batches: list[np.ndarray]) -> Generator[Any, None, None]:
        """Give the batches in order, while up to ``num_workers * prefetch_factor`` are being prepared.

        An error in a worker is raised here, in its batch's turn, with the worker's traceback.
        """
        waiting: deque[Future] = deque()
        pool = ThreadPoolExecutor(self.num_workers, thread_name_prefix="DataLoader")
        try:
            for indices in batches:
                waiting.append(self._submit(pool, indices))
                if len(waiting) > self.num_workers * self.prefetch_factor:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after a break nobody needs the batches under way

    def _submit(self, pool: ThreadPoolExecutor, indices: np.ndarray) -> Future:
        try:
            return pool.submit(self._fetch, indices)
        except RuntimeError:  # Python is ending, or the system has no thread left: the caller prepares it
            done: Future = Future()
            try:
                done.set_result(self._fetch(indices))
            except Exception as error:
                done.set_exception(error)
            return done

    def state_dict(self) -> dict[str, Any]:
        """Give what :meth:`load_state_dict` needs to go on from here, within an epoch too.

        A batch counts as done when it has been handed out.  An epoch that a ``break`` ended counts as under
        way.  Without `seed`, the orders of later epochs come from tinyconv's generator: save
        ``get_rng_state()`` as well.

        Returns
        -------
        dict
            ``epoch``, the number of the next epoch; ``done``, the samples of the one under way that were
            handed out; ``order``, its order, None between epochs.

        Examples
        --------
        >>> from tinyconv.data import DataLoader
        >>> loader = DataLoader(range(6), batch_size=2, shuffle=True, seed=0)
        >>> batches = iter(loader)
        >>> first = next(batches)
        >>> state = loader.state_dict()
        >>> rest = list(batches)
        >>> loader.load_state_dict(state)
        >>> [bool((a == b).all()) for a, b in zip(rest, loader)]
        [True, True]
        """
        progress = self._progress
        under_way = progress.done < self._end(progress)  # also when its first batch is still to come
        return {
            "epoch": self.epoch,
            "done": progress.done if under_way else 0,
            "order": progress.order if under_way else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a loader of the same dataset was when `state` was taken.

        Raises
        ------
        ValueError
            If the state is of a loader of another dataset.

        Examples
        --------
        >>> from tinyconv.data import DataLoader
        >>> loader = DataLoader(range(6), shuffle=True, seed=0)
        >>> loader.load_state_dict({"epoch": 3, "done": 0, "order": None})
        >>> loader.epoch
        3
        """
        order = state["order"]
        if order is not None and len(order) != len(self.dataset):
            raise refusal("loader.state", "DataLoader.load_state_dict", saved=len(order), own=len(self.dataset))
        self.epoch = state["epoch"]
        self._resumes = order is not None
        if self._resumes:
            self._progress = _Progress(np.asarray(order), state["done"])

    def __repr__(self) -> str:
        return (
            f"DataLoader({self.dataset!r}, batch_size={self.batch_size}, shuffle={self.shuffle}, "
            f"drop_last={self.drop_last}, num_workers={self.num_workers}, seed={self.seed})"
        )


def _integer(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise refusal("loader.no_int", "DataLoader", name=name, value=value, kind=type(value).__name__)
    if value < least:
        raise refusal("loader.too_small", "DataLoader", name=name, least=least, value=value)
    return int(value)

"""DataLoader: a dataset in batches, in order or shuffled, prefetched by threads."""

from __future__ import annotations

import contextlib
import copy
import itertools
import operator
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import refusal
from ..random import initial_seed
from .collate import default_collate, default_convert
from .dataset import IterableDataset, take
from .sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader", "WorkerInfo", "get_worker_info"]


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker of a DataLoader knows of itself: ``id`` of ``num_workers``, its ``seed`` and its ``dataset``.

    Examples
    --------
    >>> WorkerInfo(id=0, num_workers=2, seed=5, dataset=[1, 2]).id
    0
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any = field(repr=False)


_worker = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """Tell which worker of a DataLoader this code runs in; None outside of workers.

    An :class:`~tinyconv.data.IterableDataset` asks, so that each worker gives a part of the items.

    Examples
    --------
    >>> get_worker_info() is None
    True
    """
    return getattr(_worker, "info", None)


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
    dataset : Dataset, IterableDataset or any sequence
        What to iterate over: it has ``__len__`` and ``__getitem__``, or gives its items one by one.
    batch_size : int or None
        Samples per batch; the last batch has what is left.  None gives the samples themselves.
    shuffle : bool
        A new order in each epoch.
    sampler : Sampler or iterable, optional
        Gives the indices, instead of `shuffle`.
    batch_sampler : Sampler or iterable, optional
        Gives the indices of each batch, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int
        Threads that prepare batches ahead; 0 prepares each when it is asked for.  NumPy and file reading let
        other threads run meanwhile, plain Python code does not; for data in memory, 0 is fastest.
        A dataset that draws random numbers should seed them by the sample's index, for threads take turns in
        no fixed order.
    collate_fn : callable, optional
        Makes a batch of a list of samples.  By default :func:`~tinyconv.data.default_collate`, or the
        dataset's own ``take``, which is faster.
    drop_last : bool
        Leave out a last batch that is not full.
    timeout : float
        Seconds to wait for a batch of a worker; 0 waits for ever.
    worker_init_fn : callable, optional
        Called with the worker's number, in each worker, before its first sample.
    generator : Generator, optional
        Where the order is drawn from.  By default tinyconv's own, so that ``manual_seed`` and ``set_rng_state``
        govern it.
    prefetch_factor : int, optional
        Batches that each worker may be ahead; 2 by default.
    pin_memory, multiprocessing_context, persistent_workers, pin_memory_device, in_order
        Accepted, and without effect: workers are threads of this process, and batches come in order.
    seed : int, optional
        The order depends only on this and on the epoch's number.

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

    _made = False  # until then its attributes may be set

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        seed: int | None = None,
    ):
        self._streams = isinstance(dataset, IterableDataset)
        sized = hasattr(dataset, "__len__") or sampler is not None or batch_sampler is not None
        if not self._streams and not (sized and hasattr(dataset, "__getitem__")):
            raise refusal("loader.dataset", kind=type(dataset).__name__)
        _exclusive("an IterableDataset" if self._streams else "", shuffle=shuffle, sampler=sampler,
                   batch_sampler=batch_sampler)  # fmt: skip
        _exclusive("sampler" if sampler is not None else "", shuffle=shuffle, seed=seed is not None)
        _exclusive("batch_sampler" if batch_sampler is not None else "", batch_size=batch_size != 1, shuffle=shuffle,
                   sampler=sampler, drop_last=drop_last, seed=seed is not None)  # fmt: skip
        _exclusive("batch_size=None" if batch_size is None else "", drop_last=drop_last)
        _exclusive("generator" if generator is not None else "", seed=seed is not None)
        self.dataset = dataset
        self.batch_size = None if batch_size is None else _integer("batch_size", batch_size, 1)
        self.num_workers = _integer("num_workers", num_workers, 0)
        self.prefetch_factor = 2 if prefetch_factor is None else _integer("prefetch_factor", prefetch_factor, 1)
        if timeout < 0:
            raise refusal("loader.too_small", "DataLoader", name="timeout", least=0, value=timeout)
        self.shuffle = bool(shuffle)
        self.drop_last = drop_last
        self.collate_fn = collate_fn
        self.timeout, self.worker_init_fn, self.generator = timeout, worker_init_fn, generator
        self.pin_memory, self.persistent_workers = pin_memory, persistent_workers
        self.seed = seed
        self.epoch = 0  # the number of the next epoch
        self.sampler: Any = sampler
        if sampler is None and not self._streams:
            self.sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.batch_sampler: Any = batch_sampler
        if batch_sampler is not None:
            self.batch_size = None
        elif self.batch_size is not None and not self._streams:
            self.batch_sampler = BatchSampler(self.sampler, self.batch_size, drop_last)
        # an order that is drawn here can be saved and gone on with
        self._owns_order = not self._streams and sampler is None and batch_sampler is None and batch_size is not None
        self._progress = _Progress(np.arange(0))
        self._resumes = False
        self._made = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self._made and name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset"):
            raise refusal("loader.attribute", "DataLoader", name=name)
        super().__setattr__(name, value)

    def __len__(self) -> int:
        if self._streams:
            batch_size = self.batch_size or 1
            full, rest = divmod(len(self.dataset), batch_size)
            return full + (rest > 0 and not self.drop_last)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self._streams:
            return self._stream_in_workers() if self.num_workers else self._stream(self.dataset)
        if not self._owns_order:
            batches = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
            return self._prefetch(batches) if self.num_workers else (self._fetch(batch) for batch in batches)
        if not self._resumes:
            self._progress = _Progress(self._draw_order())
            self.epoch += 1
        self._resumes = False
        return self._iterate(self._progress)

    def _iterate(self, progress: _Progress) -> Iterator[Any]:
        size = self.batch_size or 1
        starts = range(progress.done, self._end(progress), size)
        batches = [progress.order[start : start + size] for start in starts]
        prepared = self._prefetch(batches) if self.num_workers else (self._fetch(batch) for batch in batches)
        with contextlib.closing(prepared):  # a break closes this generator, and this one closes that
            for indices, batch in zip(batches, prepared):
                progress.done += len(indices)
                yield batch

    def _end(self, progress: _Progress) -> int:
        """Where no batch can start any more."""
        return len(progress.order) - ((self.batch_size or 1) - 1 if self.drop_last else 0)

    def _draw_order(self) -> np.ndarray:
        size = len(self.dataset)
        if not self.shuffle:
            return np.arange(size)
        if self.seed is None:
            return self.sampler.draw()
        return np.random.default_rng([self.seed, self.epoch]).permutation(size)

    def _fetch(self, indices: Any) -> Any:
        """Make the batch of these indices; of a single one, where there are no batches, the sample."""
        if self.batch_size is None and self.batch_sampler is None:
            return (self.collate_fn or default_convert)(self.dataset[_plain(indices)])
        chosen = [_plain(index) for index in indices]
        if self.collate_fn is not None:
            return self.collate_fn([self.dataset[index] for index in chosen])
        if all(type(index) is int for index in chosen):
            return take(self.dataset, np.asarray(chosen, np.int64))
        return default_collate([self.dataset[index] for index in chosen])

    # ---------------------------------------------------------------------- items without an index

    def _stream(self, dataset: Any) -> Generator[Any, None, None]:
        """Give the batches of an IterableDataset."""
        items = iter(dataset)
        if self.batch_size is None:
            yield from map(self.collate_fn or default_convert, items)
            return
        while samples := list(itertools.islice(items, self.batch_size)):
            if len(samples) == self.batch_size or not self.drop_last:
                yield (self.collate_fn or default_collate)(samples)

    def _stream_in_workers(self) -> Generator[Any, None, None]:
        """Give the batches of the workers in turn; each iterates over its own copy of the dataset."""
        datasets = [copy.copy(self.dataset) for _ in range(self.num_workers)]
        pools = [self._pool(1, number, dataset) for number, dataset in enumerate(datasets)]
        turns = deque((pool, self._stream(dataset), deque[Future]()) for pool, dataset in zip(pools, datasets))
        try:
            for pool, stream, waiting in turns:
                waiting.extend(pool.submit(self._in_worker, next, stream, _END) for _ in range(self.prefetch_factor))
            while turns:
                pool, stream, waiting = turns.popleft()
                batch = self._result(waiting.popleft())
                if batch is not _END:
                    waiting.append(pool.submit(self._in_worker, next, stream, _END))
                    turns.append((pool, stream, waiting))
                    yield batch
        finally:
            for pool in pools:
                pool.shutdown(wait=True, cancel_futures=True)

    # ---------------------------------------------------------------------- workers

    def _pool(self, threads: int, first: int = 0, dataset: Any = None) -> ThreadPoolExecutor:
        """Threads that know which worker they are."""
        numbers = itertools.count(first)
        owned = self.dataset if dataset is None else dataset

        def begin() -> None:
            number = next(numbers)
            _worker.info = WorkerInfo(number, self.num_workers, initial_seed() + number, owned)
            _worker.is_new = True

        return ThreadPoolExecutor(threads, thread_name_prefix="DataLoader", initializer=begin)

    def _in_worker(self, work: Callable[..., Any], *args: Any) -> Any:
        """Do one piece of work; before a worker's first, what the user wants done."""
        if _worker.is_new and self.worker_init_fn is not None:
            self.worker_init_fn(_worker.info.id)
        _worker.is_new = False
        return work(*args)

    def _result(self, future: Future) -> Any:
        try:
            return future.result(self.timeout or None)
        except FutureTimeout:
            if future.done():
                raise  # the sample's own error
            raise refusal("loader.timeout", "DataLoader", seconds=self.timeout) from None

    def _prefetch(self, batches: Iterable[Any]) -> Generator[Any, None, None]:
        """Give the batches in order, while up to ``num_workers * prefetch_factor`` are being prepared.

        An error in a worker is raised here, in its batch's turn, with the worker's traceback.
        """
        waiting: deque[Future] = deque()
        pool = self._pool(self.num_workers)
        try:
            for indices in batches:
                waiting.append(self._submit(pool, indices))
                if len(waiting) > self.num_workers * self.prefetch_factor:
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after a break nobody needs the batches under way

    def _submit(self, pool: ThreadPoolExecutor, indices: np.ndarray) -> Future:
        try:
            return pool.submit(self._in_worker, self._fetch, indices)
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

        Raises
        ------
        RuntimeError
            If the order is a sampler's, or the dataset has none.

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
        if not self._owns_order:
            raise refusal("loader.no_state", "DataLoader.state_dict")
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


_END = object()  # what a worker gives when its items are used up


def _exclusive(one: str, **others: Any) -> None:
    """Refuse an argument that stands beside one that says the same."""
    for name, given in others.items():
        if one and given is not None and given is not False:
            raise refusal("loader.exclusive", "DataLoader", one=one, other=name)


def _plain(index: Any) -> Any:
    """An index as an int if it is one (NumPy's, a Tensor), else as the sampler gave it."""
    try:
        return operator.index(index)
    except TypeError:
        return index


def _integer(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise refusal("loader.no_int", "DataLoader", name=name, value=value, kind=type(value).__name__)
    if value < least:
        raise refusal("loader.too_small", "DataLoader", name=name, least=least, value=value)
    return int(value)

"""Samplers: in which order a DataLoader takes the samples of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from ..errors import refusal
from ..random import generator as numpy_generator

__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler", "WeightedRandomSampler",
]  # fmt: skip


class Sampler:
    """The base of all samplers.  A subclass writes ``__iter__``, which gives indices, and ``__len__`` if it can.

    Examples
    --------
    >>> from tinyconv.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __init__(self, data_source):
    ...         self.data_source = data_source
    ...     def __iter__(self):
    ...         return iter(range(len(self.data_source) - 1, -1, -1))
    ...     def __len__(self):
    ...         return len(self.data_source)
    >>> samples = [10, 20, 30]
    >>> [x.tolist() for x in DataLoader(samples, batch_size=2, sampler=Backwards(samples))]
    [[30, 20], [10]]
    """

    def __init__(self, data_source: Any = None):
        pass

    def __iter__(self) -> Iterator[Any]:
        raise refusal("class.must_define", owner=type(self).__name__, method="__iter__(self)")


class SequentialSampler(Sampler):
    """Every index, in order.

    Examples
    --------
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Indices at random.

    Parameters
    ----------
    data_source : Dataset or any sequence
        Its length counts.
    replacement : bool
        Draw each index anew from all, so that some come twice.
    num_samples : int, optional
        How many; by default the length.  More without replacement go through several orders.
    generator : Generator, optional
        Where the order comes from; by default what ``manual_seed`` governs.

    Raises
    ------
    ValueError
        If `num_samples` is not positive.

    Examples
    --------
    >>> sorted(RandomSampler("abcd"))
    [0, 1, 2, 3]
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ):
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if num_samples is not None and (not isinstance(num_samples, (int, np.integer)) or num_samples <= 0):
            raise refusal("sampler.empty", "RandomSampler", count=num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices an epoch has."""
        return len(self.data_source) if self._num_samples is None else int(self._num_samples)

    def __iter__(self) -> Iterator[int]:
        return iter(self.draw().tolist())

    def draw(self) -> np.ndarray:
        """Draw the indices of one epoch."""
        source, size, count = numpy_generator(self.generator), len(self.data_source), self.num_samples
        if self.replacement:
            return source.integers(0, size, count)
        orders = [source.permutation(size) for _ in range(-(-count // size) if size else 0)]
        return np.concatenate(orders)[:count] if orders else np.arange(0)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """Some indices, in a random order.

    Examples
    --------
    >>> sorted(SubsetRandomSampler([5, 2, 9]))
    [2, 5, 9]
    """

    def __init__(self, indices: Sequence[int], generator: Any = None):
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        return (self.indices[i] for i in numpy_generator(self.generator).permutation(len(self.indices)).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Indices from 0 to ``len(weights) - 1``, drawn with probabilities in proportion to the weights.

    Parameters
    ----------
    weights : sequence of float
        0 or more; they need not add up to 1.
    num_samples : int
        How many to draw.
    replacement : bool
        Draw each from all of them; without, an index is drawn once at most.
    generator : Generator, optional
        Where the numbers come from; by default what ``manual_seed`` governs.

    Raises
    ------
    ValueError
        If the weights or their number do not serve.

    Examples
    --------
    >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], num_samples=4))
    [1, 1, 1, 1]
    """

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None):
        if not isinstance(num_samples, (int, np.integer)) or isinstance(num_samples, bool) or num_samples <= 0:
            raise refusal("sampler.empty", "WeightedRandomSampler", count=num_samples)
        given = weights.tolist() if hasattr(weights, "tolist") else list(weights)  # Tensors of any device
        values = np.asarray(given, np.float64)
        positive = int((values > 0).sum())
        fits = values.ndim == 1 and bool(np.isfinite(values).all() and (values >= 0).all()) and positive > 0
        if not fits or (not replacement and positive < num_samples):
            raise refusal(
                "sampler.weights", "WeightedRandomSampler", count=values.size, positive=positive, samples=num_samples
            )
        self.weights, self.num_samples, self.replacement, self.generator = values, num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        chances = self.weights / self.weights.sum()
        drawn = numpy_generator(self.generator).choice(
            chances.size, self.num_samples, replace=self.replacement, p=chances
        )
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of another sampler, in lists of `batch_size`.

    Parameters
    ----------
    sampler : Sampler or iterable
        Where the indices come from.
    batch_size : int
        How many in a list; the last one has what is left.
    drop_last : bool
        Leave out a last list that is not full.

    Examples
    --------
    >>> list(BatchSampler(SequentialSampler("abcde"), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool):
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        batch: list[Any] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)  # type: ignore[arg-type]
        return full + (rest > 0 and not self.drop_last)

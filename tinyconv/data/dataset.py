"""Datasets: things with a length and an index, and ways to cut them into parts."""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import refusal
from ..random import generator as numpy_generator
from ..tensor import Tensor, from_numpy
from .collate import default_collate

__all__ = [
    "ChainDataset", "ConcatDataset", "Dataset", "IterableDataset", "Subset", "TensorDataset", "random_split", "take",
]  # fmt: skip


class Dataset:
    """The base of all datasets.  A subclass writes ``__len__`` and ``__getitem__``.

    Any object that has these two methods, such as a list, serves a :class:`DataLoader` as well.

    Examples
    --------
    >>> from tinyconv.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 10
    ...
    ...     def __getitem__(self, index):
    ...         return float(index), float(index**2)
    >>> Squares()[3]
    (3.0, 9.0)
    >>> import numpy
    >>> Squares().take(numpy.array([1, 2, 3]))
    (tensor([1., 2., 3.]), tensor([1., 4., 9.]))
    """

    def __getitem__(self, index: int) -> Any:
        raise refusal("class.must_define", owner=type(self).__name__, method="__getitem__(self, index)")

    def __len__(self) -> int:
        raise refusal("class.must_define", owner=type(self).__name__, method="__len__(self)")

    def take(self, indices: np.ndarray) -> Any:
        """Give the samples at `indices` as one batch.

        A subclass may override this with something faster than sample by sample.
        """
        return default_collate([self[int(i)] for i in indices])

    def __add__(self, other: Dataset) -> Dataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Data that come one after the other, such as lines of a stream.  A subclass writes ``__iter__``.

    A :class:`DataLoader` takes the items in their order.  Each of several workers iterates over a copy of the
    dataset; :func:`~tinyconv.data.get_worker_info` tells it which part is its own.

    Examples
    --------
    >>> from tinyconv.data import DataLoader, IterableDataset
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    __len__ = None  # type: ignore[assignment]  # unless a subclass knows it

    def __iter__(self) -> Iterator[Any]:
        raise refusal("class.must_define", owner=type(self).__name__, method="__iter__(self)")

    def __getitem__(self, index: int) -> Any:
        raise refusal("dataset.no_index", owner=type(self).__name__)

    def __add__(self, other: Dataset) -> Dataset:
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """The items of several IterableDatasets, one after the other.

    Examples
    --------
    >>> list(ChainDataset([range(2), range(2)]))
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)


class ConcatDataset(Dataset):
    """Several datasets as one: the samples of the first, then those of the second, and so on.

    Raises
    ------
    ValueError
        If there is none, or one is an IterableDataset.

    Examples
    --------
    >>> both = ConcatDataset(["ab", "cde"])
    >>> len(both), both[1], both[2], both[-1]
    (5, 'b', 'c', 'e')
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise refusal("data.concat_empty", "ConcatDataset")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise refusal("data.concat_iterable", "ConcatDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise refusal("data.concat_index", "ConcatDataset", index=index, size=len(self))
        place = index % len(self)
        number = next(i for i, end in enumerate(self.cumulative_sizes) if place < end)
        return self.datasets[number][place - (self.cumulative_sizes[number - 1] if number else 0)]


def take(dataset: Any, indices: np.ndarray) -> Any:
    """Give the samples of `dataset` at `indices` as one batch, by a Dataset's own ``take`` if that may be used.

    It may not if a subclass has redefined ``__getitem__`` alone, to augment the samples for example: its
    ``take`` is then the parent's, and would pass the change by.

    Parameters
    ----------
    dataset : Dataset or any sequence
        Where the samples are.
    indices : numpy.ndarray
        Which ones, ``(B,)``.

    Returns
    -------
    object
        What :func:`~tinyconv.data.collate.default_collate` makes of the samples.

    Examples
    --------
    >>> import numpy
    >>> take([10, 20, 30], numpy.array([2, 0]))
    tensor([30, 10])
    """
    for cls in type(dataset).__mro__ if isinstance(dataset, Dataset) else ():  # an array's take means something else
        if "take" in vars(cls):
            return dataset.take(indices)
        if "__getitem__" in vars(cls):
            break
    return default_collate([dataset[int(i)] for i in indices])


class TensorDataset(Dataset):
    """Tensors with one sample per row.  A batch is one index into each, not one per sample.

    Parameters
    ----------
    *tensors : Tensor or numpy.ndarray
        Of equal length along the first axis.  An array is not copied.

    Raises
    ------
    AssertionError
        If there is none, or their lengths differ.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv.data import TensorDataset
    >>> dataset = TensorDataset(tc.tensor([[1.0, 2.0], [3.0, 4.0]]), tc.tensor([0, 1]))
    >>> dataset[1]
    (tensor([3., 4.]), tensor(1))
    """

    def __init__(self, *tensors: Any):
        self.tensors = tuple(t if isinstance(t, Tensor) else from_numpy(np.asarray(t)) for t in tensors)
        shapes = [t.shape for t in self.tensors]
        if not shapes or not all(shapes) or len({shape[0] for shape in shapes}) > 1:
            raise refusal("data.tensor_lengths", shapes=", ".join(map(str, shapes)))

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def take(self, indices: np.ndarray) -> tuple[Tensor, ...]:
        """Give the rows at `indices` of each tensor."""
        return tuple(t[indices] for t in self.tensors)

    def __repr__(self) -> str:
        return f"TensorDataset({', '.join(str(t.shape) for t in self.tensors)})"


class Subset(Dataset):
    """Some samples of another dataset.

    Parameters
    ----------
    dataset : Dataset or any sequence
        Where the samples are.
    indices : sequence of int
        Which ones, in this order.

    Raises
    ------
    IndexError
        If an index is not one of the dataset's.
    TypeError
        If an index is no integer: a mask of booleans, or a fraction.

    Notes
    -----
    A slice gives what the dataset's own slice would: of a :class:`TensorDataset` the rows, of a list a list.

    Examples
    --------
    >>> from tinyconv.data import Subset
    >>> list(Subset("abcdef", [4, 0]))
    ['e', 'a']
    >>> Subset([10, 20, 30], [2, 1, 0])[:2]
    [30, 20]
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray):
        self.dataset = dataset
        self.indices = indices

    @property
    def indices(self) -> list[int]:
        """Which samples, as a list of its own; assign another to change them."""
        return self._indices.tolist()

    @indices.setter
    def indices(self, indices: Sequence[int] | np.ndarray) -> None:
        size, given = len(self.dataset), _integers(indices)
        outside = [index for index in given if not -size <= index < size]
        if outside:
            raise refusal("data.subset_index", "Subset", index=outside[0], size=size)
        self._indices = np.array(given, np.int64) % max(size, 1)  # from the end: -1 is size - 1

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: Any) -> Any:
        chosen = self._indices[index]
        if chosen.ndim == 0:
            return self.dataset[int(chosen)]
        if not isinstance(self.dataset, (list, tuple)):
            return self.dataset[chosen]
        samples = [self.dataset[i] for i in chosen]
        return samples if isinstance(self.dataset, list) else tuple(samples)

    def take(self, indices: np.ndarray) -> Any:
        """Give the samples at `indices` of this subset as one batch."""
        return take(self.dataset, self._indices[indices])

    def __repr__(self) -> str:
        return f"Subset({len(self)} of {self.dataset!r})"


def _integers(indices: Any) -> list[int]:
    """Indices as a list of ints; booleans and fractions are none."""
    given = indices.tolist() if hasattr(indices, "tolist") else indices
    if not isinstance(given, Iterable):
        raise refusal("data.subset_no_integer", "Subset", item=given)
    items = [item.tolist() if hasattr(item, "tolist") else item for item in given]  # NumPy's scalars, and Tensors
    for item in items:
        if not isinstance(item, numbers.Integral) or isinstance(item, bool):
            raise refusal("data.subset_no_integer", "Subset", item=item)
    return [int(item) for item in items]


def random_split(
    dataset: Any,
    lengths: Sequence[int] | Sequence[float],
    generator: Any = None,
    seed: int | None = None,
) -> list[Subset]:
    """Cut a dataset at random into parts that do not overlap.

    Parameters
    ----------
    dataset : Dataset or any sequence
        What to cut.
    lengths : sequence of int or of float
        The parts' lengths, which must add up to the dataset's; or fractions which add up to 1.  Samples that
        rounding down leaves over go one by one to the first parts, as in PyTorch.
    generator : Generator, optional
        Where the random order comes from; tinyconv's own, which ``manual_seed`` governs, by default.
    seed : int, optional
        Instead of `generator`: the same split each time.

    Returns
    -------
    list of Subset
        One for each length.

    Raises
    ------
    ValueError
        If the lengths do not add up, or both `generator` and `seed` are given.

    Examples
    --------
    >>> from tinyconv.data import random_split
    >>> train, valid = random_split(range(10), [0.75, 0.25], seed=0)
    >>> len(train), len(valid), sorted([*train, *valid]) == list(range(10))
    (8, 2, True)
    """
    if generator is not None and seed is not None:
        raise refusal("data.split_seed", "random_split")
    sizes = _split_sizes(len(dataset), lengths)
    order = _generator_for(generator, seed).permutation(len(dataset))
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(sizes)[:-1])]


def _generator_for(generator: Any, seed: int | None) -> np.random.Generator:
    return numpy_generator(generator) if seed is None else np.random.default_rng(seed)


def _split_sizes(total: int, lengths: Sequence[int] | Sequence[float]) -> list[int]:
    if any(n < 0 for n in lengths):
        raise refusal("data.split_negative", "random_split", lengths=list(lengths))
    whole = all(isinstance(n, numbers.Integral) for n in lengths)
    adds_up = sum(lengths) == total if whole else math.isclose(sum(lengths), 1.0)
    if not adds_up:
        raise refusal("data.split_sum", "random_split", lengths=list(lengths), total=sum(lengths), size=total)
    if whole:
        return [int(n) for n in lengths]
    sizes = [math.floor(total * fraction) for fraction in lengths]
    for i in range(total - sum(sizes)):
        sizes[i % len(sizes)] += 1
    return sizes

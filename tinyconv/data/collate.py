"""From a list of samples to one batch."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..defaults import get_default_dtype
from ..errors import refusal
from ..ops import stack
from ..tensor import Tensor, from_numpy

__all__ = ["default_collate", "default_convert"]


def default_collate(samples: Sequence[Any]) -> Any:
    """Stack samples along a new first axis.

    ==========================  ===================================================
    each sample is              the batch is
    ==========================  ===================================================
    a Tensor or array ``(*)``   a Tensor ``(B, *)`` of the same dtype
    an int, a float, a bool     a Tensor ``(B,)`` of int64, float32, bool
    a NumPy scalar              a Tensor ``(B,)`` of its dtype
    a tuple or list             the same, of batches: ``(x, y)`` gives ``(X, Y)``
    a dict                      a dict of batches
    a string or bytes           the list of them
    ==========================  ===================================================

    PyTorch's rule, but that floats give float32, the default dtype here, and a tuple stays one.

    Parameters
    ----------
    samples : sequence
        One or more samples of one form.

    Returns
    -------
    Tensor or container of Tensors
        See above.

    Raises
    ------
    RuntimeError
        If the samples' shapes or lengths differ; the text says which.
    KeyError
        If their keys differ.
    TypeError
        If the samples are of some other type, or None.

    Examples
    --------
    >>> default_collate([(0.5, 1), (0.25, 2)])
    (tensor([0.5000, 0.2500]), tensor([1, 2]))
    >>> default_collate([{"name": "a"}, {"name": "b"}])
    {'name': ['a', 'b']}
    """
    first = samples[0]
    _check_types(samples)
    if isinstance(first, Tensor):
        _check_equal("collate.shapes_differ", [s.shape for s in samples])
        return stack(samples)
    if isinstance(first, (np.ndarray, np.generic)):
        _check_equal("collate.shapes_differ", [s.shape for s in samples])
        return from_numpy(np.stack(samples))
    if isinstance(first, numbers.Number):
        return from_numpy(_stack_numbers(samples))
    if isinstance(first, (str, bytes)):
        return list(samples)
    if first is None:
        raise refusal("collate.none", "default_collate")
    if isinstance(first, Mapping):
        _check_equal("collate.keys_differ", [sorted(map(repr, s)) for s in samples])
        return {key: default_collate([s[key] for s in samples]) for key in first}
    if isinstance(first, (tuple, list)):
        _check_equal("collate.lengths_differ", [len(s) for s in samples])
        return _like(first, [default_collate(column) for column in zip(*samples)])
    raise refusal("collate.kind", kind=type(first).__name__)


def default_convert(data: Any) -> Any:
    """Make Tensors of the arrays in one sample, and leave the rest.

    Examples
    --------
    >>> default_convert((np.ones(2), "a"))
    (tensor([1., 1.], dtype=float64), 'a')
    """
    if isinstance(data, (np.ndarray, np.generic)):
        return from_numpy(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(item) for key, item in data.items()}
    if isinstance(data, (tuple, list)):
        return _like(data, [default_convert(item) for item in data])
    return data


def _check_types(samples: Sequence[Any]) -> None:
    """A batch of ints and floats is fine, one of Tensors and tuples is not."""
    kinds = [numbers.Number if isinstance(s, numbers.Number) else type(s) for s in samples]
    for i, kind in enumerate(kinds):
        if kind is not kinds[0]:
            raise refusal(
                "collate.kinds_differ",
                "default_collate",
                first=type(samples[0]).__name__,
                position=i,
                kind=type(samples[i]).__name__,
            )


def _check_equal(name: str, values: list[Any]) -> None:
    """Refuse values that differ, by the text of this name."""
    for i, value in enumerate(values):
        if value != values[0]:
            raise refusal(name, "default_collate", first=values[0], position=i, other=value)


def _stack_numbers(samples: Sequence[Any]) -> np.ndarray:
    array = np.asarray(samples)
    default: dict[str, Any] = {
        "i": np.int64,
        "f": get_default_dtype(),
    }  # what a Python int and a float become on every platform
    return array.astype(default.get(array.dtype.kind, array.dtype))


def _like(container: Any, items: list[Any]) -> Any:
    if hasattr(container, "_fields"):  # a namedtuple takes its items one by one
        return type(container)(*items)
    return type(container)(items)

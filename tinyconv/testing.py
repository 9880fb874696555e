"""Comparing results in tests: PyTorch's ``assert_close``, with its tolerances."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .backend import asnumpy
from .errors import refusal
from .tensor import Tensor

__all__ = ["assert_close"]

_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}  # rtol, atol


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Fail unless ``|actual - expected| <= atol + rtol*|expected|`` for all elements, in Tensors, lists or dicts.

    Parameters
    ----------
    actual, expected : Tensor, array, number, sequence or mapping
        Of one form.
    rtol, atol : float, optional
        Both or neither.  By default 1.3e-6 and 1e-5 for float32, 1e-7 and 1e-7 for float64, 1e-3 and 1e-5 for
        float16, and equality for the rest; of two dtypes, the larger tolerance.
    equal_nan : bool
        Whether NaN equals NaN.
    check_device, check_dtype : bool
        Whether devices and dtypes must be equal too.
    msg : str or callable, optional
        What to say instead; a callable is given the text.
    allow_subclasses, check_layout, check_stride
        Accepted: there is one layout, and strides are not compared.

    Raises
    ------
    AssertionError
        Saying how many elements differ, and where most.
    ValueError
        If one of `rtol` and `atol` is given alone.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.testing.assert_close(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 2.0000001]))
    """
    if (rtol is None) != (atol is None):
        raise refusal("testing.tolerances", "assert_close", rtol=rtol, atol=atol)
    text = _difference(
        actual, expected, "", tolerances=None if rtol is None else (rtol, atol), equal_nan=equal_nan,
        check_device=check_device, check_dtype=check_dtype,
    )  # fmt: skip
    if text:
        raise AssertionError(text if msg is None else msg(text) if callable(msg) else msg)


def _difference(actual: Any, expected: Any, where: str, **options: Any) -> str:
    """What differs, or nothing."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        if actual.keys() != expected.keys():
            return f"The keys of the mappings do not match{where}: {list(actual)} and {list(expected)}"
        parts = [(actual[key], expected[key], f"[{key!r}]") for key in expected]
    elif _is_sequence(expected) and _is_sequence(actual):
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch{where}: {len(actual)} != {len(expected)}"
        parts = [(a, e, f"[{i}]") for i, (a, e) in enumerate(zip(actual, expected))]
    else:
        return _difference_of_leaves(actual, expected, where, **options)
    texts = (_difference(a, e, f"{where or ' at item '}{step}", **options) for a, e, step in parts)
    return next((text for text in texts if text), "")


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _difference_of_leaves(
    actual: Any, expected: Any, where: str, tolerances: Any, equal_nan: bool, check_device: bool, check_dtype: bool
) -> str:
    kinds = (Tensor, np.ndarray, np.generic, numbers.Number)
    if not (isinstance(actual, kinds) and isinstance(expected, kinds)):
        same = actual is expected or (type(actual) is type(expected) and actual == expected)
        return "" if same else f"Not equal{where}: {actual!r} != {expected!r}"
    tensors = isinstance(actual, Tensor), isinstance(expected, Tensor)
    if tensors[0] != tensors[1]:
        return f"Not comparable{where}: {type(actual).__name__} and {type(expected).__name__}"
    if (
        isinstance(actual, Tensor)
        and isinstance(expected, Tensor)
        and check_device
        and actual.device != expected.device
    ):
        return f"The values for attribute 'device' do not match{where}: {actual.device} != {expected.device}."
    a, e = (np.asarray(asnumpy(v.array) if isinstance(v, Tensor) else v) for v in (actual, expected))
    if a.shape != e.shape:
        return f"The values for attribute 'shape' do not match{where}: {a.shape} != {e.shape}."
    if check_dtype and not isinstance(expected, numbers.Number) and a.dtype != e.dtype:
        return f"The values for attribute 'dtype' do not match{where}: {a.dtype} != {e.dtype}."
    rtol, atol = tolerances or tuple(map(max, zip(*(_TOLERANCES.get(x.dtype.name, (0.0, 0.0)) for x in (a, e)))))
    return _difference_of_arrays(a, e, where, rtol, atol, equal_nan)


def _difference_of_arrays(a: np.ndarray, e: np.ndarray, where: str, rtol: float, atol: float, equal_nan: bool) -> str:
    if a.dtype.kind in "biu" and e.dtype.kind in "biu" and rtol == atol == 0:
        wrong = a != e  # integers beyond 2**53 too
    else:
        a, e = a.astype(np.float64), e.astype(np.float64)
        with np.errstate(all="ignore"):
            wrong = ~((np.abs(a - e) <= atol + rtol * np.abs(e)) & np.isfinite(e) | (a == e))
        if equal_nan:
            wrong &= ~(np.isnan(a) & np.isnan(e))
    if not wrong.any():
        return ""
    with np.errstate(all="ignore"):
        distance = np.where(wrong, np.abs(a.astype(np.float64) - e.astype(np.float64)), -1.0)
    place = np.unravel_index(np.argmax(np.where(np.isnan(distance), np.inf, distance)), a.shape)
    index = tuple(int(i) for i in place)
    return (
        f"Tensor-likes are not close{where}!\n\nMismatched elements: {int(wrong.sum())} / {a.size}\n"
        f"Greatest absolute difference: {distance[index]} at index {index}: {a[index]} and {e[index]} "
        f"(rtol={rtol}, atol={atol})"
    )

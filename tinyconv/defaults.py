"""What a tensor is when nobody says: its dtype, and the device it is made on."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import Device, places
from .errors import refusal

__all__ = ["get_default_device", "get_default_dtype", "set_default_device", "set_default_dtype"]

_FLOATS = [np.float16, np.float32, np.float64]
_chosen: dict[str, Any] = {"dtype": np.dtype(np.float32)}


def get_default_dtype() -> np.dtype:
    """Give the dtype of floats that nobody gave one: float32, unless :func:`set_default_dtype` said otherwise.

    Examples
    --------
    >>> get_default_dtype()
    dtype('float32')
    """
    return _chosen["dtype"]


def set_default_dtype(d: Any) -> None:
    """Choose the dtype of Python floats, of new tensors and parameters, and of integers that become floats.

    Parameters
    ----------
    d : dtype
        ``float16``, ``float32`` or ``float64``.

    Raises
    ------
    TypeError
        For what is no float dtype.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.set_default_dtype(tc.float64)
    >>> tc.nn.Linear(2, 1).weight.dtype, tc.tensor([0.1]).dtype
    (dtype('float64'), dtype('float64'))
    >>> tc.set_default_dtype(tc.float32)
    """
    if not isinstance(d, (type, np.dtype)) or d not in _FLOATS:
        raise refusal("default.dtype", "set_default_dtype", given=d)
    _chosen["dtype"] = np.dtype(d)


def get_default_device() -> Device:
    """Give the device that new tensors of this thread are made on: the CPU, unless somebody chose another.

    Examples
    --------
    >>> get_default_device()
    device(type='cpu')
    """
    return places.blocks[-1] if places.blocks else places.chosen or Device("cpu")


def set_default_device(device: Device | str | None) -> None:
    """Choose the device that this thread makes new tensors on; ``with device("cuda"):`` does it for a block.

    What is made of an array (``from_numpy``, ``as_tensor``) stays where the array is.

    Parameters
    ----------
    device : Device or str, optional
        None for the CPU.

    Raises
    ------
    RuntimeError
        If the device cannot be used here.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.set_default_device("cpu")
    >>> with tc.device("cpu"):
    ...     tc.zeros(2).device
    device(type='cpu')
    >>> tc.set_default_device(None)
    """
    places.chosen = None if device is None else Device(device)

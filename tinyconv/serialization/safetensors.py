"""``.safetensors``: a flat dict of Tensors, in the format that other frameworks read."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import asnumpy
from ..errors import refusal
from ..tensor import Tensor
from .tree import NUMBER_KINDS, data_of

__all__ = ["read_safetensors", "to_safetensors"]


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise refusal("safetensors.package") from error
    return safetensors


def to_safetensors(obj: Any) -> bytes:
    """Give the content of a file that holds a dict of Tensors; needs the safetensors package.

    Raises
    ------
    TypeError
        If `obj` is something else.

    Examples
    --------
    >>> to_safetensors([])
    Traceback (most recent call last):
    TypeError: save: a .safetensors file holds a dict of Tensors, got list
    """
    library = _library()
    if not isinstance(obj, dict):
        raise refusal("safetensors.no_dict", "save", obj=obj)
    arrays = {}
    for key, value in obj.items():
        if not isinstance(key, str) or not isinstance(value, (Tensor, np.ndarray)):
            raise refusal("safetensors.entry", "save", key=key, value=value)
        array = asnumpy(data_of(value, (key,))) if isinstance(value, Tensor) else value
        arrays[key] = np.asarray(array, order="C")
    return library.numpy.save(arrays)


def read_safetensors(content: bytes) -> dict[str, np.ndarray]:
    """Give the arrays of a file by name.

    Raises
    ------
    ValueError
        If the content is damaged, or holds numbers that a Tensor cannot hold.

    Examples
    --------
    >>> import tinyconv as tc
    >>> read_safetensors(to_safetensors({"w": tc.ones(2)}))
    {'w': array([1., 1.], dtype=float32)}
    """
    library = _library()
    try:
        arrays = library.numpy.load(content)
    except (library.SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise refusal("safetensors.damaged", error=error) from error
    for name, array in arrays.items():
        if array.dtype.kind not in NUMBER_KINDS:
            raise refusal("load.no_numbers", name=name, dtype=array.dtype)
    return arrays

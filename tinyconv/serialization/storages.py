"""PyTorch's names for element types and for the memories ("storages") that tensors look into."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

__all__ = ["DTYPES", "STORAGES", "UNTYPED", "native"]

DTYPES: dict[str, np.dtype] = {
    name: np.dtype(name)
    for name in (
        "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "bool",
    )
}  # fmt: skip

STORAGES: dict[str, np.dtype] = {
    "HalfStorage": DTYPES["float16"],
    "FloatStorage": DTYPES["float32"],
    "DoubleStorage": DTYPES["float64"],
    "CharStorage": DTYPES["int8"],
    "ShortStorage": DTYPES["int16"],
    "IntStorage": DTYPES["int32"],
    "LongStorage": DTYPES["int64"],
    "ByteStorage": DTYPES["uint8"],
    "BoolStorage": DTYPES["bool"],
}  # as torch.FloatStorage

UNTYPED = "UntypedStorage"  # bytes, of whatever type the tensor says


def native(content: bytes, dtype: np.dtype, order: str = sys.byteorder) -> np.ndarray:
    """Give the numbers in a storage's bytes, of the byte order in which they were written.

    Examples
    --------
    >>> native(bytes([0, 1]), np.dtype("int16"), "big").tolist()
    [1]
    """
    array: Any = np.frombuffer(content, dtype.newbyteorder("<" if order == "little" else ">"))
    if dtype == np.bool_:
        array = array.view(np.uint8) != 0  # whatever byte stands for True
    return np.array(array, dtype)

"""PyTorch's older constructors, one for each dtype: ``FloatTensor([1, 2])``, ``LongTensor(2, 3)``.

Each is a type too: ``isinstance(x, FloatTensor)`` asks for the dtype and the device, ``x.type(LongTensor)`` converts.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .autograd import Tensor, as_array
from .backend import Device
from .errors import refusal
from .size import Size

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
    "LongTensor", "ShortTensor", "cuda_types",
]  # fmt: skip


class _Typed(type):
    """The type of a typed constructor: its instances are the Tensors of its dtype and device."""

    dtype: np.dtype
    device_type: str

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype and instance.device.type == cls.device_type

    def __call__(cls, *data: Any) -> Tensor:
        where = Device(cls.device_type)
        if len(data) > 1 or (data and isinstance(data[0], (int, np.integer, Size))):
            sizes = data[0] if isinstance(data[0], Size) else data
            with where.use():
                return Tensor._of(where.xp.empty(sizes, cls.dtype))
        values = data[0] if data else []
        if isinstance(values, Tensor):
            if values.dtype != cls.dtype:
                raise refusal("typed.dtype", cls.__name__, given=values.dtype, dtype=cls.dtype)
            return Tensor._of(where.asarray(values.array))
        if isinstance(values, (float, np.generic)):
            raise refusal("typed.number", cls.__name__, value=values)
        return Tensor._of(where.asarray(np.array(as_array(values, cls.dtype))))


class FloatTensor(metaclass=_Typed):
    """Make a float32 Tensor: from numbers, ``FloatTensor([1, 2])``, or unset of a size, ``FloatTensor(2, 3)``.

    Raises
    ------
    TypeError
        For a Tensor of another dtype (use ``x.float()``), or a single number.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.FloatTensor([1, 2])
    tensor([1., 2.])
    >>> isinstance(tc.ones(2), tc.FloatTensor), isinstance(tc.ones(2), tc.LongTensor)
    (True, False)
    """

    dtype: ClassVar[np.dtype] = np.dtype(np.float32)
    device_type: ClassVar[str] = "cpu"


class DoubleTensor(FloatTensor):
    """Make a float64 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.float64)


class HalfTensor(FloatTensor):
    """Make a float16 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.float16)


class LongTensor(FloatTensor):
    """Make an int64 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.int64)


class IntTensor(FloatTensor):
    """Make an int32 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.int32)


class ShortTensor(FloatTensor):
    """Make an int16 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.int16)


class CharTensor(FloatTensor):
    """Make an int8 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.int8)


class ByteTensor(FloatTensor):
    """Make a uint8 Tensor; see :class:`FloatTensor`."""

    dtype = np.dtype(np.uint8)


class BoolTensor(FloatTensor):
    """Make a Tensor of bools; see :class:`FloatTensor`."""

    dtype = np.dtype(np.bool_)


_TYPES = (FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor)

cuda_types = tuple(
    _Typed(kind.__name__, (kind,), {"__doc__": f"Make a {kind.dtype} Tensor on a GPU.", "device_type": "cuda"})
    for kind in _TYPES
)

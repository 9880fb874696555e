"""The device array: a NumPy array that nobody outside this package sees."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tests.strict_device.transfers import transfers

SCALARS = (bool, int, float, complex, np.generic)  # host values that travel as kernel arguments


class DeviceError(TypeError):
    """Something that CuPy refuses, or that nobody can want of it."""


class Flags(NamedTuple):
    """CuPy's array flags: there is no ``writeable``."""

    c_contiguous: bool
    f_contiguous: bool
    owndata: bool


def wrap(value: Any) -> Any:
    """Give a NumPy result as CuPy would: arrays for arrays, 0-d arrays for scalars."""
    if isinstance(value, (np.ndarray, np.generic, bool)):
        return ndarray._of(np.asarray(value))
    if isinstance(value, (tuple, list)):
        parts = [wrap(part) for part in value]
        is_named = hasattr(value, "_fields")
        return type(value)(*parts) if is_named else type(value)(parts)
    return value


def unwrap(value: Any, where: str) -> Any:
    """Give the NumPy value behind a device argument; a host array is refused."""
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, np.ndarray):
        raise DeviceError(f"{where}: Unsupported type {type(value)}")
    if type(value) in (tuple, list):
        return type(value)(unwrap(part, where) for part in value)
    return value


def contains(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Tell whether `value` is of `kind`, or is a list or tuple with such an item."""
    if type(value) in (tuple, list):
        return any(contains(part, kind) for part in value)
    return isinstance(value, kind)


def has_repeats(array: np.ndarray, key: Any) -> bool:
    """Tell whether ``array[key] = ...`` would write some element twice."""
    positions = np.arange(array.size).reshape(array.shape)[key]
    return np.unique(positions).size != positions.size


def overlaps_partly(target: Any, value: Any) -> bool:
    """Tell whether ``target[...] = value`` would read elements that it has already written.

    CuPy copies between contiguous arrays of one dtype as one block of memory, without looking.
    """
    source = value._host if isinstance(value, ndarray) else None
    if not isinstance(target, np.ndarray) or source is None or target.dtype != source.dtype:
        return False
    if not (target.flags.c_contiguous and source.flags.c_contiguous and target.shape == source.shape):
        return False
    return target.ctypes.data != source.ctypes.data and np.may_share_memory(target, source)


class ndarray:
    """CuPy's array type: no buffer, no ``__index__``, no implicit way to the host.

    Operators and most methods are added by :mod:`tests.strict_device.operators`.
    """

    __slots__ = ("_host",)
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 100

    _host: np.ndarray

    @classmethod
    def _of(cls, host: np.ndarray) -> ndarray:
        if host.dtype.kind not in "biufc":
            raise DeviceError(f"Unsupported dtype {host.dtype}")
        self = object.__new__(cls)
        self._host = host
        return self

    # --- what NumPy may not do with it ---

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise DeviceError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        # np.float32(2) * x arrives here and is fine; np.exp(x) and host_array * x are not
        if method == "__call__" and len(inputs) == 2 and isinstance(inputs[0], np.generic):
            from tests.strict_device.namespace import xp

            return getattr(xp, ufunc.__name__)(*inputs, **kwargs)
        raise DeviceError(f"numpy.{ufunc.__name__} on a device array, or one mixed with a host array")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise DeviceError(f"numpy.{function.__name__} on a device array")

    # --- attributes ---

    @property
    def shape(self) -> tuple[int, ...]:
        return self._host.shape

    @property
    def strides(self) -> tuple[int, ...]:
        return self._host.strides

    @property
    def dtype(self) -> np.dtype:
        return self._host.dtype

    @property
    def ndim(self) -> int:
        return self._host.ndim

    @property
    def size(self) -> int:
        return self._host.size

    @property
    def itemsize(self) -> int:
        return self._host.itemsize

    @property
    def nbytes(self) -> int:
        return self._host.nbytes

    @property
    def T(self) -> ndarray:
        return wrap(self._host.T)

    @property
    def mT(self) -> ndarray:
        return wrap(self._host.swapaxes(-1, -2))

    @property
    def real(self) -> ndarray:
        return wrap(self._host.real)

    @property
    def imag(self) -> ndarray:
        return wrap(self._host.imag)

    @property
    def flags(self) -> Flags:
        return Flags(*(getattr(self._host.flags, name) for name in Flags._fields))

    @property
    def base(self) -> ndarray | None:
        return None if self._host.base is None else wrap(self._host.base)

    @property
    def data(self) -> types.SimpleNamespace:  # a MemoryPointer
        return types.SimpleNamespace(ptr=self._host.ctypes.data)

    @property
    def device(self) -> types.SimpleNamespace:  # a cupy.cuda.Device
        return types.SimpleNamespace(id=0)

    # --- indexing ---

    def _host_key(self, key: Any) -> Any:
        """Give `key` as NumPy takes it, noting the copies that it costs on a GPU."""
        if isinstance(key, tuple):
            return tuple(self._host_key(part) for part in key)
        if isinstance(key, (list, np.ndarray)):
            transfers.note("h2d", np.asarray(key).nbytes, "host index")  # at every use
        if not isinstance(key, ndarray):
            return key
        if key.dtype == bool:
            transfers.note("d2h", 4, "boolean mask")  # CuPy counts the Trues on the host
        return key._host

    def __getitem__(self, key: Any) -> ndarray:
        host_key = self._host_key(key)
        parts = host_key if isinstance(host_key, tuple) else (host_key,)
        if not contains(parts, (np.ndarray, list)) and Ellipsis not in parts:
            parts += (Ellipsis,)  # x[0] of a vector is a view, as on CuPy, where NumPy gives a scalar
            return wrap(self._host[parts])
        return wrap(self._host[host_key])

    def __setitem__(self, key: Any, value: Any) -> None:
        host_key = self._host_key(key)
        if not isinstance(value, (ndarray, *SCALARS)):
            raise DeviceError(f"cannot assign {type(value)} to a device array")
        if contains(host_key, (np.ndarray, list)):
            if not isinstance(value, ndarray):
                transfers.note("h2d", self.itemsize, "scalar to an indexed assignment")
            if has_repeats(self._host, host_key):
                raise DeviceError("repeated index in an assignment: on a GPU any of the values may win")
        elif overlaps_partly(self._host[host_key], value):
            raise DeviceError("assignment between overlapping parts of one array: a GPU copies in any order")
        with np.errstate(all="ignore"):
            self._host[host_key] = unwrap(value, "assignment")

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[ndarray]:
        return (self[i] for i in range(len(self)))

    # --- ways to the host, each counted ---

    def _download(self, site: str) -> np.ndarray:
        transfers.note("d2h", self.nbytes, site)
        return self._host

    def get(self, stream: Any = None, order: str = "C") -> np.ndarray:
        return np.array(self._download("get"), order=order)  # type: ignore[call-overload]

    def item(self, *index: int) -> Any:
        return self._download("item").item(*index)

    def tolist(self) -> Any:
        return self._download("tolist").tolist()

    def __bool__(self) -> bool:
        return bool(self._download("bool") if self.size == 1 else self._host)  # else: NumPy's own error

    def __int__(self) -> int:
        return int(self._download("int"))

    def __float__(self) -> float:
        return float(self._download("float"))

    def __complex__(self) -> complex:
        return complex(self._download("complex"))

    def __str__(self) -> str:
        return str(self._download("str"))

    def __format__(self, spec: str) -> str:
        return format(self._download("format")[()], spec)

    def __repr__(self) -> str:
        return f"strict {self._host!r}"  # not counted: it is for debuggers and pytest's messages

    def __reduce__(self) -> tuple:
        from tests.strict_device.namespace import xp

        return xp.asarray, (self.get(),)

    # --- copies on the device ---

    def __copy__(self) -> ndarray:
        return wrap(self._host.copy())

    def __deepcopy__(self, memo: dict) -> ndarray:
        return wrap(self._host.copy())

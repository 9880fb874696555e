"""PyTorch's own files, read: what ``torch.save`` wrote, as a zip or in the form before that.

A zip holds a pickle, ``data.pkl``, and each storage as a member of its own, ``data/0``.  The older form is five
pickles in a row and then the storages.  In both the pickle says of a Tensor: which storage, where it begins there, its
size and its strides.  So Tensors that shared their memory share it again.
"""

from __future__ import annotations

import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from ..backend import Device, get_array_module
from ..errors import refusal
from ..nn.parameter import Parameter
from ..size import Size
from ..tensor import Tensor
from .budget import Budget
from .pickles import Builder, PickleReader
from .storages import DTYPES, STORAGES, UNTYPED, native
from .tree import MAX_DEPTH, Target
from .zips import read_member

__all__ = ["LEGACY_START", "is_torch_zip", "read_torch_legacy", "read_torch_zip"]

_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_START = b"\x80\x02\x8a\x0a" + _MAGIC.to_bytes(10, "little")


def is_torch_zip(archive: zipfile.ZipFile) -> bool:
    """Tell whether a zip is one of PyTorch's.

    Examples
    --------
    >>> import io
    >>> with zipfile.ZipFile(io.BytesIO(), "w") as archive:
    ...     is_torch_zip(archive)
    False
    """
    return any(name.endswith("/data.pkl") for name in archive.namelist())


def read_torch_zip(archive: zipfile.ZipFile, budget: Budget, target: Target) -> Any:
    """Give the object that a zip of ``torch.save`` holds.

    Examples
    --------
    >>> import io
    >>> with zipfile.ZipFile(io.BytesIO(), "w") as archive:
    ...     archive.writestr("m/data.pkl", b"K\\x03.")
    ...     read_torch_zip(archive, Budget(1000), lambda storage, location: Device("cpu"))
    3
    """
    members = {info.filename: info for info in archive.infolist()}
    pickles = [name for name in members if name.endswith("/data.pkl")]
    root = pickles[0].removesuffix("data.pkl")
    if len(pickles) > 1 or f"{root}constants.pkl" in members:
        raise refusal("load.torchscript")
    for info in archive.infolist():
        budget.take(info.file_size)
    order = sys.byteorder
    if f"{root}byteorder" in members:
        order = read_member(archive, members[f"{root}byteorder"]).decode("ascii", "replace")  # type: ignore[assignment]

    def read_storage(key: str, dtype: np.dtype, count: int) -> np.ndarray:
        name = f"{root}data/{key}"
        if name not in members:
            raise refusal("load.missing", name=name[:80], members=sorted(members)[:20])
        content = read_member(archive, members[name])
        if len(content) != count * dtype.itemsize:
            raise refusal("load.storage_size", name=name[:80], expected=count * dtype.itemsize, found=len(content))
        return native(content, dtype, order)

    reading = _Reading(budget, target, read_storage)
    content = read_member(archive, members[pickles[0]])
    return reading.checked(PickleReader(content, reading.find, reading.load, budget).read())


def read_torch_legacy(file: IO[bytes], budget: Budget, target: Target) -> Any:
    """Give the object that ``torch.save`` wrote in its form of before 2020: pickles in a row, then the numbers.

    Examples
    --------
    >>> import io
    >>> read_torch_legacy(io.BytesIO(LEGACY_START), Budget(100), lambda storage, location: Device("cpu"))
    Traceback (most recent call last):
    ValueError: the pickle ends in the middle: 15 bytes are needed, 14 are there
    """
    budget.take(budget.file_size)
    content = file.read()
    plain = PickleReader(content, _refuse_global, _refuse_storage, budget)
    plain.read()  # the magic number
    if plain.read() != 1001:
        raise refusal("load.torch_legacy")
    system = plain.read()
    order = "little" if not isinstance(system, dict) or system.get("little_endian", True) else "big"
    left = len(content)

    def make_storage(key: str, dtype: np.dtype, count: int) -> np.ndarray:
        nonlocal left
        left -= count * dtype.itemsize  # its numbers come later, but must come
        if left < 0:
            raise refusal("load.storage_size", name=key[:80], expected=count * dtype.itemsize, found=0)
        budget.take(count * dtype.itemsize)
        return np.zeros(count, dtype)

    reading = _Reading(budget, target, make_storage)
    main = PickleReader(content, reading.find, reading.load, budget)
    main.position = plain.position
    value = main.read()
    plain.position = main.position
    keys = plain.read()
    _fill(content, plain.position, keys, reading.storages, order)
    return reading.checked(value)


def _fill(content: bytes, position: int, keys: Any, storages: dict[str, _Storage], order: str) -> None:
    """Put the numbers behind the pickles into the storages: a count of 8 bytes, and the numbers, for each key."""
    if not isinstance(keys, list) or not set(storages) <= {key for key in keys if type(key) is str}:
        raise refusal("load.torch_legacy")
    for key in keys:
        storage = storages.get(key) if type(key) is str else None
        if storage is None:
            raise refusal("load.torch_legacy")
        size = storage.count * storage.dtype.itemsize
        part = content[position + 8 : position + 8 + size]
        if len(part) != size or struct.unpack_from("<q" if order == "little" else ">q", content, position)[0] < 0:
            raise refusal("load.storage_size", name=key[:80], expected=size, found=len(part))
        storage.fill(native(part, storage.dtype, order))
        position += 8 + size


class _Storage:
    """A memory on its device, and the Tensor over all of it that every Tensor of the file looks into."""

    def __init__(self, array: np.ndarray, target: Target, location: str):
        self.count, self.dtype = array.size, array.dtype
        self.whole = Tensor._of(target(Tensor._of(array), location).asarray(array))

    def fill(self, array: np.ndarray) -> None:
        self.whole.array[...] = self.whole.device.asarray(array)

    def as_type(self, dtype: np.dtype) -> Tensor:
        if dtype == self.dtype:
            return self.whole
        if self.dtype != np.uint8 or self.count % dtype.itemsize:
            raise refusal("load.torch_view", shape=(self.count,), dtype=dtype)
        result = Tensor._of(self.whole.array.view(dtype))
        result._version = self.whole._version
        return result


class _Reading:
    """One file while it is read: what its names stand for, and its storages so far."""

    def __init__(self, budget: Budget, target: Target, make: Callable[[str, np.dtype, int], np.ndarray]):
        self.budget, self.target, self.make = budget, target, make
        self.storages: dict[str, _Storage] = {}
        self.known: dict[str, Any] = {
            "collections.OrderedDict": Builder("OrderedDict", _ordered_dict),
            "torch._utils._rebuild_tensor": Builder("_rebuild_tensor", self.tensor),
            "torch._utils._rebuild_tensor_v2": Builder("_rebuild_tensor_v2", self.tensor),
            "torch._utils._rebuild_tensor_v3": Builder("_rebuild_tensor_v3", self.tensor_v3),
            "torch._utils._rebuild_parameter": Builder("_rebuild_parameter", _parameter),
            "torch._utils._rebuild_parameter_with_state": Builder("_rebuild_parameter_with_state", _parameter),
            "torch.Size": Builder("Size", _size),
            "torch.device": Builder("device", self.device),
            "__builtin__.set": Builder("set", _set),
            "builtins.set": Builder("set", _set),
            "torch.storage.UntypedStorage": _Kind(UNTYPED, DTYPES["uint8"]),
            **{f"torch.{name}": dtype for name, dtype in DTYPES.items()},
            **{f"torch.{name}": _Kind(name, dtype) for name, dtype in STORAGES.items()},
        }

    def find(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if full not in self.known:
            raise refusal("load.torch_dtype" if _is_other_type(full) else "load.torch_name", name=full[:120])
        return self.known[full]

    def load(self, key: Any) -> _Storage:
        """A storage, by ``("storage", type, key, location, count)``; the older form adds a view, always None."""
        if type(key) is tuple and key[:1] == ("module",):
            raise refusal("load.torch_name", name="torch.nn.Module")
        if type(key) is not tuple or len(key) not in (5, 6) or key[0] != "storage" or key[5:] not in ((), (None,)):
            raise refusal("load.torch_storage")
        _, kind, name, location, count = key[:5]
        if type(kind) is not _Kind or type(name) is not str or type(location) is not str or not _is_size(count):
            raise refusal("load.torch_storage")
        if name not in self.storages:
            self.storages[name] = _Storage(self.make(name, kind.dtype, count), self.target, location)
        storage = self.storages[name]
        if storage.dtype != kind.dtype or storage.count != count:
            raise refusal("load.torch_storage")
        return storage

    def tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, hooks: Any = None,
        metadata: Any = None,
    ) -> Tensor:  # fmt: skip
        if type(storage) is not _Storage:
            raise refusal("load.torch_storage")
        return self.view(storage.whole, offset, size, stride, requires_grad)

    def tensor_v3(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any,
        metadata: Any = None,
    ) -> Tensor:  # fmt: skip
        if type(storage) is not _Storage or not isinstance(dtype, np.dtype):
            raise refusal("load.torch_storage")
        return self.view(storage.as_type(dtype), offset, size, stride, requires_grad)

    def view(self, whole: Tensor, offset: Any, size: Any, stride: Any, requires_grad: Any) -> Tensor:
        """A Tensor that looks into a storage: element ``i, j`` stands at ``offset + i * stride[0] + j * stride[1]``."""
        sizes, strides = _sizes(size), _sizes(stride)
        if len(sizes) > 32:  # what every NumPy holds; the older ones crash on more
            raise refusal("load.torch_dims", count=len(sizes))
        count = sizes.numel()
        last = offset + sum((n - 1) * step for n, step in zip(sizes, strides)) if _is_size(offset) else -1
        if len(sizes) != len(strides) or (last < 0 and count) or (count and last >= whole.numel()):
            raise refusal("load.torch_view", shape=tuple(sizes), dtype=whole.dtype)
        item = whole.dtype.itemsize
        self.budget.take(max(0, count - whole.numel()) * item)  # a stride of 0 promises more than there is
        array = whole.array
        if not count:
            array = array[:0].reshape(sizes)
        elif strides == _contiguous(sizes):
            array = array[offset : offset + count].reshape(sizes)
        else:
            steps = tuple(step * item for step in strides)
            array = get_array_module(array).lib.stride_tricks.as_strided(array[offset:], sizes, steps)
        result = Tensor._of(array, requires_grad is True)
        result._version = whole._version
        return result

    def device(self, kind: Any, index: Any = None) -> Device:
        spec = kind if index is None else f"{kind}:{index}"
        return self.target(Tensor._of(np.zeros(0, np.uint8)), str(spec))  # host: holds nothing

    def checked(self, value: Any) -> Any:
        """Refuse what is nested too deep, or is no value that a user could use."""
        seen: set[int] = set()
        level = [value]
        for _ in range(MAX_DEPTH + 2):
            inner: list[Any] = []
            for item in level:
                if isinstance(item, (Builder, _Kind, _Storage)):
                    raise refusal("load.torch_value", kind=item.name if isinstance(item, Builder) else "torch.Storage")
                if type(item) in (list, tuple, dict, OrderedDict) and id(item) not in seen:
                    seen.add(id(item))
                    inner += item.values() if isinstance(item, dict) else item
            if not inner:
                return value
            level = inner
        raise refusal("load.torch_depth", limit=MAX_DEPTH)


class _Kind:
    """A storage's type, as a file names it."""

    def __init__(self, name: str, dtype: np.dtype):
        self.name, self.dtype = name, dtype


def _refuse_global(module: str, name: str) -> Any:
    raise refusal("load.torch_name", name=f"{module}.{name}"[:120])


def _refuse_storage(key: Any) -> Any:
    raise refusal("load.torch_storage")


def _is_other_type(name: str) -> bool:
    """Is this an element type of PyTorch's that NumPy lacks?"""
    return name.startswith(("torch.bfloat16", "torch.BFloat16", "torch.complex", "torch.Complex", "torch.float8",
                            "torch.quint", "torch.qint", "torch.QU", "torch.QI"))  # fmt: skip


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def _sizes(values: Any) -> Size:
    if not isinstance(values, tuple) or not all(_is_size(value) for value in values):
        raise refusal("load.torch_sizes", given=str(values)[:80])
    return Size(values)


def _contiguous(sizes: Size) -> tuple[int, ...]:
    """The strides of a tensor without gaps, the last dimension the fastest."""
    strides, step = [], 1
    for size in reversed(sizes):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def _ordered_dict(*items: Any) -> OrderedDict:
    if items:
        raise TypeError("an OrderedDict begins empty")
    return OrderedDict()


def _parameter(data: Any, requires_grad: Any, hooks: Any, state: Any = None) -> Parameter:
    if not isinstance(data, Tensor):
        raise TypeError("a Parameter of no Tensor")
    result = Parameter(data, requires_grad is True)
    result._version = data._version
    if isinstance(state, dict):  # attributes that the user gave it; none may hide a method
        result.__dict__.update({k: v for k, v in state.items() if type(k) is str and not hasattr(Parameter, k)})
    return result


def _size(values: Any = ()) -> Size:
    return _sizes(values)


def _set(values: Any = ()) -> set:
    if type(values) is not list or not all(type(value) in (str, int, float, bool, type(None)) for value in values):
        raise TypeError("a set of something else than plain values")
    return set(values)

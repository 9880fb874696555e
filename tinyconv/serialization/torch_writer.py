"""PyTorch's own files, written: a zip that ``torch.load(weights_only=True)`` reads."""

from __future__ import annotations

import struct
import sys
import zipfile
from collections import OrderedDict
from typing import IO, Any

import numpy as np

from ..backend import Array, address_of, asnumpy, device_of, is_array
from ..errors import refusal
from ..nn.parameter import Parameter
from ..size import Size
from ..tensor import Tensor
from .storages import DTYPES, STORAGES, UNTYPED
from .tree import MAX_DEPTH, data_of, place

__all__ = ["write_torch"]

_STORAGE_OF = {dtype: name for name, dtype in STORAGES.items()}


def write_torch(obj: Any, file: IO[bytes]) -> None:
    """Write an object as ``torch.save`` does: a pickle that says how Tensors are nested, and their storages.

    Raises
    ------
    TypeError
        If `obj` holds something else than Tensors and plain values.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> write_torch({"epoch": 3}, file)
    >>> zipfile.ZipFile(file).namelist()
    ['archive/data.pkl', 'archive/byteorder', 'archive/version']
    """
    pickle = _PickleWriter()
    pickle.write(obj, ())
    members: dict[str, Any] = {"data.pkl": b"\x80\x02" + b"".join(pickle.parts) + b".", "byteorder": sys.byteorder}
    members.update({f"data/{key}": memory for key, memory in pickle.storages.values()})
    members["version"] = "3\n"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            data = asnumpy(content).reshape(-1).view(np.uint8).data if is_array(content) else content
            with archive.open(zipfile.ZipInfo(f"archive/{name}"), "w", force_zip64=True) as member:
                member.write(data.encode() if isinstance(data, str) else data)


class _PickleWriter:
    """Collects the codes of a pickle; the reverse of :class:`~tinyconv.serialization.pickles.PickleReader`."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.storages: dict[tuple[int, np.dtype], tuple[str, Array]] = {}  # by address: the key in the file, the memory

    def write(self, obj: Any, where: tuple[Any, ...]) -> None:
        if len(where) > MAX_DEPTH:
            raise refusal("save.depth", "save", limit=MAX_DEPTH, place=place(where))
        if isinstance(obj, Tensor):
            self.tensor(obj, where)
        elif isinstance(obj, dict):
            self.mapping(obj, where)
        elif isinstance(obj, Size):
            self.call("torch", "Size", tuple(obj))
        elif isinstance(obj, (list, tuple)):
            self.parts.append(b"](" if isinstance(obj, list) else b"(")
            for index, item in enumerate(obj):
                self.write(item, (*where, index))
            self.parts.append(b"e" if isinstance(obj, list) else b"t")
        elif isinstance(obj, np.dtype) and str(obj) in DTYPES:
            self.name("torch", str(obj))
        else:
            self.plain(obj.item() if isinstance(obj, np.generic) else obj, obj, where)

    def plain(self, value: Any, obj: Any, where: tuple[Any, ...]) -> None:
        if value is None:
            self.parts.append(b"N")
        elif type(value) is bool:
            self.parts.append(b"\x88" if value else b"\x89")
        elif type(value) is int:
            self.parts.append(_integer(value))
        elif type(value) is float:
            self.parts.append(b"G" + struct.pack(">d", value))
        elif type(value) is str:
            text = value.encode("utf-8", "surrogatepass")
            self.parts.append(b"X" + struct.pack("<I", len(text)) + text)
        else:
            raise refusal("save.torch_type", "save", place=place(where), obj=obj)

    def mapping(self, obj: dict, where: tuple[Any, ...]) -> None:
        if isinstance(obj, OrderedDict):
            self.call("collections", "OrderedDict")
        else:
            self.parts.append(b"}")
        self.parts.append(b"(")
        for key, value in obj.items():
            if key is not None and type(key) not in (bool, int, float, str):
                raise refusal("save.key", "save", place=place(where), key=key)
            self.plain(key, key, where)
            self.write(value, (*where, key))
        self.parts.append(b"u")
        metadata = getattr(obj, "_metadata", None)
        if isinstance(obj, OrderedDict) and metadata is not None:
            self.write({"_metadata": metadata}, where)
            self.parts.append(b"b")

    def name(self, module: str, name: str) -> None:
        self.parts.append(f"c{module}\n{name}\n".encode())

    def call(self, module: str, name: str, *arguments: Any) -> None:
        self.name(module, name)
        self.write(arguments, ())
        self.parts.append(b"R")

    def tensor(self, tensor: Tensor, where: tuple[Any, ...]) -> None:
        """A Parameter is built of a Tensor; a Tensor of a storage, an offset, sizes and strides."""
        array = data_of(tensor, where)
        if isinstance(tensor, Parameter):
            self.name("torch._utils", "_rebuild_parameter")
            self.parts.append(b"(")
            self.view(array, False, where)
            self.plain(tensor.requires_grad, None, where)
            self.call("collections", "OrderedDict")
            self.parts.append(b"tR")
        else:
            self.view(array, tensor.requires_grad, where)

    def view(self, array: Array, requires_grad: bool, where: tuple[Any, ...]) -> None:
        if str(array.dtype) not in DTYPES:
            raise refusal("save.dtype", "save", place=place(where), array=array)
        memory, offset, strides = _place_in_memory(array)
        typed = array.dtype in _STORAGE_OF
        self.name("torch._utils", "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3")
        self.parts.append(b"(")
        self.storage(memory, typed, array)
        for value in (offset, tuple(array.shape), strides, requires_grad):
            self.write(value, where)
        self.call("collections", "OrderedDict")
        if not typed:
            self.name("torch", str(array.dtype))
        self.parts.append(b"tR")

    def storage(self, memory: Array, typed: bool, array: Array) -> None:
        """The storage's key in the file, by which the pickle asks for it."""
        address = (address_of(memory), memory.dtype) if memory.size else (-1 - len(self.storages), memory.dtype)
        key, _ = self.storages.setdefault(address, (str(len(self.storages)), memory))
        device = device_of(array)
        self.parts.append(b"(")
        self.plain("storage", None, ())
        if typed:
            self.name("torch", _STORAGE_OF[memory.dtype])
        else:
            self.name("torch.storage", UNTYPED)
        for value in (key, str(device) if device.type == "cuda" else "cpu"):
            self.plain(value, None, ())
        self.plain(memory.size if typed else memory.nbytes, None, ())
        self.parts.append(b"tQ")


def _integer(value: int) -> bytes:
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    size = (value.bit_length() // 8) + 1
    head = b"\x8a" + bytes([size]) if size < 256 else b"\x8b" + struct.pack("<I", size)
    return head + value.to_bytes(size, "little", signed=True)


def _place_in_memory(array: Array) -> tuple[Array, int, tuple[int, ...]]:
    """Give the memory that an array looks into, and its offset and strides there, in elements."""
    owner, base = array, array.base
    while base is not None:
        if is_array(base):
            owner = base
        base = getattr(base, "base", None)
    item = array.itemsize
    whole = owner.flags.c_contiguous and owner.dtype == array.dtype and array.dtype.isnative
    if not array.size or not whole or any(step < 0 or step % item for step in array.strides):
        array = owner = array.astype(array.dtype.newbyteorder("="), order="C")  # PyTorch has no negative strides
    offset = (address_of(array) - address_of(owner)) // item if array.size else 0
    return owner, offset, tuple(step // item for step in array.strides)

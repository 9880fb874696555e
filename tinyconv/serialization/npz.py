"""``.npz``: a zip of arrays that plain NumPy reads too, and how they are nested."""

from __future__ import annotations

import io
import json
import math
import zipfile
from typing import IO, Any

import numpy as np

from ..backend import asnumpy
from ..errors import refusal
from ..tensor import Tensor, from_numpy
from .budget import Budget
from .tree import MAX_DEPTH, NUMBER_KINDS, Target, data_of, place
from .zips import read_member

__all__ = ["read_npz", "write_npz"]

_STRUCTURE = "structure.json"
_JSON_GROWTH = 64  # bytes of Python objects per byte of JSON: "[]," is a list of 56 bytes and a place in another


def write_npz(obj: Any, file: IO[bytes]) -> None:
    """Write the arrays of a nested object, and its structure where a dict of Tensors is not all there is.

    Examples
    --------
    >>> import tinyconv as tc
    >>> file = io.BytesIO()
    >>> write_npz({"weight": tc.ones(2)}, file)
    >>> np.load(io.BytesIO(file.getvalue()))["weight"]
    array([1., 1.], dtype=float32)
    """
    members: dict[str, np.ndarray] = {}
    structure = _encode(obj, (), members)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if structure != _flat_structure(members):
            archive.writestr(zipfile.ZipInfo(_STRUCTURE), json.dumps(structure))


def read_npz(archive: zipfile.ZipFile, budget: Budget, target: Target) -> Any:
    """Give the object that an ``.npz`` file holds; a dict of Tensors where it tells of no structure.

    Examples
    --------
    >>> import tinyconv as tc
    >>> file = io.BytesIO()
    >>> write_npz({"epoch": 3}, file)
    >>> read_npz(zipfile.ZipFile(file), Budget(100), lambda storage, location: tc.Device("cpu"))
    {'epoch': 3}
    """
    structure, members = _read_all(archive, budget)
    return _decode(structure, members, target)


# --- from objects to members ---


def _encode(obj: Any, where: tuple[Any, ...], members: dict[str, np.ndarray]) -> Any:
    """Give the JSON form of `obj`, and put its arrays into `members`."""
    if len(where) > MAX_DEPTH:
        raise refusal("save.depth", "save", limit=MAX_DEPTH, place=place(where))
    if isinstance(obj, Tensor):
        return {"tensor": _add_member(asnumpy(data_of(obj, where)), where, members)}
    if isinstance(obj, np.ndarray):
        return {"array": _add_member(obj, where, members)}
    if isinstance(obj, np.generic):
        return {"scalar": _add_member(np.asarray(obj), where, members)}
    if isinstance(obj, dict):
        items = obj.items()
        return {"dict": [[_encode_key(k, where), _encode(v, (*where, k), members)] for k, v in items]}
    if isinstance(obj, (list, tuple)):
        kind = "list" if isinstance(obj, list) else "tuple"
        return {kind: [_encode(v, (*where, i), members) for i, v in enumerate(obj)]}
    return _encode_plain(obj, where)


def _encode_plain(obj: Any, where: tuple[Any, ...]) -> Any:
    if obj is None or type(obj) in (bool, int, float, str):
        return obj
    raise refusal("save.type", "save", place=place(where), obj=obj)


def _encode_key(key: Any, where: tuple[Any, ...]) -> Any:
    if key is None or type(key) in (bool, int, float, str):
        return key
    raise refusal("save.key", "save", place=place(where), key=key)


def _add_member(array: np.ndarray, where: tuple[Any, ...], members: dict[str, np.ndarray]) -> str:
    if array.dtype.kind not in NUMBER_KINDS:
        raise refusal("save.dtype", "save", place=place(where), array=array)
    name = _member_name(where)
    if name in members:
        name = next(n for i in range(len(members) + 1) if (n := f"array_{i}") not in members)
    members[name] = np.asarray(array, order="C")
    return name


def _member_name(where: tuple[Any, ...]) -> str:
    """Join the keys by dots; a name that a zip or ``np.load`` would alter is replaced by a plain one."""
    name = ".".join(str(key) for key in where)
    # A zip turns "\\" into "/" on Windows and cuts at NUL; np.load takes ".npy" off a name's end.
    unsafe = not name.isprintable() or "\\" in name or name.endswith(".npy") or name == _STRUCTURE
    return "array_0" if unsafe or not 0 < len(name) < 1000 else name


def _flat_structure(members: dict[str, np.ndarray]) -> Any:
    """The structure of a plain dict of Tensors, which is not written: the members' names say it all."""
    return {"dict": [[name, {"tensor": name}] for name in members]}


# --- from members to objects ---


def _read_all(archive: zipfile.ZipFile, budget: Budget) -> tuple[Any, dict[str, np.ndarray]]:
    """Give the structure and the arrays; no member is unpacked before all have been counted."""
    for info in archive.infolist():  # by the sizes that they declare; `read_member` holds them to it
        budget.take(info.file_size * (_JSON_GROWTH if info.filename == _STRUCTURE else 1))
    text, members = None, {}
    for info in archive.infolist():
        name = info.filename
        if name != _STRUCTURE and not name.endswith(".npy"):
            raise refusal("load.member_kind", name=name)
        content = read_member(archive, info)
        if name == _STRUCTURE:
            text = content
        else:
            members[name.removesuffix(".npy")] = _parse_array(content, name)
    return _flat_structure(members) if text is None else _parse_structure(text), members


def _parse_structure(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal("load.json", error=error) from error


def _parse_array(content: bytes, name: str) -> np.ndarray:
    """Give the array of a ``.npy`` member, once its header and its size agree."""
    shape, fortran_order, dtype, start = _read_header(content, name)
    expected, found = math.prod(shape) * dtype.itemsize, len(content) - start
    if found != expected:
        raise refusal("load.member_size", name=name, shape=shape, dtype=dtype, expected=expected, found=found)
    flat = np.frombuffer(content, dtype, offset=start)
    array = flat.reshape(shape, order="F" if fortran_order else "C")
    return np.array(array, dtype=dtype.newbyteorder("="), order="C")


def _read_header(content: bytes, name: str) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Give shape, Fortran order, dtype and where the numbers start."""
    file = io.BytesIO(content[: 1 << 16])
    try:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
        else:
            shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(file)
    except Exception as error:  # a hostile header makes NumPy's parser raise nearly anything
        raise refusal("load.not_npy", name=name, error=error) from error
    if dtype.kind not in NUMBER_KINDS:
        raise refusal("load.pickled" if dtype.hasobject else "load.no_numbers", name=name, dtype=dtype)
    if not all(type(size) is int and size >= 0 for size in shape):
        raise refusal("load.shape", name=name, shape=shape)
    return shape, fortran_order, dtype, file.tell()


def _decode(node: Any, members: dict[str, np.ndarray], target: Target, depth: int = 0) -> Any:
    """Give the object of a JSON form; the inverse of :func:`_encode`."""
    if not isinstance(node, (dict, list)):
        return node
    if depth > MAX_DEPTH or not isinstance(node, dict) or len(node) != 1:
        raise refusal("load.structure", near=str(node)[:80])
    kind, value = next(iter(node.items()))
    if kind in ("tensor", "array", "scalar"):
        return _decode_array(kind, value, members, target)
    if not isinstance(value, list):
        raise refusal("load.no_list", kind=kind, near=str(node)[:80])
    if kind == "dict":
        return {_decode_key(item): _decode(item[1], members, target, depth + 1) for item in value}
    items = [_decode(item, members, target, depth + 1) for item in value]
    if kind not in ("list", "tuple"):
        raise refusal("load.unknown_kind", kind=kind)
    return items if kind == "list" else tuple(items)


def _decode_key(item: Any) -> Any:
    if not isinstance(item, list) or len(item) != 2 or isinstance(item[0], (dict, list)):
        raise refusal("load.entry", near=str(item)[:80])
    return item[0]


def _decode_array(kind: str, name: Any, members: dict[str, np.ndarray], target: Target) -> Any:
    if not isinstance(name, str) or name not in members:
        raise refusal("load.missing", name=str(name)[:80], members=sorted(members)[:20])
    array = members[name]
    if kind == "tensor":
        return _to_tensor(array, target)
    return array if kind == "array" else array[()]


def _to_tensor(array: np.ndarray, target: Target) -> Tensor:
    tensor = from_numpy(array)
    return tensor.to(target(tensor, "cpu"))

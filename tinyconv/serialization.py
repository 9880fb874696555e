"""Save and load checkpoints: nested containers of Tensors, arrays and plain values, without pickle.

An ``.npz`` file is a zip of ``.npy`` members, which plain NumPy reads too: ``np.load(path)["conv1.weight"]``.
A dict of named Tensors needs nothing more.  For anything deeper, one more member, ``structure.json``,
says how the arrays are nested, and holds the plain values::

    {"dict": [["epoch", 3], ["model", {"dict": [["conv1.weight", {"tensor": "model.conv1.weight"}]]}]]}

Loading a file runs no code that the file brings along, so a checkpoint from a stranger is safe to open.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import secrets
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from .backend import Device, asnumpy
from .errors import refusal
from .tensor import Tensor, from_numpy

__all__ = ["load", "open_atomic", "save"]

_STRUCTURE = "structure.json"
_MAX_DEPTH = 100
_NUMBER_KINDS = "biuf"  # bool, int, unsigned, float: the dtypes a Tensor, and so a file, may hold
_GIB = 1 << 30
_FREE_SIZE, _MAX_RATIO = _GIB, 100  # a file may grow to 1 GiB, or 100-fold, before it counts as a zip bomb


@contextlib.contextmanager
def open_atomic(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when it is complete.

    The bytes go to a temporary file in the same folder, which takes the place of `path` in one step at the
    end.  After an error, a full disk or a power cut, `path` is what it was before.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write; its folder must exist.

    Yields
    ------
    file
        Open for writing bytes.

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with open_atomic(os.path.join(folder, "a.bin")) as file:
    ...     _ = file.write(b"abc")
    >>> os.listdir(folder)
    ['a.bin']
    """
    target = Path(os.path.realpath(path))  # a link stays a link: the file it points to is replaced
    if not target.parent.is_dir():
        raise refusal("save.folder", path=os.fspath(path), folder=str(target.parent))
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write `obj` to a file, atomically and without pickle.

    Parameters
    ----------
    obj : dict, list, tuple, Tensor, numpy.ndarray, number, str, bool or None
        Containers may be nested.  Dict keys may be strings, numbers, bools or None.  Tensors of any device
        are stored from host copies; dtypes and shapes (0-d too) are kept.
    path : str or os.PathLike
        ``.safetensors`` stores a flat dict of Tensors in that format, and needs
        ``pip install '.[safetensors]'``; every other name stores ``.npz``.

    Raises
    ------
    TypeError
        If `obj` holds something else; the text says where.
    ValueError
        If containers are nested more than 100 deep, as one that contains itself is.

    Examples
    --------
    >>> import tempfile, tinyconv as tc
    >>> path = tempfile.mkdtemp() + "/checkpoint.npz"
    >>> tc.save({"model": {"weight": tc.ones(2)}, "epoch": 3, "betas": (0.9, 0.999)}, path)
    >>> tc.load(path)
    {'model': {'weight': tensor([1., 1.])}, 'epoch': 3, 'betas': (0.9, 0.999)}
    """
    if _is_safetensors(path):
        _save_safetensors(obj, path)
        return
    members: dict[str, np.ndarray] = {}
    structure = _encode(obj, (), members)
    with open_atomic(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if structure != _flat_structure(members):
            archive.writestr(zipfile.ZipInfo(_STRUCTURE), json.dumps(structure))


def load(path: str | os.PathLike[str], device: str | Device | None = None, max_bytes: int | None = None) -> Any:
    """Read what :func:`save` wrote, or an ``.npz`` or ``.safetensors`` file of another library.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    device : str or Device, optional
        Where the Tensors go; the CPU by default, whichever device they were saved from.
    max_bytes : int, optional
        Refuse a file whose arrays need more memory than this.  By default 1 GiB, or 100 times the size of
        the file if that is more: a checkpoint hardly compresses, a zip bomb does.

    Returns
    -------
    object
        The same containers, Tensors, arrays and values.  A file without ``structure.json``, such as one of
        ``numpy.savez``, gives a dict of Tensors.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, holds pickled objects, or would need too much memory.

    Examples
    --------
    >>> import numpy, tempfile, tinyconv as tc
    >>> path = tempfile.mkdtemp() + "/weights.npz"
    >>> numpy.savez(path, bias=numpy.zeros(2, "float32"))
    >>> tc.load(path)
    {'bias': tensor([0., 0.])}
    """
    target = Device(device or "cpu")
    if _is_safetensors(path):
        return {name: _to_tensor(array, target) for name, array in _load_safetensors(path).items()}
    name = os.fspath(path)
    with open(path, "rb") as file:
        structure, members = _unpack(file, name, max_bytes)
    try:
        return _decode(structure, members, target)
    except ValueError as error:
        raise refusal("load.refused", name, error=error) from error


# --- from objects to members ---


def _encode(obj: Any, where: tuple[Any, ...], members: dict[str, np.ndarray]) -> Any:
    """Give the JSON form of `obj`, and put its arrays into `members`."""
    if len(where) > _MAX_DEPTH:
        raise refusal("save.depth", "save", limit=_MAX_DEPTH, place=_place(where))
    if isinstance(obj, Tensor):
        return {"tensor": _add_member(asnumpy(_data_of(obj, where)), where, members)}
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
    raise refusal("save.type", "save", place=_place(where), obj=obj)


def _encode_key(key: Any, where: tuple[Any, ...]) -> Any:
    if key is None or type(key) in (bool, int, float, str):
        return key
    raise refusal("save.key", "save", place=_place(where), key=key)


def _data_of(tensor: Tensor, where: tuple[Any, ...]) -> Any:
    if tensor.is_lazy:
        raise refusal("save.lazy", "save", place=_place(where))
    return tensor.array


def _place(where: tuple[Any, ...]) -> str:
    """Give the user's own expression for a place in the object: ``obj['optim']['lr'][0]``."""
    return "obj" + "".join(f"[{key!r}]" for key in where[:8]) + ("..." if len(where) > 8 else "")


def _add_member(array: np.ndarray, where: tuple[Any, ...], members: dict[str, np.ndarray]) -> str:
    if array.dtype.kind not in _NUMBER_KINDS:
        raise refusal("save.dtype", "save", place=_place(where), array=array)
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


def _unpack(file: IO[bytes], name: str, max_bytes: int | None) -> tuple[Any, dict[str, np.ndarray]]:
    """Give the structure and the arrays of an open ``.npz`` file."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_size(archive, os.fstat(file.fileno()).st_size, max_bytes)
            return _read_members(archive)
    except zipfile.BadZipFile as error:
        raise refusal("load.not_npz", name, error=error) from error
    except ValueError as error:
        raise refusal("load.refused", name, error=error) from error
    except (zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError) as error:
        raise refusal("load.damaged", name, error=error) from error


def _check_size(archive: zipfile.ZipFile, file_size: int, max_bytes: int | None) -> None:
    """Refuse a bomb, going by the sizes that the members declare; `_read` holds them to it."""
    needed = sum(info.file_size for info in archive.infolist())
    limit = max(_FREE_SIZE, _MAX_RATIO * file_size) if max_bytes is None else max_bytes
    if needed > limit:
        raise refusal("load.bomb", file_size=file_size, needed=needed, limit=limit)


def _read_members(archive: zipfile.ZipFile) -> tuple[Any, dict[str, np.ndarray]]:
    contents = {info.filename: _read(archive, info) for info in archive.infolist()}
    text = contents.pop(_STRUCTURE, None)
    for name in contents:
        if not name.endswith(".npy"):
            raise refusal("load.member_kind", name=name)
    members = {name.removesuffix(".npy"): _parse_array(content, name) for name, content in contents.items()}
    return _flat_structure(members) if text is None else _parse_structure(text), members


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("load.compression", info=info)
    with archive.open(info) as member:
        return member.read(info.file_size)  # read() without a size would unpack a bomb, then cut it


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
    if dtype.kind not in _NUMBER_KINDS:
        raise refusal("load.pickled" if dtype.hasobject else "load.no_numbers", name=name, dtype=dtype)
    if not all(type(size) is int and size >= 0 for size in shape):
        raise refusal("load.shape", name=name, shape=shape)
    return shape, fortran_order, dtype, file.tell()


def _decode(node: Any, members: dict[str, np.ndarray], device: Device, depth: int = 0) -> Any:
    """Give the object of a JSON form; the inverse of :func:`_encode`."""
    if not isinstance(node, (dict, list)):
        return node
    if depth > _MAX_DEPTH or not isinstance(node, dict) or len(node) != 1:
        raise refusal("load.structure", near=str(node)[:80])
    kind, value = next(iter(node.items()))
    if kind in ("tensor", "array", "scalar"):
        return _decode_array(kind, value, members, device)
    if not isinstance(value, list):
        raise refusal("load.no_list", kind=kind, near=str(node)[:80])
    if kind == "dict":
        return {_decode_key(item): _decode(item[1], members, device, depth + 1) for item in value}
    items = [_decode(item, members, device, depth + 1) for item in value]
    if kind not in ("list", "tuple"):
        raise refusal("load.unknown_kind", kind=kind)
    return items if kind == "list" else tuple(items)


def _decode_key(item: Any) -> Any:
    if not isinstance(item, list) or len(item) != 2 or isinstance(item[0], (dict, list)):
        raise refusal("load.entry", near=str(item)[:80])
    return item[0]


def _decode_array(kind: str, name: Any, members: dict[str, np.ndarray], device: Device) -> Any:
    if not isinstance(name, str) or name not in members:
        raise refusal("load.missing", name=str(name)[:80], members=sorted(members)[:20])
    array = members[name]
    if kind == "tensor":
        return _to_tensor(array, device)
    return array if kind == "array" else array[()]


def _to_tensor(array: np.ndarray, device: Device) -> Tensor:
    return from_numpy(array).to(device)


# --- safetensors: the same flat dict, in the format that other frameworks read ---


def _is_safetensors(path: str | os.PathLike[str]) -> bool:
    return os.fspath(path).endswith(".safetensors")


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise refusal("safetensors.package") from error
    return safetensors


def _save_safetensors(obj: Any, path: str | os.PathLike[str]) -> None:
    library = _safetensors()
    if not isinstance(obj, dict):
        raise refusal("safetensors.no_dict", "save", obj=obj)
    arrays = {}
    for key, value in obj.items():
        if not isinstance(key, str) or not isinstance(value, (Tensor, np.ndarray)):
            raise refusal("safetensors.entry", "save", key=key, value=value)
        array = asnumpy(_data_of(value, (key,))) if isinstance(value, Tensor) else value
        arrays[key] = np.asarray(array, order="C")
    with open_atomic(path) as file:
        file.write(library.numpy.save(arrays))


def _load_safetensors(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    library = _safetensors()
    content = Path(path).read_bytes()
    try:
        return library.numpy.load(content)
    except (library.SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise refusal("safetensors.damaged", os.fspath(path), error=error) from error

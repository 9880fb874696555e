"""Save and load checkpoints: nested containers of Tensors, arrays and plain values; no file's code is run.

What :func:`save` writes by default is an ``.npz`` file: a zip of ``.npy`` members, which plain NumPy reads too:
``np.load(path)["conv1.weight"]``.  A dict of named Tensors needs nothing more.  For anything deeper, one more
member, ``structure.json``, says how the arrays are nested, and holds the plain values::

    {"dict": [["epoch", 3], ["model", {"dict": [["conv1.weight", {"tensor": "model.conv1.weight"}]]}]]}

Names that end in ``.pt`` or ``.pth`` are PyTorch's own files, ``.safetensors`` that format's.  Which of them a file
is, :func:`load` sees by its content.  Loading runs no code that the file brings along, so a checkpoint from a
stranger is safe to open.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any

from ..backend import Device
from ..errors import refusal
from ..tensor import Tensor, from_numpy
from .atomic import open_atomic
from .budget import Budget
from .npz import read_npz, write_npz
from .safetensors import read_safetensors, to_safetensors
from .torch_files import LEGACY_START, is_torch_zip, read_torch_legacy, read_torch_zip
from .torch_writer import write_torch
from .tree import Target

__all__ = ["load", "open_atomic", "save"]

_TORCH = (".pt", ".pth")


def save(obj: Any, f: str | os.PathLike[str] | IO[bytes]) -> None:
    """Write `obj` to a file, atomically and without pickled code.

    Parameters
    ----------
    obj : dict, list, tuple, Tensor, numpy.ndarray, number, str, bool or None
        Containers may be nested.  Dict keys may be strings, numbers, bools or None.  Tensors of any device
        are stored from host copies; dtypes and shapes (0-d too) are kept.
    f : str, os.PathLike or file object
        The name says the form.  ``.pt`` and ``.pth`` are PyTorch's own, which ``torch.load`` reads: Parameters and
        OrderedDicts are kept as such, Tensors that share memory share it again; NumPy's scalars become Python's,
        arrays are refused.  ``.safetensors`` stores a flat dict of Tensors in that format, and needs
        ``pip install '.[safetensors]'``; every other name stores ``.npz``, and so does a file object without a name.
        A file object is written to where it stands.

    Raises
    ------
    TypeError
        If `obj` holds something else; the text says where.
    ValueError
        If containers are nested more than 100 deep, as one that contains itself is.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, tinyconv as tc
    >>> path = tempfile.mkdtemp() + "/checkpoint.npz"
    >>> tc.save({"model": {"weight": tc.ones(2)}, "epoch": 3, "betas": (0.9, 0.999)}, path)
    >>> tc.load(path)
    {'model': {'weight': tensor([1., 1.])}, 'epoch': 3, 'betas': (0.9, 0.999)}
    """
    name = _name(f)
    write = write_torch if name.endswith(_TORCH) else _write_safetensors
    if not name.endswith((*_TORCH, ".safetensors")):
        write = write_npz
    if _is_file(f):
        write(obj, f)  # type: ignore[arg-type]
    else:
        with open_atomic(f) as file:  # type: ignore[arg-type]
            write(obj, file)


def load(
    f: str | os.PathLike[str] | IO[bytes],
    map_location: str | Device | dict[str, str] | Callable | None = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    device: str | Device | None = None,
    max_bytes: int | None = None,
) -> Any:
    """Read what :func:`save` or ``torch.save`` wrote, or an ``.npz`` or ``.safetensors`` file of another library.

    Of PyTorch's files (the zip, and the form before 2020) it reads Tensors, Parameters, OrderedDicts and plain Python
    values, which is what state dicts and optimisers' state dicts consist of.  Anything else in them, such as a whole
    pickled model, is refused by name.

    Parameters
    ----------
    f : str, os.PathLike or file object
        The file; a file object is read from where it stands, and must be able to seek.
    map_location : str, Device, dict or callable, optional
        Where the Tensors go; the CPU by default, whichever device they were saved from.  A dict, such as
        ``{"cuda:0": "cpu"}``, and a function, such as ``lambda storage, location: storage``, go by where they were.
    pickle_module, weights_only
        For PyTorch's sake: no pickle module is used, and no code that the file brings along is run, whatever they say.
    mmap : bool, optional
        For PyTorch's sake: the file is read into memory in any case.
    device : str or Device, optional
        The same as `map_location`.
    max_bytes : int, optional
        Refuse a file whose content needs more memory than this.  By default 1 GiB, or 100 times the size of
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
    if device is not None and map_location is not None:
        raise refusal("load.two_devices", "load")
    target, name = _target(map_location if device is None else device), _name(f)
    if _is_file(f):
        return _read_named(f, name, target, max_bytes, may_be_empty=False)  # type: ignore[arg-type]
    with open(f, "rb") as file:  # type: ignore[arg-type]
        return _read_named(file, name, target, max_bytes)


def _is_file(f: Any) -> bool:
    return hasattr(f, "read") or hasattr(f, "write")


def _name(f: Any) -> str:
    """A file's name, for its ending and for errors."""
    if not _is_file(f):
        return os.fspath(f)
    name = getattr(f, "name", None)
    return name if isinstance(name, str) else type(f).__name__


def _write_safetensors(obj: Any, file: IO[bytes]) -> None:
    file.write(to_safetensors(obj))


def _target(map_location: Any) -> Target:
    """Where a storage goes, by what it is and where it was."""
    if isinstance(map_location, dict):
        return lambda storage, location: Device(map_location.get(location, "cpu"))
    if map_location is None or isinstance(map_location, (str, Device)):
        device = Device(map_location or "cpu")
        return lambda storage, location: device
    if not callable(map_location):
        raise refusal("load.map_location", "load", given=map_location)

    def by_function(storage: Tensor, location: str) -> Device:
        moved = map_location(storage, location)
        return Device("cpu") if moved is None else moved.device

    return by_function


def _read_named(file: IO[bytes], name: str, target: Target, max_bytes: int | None, may_be_empty: bool = True) -> Any:
    """Read a file; every error names it."""
    start = file.tell()
    budget = Budget(file.seek(0, os.SEEK_END) - start, max_bytes)
    file.seek(start)
    if not budget.file_size and not may_be_empty:
        raise refusal("load.at_end", name)
    try:
        return _read(file, name, budget, target)
    except zipfile.BadZipFile as error:
        raise refusal("load.not_torch" if name.endswith(_TORCH) else "load.not_npz", name, error=error) from error
    except ValueError as error:
        raise refusal("load.refused", name, error=error) from error
    except (zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError) as error:
        kind = "PyTorch" if name.endswith(_TORCH) else ".npz"
        raise refusal("load.damaged", name, kind=kind, error=error) from error
    except MemoryError as error:
        raise refusal("load.memory", name, needed=budget.taken) from error


def _read(file: IO[bytes], name: str, budget: Budget, target: Target) -> Any:
    start = file.read(len(LEGACY_START))
    file.seek(-len(start), os.SEEK_CUR)
    if start == LEGACY_START:
        return read_torch_legacy(file, budget, target)
    if name.endswith(".safetensors") or start[8:10] == b'{"':
        budget.take(budget.file_size)  # before anything of it is read; its numbers lie there as they are
        arrays = read_safetensors(file.read())
        return {key: from_numpy(array).to(target(from_numpy(array), "cpu")) for key, array in arrays.items()}
    with zipfile.ZipFile(file) as archive:
        if is_torch_zip(archive):
            return read_torch_zip(archive, budget, target)
        return read_npz(archive, budget, target)

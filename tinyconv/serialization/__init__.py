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
from typing import IO, Any

from ..backend import Device
from ..errors import refusal
from ..tensor import from_numpy
from .atomic import open_atomic
from .budget import Budget
from .npz import read_npz, write_npz
from .safetensors import read_safetensors, to_safetensors

__all__ = ["load", "open_atomic", "save"]


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
    OSError
        If `path` cannot be written.

    Examples
    --------
    >>> import tempfile, tinyconv as tc
    >>> path = tempfile.mkdtemp() + "/checkpoint.npz"
    >>> tc.save({"model": {"weight": tc.ones(2)}, "epoch": 3, "betas": (0.9, 0.999)}, path)
    >>> tc.load(path)
    {'model': {'weight': tensor([1., 1.])}, 'epoch': 3, 'betas': (0.9, 0.999)}
    """
    if os.fspath(path).endswith(".safetensors"):
        content = to_safetensors(obj)
        with open_atomic(path) as file:
            file.write(content)
    else:
        with open_atomic(path) as file:
            write_npz(obj, file)


def load(path: str | os.PathLike[str], device: str | Device | None = None, max_bytes: int | None = None) -> Any:
    """Read what :func:`save` wrote, or an ``.npz`` or ``.safetensors`` file of another library.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    device : str or Device, optional
        Where the Tensors go; the CPU by default, whichever device they were saved from.
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
    target, name = Device(device or "cpu"), os.fspath(path)
    with open(path, "rb") as file:
        budget = Budget(os.fstat(file.fileno()).st_size, max_bytes)
        try:
            return _read(file, name, budget, target)
        except zipfile.BadZipFile as error:
            raise refusal("load.not_npz", name, error=error) from error
        except ValueError as error:
            raise refusal("load.refused", name, error=error) from error
        except (zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError) as error:
            raise refusal("load.damaged", name, error=error) from error
        except MemoryError as error:
            raise refusal("load.memory", name, needed=budget.taken) from error


def _read(file: IO[bytes], name: str, budget: Budget, device: Device) -> Any:
    if name.endswith(".safetensors"):
        budget.take(budget.file_size)  # before anything of it is read; its numbers lie there as they are
        arrays = read_safetensors(file.read())
        return {key: from_numpy(array).to(device) for key, array in arrays.items()}
    with zipfile.ZipFile(file) as archive:
        return read_npz(archive, budget, device)

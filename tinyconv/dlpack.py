"""Tensors that other libraries' arrays share their memory with, by the DLPack protocol (dmlc.github.io/dlpack).

The other way, ``torch.from_dlpack(x)`` or ``numpy.from_dlpack(x)``, is what ``Tensor.__dlpack__`` is for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import Device
from .errors import refusal
from .tensor import Tensor

__all__ = ["from_dlpack"]

_CPU, _CUDA = 1, 2  # the protocol's numbers of device types


def from_dlpack(ext_tensor: Any, *, device: str | Device | None = None, copy: bool | None = None) -> Tensor:
    """Make a Tensor that shares memory with an array of another library: NumPy, CuPy, PyTorch, JAX.

    Parameters
    ----------
    ext_tensor : object with ``__dlpack__``
        The array; it stays on its device, and writing to one changes the other where both allow it.
    device : str or Device, optional
        Where the Tensor should be.
    copy : bool, optional
        True for a memory of its own; False to refuse one, which another `device` would need.

    Raises
    ------
    TypeError
        If it has no ``__dlpack__``, or holds no numbers that a Tensor can.
    BufferError
        If it is on a device that is neither CPU nor CUDA, requires grad, or needs a copy that `copy` forbids.

    Examples
    --------
    >>> import numpy, tinyconv as tc
    >>> array = numpy.zeros(2)
    >>> x = tc.from_dlpack(array)
    >>> array[0] = 5
    >>> x
    tensor([5., 0.], dtype=float64)
    """
    if not hasattr(ext_tensor, "__dlpack__") or not hasattr(ext_tensor, "__dlpack_device__"):
        raise refusal("dlpack.none", "from_dlpack", kind=type(ext_tensor).__name__)
    kind = int(ext_tensor.__dlpack_device__()[0])
    if kind not in (_CPU, _CUDA):
        raise refusal("dlpack.device", "from_dlpack", kind=kind)
    library = np if kind == _CPU else Device("cuda").xp
    own = isinstance(ext_tensor, np.ndarray)  # the older NumPy would give it back read-only
    result = Tensor._of(ext_tensor if own else library.from_dlpack(ext_tensor))
    target = result.device if device is None else Device(device)
    if copy is False and target != result.device:
        raise refusal("dlpack.copy", "from_dlpack", source=result.device, target=target)
    moved = target.asarray(result.array)
    return Tensor._of(moved.copy() if copy and moved is result.array else moved)

"""Where a Tensor's numbers live: the registry of array libraries, and the devices.

Everything above this module is written once on ``xp``, the namespace (``numpy``, ``cupy``) that belongs to the type of
the arrays at hand.  CuPy is imported only when a CUDA device is asked for.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .errors import phrase, refusal
from .random import fork_rng, generator, get_rng_state, manual_seed, set_rng_state

__all__ = [
    "Array",
    "Backend",
    "Device",
    "address_of",
    "array_types",
    "asnumpy",
    "cuda_is_available",
    "device_of",
    "fork_rng",
    "generator",
    "get_array_module",
    "get_rng_state",
    "is_array",
    "manual_seed",
    "quiet",
    "register_backend",
    "set_rng_state",
    "silenced",
]

F = TypeVar("F", bound=Callable[..., Any])

Array = Any  # an array of any registered backend; NumPy's static types do not describe CuPy's


class Backend(NamedTuple):
    """One array library: its namespace, its array type, and the two ways across.

    Parameters
    ----------
    name : str
        The device type it serves, as in ``Device(name)``.
    xp : module
        The namespace: ``numpy``, ``cupy``.
    array_type : type
        The type of its arrays, by which :func:`get_array_module` finds it.
    from_host, to_host : callable
        Copy a NumPy array to the device, and back.
    activate : callable
        ``activate(index)`` gives a context in which new arrays are made on that device.
    index_of : callable
        The device index an array lives on.
    count : callable
        How many devices there are.
    synchronize : callable
        Wait until all queued work is done.

    Examples
    --------
    >>> from tinyconv.backend import Device
    >>> Device("cpu").backend.xp.__name__
    'numpy'
    """

    name: str
    xp: Any
    array_type: type
    from_host: Callable[[np.ndarray], Array]
    to_host: Callable[[Array], np.ndarray]
    activate: Callable[[int], contextlib.AbstractContextManager] = lambda index: contextlib.nullcontext()
    index_of: Callable[[Array], int] = lambda array: 0
    count: Callable[[], int] = lambda: 1  # type: ignore[assignment]  # a field, and not tuple's method
    synchronize: Callable[[], None] = lambda: None


_by_name: dict[str, Backend] = {}
array_types: dict[type, Backend] = {}  # NumPy's, and those of a device once one was asked for


def register_backend(backend: Backend) -> None:
    """Make an array library known, so that Tensors may hold its arrays.

    Examples
    --------
    >>> from tinyconv.backend import Device, register_backend
    >>> register_backend(Device("cpu").backend)  # registering again changes nothing
    """
    _by_name[backend.name] = backend
    array_types[backend.array_type] = backend


register_backend(Backend("cpu", np, np.ndarray, from_host=np.asarray, to_host=np.asarray))


@functools.cache
def _find_cupy() -> tuple[Any, Callable[[], str]]:
    """``cupy`` when a GPU can be used, else None; and what tells why not."""
    if importlib.util.find_spec("cupy") is None:
        return None, lambda: phrase("device.no_cupy")
    try:
        import cupy

        if cupy.cuda.is_available():
            return cupy, str
        cupy.cuda.runtime.getDeviceCount()
        version = cupy.__version__
        return None, lambda: phrase("device.no_gpu", version=version)
    except ImportError as error:
        reason = str(error)
        return None, lambda: phrase("device.broken_cupy", reason=reason)
    except RuntimeError as error:  # CUDARuntimeError: no driver, or one that is too old
        reason = str(error)
        return None, lambda: phrase("device.broken_gpu", reason=reason)


def _cupy_or_reason() -> tuple[Any, str]:
    """``(cupy, "")`` when a GPU can be used, else ``(None, why not)``."""
    cupy, why_not = _find_cupy()
    return cupy, why_not()


def cuda_is_available() -> bool:
    """Tell whether ``Device('cuda')`` can be used here.

    Examples
    --------
    >>> import tinyconv as tc
    >>> isinstance(tc.cuda_is_available(), bool)
    True
    """
    return _cupy_or_reason()[0] is not None


def _register_cupy() -> Backend:
    cupy, reason = _cupy_or_reason()
    if cupy is None:
        raise refusal("device.cuda", reason=reason)
    register_backend(
        Backend(
            "cuda",
            cupy,
            cupy.ndarray,
            from_host=cupy.asarray,
            to_host=cupy.asnumpy,
            activate=lambda index: cupy.cuda.Device(index),
            index_of=lambda array: int(array.device.id),
            count=lambda: int(cupy.cuda.runtime.getDeviceCount()),
            synchronize=lambda: cupy.cuda.runtime.deviceSynchronize(),
        )
    )
    return _by_name["cuda"]


class _Places(threading.local):
    """Per thread: the device chosen for good, and those of the ``with`` blocks around, the innermost last."""

    def __init__(self) -> None:
        self.chosen: Device | None = None
        self.blocks: list[Device] = []


places = _Places()


class Device:
    """A place where arrays live: ``'cpu'``, ``'cuda'``, ``'cuda:1'``.

    Parameters
    ----------
    type : str, int or Device
        Device type, with an optional ``:index``; a number is that of a CUDA device.
    index : int, optional
        Instead of the ``:index``.

    Raises
    ------
    RuntimeError
        If the device cannot be used here (the text says why and what to install), or `type` names no known one.
    ValueError
        If there is no device of that index.

    Notes
    -----
    As a context, ``with device("cuda"):``, it is where the block makes its tensors.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.Device("cpu")
    device(type='cpu')
    >>> tc.Device("cpu") == tc.tensor([1.0]).device
    True
    """

    __slots__ = ("backend", "index", "type")

    def __init__(self, type: str | int | Device = "cpu", index: int | None = None):
        spec = _spelled(type, index)
        kind, _, number = spec.partition(":")
        if (kind not in _by_name and kind != "cuda") or (number and not number.isdigit()):
            raise refusal("device.unknown", spec=spec, known=sorted({*_by_name, "cuda"}))
        self.backend = _by_name.get(kind) or _register_cupy()
        self.type = kind
        self.index = int(number or 0)
        if self.index >= self.backend.count():
            raise refusal("device.index", spec=spec, count=self.backend.count(), kind=kind)

    @property
    def xp(self) -> Any:
        """The array namespace of this device."""
        return self.backend.xp

    def asarray(self, array: Array) -> Array:
        """Give `array` (of any device) as an array of this device, copying only when it must move."""
        source = device_of(array)
        if source == self:
            return array
        with self.use():
            return self.backend.from_host(source.backend.to_host(array))

    def use(self) -> contextlib.AbstractContextManager:
        """Context in which new arrays are made on this device (it matters with several GPUs)."""
        return self.backend.activate(self.index)

    def synchronize(self) -> None:
        """Wait until the work queued on this device is done."""
        self.backend.synchronize()

    def __enter__(self) -> Device:
        places.blocks.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        places.blocks.pop()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):  # compared as text: an unknown or absent device is just another one
            return other in (str(self), f"{self.type}:{self.index}") or (other == self.type and self.index == 0)
        return isinstance(other, Device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return self.type if self.type == "cpu" else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r})" if self.type == "cpu" else f"device({self.type!r}, {self.index})"

    def __reduce__(self) -> tuple:
        return Device, (str(self),)


def _spelled(type: Any, index: int | None) -> str:
    """The arguments of Device as one text, such as ``'cuda:1'``."""
    if isinstance(type, (int, np.integer)) and not isinstance(type, bool) and index is None:
        return f"cuda:{type}"
    if not isinstance(type, (str, Device)):
        raise refusal("device.spec", spec=type)
    if index is None:
        return str(type)
    if not isinstance(index, (int, np.integer)) or index < 0 or ":" in str(type):
        raise refusal("device.two_indices", type=type, index=index)
    return f"{type}:{index}"


_CPU = Device("cpu")


def _backend_of(array: Array) -> Backend:
    backend = array_types.get(type(array))
    if backend is None:
        if type(array).__module__.partition(".")[0] == "cupy":
            return _register_cupy()
        for array_type, candidate in array_types.items():  # subclasses, such as numpy.memmap
            if isinstance(array, array_type):
                return candidate
        raise refusal("device.array", array=array, known=sorted(_by_name))
    return backend


def get_array_module(array: Array) -> Any:
    """Give the namespace (``numpy``, ``cupy``) that `array` belongs to.

    Examples
    --------
    >>> import numpy, tinyconv as tc
    >>> tc.get_array_module(numpy.zeros(3)) is numpy
    True
    """
    return _backend_of(array).xp


def is_array(value: Any) -> bool:
    """Tell arrays from everything else; NumPy's scalars are no arrays.

    Examples
    --------
    >>> import numpy
    >>> is_array(numpy.zeros(())), is_array(numpy.float32(0))
    (True, False)
    """
    return hasattr(value, "strides") and not isinstance(value, np.generic)


def address_of(array: Array) -> int:
    """Give the address of an array's first element, in the memory of its device.

    Examples
    --------
    >>> import numpy
    >>> x = numpy.zeros(4)
    >>> address_of(x[1:]) - address_of(x)
    8
    """
    return int(array.ctypes.data if type(array) is np.ndarray else array.data.ptr)


def device_of(array: Array) -> Device:
    """Give the :class:`Device` that `array` lives on.

    Examples
    --------
    >>> import numpy
    >>> device_of(numpy.zeros(3))
    device(type='cpu')
    """
    backend = _backend_of(array)
    return _CPU if backend.name == "cpu" else Device(f"{backend.name}:{backend.index_of(array)}")


def asnumpy(array: Array) -> np.ndarray:
    """Give `array` as a NumPy array, copying it from its device if need be.

    Examples
    --------
    >>> import numpy
    >>> asnumpy(numpy.ones(2))
    array([1., 1.])
    """
    return _backend_of(array).to_host(array)


def quiet() -> contextlib.AbstractContextManager:
    """Context in which inf and NaN arise in silence, as on a GPU (NumPy would warn).

    Examples
    --------
    >>> import numpy
    >>> with quiet():
    ...     float(numpy.log(numpy.zeros(())))
    -inf
    """
    return np.errstate(all="ignore")


def silenced(function: F) -> F:
    """Decorate a function that computes: inf and NaN arise in silence in it, as under :func:`quiet`.

    Examples
    --------
    >>> import numpy
    >>> @silenced
    ... def reciprocal(x):
    ...     return 1.0 / x
    >>> float(reciprocal(numpy.zeros(())))
    inf
    """
    if np.errstate.__call__ is not contextlib.ContextDecorator.__call__:
        return np.errstate(all="ignore")(function)  # since NumPy 2: half the time of a block

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # one errstate of NumPy 1 serves one call at a time
        with quiet():
            return function(*args, **kwargs)

    return call  # type: ignore[return-value]

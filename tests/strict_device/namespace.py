"""``xp``: the fake ``cupy`` module, NumPy seen through the list of CuPy's names."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from tests.strict_device.calls import DeviceUfunc, device_function
from tests.strict_device.device_array import ndarray
from tests.strict_device.operators import add_methods, add_operators
from tests.strict_device.spec import API, CUPY_VERSION, kind_of


class Namespace(types.ModuleType):
    """The names of one section of ``api.json``, served by `host`.

    A name that NumPy has and CuPy lacks does not exist here; nor does a name that the installed NumPy
    lacks, such as ``concat`` with NumPy 1.26.
    """

    def __init__(self, section: str, host: Any):
        super().__init__(f"strict_device.xp.{section}".rstrip("."))
        self._entries = API[section]
        self._takes_arrays = section != "Generator"
        self._host = host

    def __getattr__(self, name: str) -> Any:
        entry = self.__dict__["_entries"].get(name)
        if entry is None:
            raise AttributeError(f"{self.__name__} (CuPy {CUPY_VERSION}) has no {name!r}")
        if name not in dir(self._host):
            raise AttributeError(f"{self.__name__}.{name}: the installed NumPy {np.__version__} has none")
        host = getattr(self._host, name)
        if kind_of(entry) == "ufunc":
            value: Any = DeviceUfunc(name, entry)
        elif kind_of(entry) == "call":
            value = device_function(name, entry, host, self._takes_arrays)
        else:
            value = host
        setattr(self, name, value)  # next time without __getattr__
        return value


def default_rng(seed: int | None = None) -> Namespace:
    """Give a device generator; like CuPy's, its stream is not NumPy's for the same seed."""
    other_stream = 14
    host = np.random.default_rng(None if seed is None else [seed, other_stream])
    return Namespace("Generator", host)


def get_array_module(*arrays: Any) -> Any:
    """Give ``xp`` if one of `arrays` lives on the device, else NumPy."""
    return xp if any(isinstance(array, ndarray) for array in arrays) else np


def asnumpy(array: Any, stream: Any = None, order: str = "C") -> np.ndarray:
    """Copy `array` to the host."""
    return array.get(order=order) if isinstance(array, ndarray) else np.asarray(array, order=order)  # type: ignore[call-overload]


def _build() -> Namespace:
    """Put the sections together.

    Of ``random`` only ``default_rng`` is there: tinyconv draws on the host, so that a seed gives the same
    numbers on every device.
    """
    namespace = Namespace("", np)
    members = {
        "ndarray": ndarray,
        "ufunc": DeviceUfunc,
        "linalg": Namespace("linalg", np.linalg),
        "lib": types.SimpleNamespace(stride_tricks=Namespace("lib.stride_tricks", np.lib.stride_tricks)),
        "random": types.SimpleNamespace(default_rng=default_rng),
        "get_array_module": get_array_module,
        "asnumpy": asnumpy,
    }
    for name, value in members.items():
        setattr(namespace, name, value)
    return namespace


xp = _build()
add_operators(xp)
add_methods()

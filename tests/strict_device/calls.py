"""Functions and ufuncs of the device: checked against CuPy's parameters, computed by NumPy's."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.strict_device import rules
from tests.strict_device.device_array import SCALARS, DeviceError, contains, ndarray, unwrap, wrap
from tests.strict_device.spec import call_signature, ufunc_spec
from tests.strict_device.transfers import transfers


@contextlib.contextmanager
def silence(name: str) -> Iterator[None]:
    """Keep NumPy from warning in function `name`: a GPU never warns, neither of 0 / 0 nor of empty means."""
    with np.errstate(all="ignore"), contextlib.ExitStack() as stack:
        if name in rules.WARNING:  # with warnings.warn, which errstate does not reach
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", RuntimeWarning)
        yield


# --- functions ---


class DeviceFunction:
    """A function ``f(a, axis=None, ...)`` of CuPy, computed by NumPy's function `host`.

    A call must be valid for both: it is bound to CuPy's parameters here and to NumPy's when it runs.

    Parameters
    ----------
    name : str
        The function's name.
    signature : inspect.Signature
        CuPy's parameters.
    host : callable
        NumPy's function.
    takes_arrays : bool
        Whether a first parameter named like an array must be one (not so for a generator's ``beta(a, b)``).
    """

    def __init__(self, name: str, signature: inspect.Signature, host: Callable, takes_arrays: bool = True):
        self.name = self.__name__ = name
        self.signature = signature
        self.host = host
        self.takes_lists = name in rules.UPLOADING or name in rules.HOST_RESULTS
        self.first = next(iter(signature.parameters), None)
        self.first_is_array = takes_arrays and not self.takes_lists and self.first in rules.DEVICE_PARAMETERS

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = self._bind(args, kwargs)
        for parameter, value in given.items():
            self._check(parameter, value)
        if self.name in rules.UPLOADING and not contains(args[0], ndarray):
            return self._upload(args, kwargs)
        if self.name in rules.SYNCHRONIZING or (self.name == "where" and len(given) == 1):
            transfers.note("d2h", 8, self.name)
        host_args = [unwrap(value, self.name) for value in args]
        host_kwargs = {name: unwrap(value, self.name) for name, value in kwargs.items()}
        if self.name in HAZARDS:
            HAZARDS[self.name](*host_args, **host_kwargs)
        with silence(self.name):
            result = self.host(*host_args, **host_kwargs)
        return self._as_device(result, args, given)

    def _bind(self, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(self.signature.bind(*args, **kwargs).arguments)
        except TypeError as error:
            raise DeviceError(f"cupy's {self.name}{self.signature}: {error}") from None

    def _check(self, parameter: str, value: Any) -> None:
        where = f"{self.name}: {parameter}"
        if parameter in rules.HOST_PARAMETERS and contains(value, ndarray):
            raise DeviceError(f"{where} must be on the host")
        if not self._is_right_kind(parameter, value):
            raise DeviceError(f"{where} must be a device array, not {type(value)}")
        refused = rules.REFUSED_VALUES.get(f"{self.name}.{parameter}", ())
        if isinstance(value, (str, bool)) and value in refused:
            raise NotImplementedError(f"{where}={value!r} is not supported by CuPy")

    def _is_right_kind(self, parameter: str, value: Any) -> bool:
        if parameter == "out":
            return value is None or isinstance(value, ndarray)
        if parameter == self.first and self.first_is_array:
            return isinstance(value, ndarray)
        is_list = type(value) in (list, tuple)
        return self.takes_lists or not is_list or parameter not in rules.DEVICE_PARAMETERS

    def _upload(self, args: tuple, kwargs: dict[str, Any]) -> ndarray:
        options = {name: value for name, value in kwargs.items() if name not in ("copy", "blocking")}
        host = np.array(*args, **options)  # always a copy: the device has memory of its own
        transfers.note("h2d", host.nbytes, self.name)
        return wrap(getattr(np, self.name)(host))

    def _as_device(self, result: Any, args: tuple, given: dict[str, Any]) -> Any:
        if self.name in rules.HOST_RESULTS:
            return result
        if given.get("out") is not None:
            return given["out"]
        returned_itself = args and isinstance(args[0], ndarray) and result is args[0]._host
        return args[0] if returned_itself else wrap(result)


def device_function(name: str, entry: str, host: Callable, takes_arrays: bool = True) -> DeviceFunction:
    """Build the function that the `entry` of ``api.json`` describes."""
    return DeviceFunction(name, call_signature(entry), host, takes_arrays)


def device_method(name: str, entry: str) -> Callable:
    """Build the method of the device array that the `entry` of ``api.json`` describes."""
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = inspect.Signature([own, *call_signature(entry).parameters.values()])
    call = DeviceFunction(name, signature, getattr(np.ndarray, name))

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        return call(self, *args, **kwargs)

    method.__name__ = name
    return method


# --- what CuPy does without checking, or with a hidden copy ---


def memory_range(array: np.ndarray) -> tuple[int, int]:
    """Give the first address of `array`'s elements and the one after its last."""
    low = high = array.ctypes.data
    for length, stride in zip(array.shape, array.strides):
        low += min(0, (length - 1) * stride)
        high += max(0, (length - 1) * stride)
    return low, high + array.itemsize


def memory_owner(array: np.ndarray) -> np.ndarray:
    """Follow ``.base`` to the array whose memory `array` shows."""
    owner, base = array, array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            owner = base
        base = getattr(base, "base", None)
    return owner


def check_as_strided(x: np.ndarray, shape: Any = None, strides: Any = None) -> None:
    """Refuse a view that leaves the array's memory: CuPy would read another array's numbers."""
    view = np.lib.stride_tricks.as_strided(x, shape, strides)
    low, high = memory_range(view)
    first, last = memory_range(memory_owner(x))
    if view.size and (low < first or high > last):
        raise DeviceError(f"as_strided(shape={shape}, strides={strides}) leaves the memory of an array {x.shape}")


def check_put_along_axis(arr: np.ndarray, indices: np.ndarray, values: Any, axis: int | None) -> None:
    """Refuse a repeated index: on a GPU any of its values may win.  A scalar is uploaded."""
    along = -1 if axis is None else axis
    ordered = np.sort(indices, axis=along)
    if np.any(np.diff(ordered, axis=along) == 0):
        raise DeviceError("put_along_axis with a repeated index: on a GPU any of the values may win")
    if not isinstance(values, np.ndarray):
        transfers.note("h2d", arr.itemsize, "scalar to put_along_axis")


HAZARDS: dict[str, Callable] = {"as_strided": check_as_strided, "put_along_axis": check_put_along_axis}


# --- ufuncs ---

REDUCTIONS = {  # the parameters of a ufunc's methods on CuPy
    "reduce": "call array, axis=, dtype=, out=, keepdims=",
    "accumulate": "call array, axis=, dtype=, out=",
}


class DeviceUfunc:
    """A ufunc of CuPy: ``out``, ``dtype`` and ``casting`` only, operands of the device or scalars."""

    def __init__(self, name: str, entry: str):
        self.__name__ = name
        self.spec = ufunc_spec(entry)
        self.nin, self.nout = self.spec.nin, self.spec.nout
        self.host: np.ufunc = getattr(np, name)

    def __repr__(self) -> str:
        return f"<strict ufunc {self.__name__!r}>"

    def __call__(
        self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind", **kwargs: Any
    ) -> Any:
        if kwargs:
            raise DeviceError(f"{self.__name__}: Wrong arguments {sorted(kwargs)}")
        if not self.nin <= len(args) <= self.nin + self.nout:
            raise DeviceError(f"{self.__name__}: takes {self.nin} operands, got {len(args)}")
        operands, outputs = args[: self.nin], self._outputs(args[self.nin :], out)
        self._check_types(operands, outputs)
        host_operands = [unwrap(value, self.__name__) for value in operands]
        host_outputs = tuple(unwrap(value, self.__name__) for value in outputs) or None
        with np.errstate(all="ignore"):
            result = self.host(*host_operands, out=host_outputs, dtype=dtype, casting=casting)
        if outputs:
            return outputs if len(outputs) > 1 else outputs[0]
        return wrap(result)

    def _outputs(self, positional: tuple, out: Any) -> tuple:
        if positional or out is None:
            return positional
        return out if isinstance(out, tuple) else (out,)

    def _check_types(self, operands: tuple, outputs: tuple) -> None:
        for value in operands:
            if not isinstance(value, (ndarray, *SCALARS)):
                raise DeviceError(f"{self.__name__}: Unsupported type {type(value)}")
        for value in outputs:
            if not isinstance(value, ndarray):
                raise DeviceError(f"{self.__name__}: out must be a device array, not {type(value)}")

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Add (or the like) in place and unbuffered, in any order, as a GPU's atomics do."""
        if self.spec.at is None:
            raise NotImplementedError(f"`{self.__name__}.at` is not supported by CuPy")
        if a.dtype.char not in rules.AT_DTYPES[self.spec.at]:
            raise DeviceError(f"{self.__name__}.at is not supported by CuPy for {a.dtype}")
        if isinstance(b, (list, np.ndarray)):
            raise DeviceError(f"{self.__name__}.at with a host array: CuPy uploads it at every call")
        host_key = a._host_key(indices)
        if contains(host_key, (np.ndarray, list)) and not isinstance(b, ndarray):
            transfers.note("h2d", a.itemsize, f"scalar to {self.__name__}.at")
        positions = np.arange(a.size).reshape(a.shape)[host_key]
        values = np.broadcast_to(unwrap(b, "at"), positions.shape).astype(a.dtype)
        order = np.random.default_rng(0).permutation(positions.size)
        flat = a._host.flatten()
        with np.errstate(all="ignore"):
            self.host.at(flat, positions.ravel()[order], values.ravel()[order])
        a._host[...] = flat.reshape(a.shape)

    def _method(self, method: str) -> DeviceFunction:
        if not self.spec.reduce:
            raise NotImplementedError(f"`{self.__name__}.{method}` is not supported by CuPy")
        return device_function(method, REDUCTIONS[method], getattr(self.host, method))

    def reduce(self, *args: Any, **kwargs: Any) -> Any:
        return self._method("reduce")(*args, **kwargs)

    def accumulate(self, *args: Any, **kwargs: Any) -> Any:
        return self._method("accumulate")(*args, **kwargs)

    def outer(self, a: ndarray, b: ndarray) -> Any:
        return wrap(self.host.outer(unwrap(a, "outer"), unwrap(b, "outer")))

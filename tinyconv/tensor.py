"""The Tensor: an array, its gradient, and its place in the graph.

Its methods are thin names for the operations in :mod:`tinyconv.ops`; the graph is kept by
:mod:`tinyconv.autograd`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import autograd, ops
from .autograd import Function, RemovableHandle, run_backward, seed_gradient
from .backend import Array, Device, asnumpy, device_of, get_array_module, is_array, quiet
from .formatting import format_tensor
from .ops.promotion import RANK
from .tensor_methods import TensorMethods, bool_, float_, int_

__all__ = ["Tensor", "from_numpy", "tensor"]


class Tensor(TensorMethods):
    """An array on some device that remembers the operations it went through.

    Parameters
    ----------
    data : array, Tensor, number or nested list
        An array is taken as it is (its memory is shared); anything else is converted on the CPU.
    requires_grad : bool
        Ask for ``.grad`` after :meth:`backward`; only for float dtypes.

    Attributes
    ----------
    grad : Tensor or None
        What the backward passes so far have added up.
    grad_fn : Function or None
        The operation that made it; None for a leaf.
    requires_grad : bool
        Whether operations on it are recorded.

    Raises
    ------
    RuntimeError
        If `requires_grad` is asked of integers or bools.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([[2., 4.],
            [6., 8.]])
    """

    __slots__ = (
        "__dict__", "__weakref__", "_data", "_hooks", "_index", "_is_view", "_version", "grad", "grad_fn",
        "requires_grad",
    )  # fmt: skip
    __array_ufunc__ = None  # numpy_scalar * tensor and array * tensor come to Tensor.__rmul__
    __array_priority__ = 1000

    grad: Tensor | None
    grad_fn: Function | None
    requires_grad: bool

    def __init__(self, data: Any, requires_grad: bool = False):
        if type(data) is not np.ndarray or data.dtype.kind not in "biuf":
            data = _as_array(data)
        self._data = data
        self.grad = None
        self.grad_fn = None
        self.requires_grad = False
        self._index = 0
        self._version = [0]
        self._is_view = False
        self._hooks: dict[int, dict[int, Callable]] | None = None
        if requires_grad:
            self.requires_grad_()

    @staticmethod
    def _from_graph(array: Array, node: Function, index: int) -> Tensor:
        """Wrap output number `index` of a recorded operation; integer outputs carry no gradient."""
        result = Tensor(array)
        if result._data.dtype.kind == "f":
            result.requires_grad, result.grad_fn, result._index = True, node, index
        return result

    # ---------------------------------------------------------------------- what it is

    @property
    def data(self) -> Array:
        """The raw array.  Writing into it is seen by nobody; assigning another one is noticed.

        Raises
        ------
        ValueError
            If an assigned array has another shape.
        """
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        array = _as_array(value)
        if self._data is not None and array.shape != self._data.shape:
            raise ValueError(
                f"cannot set .data of a tensor of shape {self.shape} to an array of shape {array.shape}; "
                f"make a new tensor instead"
            )
        self._data = array
        self._version = [0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the dimensions."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype:
        """The element type, a NumPy dtype."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def device(self) -> Device:
        """Where the data lives."""
        return device_of(self._data)

    @property
    def is_leaf(self) -> bool:
        """True unless a recorded operation made it."""
        return self.grad_fn is None

    def size(self, dim: int | None = None) -> Any:
        """Give the shape, or one size of it."""
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """Give the number of dimensions."""
        return self.ndim

    def numel(self) -> int:
        """Give the number of elements."""
        return int(self._data.size)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __repr__(self) -> str:
        return format_tensor(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.numel() == 1 else format(str(self), spec)

    # ---------------------------------------------------------------------- ways out

    def numpy(self) -> np.ndarray:
        """Give the data as a NumPy array, sharing memory on the CPU.

        Raises
        ------
        RuntimeError
            If the tensor requires grad: use ``detach()`` first.
        TypeError
            If it is not on the CPU: use ``cpu()`` first.
        """
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if type(self._data) is not np.ndarray:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
                f"to host memory first."
            )
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"cannot give a {self.dtype} tensor as {np.dtype(dtype)} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def item(self) -> Any:
        """Give the only element as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one element.
        """
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        return asnumpy(self._data).item()

    def tolist(self) -> Any:
        """Give the elements as nested Python lists."""
        return asnumpy(self._data).tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors of a single element can be converted to an index, got {self.dtype}")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {self.numel()} values is ambiguous. Use (a == b).all() or .any()"
            )
        return bool(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self.shape[0]))

    __hash__ = object.__hash__  # by identity, although == compares values

    def __deepcopy__(self, memo: dict) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError("Only leaf tensors can be deep-copied: this one has a graph; use x.detach().clone()")
        return self._rebuilt(self._data.copy(), memo)

    def _rebuilt(self, array: Array, memo: dict) -> Tensor:
        copy = type(self).__new__(type(self))
        Tensor.__init__(copy, array, self.requires_grad)
        copy.__dict__.update(self.__dict__)
        memo[id(self)] = copy
        copy.grad = None if self.grad is None else Tensor(self.grad._data.copy())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        if not self.is_leaf:
            raise RuntimeError("Only leaf tensors can be pickled: this one has a graph; use x.detach()")
        return {"data": asnumpy(self._data), "device": str(self.device), "requires_grad": self.requires_grad,
                "attributes": dict(self.__dict__)}  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        Tensor.__init__(self, Device(state["device"]).asarray(state["data"]), state["requires_grad"])
        self.__dict__.update(state["attributes"])

    # ---------------------------------------------------------------------- moving and converting

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """Give the tensor on another device, in another dtype, or like another tensor.

        Both moves are differentiable; the tensor itself comes back if nothing changes.
        """
        device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
        if kwargs:
            raise TypeError(
                f"to() got an unexpected keyword argument {next(iter(kwargs))!r}; it takes device and dtype"
            )
        for arg in args:
            if isinstance(arg, Tensor):
                device, dtype = arg.device, arg.dtype
            elif isinstance(arg, Device) or (isinstance(arg, str) and not _is_dtype_name(arg)):
                device = arg
            else:
                dtype = arg
        result = self if dtype is None else ops.cast(self, dtype)
        return result if device is None else ops.to_device(result, Device(device))

    def cpu(self) -> Tensor:
        """Give the tensor on the CPU."""
        return self.to(Device("cpu"))

    def cuda(self, index: int = 0) -> Tensor:
        """Give the tensor on a CUDA device."""
        return self.to(Device(f"cuda:{index}"))

    def type(self, dtype: Any) -> Tensor:
        """Give the tensor in another dtype."""
        return ops.cast(self, dtype)

    astype = type

    def half(self) -> Tensor:
        """Give the tensor in float16."""
        return ops.cast(self, np.float16)

    def float(self) -> Tensor:
        """Give the tensor in float32."""
        return ops.cast(self, np.float32)

    def double(self) -> Tensor:
        """Give the tensor in float64."""
        return ops.cast(self, np.float64)

    def int(self) -> Tensor:
        """Give the tensor in int32."""
        return ops.cast(self, np.int32)

    def long(self) -> Tensor:
        """Give the tensor in int64."""
        return ops.cast(self, np.int64)

    def bool(self) -> Tensor:
        """Give the tensor as bool."""
        return ops.cast(self, np.bool_)

    # ---------------------------------------------------------------------- the graph

    def requires_grad_(self, requires_grad: bool_ = True) -> Tensor:
        """Start (or stop) asking for this leaf's gradient.

        Raises
        ------
        RuntimeError
            For integer dtypes, or to stop at a tensor that is no leaf.
        """
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(
                f"only Tensors of floating point dtype can require gradients, got {self.dtype}. Use x.float() first"
            )
        if not requires_grad and self.grad_fn is not None:
            raise RuntimeError("you can only change requires_grad flags of leaf variables. Use x.detach()")
        self.requires_grad = bool_(requires_grad)
        return self

    def detach(self) -> Tensor:
        """Give the same data cut off from the graph (memory is shared)."""
        result = Tensor(self._data)
        result._version, result._is_view = self._version, True
        return result

    def clone(self) -> Tensor:
        """Give a differentiable copy in its own memory."""
        return ops.Clone.apply(self)

    def backward(self, gradient: Any = None, retain_graph: bool_ | None = None, create_graph: bool_ = False) -> None:
        """Add to every leaf's ``.grad`` its derivative of this tensor.

        Parameters
        ----------
        gradient : Tensor, optional
            Where to start from, of this tensor's shape; 1 for a scalar.
        retain_graph : bool, optional
            Keep what the graph saved, so that backward can be called again; defaults to `create_graph`.
        create_graph : bool
            Record the backward pass, so that gradients can be differentiated.

        Raises
        ------
        RuntimeError
            If there is no graph, it was freed, the tensor is no scalar and `gradient` is missing, or
            something the graph saved was modified.
        """
        seed = seed_gradient(self, gradient, "backward")
        run_backward([(self, seed)], create_graph if retain_graph is None else retain_graph, create_graph)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` when this tensor's gradient is complete; it may return another one.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        owner = self.grad_fn or self
        if owner._hooks is None:
            owner._hooks = {}
        return RemovableHandle(owner._hooks.setdefault(self._index, {}), hook)

    def retain_grad(self) -> None:
        """Keep this tensor's ``.grad`` although it is no leaf."""
        if not self.is_leaf:
            reference = weakref.ref(self)  # the graph must not keep its own results alive

            def keep(grad: Tensor) -> None:
                tensor = reference()
                if tensor is not None:
                    tensor.grad = grad if tensor.grad is None else tensor.grad + grad

            self.register_hook(keep)

    def bump_version(self) -> None:
        """Note that the data was written to, so that a graph that saved it will refuse to go on."""
        self._version[0] += 1

    # ---------------------------------------------------------------------- writing in place

    def _write(self, result: Tensor, how: str) -> Tensor:
        """Become `result`: in memory where no gradient is involved, else as a new value in the graph."""
        tracked = autograd.is_grad_enabled() and (self.requires_grad or result.requires_grad)
        if tracked and self.requires_grad and self.is_leaf:
            raise RuntimeError(
                f"a leaf Variable that requires grad is being used in an in-place operation ({how}). "
                f"Do it under no_grad(), or on a clone"
            )
        if tracked and self._is_view:
            raise RuntimeError(
                f"{how} on a view (a slice, reshape or detach of another tensor) cannot be differentiated: the "
                f"tensor it looks into would not follow. Index that tensor itself (x[0, 1] = v, not x[0][1] = v)"
            )
        if result.shape != self.shape:
            raise RuntimeError(
                f"{how}: output with shape {self.shape} doesn't match the broadcast shape {result.shape}"
            )
        if RANK[result.dtype.kind] > RANK[self.dtype.kind]:
            raise RuntimeError(
                f"{how}: result type {result.dtype} can't be cast to the desired output type {self.dtype}; convert "
                f"the tensor first, e.g. x = x.float()"
            )
        result = ops.cast(result, self.dtype)
        if tracked:
            self._data, self.grad_fn, self._index = result._data, result.grad_fn, result._index
            self.requires_grad, self._version = True, [0]
        else:
            self._overwrite(..., result._data, how)
        return self

    def _overwrite(self, key: Any, value: Any, how: str) -> None:
        """Write into the memory, and let the graphs that saved it know."""
        if not getattr(self._data.flags, "writeable", True):
            raise RuntimeError(
                f"{how}: this memory is read-only: it was expanded, so that several elements share one place, or "
                f"wraps a read-only array. Write to a copy: x.clone()"
            )
        self._data[key] = ops.as_value(self._data, key, value)
        self.bump_version()

    def _assign(self, key: Any, value: Any, how: str) -> Tensor:
        """``self[key] = value``, in the graph if a gradient is involved."""
        key = ops.as_index(self, key)
        if parts := ops.parted(key):
            return self._assign(parts[0], self[parts[0]].clone()._assign(parts[1], value, how), how)
        if not isinstance(value, (Tensor, int_, float_, np.generic)):
            value = Tensor(self.device.asarray(_as_array(value, self.dtype)))
        if isinstance(value, Tensor):
            autograd.check_devices(how, [self, value])
            value = ops.cast(value, self.dtype)
        else:
            value = ops.scalar_of(self.dtype, value)
        needs_grad = self.requires_grad or (isinstance(value, Tensor) and value.requires_grad)
        try:
            if autograd.is_grad_enabled() and needs_grad:
                self._write(ops.SetItem.apply(self, value, ops.own_index(key)), how)
            else:
                if isinstance(value, Tensor):  # parts of one memory may overlap, and a GPU copies in any order
                    value = value._data.copy() if value._version is self._version else value._data
                self._overwrite(key, value, how)
        except (IndexError, ValueError) as error:
            shape = getattr(value, "shape", ())
            raise type(error)(f"{how}: cannot assign a value of shape {shape} into {self.shape}: {error}") from None
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        self._assign(key, value, "x[...] = value")

    def __iadd__(self, other: Any) -> Tensor:
        return self._write(self + other, "x += value")

    def __isub__(self, other: Any) -> Tensor:
        return self._write(self - other, "x -= value")

    def __imul__(self, other: Any) -> Tensor:
        return self._write(self * other, "x *= value")

    def __itruediv__(self, other: Any) -> Tensor:
        return self._write(self / other, "x /= value")

    def add_(self, other: Any, alpha: float_ = 1) -> Tensor:
        """Add ``alpha * other`` in place."""
        return self._write(self + other * alpha, "add_")

    def sub_(self, other: Any, alpha: float_ = 1) -> Tensor:
        """Subtract ``alpha * other`` in place."""
        return self._write(self - other * alpha, "sub_")

    def mul_(self, other: Any) -> Tensor:
        """Multiply in place."""
        return self._write(self * other, "mul_")

    def div_(self, other: Any) -> Tensor:
        """Divide in place."""
        return self._write(self / other, "div_")

    def copy_(self, source: Tensor) -> Tensor:
        """Take over the values of `source`, which broadcasts and may be elsewhere or of another dtype."""
        return self._assign(..., source.to(self.device).expand(self.shape), "copy_")

    def fill_(self, value: float_) -> Tensor:
        """Set every element to a number."""
        return self._assign(..., value, "fill_")

    def zero_(self) -> Tensor:
        """Set every element to 0."""
        return self._assign(..., 0, "zero_")


autograd.set_tensor_type(Tensor)


def _is_dtype_name(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


def _as_array(data: Any, dtype: Any = None) -> Array:
    """Take any known array as it is; convert the rest with NumPy, Python floats to float32."""
    if isinstance(data, Tensor):
        array = data._data
    elif is_array(data) and type(data) is not np.ndarray:
        get_array_module(data)  # raises for arrays of an unknown library
        array = data
    else:
        array = _from_numbers(data)
        if dtype is None and array.dtype == np.float64 and not _holds_float64(data):
            dtype = np.float32
    if dtype is None or array.dtype == np.dtype(dtype):
        return array
    with quiet():
        return array.astype(np.dtype(dtype))


def _from_numbers(data: Any) -> np.ndarray:
    """NumPy's array of numbers and nested lists, in NumPy's dtype."""
    try:
        array = np.asarray(_plain(data))
    except ValueError as error:
        raise ValueError(f"cannot make a tensor from nested lists of unequal lengths: {error}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"cannot make a tensor from {type(data).__name__} of dtype {array.dtype}: expected numbers")
    return array


def _plain(data: Any) -> Any:
    """Nested lists with Tensors replaced by their values."""
    if isinstance(data, Tensor):
        return asnumpy(data._data)
    return [_plain(item) for item in data] if isinstance(data, (list, tuple)) else data


def _holds_float64(data: Any) -> bool:
    """Does a nested list hold NumPy float64 values (which keep their dtype), not Python floats?"""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return getattr(data, "dtype", None) == np.float64


def tensor(data: Any, dtype: Any = None, device: Device | str | None = None, requires_grad: bool = False) -> Tensor:
    """Make a Tensor from numbers, nested lists or an array, copying.

    Python floats become float32, ints int64; arrays keep their dtype.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensor([1, 2]).dtype, tc.tensor([1.0, 2.0]).dtype
    (dtype('int64'), dtype('float32'))
    """
    array = _as_array(data, dtype)
    moved = array if device is None else Device(device).asarray(array)
    source = data._data if isinstance(data, Tensor) else data
    if is_array(source) and isinstance(source, type(moved)) and source.dtype == moved.dtype:
        moved = moved.copy()  # nothing converted it so far
    return Tensor(moved, requires_grad)


def from_numpy(array: np.ndarray) -> Tensor:
    """Make a Tensor that shares memory with a NumPy array; writing to one changes the other.

    Raises
    ------
    TypeError
        If it is no NumPy array.

    Examples
    --------
    >>> import numpy as np, tinyconv as tc
    >>> tc.from_numpy(np.zeros((2, 2))).dtype
    dtype('float64')
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__}); use tensor(...) for other data")
    return Tensor(array)

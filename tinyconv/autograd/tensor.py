"""The Tensor: an array, its gradient, and its place in the graph.

What is here needs no operation.  The operations stand above, in :mod:`tinyconv.ops`; those that take the tensor first
are its methods, and :mod:`tinyconv.methods` is the list of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from ..backend import Array, Device, address_of, asnumpy, device_of, get_array_module, is_array, quiet
from ..defaults import get_default_dtype
from ..errors import refusal
from ..formatting import format_tensor
from ..size import Size
from . import views
from .hooks import RemovableHandle
from .mode import _mode

if TYPE_CHECKING:
    from ..methods import Methods
    from .operation import Operation
else:
    Methods = object  # the operations are not there yet: tinyconv.methods hangs them on

__all__ = ["Tensor", "as_array"]


class Tensor(Methods):
    """An array on some device that remembers the operations it went through.

    Parameters
    ----------
    data : array, Tensor, number or nested list
        An array or a list of numbers is copied in the default dtype, float32, whatever its own: ``as_tensor`` and
        ``from_numpy`` share an array's memory and keep its dtype.  Ints, ``Tensor(5)`` and ``Tensor(2, 3)``, are the
        sizes of a tensor that is not set; ``tensor`` and ``empty`` say more clearly what is meant.
    requires_grad : bool, optional
        Ask for ``.grad`` after :meth:`backward`; only for float dtypes.  PyTorch's class does not take it: with it, an
        array is taken as it is, and shares its memory.

    Attributes
    ----------
    grad : Tensor or None
        What the backward passes so far have added up.

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

    # `_version` counts the writes to the memory, in a list that all tensors on it share
    __slots__ = (
        "__dict__", "__weakref__", "_array", "_grad", "_grad_fn", "_hooks", "_index", "_requires_grad", "_version",
        "_view",
    )  # fmt: skip
    __array_ufunc__ = None  # numpy_scalar * tensor and array * tensor come to Tensor.__rmul__
    __array_priority__ = 1000
    is_lazy = False  # True for a parameter whose shape is not known yet

    _grad: Tensor | None  # always a Tensor, whatever a subclass shows as its .grad

    def __init__(self, data: Any = (), requires_grad: bool | None = None, *sizes: int):
        self._begin(*_given(data, requires_grad, sizes))

    @staticmethod
    def _of(array: Any, requires_grad: bool = False) -> Tensor:
        """A Tensor on an array as it is, sharing its memory; NumPy computes numbers where a result has no dimension."""
        if isinstance(array, np.generic):
            array = np.asarray(array)
        if type(array) is not np.ndarray or array.dtype.kind not in "biuf":
            array = as_array(array)
        self = Tensor.__new__(Tensor)
        self._begin(array, requires_grad)
        return self

    def _begin(self, array: Array, requires_grad: bool) -> None:
        self._array = array
        self._grad = None
        self._grad_fn: Operation | None = None
        self._index = 0
        self._requires_grad = False
        self._version = [0]
        self._view: views.View | None = None
        self._hooks: dict[int, dict[int, Callable]] | None = None
        if requires_grad:
            self.requires_grad = True

    # ---------------------------------------------------------------------- its memory

    def _set_array(self, value: Any) -> None:
        array = as_array(value)
        if array.shape != self.shape:
            raise refusal("tensor.array_shape", shape=self.shape, given=array.shape)
        self._take(array)

    def _take(self, array: Array) -> None:
        """Look at another memory from now on."""
        if array is self._array:
            return  # `x.data -= step` gives back what it took: the views and the count of writes stay
        if self._requires_grad and array.dtype.kind != "f":
            raise refusal("tensor.only_floats_require_grad", dtype=array.dtype)
        self._array, self._version, self._view = array, [0], None

    array = property(
        attrgetter("_array"),
        _set_array,
        doc="""The raw array.  Writing into it is seen by nobody; assigning another one, of the same shape, is.""",
    )

    @property
    def data(self) -> Tensor:
        """The same memory without the graph: writing into it is not recorded, and not counted either.

        To assign another Tensor is to take over its memory, of whatever shape.
        """
        return Tensor._of(self._array)

    @data.setter
    def data(self, value: Any) -> None:
        self._take(as_array(value))

    def detach(self) -> Tensor:
        """Give the same memory cut off from the graph; a write to it counts, as a change to this tensor too."""
        result = Tensor._of(self._array)
        result._version = self._version
        return result

    def detach_(self) -> Tensor:
        """Cut this tensor itself off from the graph; gives the tensor.

        Raises
        ------
        RuntimeError
            If it is a view.
        """
        if self._view is not None:
            raise refusal("tensor.detach_view", "detach_")
        self._grad_fn, self._index, self._requires_grad = None, 0, False
        return self

    def bump_version(self) -> None:
        """Note that the raw array was written to, so that a graph that saved it will refuse to go on."""
        self._version[0] += 1

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> np.dtype:
        """The element type, a NumPy dtype."""
        return self._array.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def device(self) -> Device:
        """Where the data lives."""
        return device_of(self._array)

    def dim(self) -> int:
        """Give the number of dimensions."""
        return self.ndim

    def numel(self) -> int:
        """Give the number of elements."""
        return int(self._array.size)

    def __len__(self) -> int:
        if not self.ndim:
            raise refusal("tensor.len_of_0d")
        return int(self._array.shape[0])

    def __repr__(self) -> str:
        return format_tensor(self)

    def __format__(self, spec: str) -> str:
        one = self.ndim == 0 or (spec and self.numel() == 1)
        return format(self.item() if one else str(self), spec)

    __hash__ = object.__hash__  # by identity, although == compares values

    # ---------------------------------------------------------------------- its place in the graph

    @property
    def grad(self) -> Tensor | None:
        """What the backward passes so far have added up, or what was assigned."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise refusal("tensor.grad_no_tensor", kind=type(value).__name__)
            if value.shape != self.shape or value.device != self.device:
                raise refusal("tensor.grad_misfit", given=value, tensor=self)
        self._grad = value

    @property
    def grad_fn(self) -> Operation | None:
        """The operation that made it; None for a leaf."""
        view = self._view
        if view is not None and view.known is not view.base._grad_fn:
            views.refresh(self)
        return self._grad_fn

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded.

        Raises
        ------
        RuntimeError
            If True is assigned to a tensor of integers, or False to one that is no leaf.
        """
        view = self._view
        if view is not None and view.known is not view.base._grad_fn:
            if view.closed:
                return self._requires_grad or view.base.requires_grad  # grad_fn says what is wrong
            views.refresh(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self.dtype.kind != "f":
            raise refusal("tensor.only_floats_require_grad", dtype=self.dtype)
        if not value and self.grad_fn is not None:
            raise refusal("tensor.not_a_leaf")
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or stop) asking for this leaf's gradient; gives the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """True unless a recorded operation made it."""
        return self.grad_fn is None

    def _place(self) -> tuple[Any, int]:
        """Where gradients for this tensor arrive: at a leaf itself, or at an output of an operation."""
        return self.grad_fn or self, self._index

    def _put(self, node: Operation, index: int) -> None:
        """Take a place in the graph, as output number `index` of an operation; integers carry no gradient."""
        if self._array.dtype.kind == "f":
            self._grad_fn, self._index, self._requires_grad = node, index, True

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` when this tensor's gradient is complete; it may return another one.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        """
        if not callable(hook):
            raise refusal("tensor.hook_no_function", kind=type(hook).__name__)
        if not self.requires_grad:
            raise refusal("tensor.hook_without_grad")
        owner, index = self._place()
        if owner._hooks is None:
            owner._hooks = {}
        return RemovableHandle(owner._hooks.setdefault(index, {}), hook)

    def retain_grad(self) -> None:
        """Keep this tensor's ``.grad`` although it is no leaf: what is left once all hooks have run.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        """
        if not self.requires_grad:
            raise refusal("tensor.retain_without_grad")
        node = self.grad_fn
        if node is not None:
            node._retained = {**(node._retained or {}), self._index: ref(self)}  # weak: the graph keeps no result alive

    @property
    def retains_grad(self) -> bool:
        """Whether :meth:`retain_grad` was called on this tensor, and it is no leaf."""
        node = self.grad_fn
        kept = None if node is None or node._retained is None else node._retained.get(self._index)
        return kept is not None and kept() is self

    def _move(self, node: Operation, index: int) -> None:
        """Go to another place in the graph, after a write; a retained gradient is that of the new value."""
        retained = self.retains_grad
        if retained:
            del self._grad_fn._retained[self._index]  # type: ignore[union-attr]
        self._grad_fn, self._index, self._requires_grad = node, index, True
        if retained:
            self.retain_grad()

    # ---------------------------------------------------------------------- ways out

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """Give the data as a NumPy array, sharing memory on the CPU; `force` detaches and copies where it must.

        Raises
        ------
        RuntimeError
            If the tensor requires grad: use ``detach()`` first.
        TypeError
            If it is not on the CPU: use ``cpu()`` first.
        """
        if force:
            return asnumpy(self._array)
        if _mode.grad and self.requires_grad:
            raise refusal("tensor.numpy_of_grad")
        if type(self._array) is not np.ndarray:
            raise refusal("tensor.numpy_of_device", device=self.device)
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise refusal("tensor.array_needs_copy", dtype=self.dtype, wanted=np.dtype(dtype))
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
    ) -> Any:
        """Hand the memory to another library, as ``numpy.from_dlpack(x)`` asks for it."""
        if self.requires_grad:
            raise refusal("dlpack.requires_grad")
        asked = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return self._array.__dlpack__(**{name: value for name, value in asked.items() if value is not None})

    def __dlpack_device__(self) -> tuple[int, int]:
        """Tell the device's type and number in DLPack's words; (1, 0) is the CPU."""
        return self._array.__dlpack_device__()

    def item(self) -> Any:
        """Give the only element as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one element.
        """
        if self.numel() != 1:
            raise refusal("tensor.item", count=self.numel())
        return asnumpy(self._array).item()

    def tolist(self) -> Any:
        """Give the elements as nested Python lists."""
        return asnumpy(self._array).tolist()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def _number(self) -> Any:
        """The only element, for Python's own conversions, which a ValueError refuses."""
        if self.numel() != 1:
            raise refusal("tensor.number", count=self.numel())
        return self.item()

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self.numel() != 1:
            raise refusal("tensor.index_of_float", dtype=self.dtype, shape=self.shape)
        return int(self.item())

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise refusal("tensor.truth", count=self.numel())
        return bool(self.item())

    # ---------------------------------------------------------------------- copies and pickles

    def __deepcopy__(self, memo: dict) -> Tensor:
        if not self.is_leaf:
            raise refusal("tensor.deepcopy")
        return self._rebuilt(_copied_memory(self._array, memo), memo)

    def _rebuilt(self, array: Array, memo: dict) -> Tensor:
        """A tensor like this one on another array; what shared a memory here shares a count of writes there."""
        result = type(self).__new__(type(self))
        result._begin(array, self._requires_grad)
        memo[id(self)] = result
        result.__dict__.update(self.__dict__)
        result._version = memo.setdefault(("version", id(self._version)), result._version)
        if self._view is not None and self._view.base.is_leaf:
            base = copy.deepcopy(self._view.base, memo)
            result._view = views.View(base, self._view.path, self._view.closed)
        grad = self._grad
        result._grad = copy.deepcopy(grad if grad is None or grad.is_leaf else grad.detach(), memo)
        return result

    def __getstate__(self) -> dict[str, Any]:
        if not self.is_leaf:
            raise refusal("tensor.pickle")
        return {"data": asnumpy(self._array), "device": str(self.device), "requires_grad": self._requires_grad,
                "attributes": dict(self.__dict__)}  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(Device(state["device"]).asarray(state["data"]), state["requires_grad"])
        self.__dict__.update(state["attributes"])


def _given(data: Any, requires_grad: Any, sizes: tuple[int, ...]) -> tuple[Array, bool]:
    """What PyTorch makes of ``Tensor([1, 2])``, which copies as floats, and of ``Tensor(2, 3)``: sizes."""
    if sizes or (type(data) is int and type(requires_grad) is int):
        return np.empty((data, requires_grad, *sizes), get_default_dtype()), False  # host: asks for no device
    wants_grad = bool(requires_grad)
    if isinstance(data, Size) or type(data) is int:
        return np.empty(data, get_default_dtype()), wants_grad  # host: asks for no device
    array = as_array(data)
    if type(data) in (list, tuple) or (is_array(data) and requires_grad is None):
        array = array.astype(get_default_dtype())
    return array, wants_grad


def _copied_memory(array: Array, memo: dict) -> Array:
    """A copy of an array; arrays that look into one memory give arrays that look into one copy of it."""
    owner = array
    while is_array(owner.base):
        owner = owner.base
    if not owner.flags.c_contiguous or owner.dtype != array.dtype:
        return array.copy()
    key = "memory", address_of(owner)
    if key not in memo:
        memo[key] = owner.copy(), owner  # the owner stays, so that its address is not given away meanwhile
    memory = memo[key][0]
    if array.shape == owner.shape and array.strides == owner.strides:
        return memory
    start = (address_of(array) - address_of(owner)) // array.itemsize
    return get_array_module(array).lib.stride_tricks.as_strided(memory.reshape(-1)[start:], array.shape, array.strides)


def as_array(data: Any, dtype: Any = None) -> Array:
    """Take any known array as it is; convert the rest with NumPy, Python floats to the default dtype.

    Examples
    --------
    >>> as_array([0.5, 2]).dtype
    dtype('float32')
    """
    if isinstance(data, Tensor):
        array = data._array
    elif is_array(data) and type(data) is not np.ndarray:
        get_array_module(data)  # raises for arrays of an unknown library
        array = data
    else:
        array = _from_numbers(data)
        if dtype is None and array.dtype == np.float64 and not _holds_float64(data):
            dtype = get_default_dtype()
    if dtype is None or array.dtype == np.dtype(dtype):
        return array
    if np.dtype(dtype).kind in "iu" and not isinstance(data, Tensor) and not is_array(data):
        _check_fits(array, np.dtype(dtype))
    with quiet():
        return array.astype(np.dtype(dtype))


def _check_fits(numbers: np.ndarray, dtype: np.dtype) -> None:
    """Refuse numbers that an integer dtype cannot hold, once truncated; -1 may stand for the largest, as in PyTorch."""
    if np.can_cast(numbers.dtype, dtype):
        return
    most = int(np.iinfo(dtype).max)
    least = -most if dtype.kind == "u" else -most - 1
    fits = (numbers > least - 1) & (numbers < most + 1)  # False for NaN
    if not fits.all():
        raise refusal("dtype.overflow", value=numbers[~fits].flat[0], dtype=dtype)


def _from_numbers(data: Any) -> np.ndarray:
    """NumPy's array of numbers and nested lists, in NumPy's dtype."""
    try:
        array = np.asarray(_plain(data))
    except ValueError as error:
        raise refusal("tensor.ragged", reason=error) from None
    if array.dtype.kind not in "biuf":
        raise refusal("tensor.no_numbers", kind=type(data).__name__, dtype=array.dtype)
    return array


def _plain(data: Any) -> Any:
    """Nested lists with Tensors replaced by their values."""
    if isinstance(data, Tensor):
        return asnumpy(data._array)
    return [_plain(item) for item in data] if isinstance(data, (list, tuple)) else data


def _holds_float64(data: Any) -> bool:
    """Does a nested list hold NumPy float64 values (which keep their dtype), not Python floats?"""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return getattr(data, "dtype", None) == np.float64

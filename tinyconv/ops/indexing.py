"""Reading and writing parts of a tensor."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arguments import checked
from ..autograd import Operation, Tensor, is_grad_enabled
from ..backend import Array, get_array_module, is_array
from ..errors import phrase, refusal
from ..kernels.labels import check_classes
from .dtype import cast, sum_dtype
from .shape import as_int, expand, normalize_dim

__all__ = ["take_along_dim"]


def as_index(x: Tensor, key: Any) -> Any:
    """Replace Tensors, lists and host arrays in an index by arrays of x's device; uint8 is a mask, with a warning.

    Raises
    ------
    IndexError
        If an index tensor is neither integer nor bool.
    RuntimeError
        If one is on another device; host indices are copied to x's device.
    """
    if isinstance(key, tuple):
        parts = [as_index(x, list(part) if isinstance(part, tuple) else part) for part in key]
        return tuple(_without_empty_ellipsis(x.ndim, parts))
    if isinstance(key, (list, range)):
        key = np.asarray(key) if len(key) else np.zeros(0, np.int64)  # host: the caller's list
    if isinstance(key, np.ndarray):
        key = x.device.asarray(key)
    elif isinstance(key, Tensor):
        if key.device != x.device and key.device.type != "cpu":
            raise refusal("index.device", x=x, key=key)
        key = x.device.asarray(key.array)
        if key.ndim == 0 and key.dtype.kind in "iu" and key.dtype != np.uint8:
            return int(key)
    if getattr(key, "dtype", None) is not None and key.dtype.kind not in "biu":
        raise refusal("index.dtype", key=key)
    if is_array(key) and key.dtype == np.uint8:
        warnings.warn(phrase("index.uint8"), stacklevel=3)
        return key.astype(bool)
    return key


def _without_empty_ellipsis(ndim: int, parts: list[Any]) -> list[Any]:
    """Leave out an Ellipsis that stands for no dimension: NumPy would take it for something between arrays."""
    taken = [p.ndim if is_array(p) and p.dtype.kind == "b" else int(p is not None and p is not ...) for p in parts]
    return [p for p in parts if p is not ...] if sum(taken) == ndim and _is_advanced(tuple(parts)) else parts


def own_index(key: Any) -> Any:
    """Copy the arrays of an index: the backward pass needs them as they are now."""
    if isinstance(key, tuple):
        return tuple(own_index(part) for part in key)
    return key.copy() if is_array(key) else key


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_advanced(key: Any) -> bool:
    """Does the index hold arrays, so that the result is a copy and places may repeat?"""
    return any(map(is_array, _parts(key)))


def names_twice(key: Any) -> bool:
    """May the index name one place twice?  Only integer arrays can."""
    return any(is_array(part) and part.dtype.kind != "b" for part in _parts(key))


def parted(key: Any) -> tuple[Any, Any] | None:
    """Split an index of integers and arrays with something between them: first all but the arrays, then these.

    NumPy counts an integer among the arrays, and moves their dimensions to the front where a slice or None
    stands between; PyTorch applies the integers first: ``x[0, :, i]`` is ``x[0][:, i]``.
    """
    parts = _parts(key)
    kinds = ["a" if is_array(p) else "i" if _is_integer(p) else "-" for p in parts]
    if not {"a", "i"} <= set(kinds) or "-" not in "".join(kinds).strip("-"):
        return None
    first, second = [], []
    for part, kind in zip(parts, kinds):
        if kind == "a":
            first += [slice(None)] * (part.ndim if part.dtype.kind == "b" else 1)
            second.append(part)
        else:
            first.append(part)
            if kind == "-":
                second.append(part if part is Ellipsis else slice(None))
    return tuple(first), tuple(second)


def _is_integer(part: Any) -> bool:
    return isinstance(part, (int, np.integer)) and not isinstance(part, bool)


def as_value(x: Array, key: Any, value: Any) -> Array:
    """A number that is assigned at an integer array, made on x's device (CuPy would upload it each time)."""
    if _is_advanced(key) and not is_array(value):
        return get_array_module(x).full((), value, dtype=x.dtype)
    return value


class GetItem(Operation):
    """``x[key]``; its gradient puts the values back at those places."""

    __slots__ = ()

    def forward(self, x: Array, key: Any) -> Array:
        part = x[key]
        if is_array(part):
            return part
        return x[(*key, ...) if isinstance(key, tuple) else (key, ...)]  # NumPy gives a scalar: ask for a view

    def grad_x(self, g: Tensor, key: Any, shape: tuple[int, ...]) -> Tensor:
        return PutItem.apply(g, key, shape)


class GetView(GetItem):
    """``x[key]`` with ints and slices alone, which shares x's memory."""

    __slots__ = ()
    is_view = True


class PutItem(Operation):
    """Zeros of a shape with values added at ``key``; repeated places accumulate."""

    __slots__ = ()

    def forward(self, values: Array, key: Any, whole: tuple[int, ...]) -> Array:
        xp = get_array_module(values)
        if not _is_advanced(key):
            out = xp.zeros(whole, values.dtype)
            out[key] = values
            return out
        out = xp.zeros(whole, sum_dtype(values))
        xp.add.at(out, key, values.astype(out.dtype, copy=False))
        return out.astype(values.dtype, copy=False)

    def grad_values(self, g: Tensor, key: Any) -> Tensor:
        return GetItem.apply(g, key)


def getitem(x: Tensor, key: Any) -> Tensor:
    """Read ``x[key]``: ints, slices, None, Ellipsis, bool masks and integer arrays.

    Raises
    ------
    IndexError
        If the index does not fit the shape.
    """
    key = as_index(x, key)
    if parts := parted(key):
        return getitem(getitem(x, parts[0]), parts[1])
    advanced = _is_advanced(key)
    if advanced and x.requires_grad and is_grad_enabled():
        key = own_index(key)
    try:
        return (GetItem if advanced else GetView).apply(x, key)
    except (IndexError, ValueError) as error:
        raise refusal("index.shape", key=_show(key), x=x, error=error) from None


def iterate(x: Tensor) -> Iterator[Tensor]:
    """Give ``x[0]``, ``x[1]``, ...

    Raises
    ------
    TypeError
        For a 0-d tensor.
    """
    if not x.ndim:
        raise refusal("tensor.iteration_over_0d")
    return (getitem(x, i) for i in range(x.shape[0]))


def _show(key: Any) -> str:
    names = [f"array{k.shape}" if hasattr(k, "shape") and k.shape else _show_slice(k) for k in _parts(key)]
    return "[" + ", ".join(names) + "]"


def _show_slice(k: Any) -> str:
    if k is Ellipsis:
        return "..."
    if not isinstance(k, slice):
        return str(k)
    return ":".join(
        "" if part is None else str(part) for part in ((k.start, k.stop, k.step) if k.step else (k.start, k.stop))
    )


class TakeAlong(Operation):
    """Values picked along one dimension by an integer array (``gather``); adjoint of PutAlong."""

    __slots__ = ()

    def forward(self, x: Array, indices: Array, dim: int) -> Array:
        return get_array_module(x).take_along_axis(x, indices, axis=dim)

    def grad_x(self, g: Tensor, indices: Tensor, dim: int, shape: tuple[int, ...]) -> Tensor:
        return PutAlong.apply(g, indices, dim, shape[dim])


class PutAlong(Operation):
    """Zeros with values added along one dimension at integer places; adjoint of TakeAlong."""

    __slots__ = ()

    def forward(self, values: Array, indices: Array, dim: int, size: int) -> Array:
        xp = get_array_module(values)
        out = xp.zeros(values.shape[:dim] + (size,) + values.shape[dim + 1 :], sum_dtype(values))
        grid = [
            xp.arange(n).reshape((1,) * i + (n,) + (1,) * (values.ndim - i - 1)) for i, n in enumerate(values.shape)
        ]
        places = tuple(grid[:dim]) + (indices,) + tuple(grid[dim + 1 :])
        xp.add.at(out, places, values.astype(out.dtype, copy=False))
        return out.astype(values.dtype, copy=False)

    def grad_values(self, g: Tensor, indices: Tensor, dim: int) -> Tensor:
        return TakeAlong.apply(g, indices, dim)


@checked
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Pick ``out[i, j] = x[indices[i, j], j]`` along `dim`; the two broadcast along the others.

    Without `dim`, both are taken flat.

    Raises
    ------
    IndexError
        If there is no such dimension.
    RuntimeError
        If the shapes do not broadcast outside `dim`, or the indices are no integers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.take_along_dim(tc.tensor([[1.0, 2.0], [3.0, 4.0]]), tc.tensor([[1], [0]]), 1)
    tensor([[2.],
            [3.]])
    """
    if indices.dtype.kind not in "iu":
        raise refusal("index.take_dtype", "take_along_dim", indices=indices)
    if dim is None:
        return take_along_dim(input.reshape(-1), indices.reshape(-1), 0)
    axis = normalize_dim(dim, input.ndim, "take_along_dim")
    if input.ndim == indices.ndim == 0:
        return take_along_dim(input, indices).reshape(())
    outside = [shape[:axis] + (1,) + shape[axis + 1 :] for shape in (input.shape, indices.shape)]
    if outside[0] != outside[1] or indices.ndim != input.ndim:
        try:
            common = np.broadcast_shapes(*outside) if indices.ndim == input.ndim else ()  # host: shapes are tuples
        except ValueError:
            common = ()
        if not common:
            raise refusal("index.take", "take_along_dim", indices=indices, x=input, dim=dim)
        input, indices = (
            expand(t, common[:axis] + t.shape[axis : axis + 1] + common[axis + 1 :]) for t in (input, indices)
        )
    try:
        return TakeAlong.apply(input, indices, axis)
    except IndexError:  # only on the host
        size = input.shape[axis]
        wrong = indices.array[(indices.array < -size) | (indices.array >= size)].reshape(-1)[0]
        raise refusal("index.bounds", "take_along_dim", index=int(wrong), size=size, dim=axis) from None


@checked
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Turn class indices ``(*)`` into int64 vectors ``(*, num_classes)`` with a 1 at the index.

    With ``num_classes=-1`` there are as many classes as the largest index asks for (on a device, that waits for it).

    Raises
    ------
    RuntimeError
        If the indices are not integers, or leave ``[0, num_classes)`` (on a device such a vector is all zeros).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.one_hot(tc.tensor([1, 0]), 3)
    tensor([[0, 1, 0],
            [1, 0, 0]])
    """
    if tensor.dtype.kind not in "iu":
        raise refusal("one_hot.dtype", "one_hot", target=tensor)
    num_classes = as_int(num_classes, "one_hot.classes", "one_hot")
    if num_classes < 1 and (num_classes != -1 or not tensor.numel()):
        raise refusal("one_hot.too_few" if tensor.numel() else "one_hot.empty", "one_hot", classes=num_classes)
    if num_classes == -1:
        num_classes = max(int(tensor.array.max()) + 1, 1)
    check_classes(tensor.array, num_classes, "one_hot")
    classes = Tensor._of(get_array_module(tensor.array).arange(num_classes))
    return cast(tensor.unsqueeze(-1) == classes, "int64")

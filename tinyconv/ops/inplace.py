"""Writing into a tensor's memory: ``x[key] = value``, ``x += value``, ``x.mul_(value)``.

Every write is one operation, :class:`Overwrite`, on the tensor that owns the memory; its views follow
(:mod:`tinyconv.autograd.views`).  An operation in place computes its result first, and then writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arguments import checked, refuse
from ..autograd import Operation, Tensor, as_array, check_devices, check_writable_in_graph, is_grad_enabled, unbroadcast
from ..autograd.views import Path, follow, look
from ..backend import Array, get_array_module
from ..errors import refusal
from . import elementwise, unary
from .dtype import RANK, cast, scalar_of
from .indexing import GetItem, as_index, as_value, names_twice, own_index, parted

__all__ = [
    "add_", "clamp_", "copy_", "div_", "exp_", "fill_", "mul_", "neg_", "pow_", "setitem", "sigmoid_", "sqrt_",
    "sub_", "tanh_", "zero_",
]  # fmt: skip


class Overwrite(Operation):
    """``x`` with ``view(x)[key] = value``, in x's own memory: x's gradient is 0 there, the value's is read there."""

    __slots__ = ()

    def forward(self, x: Array, value: Array, key: Any, path: Path) -> Array:
        seen = look(x, path)
        if path and not get_array_module(x).may_share_memory(seen, x):  # x has not the layout that its views rely on
            places = look(get_array_module(x).arange(x.size).reshape(x.shape), path)[key]
            x.reshape(-1)[places] = value
        else:
            seen[key] = as_value(seen, key, value)
        return x

    def grad_x(self, g: Tensor, key: Any, path: Path) -> Tensor | None:
        if key is Ellipsis and not path:
            return None  # nothing is left of x
        return Overwrite.apply(g.clone(), g.dtype.type(0), key, path)

    def grad_value(self, g: Tensor, key: Any, path: Path, shape: tuple[int, ...]) -> Tensor:
        key = key.array if isinstance(key, Tensor) else key  # an index of one array is kept as a Tensor
        seen = follow(g, path)
        read = GetItem.apply(seen, key)
        if names_twice(key):
            read = elementwise.Gate.apply(read, Tensor._of(_stays(seen.array, key)))
        lead = max(0, len(shape) - read.ndim)  # x[0] = v may drop leading 1s of v
        return unbroadcast(read, shape[lead:]).reshape(shape)


def _stays(x: Array, key: Any) -> Array:
    """Which of the values written to ``x[key]`` stay: of several for one place the last."""
    xp = get_array_module(x)
    written = xp.zeros(x.shape, dtype="int64")
    order = xp.arange(written[key].size).reshape(written[key].shape)
    written[key] = order
    return written[key] == order


def write(x: Tensor, value: Any, how: str, key: Any = ...) -> Tensor:
    """Write a Tensor of x's dtype, or a number, into ``x[key]``; give `x`.

    Raises
    ------
    RuntimeError
        If several elements share one place, or the write cannot be recorded.
    """
    _check_memory(x, how)
    if x._view is not None and x._view.base._version is not x._version:
        x._view = None  # its base was given another memory
    tracked = is_grad_enabled() and (x.requires_grad or (isinstance(value, Tensor) and value.requires_grad))
    if tracked:
        check_writable_in_graph(x, how)
        base, path = (x, ()) if x._view is None else (x._view.base, x._view.path)
        result = Overwrite.apply(base, value, own_index(key), path)
        base._move(result._grad_fn, result._index)
    else:
        Overwrite.apply(x.detach(), value.detach() if isinstance(value, Tensor) else value, key, ())
    x.bump_version()
    return x


def _check_memory(x: Tensor, how: str) -> None:
    shared = x.array.size > 0 and any(n > 1 and stride == 0 for n, stride in zip(x.shape, x.array.strides))
    if shared or not getattr(x.array.flags, "writeable", True):  # CuPy's arrays always are
        raise refusal("inplace.shared_cells", how)


def setitem(x: Tensor, key: Any, value: Any, how: str = "x[...] = value") -> Tensor:
    """``x[key] = value``: the value broadcasts, and takes x's dtype.

    Raises
    ------
    IndexError, ValueError
        If the index or the value does not fit.
    RuntimeError
        If the write cannot be recorded.
    """
    key = as_index(x, key)
    if parts := parted(key):
        setitem(x[parts[0]], parts[1], value, how)
        return x
    if not isinstance(value, (Tensor, int, float, np.generic)):
        value = Tensor._of(x.device.asarray(as_array(value, x.dtype)))
    if isinstance(value, Tensor):
        check_devices(how, [x, value])
        value = cast(value, x.dtype)
        if get_array_module(x.array).may_share_memory(value.array, x.array):
            value = value.clone()  # parts of one memory may overlap, and a GPU copies in any order
    else:
        value = scalar_of(x.dtype, value)
    try:
        return write(x, value, how, key)
    except (IndexError, ValueError) as error:
        if hasattr(error, "refusal"):
            raise
        sizes = {"given": getattr(value, "shape", ()), "shape": x.shape}
        raise refusal(
            "inplace.index" if isinstance(error, IndexError) else "inplace.value", how, reason=error, **sizes
        ) from None


def _write_back(x: Tensor, result: Tensor, how: str) -> Tensor:
    """Let the result of an operation take x's place."""
    if result.shape != x.shape:
        raise refusal("inplace.shape", how, shape=x.shape, result=result.shape)
    if RANK[result.dtype.kind] > RANK[x.dtype.kind]:
        raise refusal("inplace.dtype", how, result=result.dtype, dtype=x.dtype)
    return write(x, cast(result, x.dtype), how)


def in_place(operation: Callable[..., Tensor], how: str) -> Callable[..., Tensor]:
    """Make the operation that writes its result over its first operand; it takes what the operation takes."""
    plain = getattr(operation, "plain", operation)  # its gate would tell the other name

    def write_over(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(x, Tensor):
            raise refuse(how, "input", x, "Tensor")
        tensors = [x, *(a for a in (*args, *kwargs.values()) if isinstance(a, Tensor))]
        tracked = is_grad_enabled() and any(t.requires_grad for t in tensors)
        old = x.clone() if tracked else x  # what the operation keeps of x must not change with it
        return _write_back(x, plain(old, *args, **kwargs), how)

    write_over.__name__ = write_over.__qualname__ = how
    write_over.__doc__ = f":func:`{operation.__name__}`, written over the first operand, which is given back."
    write_over.__wrapped__ = plain  # type: ignore[attr-defined]  # whose signature it has
    return write_over if plain is operation else checked(write_over)


add_ = in_place(elementwise.add, "add_")
sub_ = in_place(elementwise.sub, "sub_")
mul_ = in_place(elementwise.mul, "mul_")
div_ = in_place(elementwise.div, "div_")
pow_ = in_place(elementwise.pow, "pow_")
clamp_ = in_place(unary.clamp, "clamp_")
exp_ = in_place(unary.exp, "exp_")
neg_ = in_place(unary.neg, "neg_")
sqrt_ = in_place(unary.sqrt, "sqrt_")
tanh_ = in_place(unary.tanh, "tanh_")
sigmoid_ = in_place(unary.sigmoid, "sigmoid_")


@checked
def copy_(input: Tensor, other: Tensor, non_blocking: bool = False) -> Tensor:
    """Take over the values of `other`, which broadcasts and may be elsewhere or of another dtype."""
    return setitem(input, ..., other.to(input.device).expand(input.shape), "copy_")


def fill_(x: Tensor, value: Any) -> Tensor:
    """Set every element to a number."""
    return setitem(x, ..., value, "fill_")


def zero_(x: Tensor) -> Tensor:
    """Set every element to 0."""
    return setitem(x, ..., 0, "zero_")

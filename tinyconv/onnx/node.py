"""One node of a graph, the table of operators, and what all operators share."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from ..backend import Device, asnumpy
from ..errors import refusal
from ..tensor import Tensor

__all__ = ["HOST_INPUTS", "OPERATORS", "SMALL_BYTES", "Node", "ints", "moved", "operator"]


@dataclass(frozen=True)
class Node:
    """What an operator is told beside its input tensors.

    Attributes
    ----------
    kind : str
        The operator's name, such as ``'Conv'``.
    attributes : dict
        Ints, floats, strings, lists of them, and arrays.
    inputs, outputs : tuple of str
        Names; an empty one is an optional value left out.
    opset : int
        The version of the operator set.
    max_bytes : int
        The most that the results alive at one time may take.
    live : int
        What the results of other nodes take at the moment.

    Examples
    --------
    >>> Node("Elu", {"alpha": 2.0}, ("x",), ("y",)).get("alpha", 1.0)
    2.0
    """

    kind: str
    attributes: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    opset: int = 21
    max_bytes: int = 1 << 30
    live: int = 0

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, or its default."""
        return self.attributes.get(name, default)

    def wants(self, output: int) -> bool:
        """Tell whether output number `output` is used."""
        return len(self.outputs) > output and bool(self.outputs[output])

    def axis(self, axis: int, ndim: int) -> int:
        """An axis counted from 0; there must be such an axis.

        Raises
        ------
        ValueError
            Naming the node, the axis and the number of axes.
        """
        if not -ndim <= axis < ndim:
            raise self.refuse("onnx.axis", axis=axis, ndim=ndim)
        return axis % ndim

    def axes(self, axes: Sequence[int], ndim: int) -> tuple[int, ...]:
        """Axes counted from 0, none of them named twice."""
        found = tuple(self.axis(a, ndim) for a in axes)
        if len(set(found)) < len(found):
            raise self.refuse("onnx.axes_twice", axes=tuple(axes))
        return found

    def flag(self, name: str, default: int = 0) -> bool:
        """An attribute that is 0 or 1."""
        value = self.get(name, default)
        if value not in (0, 1):
            raise self.refuse("onnx.flag", name=name, value=value)
        return bool(value)

    def allow(self, shape: Sequence[int], itemsize: int = 4) -> None:
        """Refuse a result that is too large, before any memory is taken for it.

        Raises
        ------
        ValueError
            Naming the node, the shape and the limit.
        """
        needed = math.prod(shape) * itemsize
        if needed + self.live > self.max_bytes or min(shape, default=0) < 0:
            raise self.refuse("onnx.result_size", shape=tuple(shape), needed=needed)

    def allow_broadcast(self, *tensors: Tensor | None) -> None:
        """Refuse operands whose broadcast shape is too large."""
        given = [t for t in tensors if t is not None]
        try:
            shape = np.broadcast_shapes(*[t.shape for t in given])
        except ValueError:
            return  # the operation itself says what does not fit
        self.allow(shape, max(t.dtype.itemsize for t in given))

    def refuse(self, name: str, /, **values: Any) -> Exception:
        """The error whose text has this name (see :mod:`tinyconv.errors.texts`); it tells the node too."""
        return refusal(name, node=self, **values)

    def __str__(self) -> str:
        return f"{self.kind} ({', '.join(self.inputs)}) -> ({', '.join(self.outputs)})"


SMALL_BYTES = 1 << 12  # of a constant that says how to do something
OPERATORS: dict[str, Callable[..., Any]] = {}
HOST_INPUTS: dict[str, tuple[int, ...]] = {}  # per operator: inputs that say how, such as a shape; read on the host
F = TypeVar("F", bound=Callable)


def operator(*kinds: str, host: tuple[int, ...] = ()) -> Callable[[F], F]:
    """Enter a function ``f(node, *tensors)`` into the table under the operators' names; `host` into HOST_INPUTS.

    Examples
    --------
    >>> @operator("Twice")
    ... def twice(node, x):
    ...     return x + x
    >>> OPERATORS.pop("Twice")(Node("Twice"), 3)
    6
    """

    def enter(function: F) -> F:
        for kind in kinds:
            OPERATORS[kind] = function
            if host:
                HOST_INPUTS[kind] = host
        return function

    return enter


def moved(tensor: Tensor, device: Device) -> Tensor:
    """A constant or shape on another device; small ones of the same values are copied there once.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1, 2])
    >>> moved(x, x.device) is x
    True
    """
    if tensor.device == device:
        return tensor
    array = asnumpy(tensor.array)
    if array.nbytes > SMALL_BYTES:
        return Tensor._of(device.asarray(array))
    return _copy(array.tobytes(), array.dtype.str, array.shape, device)


@functools.lru_cache(maxsize=1 << 12)
def _copy(values: bytes, dtype: str, shape: tuple[int, ...], device: Device) -> Tensor:
    return Tensor._of(device.asarray(np.frombuffer(values, dtype).reshape(shape)))


def ints(tensor: Tensor | None, default: Sequence[int] = ()) -> tuple[int, ...]:
    """The values of an integer tensor that says how to do something, such as a shape.

    Examples
    --------
    >>> import tinyconv as tc
    >>> ints(tc.tensor([2, 3]))
    (2, 3)
    """
    if tensor is None:
        return tuple(default)
    return tuple(int(n) for n in asnumpy(tensor.array).reshape(-1))

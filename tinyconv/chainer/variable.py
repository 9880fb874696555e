"""Variable and Parameter: Tensors that keep Chainer's rule, by which ``.data`` and ``.grad`` are arrays.

The rule is in these classes alone: the engine, the optimisers and the modules see the Tensor that every Variable is,
and read its gradient, a Tensor, under another name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .. import nn
from ..autograd import as_array, seed_gradient
from ..backend import Array, get_array_module
from ..errors import refusal
from ..methods import Methods
from ..ops.shape import Alias
from ..tensor import Tensor

__all__ = ["Parameter", "UninitializedParameter", "Variable", "as_parameter", "as_variable"]


class Variable(Tensor):
    """A Tensor with Chainer's attributes, which are arrays, and which wants a gradient unless told otherwise.

    Operators, methods, and the functions of :mod:`tinyconv.chainer.functions` give Variables again.

    Parameters
    ----------
    data : array, Tensor, number or nested list
        An array is taken as it is (its memory is shared).
    requires_grad : bool
        Whether to ask for ``.grad``; never asked of integers.

    Attributes
    ----------
    data, array : array
        The numbers; another array of the same shape may be assigned.
    grad : array or None
        The gradient; an array of the same shape, or None, may be assigned.  :meth:`backward` starts from it.
    grad_var : Variable or None
        The gradient as a Variable.

    Examples
    --------
    >>> import numpy as np
    >>> x = Variable(np.array([1.0, 2.0], np.float32))
    >>> y = x**2 + 1
    >>> y.grad = np.ones(2, np.float32)
    >>> y.backward()
    >>> x.grad
    array([2., 4.], dtype=float32)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True):
        self._begin(as_array(data), False)
        if requires_grad and self.dtype.kind == "f":
            self.requires_grad_()

    @property
    def data(self) -> Array:
        """The array."""
        return self.array

    @data.setter
    def data(self, value: Any) -> None:
        self.array = value

    @property
    def grad(self) -> Array | None:
        """The gradient's array."""
        return None if self._grad is None else self._grad.array

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor._of(value)
            if value.shape != self.shape:
                raise refusal("chainer.grad_shape", given=value.shape, shape=self.shape)
        self._grad = value

    @property
    def grad_var(self) -> Variable | None:
        """The gradient as a Variable."""
        return None if self._grad is None else as_result(self._grad)

    @grad_var.setter
    def grad_var(self, value: Tensor | None) -> None:
        self.grad = value

    @property
    def xp(self) -> Any:
        """The module that the array belongs to: ``numpy`` or ``cupy``."""
        return get_array_module(self.array)

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self._grad = None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add to every leaf's ``.grad`` its derivative of this Variable, from ``.grad`` on, which is 1 for a scalar.

        The arguments are those of :meth:`tinyconv.Tensor.backward`; what is given as `gradient` becomes ``.grad``.
        """
        if self.is_leaf:
            Tensor.backward(self, gradient, retain_graph, create_graph, inputs)
            return
        seed = seed_gradient(self, self._grad if gradient is None else gradient, "backward")
        Tensor.backward(self, seed, retain_graph, create_graph, inputs)
        self._grad = seed

    def __iter__(self) -> Iterator[Variable]:
        return map(as_result, Tensor.__iter__(self))


def as_variable(obj: Any) -> Tensor:
    """Give a Variable or a Parameter as it is, and a Tensor as a Variable at its place in the graph.

    Anything else becomes a Variable that wants no gradient.

    Examples
    --------
    >>> import numpy as np
    >>> as_variable(np.ones(2, np.float32)).requires_grad
    False
    """
    if not isinstance(obj, Tensor):
        return Variable(obj, requires_grad=False)
    return as_result(Alias.apply(obj)) if type(obj) is Tensor else obj  # its .data and .grad stay what they were


def as_result(result: Any) -> Any:
    """Let a result of tinyconv's operations be known as a Variable: the same object, in the same graph.

    Examples
    --------
    >>> import tinyconv as tc
    >>> as_result(tc.ones(2)).data
    array([1., 1.], dtype=float32)
    """
    if type(result) is Tensor:  # a Parameter that an operation handed through stays one
        result.__class__ = Variable
    if isinstance(result, tuple):
        return getattr(type(result), "_make", tuple)(map(as_result, result))  # _make: a named tuple's
    return result


def _giving_variables(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method whose result is a Variable out of one whose result is a Tensor."""

    @functools.wraps(operation)
    def method(*args: Any, **kwargs: Any) -> Any:
        return as_result(operation(*args, **kwargs))

    return method


for _name, _operation in vars(Methods).items():
    if _name not in vars(Variable):
        if isinstance(_operation, property):
            setattr(Variable, _name, property(_giving_variables(_operation.fget)))  # type: ignore[arg-type]
        elif callable(_operation):
            setattr(Variable, _name, _giving_variables(_operation))


class Parameter(nn.Parameter, Variable):
    """A link's parameter: a Variable that the Module counts among its parameters.

    Examples
    --------
    >>> import tinyconv as tc
    >>> Parameter(tc.ones(2)).data
    array([1., 1.], dtype=float32)
    """

    __slots__ = ()


class UninitializedParameter(nn.UninitializedParameter, Parameter):
    """A lazy link's parameter before the first call: its ``.data`` is None.

    Examples
    --------
    >>> UninitializedParameter().data is None
    True
    """

    __slots__ = ()

    @property
    def data(self) -> Any:
        """None: there are no numbers yet, and none can be assigned."""
        return None

    @data.setter
    def data(self, value: Any) -> None:
        raise refusal("parameter.no_shape")

    array = data


Parameter._lazy, UninitializedParameter._ready = UninitializedParameter, Parameter


def as_parameter(parameter: nn.Parameter) -> nn.Parameter:
    """Let a parameter follow Chainer's rule, the same object.

    Examples
    --------
    >>> import tinyconv as tc
    >>> as_parameter(tc.nn.Parameter(tc.ones(2))).data
    array([1., 1.], dtype=float32)
    """
    known = {nn.Parameter: Parameter, nn.UninitializedParameter: UninitializedParameter}
    parameter.__class__ = known.get(type(parameter), type(parameter))
    return parameter


def optional(b: Any) -> Any:
    """Give an argument that may be None as None or as a Variable.

    Examples
    --------
    >>> optional(None) is None
    True
    """
    return None if b is None else as_variable(b)

"""Variable: a Tensor under Chainer's name."""

from __future__ import annotations

from typing import Any

from ..backend import get_array_module
from ..tensor import Tensor

__all__ = ["Variable", "as_variable"]


class Variable(Tensor):
    """A Tensor that has Chainer's attributes too, and wants a gradient unless told otherwise.

    Parameters
    ----------
    data : array, Tensor, number or nested list
        An array is taken as it is (its memory is shared).
    requires_grad : bool
        Whether to ask for ``.grad``; never asked of integers.

    Notes
    -----
    ``.grad`` is a Tensor, where Chainer's is an array: ``x.grad.data`` is the array.

    Examples
    --------
    >>> import numpy as np
    >>> x = Variable(np.array([1.0, 2.0], np.float32))
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad.data
    array([2., 4.], dtype=float32)
    """

    __slots__ = ()

    def __init__(self, data: Any, *, requires_grad: bool = True):
        super().__init__(data)
        if requires_grad and self.dtype.kind == "f":
            self.requires_grad_()

    @property
    def xp(self) -> Any:
        """The module that the array belongs to: ``numpy`` or ``cupy``."""
        return get_array_module(self.array)

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self.grad = None


def as_variable(obj: Any) -> Tensor:
    """Give a Tensor (and so a Variable) as it is, and anything else as a Variable that wants no gradient.

    Examples
    --------
    >>> import numpy as np
    >>> as_variable(np.ones(2, np.float32)).requires_grad
    False
    """
    return obj if isinstance(obj, Tensor) else Variable(obj, requires_grad=False)


def as_result(tensor: Tensor) -> Variable:
    """Let a result of tinyconv's operations be known as a Variable: the same object, in the same graph.

    Examples
    --------
    >>> import tinyconv as tc
    >>> as_result(tc.ones(2)).array.shape
    (2,)
    """
    if type(tensor) is Tensor:  # a Parameter that an operation handed through stays one
        tensor.__class__ = Variable
    return tensor  # type: ignore[return-value]


def optional(b: Any) -> Any:
    """Give an argument that may be None as None or as a Variable.

    Examples
    --------
    >>> optional(None) is None
    True
    """
    return None if b is None else as_variable(b)

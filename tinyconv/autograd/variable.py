"""Variable: PyTorch's older name for what is a Tensor now."""

from __future__ import annotations

from typing import Any

from ..errors import refusal
from .tensor import Tensor

__all__ = ["Variable"]


class _IsTensor(type):
    """Every Tensor is a Variable."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_IsTensor):
    """Give a Tensor on the same memory, outside of any graph: ``x.detach()`` says the same today.

    Parameters
    ----------
    data : Tensor
        What to look at.
    requires_grad : bool
        Whether the new Tensor asks for a gradient.

    Raises
    ------
    TypeError
        If `data` is no Tensor.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv.autograd import Variable
    >>> x = Variable(tc.ones(2), requires_grad=True)
    >>> x, isinstance(x, Variable)
    (tensor([1., 1.], requires_grad=True), True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False) -> Any:
        """Make the Tensor."""
        if not isinstance(data, Tensor):
            raise refusal("variable.no_tensor", "Variable", kind=type(data).__name__)
        return data.detach().requires_grad_(requires_grad)

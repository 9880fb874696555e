"""Functions of one variable, element by element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import autograd
from ..autograd import Function
from ..backend import Array, get_array_module
from .elementwise import Where, where, zeros_like
from .numeric import erf
from .promotion import as_float, cast, default_dtype, rank_of, scalar_of

if TYPE_CHECKING:
    from ..tensor import Tensor


class Neg(Function):
    """``-x``."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        return -x

    def vjp(self, grad: Tensor) -> Any:
        return -grad


class Exp(Function):
    """``exp(x)``, its own derivative."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        y = get_array_module(x).exp(x)
        y = _as_array(x, y)
        self.save_for_backward(y)
        return y

    def vjp(self, grad: Tensor) -> Any:
        (y,) = self.saved_tensors
        return grad * y


def _as_array(x: Array, y: Any) -> Array:
    """NumPy gives a scalar for a 0-d array; a saved output must be the very array that is returned."""
    return y if type(y) is type(x) else get_array_module(x).asarray(y)


class _Unary(Function):
    """A function of one variable whose derivative is written from its input."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        self.save_for_backward(x)
        return self._value(get_array_module(x), x)

    def vjp(self, grad: Tensor) -> Any:
        (x,) = self.saved_tensors
        return grad * self._slope(x)

    @staticmethod
    def _value(xp: Any, x: Array) -> Array:
        raise NotImplementedError

    @staticmethod
    def _slope(x: Tensor) -> Any:
        raise NotImplementedError


class Expm1(_Unary):
    """``exp(x) - 1`` without loss near 0; derivative ``exp(x)``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.expm1(x))
    _slope = staticmethod(lambda x: x.exp())


class Log(_Unary):
    """``log(x)``; derivative ``1/x``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.log(x))
    _slope = staticmethod(lambda x: 1.0 / x)


class Log1p(_Unary):
    """``log(1 + x)`` without loss near 0; derivative ``1/(1 + x)``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.log1p(x))
    _slope = staticmethod(lambda x: 1.0 / (1.0 + x))


class Sqrt(_Unary):
    """``sqrt(x)``; derivative ``1/(2 sqrt(x))``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.sqrt(x))
    _slope = staticmethod(lambda x: 0.5 * x.rsqrt())


class Rsqrt(_Unary):
    """``1/sqrt(x)``; derivative ``-1/2 x**(-3/2)``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: x.dtype.type(1) / xp.sqrt(x))
    _slope = staticmethod(lambda x: -0.5 * x.rsqrt() / x)


class Abs(_Unary):
    """``|x|``; derivative ``sign(x)``, 0 at 0."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.abs(x))
    _slope = staticmethod(lambda x: x.sign())


class Sign(_Unary):
    """-1, 0 or 1; derivative 0."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.sign(x))
    _slope = staticmethod(lambda x: zeros_like(x))


class Sin(_Unary):
    """``sin(x)``; derivative ``cos(x)``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.sin(x))
    _slope = staticmethod(lambda x: x.cos())


class Cos(_Unary):
    """``cos(x)``; derivative ``-sin(x)``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.cos(x))
    _slope = staticmethod(lambda x: -x.sin())


class Erf(_Unary):
    """The error function; derivative ``2/sqrt(pi) exp(-x**2)``."""

    __slots__ = ()
    _value = staticmethod(erf)
    _slope = staticmethod(lambda x: (2 / math.sqrt(math.pi)) * (-x * x).exp())


class Tanh(Function):
    """``tanh(x)``; derivative ``1 - y**2``."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        y = _as_array(x, get_array_module(x).tanh(x))
        self.save_for_backward(y)
        return y

    def vjp(self, grad: Tensor) -> Any:
        (y,) = self.saved_tensors
        return grad * (1.0 - y * y)


class Sigmoid(Function):
    """``1/(1 + exp(-x))``; derivative ``y (1 - y)``."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        xp, one = get_array_module(x), x.dtype.type(1)
        small = xp.exp(-xp.abs(x))  # in (0, 1]: nothing overflows, and tiny results keep their digits
        y = _as_array(x, xp.where(x >= 0, one, small) / (one + small))
        self.save_for_backward(y)
        return y

    def vjp(self, grad: Tensor) -> Any:
        (y,) = self.saved_tensors
        return grad * (y * (1.0 - y))


class Softplus(_Unary):
    """``log(1 + exp(x))``, computed as ``max(x, 0) + log1p(exp(-|x|))``; derivative ``sigmoid(x)``."""

    __slots__ = ()
    _value = staticmethod(lambda xp, x: xp.maximum(x, x.dtype.type(0)) + xp.log1p(xp.exp(-xp.abs(x))))
    _slope = staticmethod(lambda x: x.sigmoid())


class Clamp(Function):
    """Values limited to ``[low, high]``; the gradient passes where they were inside."""

    __slots__ = ()

    def forward(self, x: Array, low: Any, high: Any) -> Array:
        xp = get_array_module(x)
        inside = xp.ones(x.shape, bool)
        y = x
        if low is not None:
            inside, y = inside & (x >= low), xp.maximum(y, low)
        if high is not None:
            inside, y = inside & (x <= high), xp.minimum(y, high)
        self.save_for_backward(xp.asarray(inside))
        return y

    def vjp(self, grad: Tensor) -> Any:
        (inside,) = self.saved_tensors
        return Where.apply(inside, grad, grad.dtype.type(0)), None, None


def clamp(x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Limit values to ``[min, max]``; either may be None, a number or a Tensor.

    Raises
    ------
    ValueError
        If both are None.
    RuntimeError
        If an integer tensor's dtype cannot hold a bound.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.clamp(tc.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: at least one of min or max must not be None")
    if isinstance(min, autograd.tensor_type) or isinstance(max, autograd.tensor_type):
        x = x if min is None else where(x < min, min, x)  # at the limit x keeps the gradient
        return x if max is None else where(x > max, max, x)
    if x.dtype.kind != "f" and any(bound is not None and rank_of(bound) == 2 for bound in (min, max)):
        x = cast(x, default_dtype)
    low, high = (None if bound is None else scalar_of(x.dtype, bound) for bound in (min, max))
    return Clamp.apply(x, low, high)


def _unary(function: type[Function], example: str) -> Any:
    """A function over one Tensor; integers become floats first."""

    def call(x: Any) -> Tensor:
        return function.apply(as_float(x))

    call.__name__ = call.__qualname__ = function.__name__.lower()
    summary = (function.__doc__ or "").strip()
    call.__doc__ = f"{summary}\n\nExamples\n--------\n>>> import tinyconv as tc\n{example}\n"
    return call


exp = _unary(Exp, ">>> tc.exp(tc.tensor([0.0]))\ntensor([1.])")
log = _unary(Log, ">>> tc.log(tc.tensor([1.0]))\ntensor([0.])")
log1p = _unary(Log1p, ">>> tc.log1p(tc.tensor([0.0]))\ntensor([0.])")
expm1 = _unary(Expm1, ">>> import tinyconv.ops.unary as e\n>>> e.expm1(tc.tensor([0.0]))\ntensor([0.])")
sqrt = _unary(Sqrt, ">>> tc.sqrt(tc.tensor([4.0]))\ntensor([2.])")
rsqrt = _unary(Rsqrt, ">>> tc.rsqrt(tc.tensor([4.0]))\ntensor([0.5000])")
sin = _unary(Sin, ">>> tc.sin(tc.tensor([0.0]))\ntensor([0.])")
cos = _unary(Cos, ">>> tc.cos(tc.tensor([0.0]))\ntensor([1.])")
erf_ = _unary(Erf, ">>> tc.erf(tc.tensor([0.0]))\ntensor([0.])")
tanh = _unary(Tanh, ">>> tc.tanh(tc.tensor([0.0]))\ntensor([0.])")
sigmoid = _unary(Sigmoid, ">>> tc.sigmoid(tc.tensor([0.0]))\ntensor([0.5000])")


def neg(x: Tensor) -> Tensor:
    """Element by element ``-x``.

    Raises
    ------
    RuntimeError
        For bool.
    """
    if x._data.dtype.kind == "b":
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. Use `~` to invert a mask")
    return Neg.apply(x)


def abs(x: Tensor) -> Tensor:
    """Element by element ``|x|``; the derivative at 0 is taken as 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.abs(tc.tensor([-2.0, 3.0]))
    tensor([2., 3.])
    """
    return Abs.apply(x)


def sign(x: Tensor) -> Tensor:
    """Element by element -1, 0 or 1; its gradient is 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sign(tc.tensor([-2.0, 0.0]))
    tensor([-1.,  0.])
    """
    return x if x.dtype.kind == "b" else Sign.apply(x)

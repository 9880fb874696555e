"""Operations that act on each element alone, and the rules for mixing dtypes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import autograd
from ..autograd import Function
from ..backend import Array, get_array_module, is_array, quiet
from .numeric import erf

if TYPE_CHECKING:
    from ..tensor import Tensor

# ------------------------------------------------------------------------------ operands

default_dtype = np.dtype(np.float32)
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # bool < integer < float


def rank_of(value: Any) -> int:
    """Rank of a Python or NumPy scalar among bool (0) < integer (1) < float (2)."""
    if isinstance(value, (bool, np.bool_)):
        return 0
    return 1 if isinstance(value, (int, np.integer)) else 2


def promote(a: Tensor, b: Tensor) -> np.dtype:
    """PyTorch's promotion: the higher of bool < int < float wins; a 0-d tensor yields within its rank."""
    da, db = a.dtype, b.dtype
    if da == db:
        return da
    ra, rb = _RANK[da.kind], _RANK[db.kind]
    if ra != rb:
        return da if ra > rb else db
    if (a.ndim == 0) != (b.ndim == 0):
        return db if a.ndim == 0 else da
    return np.promote_types(da, db)


def _with_scalar(tensor: Tensor, scalar: Any) -> tuple[Tensor, np.generic]:
    """A scalar never promotes within its rank: it takes the tensor's dtype."""
    dtype = tensor._data.dtype
    rank = rank_of(scalar)
    if rank > _RANK[dtype.kind]:
        dtype = default_dtype if rank == 2 else np.dtype(np.int64)
        tensor = cast(tensor, dtype)
    return tensor, scalar_of(dtype, scalar)


def scalar_of(dtype: np.dtype, value: Any) -> np.generic:
    """A Python or NumPy scalar in `dtype`; floats round (to inf if need be), integers must fit.

    Raises
    ------
    RuntimeError
        If an integer dtype cannot hold the value.

    Examples
    --------
    >>> int(scalar_of(np.dtype(np.int64), 2.7))
    2
    """
    if dtype.kind == "f":
        if -6e4 < value < 6e4:
            return dtype.type(value)
        with quiet():
            return dtype.type(value)
    if dtype.kind != "b" and not _fits(dtype, value):
        raise RuntimeError(
            f"value {value} cannot be converted to {dtype} without overflow; convert the tensor first, "
            f"e.g. x.long() or x.float()"
        )
    return dtype.type(value)


def _fits(dtype: np.dtype, value: Any) -> bool:
    value = value.item() if isinstance(value, np.generic) else value
    limits = np.iinfo(dtype)
    return int(limits.min) - 1 < value < int(limits.max) + 1


def operands(a: Any, b: Any) -> tuple[Any, Any]:
    """Bring two operands to one dtype; scalars come back as NumPy scalars, arrays as Tensors."""
    tensor = autograd.tensor_type
    a_is_tensor, b_is_tensor = isinstance(a, tensor), isinstance(b, tensor)
    if a_is_tensor and b_is_tensor and a._data.dtype is b._data.dtype:  # the usual case first
        return a, b
    if isinstance(b, (int, float, np.generic)):
        return _with_scalar(a, b)
    if isinstance(a, (int, float, np.generic)):
        b, a = _with_scalar(b, a)
        return a, b
    a = a if a_is_tensor else tensor(a)
    b = b if b_is_tensor else tensor(b)
    dtype = promote(a, b)
    return cast(a, dtype), cast(b, dtype)


def unbroadcast(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum `grad` over the axes along which an input of `shape` was broadcast."""
    if grad._data.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 and grad.shape[extra + i] != 1]
    return grad.sum(tuple(range(extra)) + tuple(stretched), keepdim=True).reshape(shape)


class _Binary(Function):
    """Two operands that broadcast against each other; `_shapes` remembers theirs."""

    __slots__ = ("_shapes",)

    def _note(self, a: Any, b: Any) -> None:
        self._shapes = a.shape, b.shape

    def _fit(self, ga: Tensor | None, gb: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
        return (
            None if ga is None else unbroadcast(ga, self._shapes[0]),
            None if gb is None else unbroadcast(gb, self._shapes[1]),
        )


def binary(function: type[_Binary], a: Any, b: Any) -> Tensor:
    """Apply a binary Function after bringing its operands to one dtype.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    """
    a, b = operands(a, b)
    try:
        return function.apply(a, b)
    except ValueError as error:  # from the array library: say it with the names and shapes of here
        raise _not_together(function.__name__, error, a, b) from None


def _not_together(name: str, error: ValueError, *values: Any) -> RuntimeError:
    """The error for operands that the array library refused: because of their shapes, mostly."""
    shapes = [getattr(v, "shape", ()) for v in values]
    try:
        np.broadcast_shapes(*shapes)  # host: shapes are tuples
    except ValueError:
        return RuntimeError(
            f"{name}: shapes {' and '.join(map(str, shapes))} do not broadcast: compared from the right, two "
            f"sizes must be equal or one of them 1. Use reshape or unsqueeze to line the axes up"
        )
    return RuntimeError(f"{name}: {error}")


# ------------------------------------------------------------------------------ arithmetic


class Add(_Binary):
    """``a + b``; both gradients are the incoming one."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        with quiet():
            return a + b

    def vjp(self, grad: Tensor) -> Any:
        need_a, need_b = self.needs_input_grad
        return self._fit(grad if need_a else None, grad if need_b else None)


class Sub(_Binary):
    """``a - b``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        if a.dtype.kind == "b":
            raise RuntimeError("Subtraction, the `-` operator, with two bool tensors is not supported. Use `^`")
        with quiet():
            return a - b

    def vjp(self, grad: Tensor) -> Any:
        need_a, need_b = self.needs_input_grad
        return self._fit(grad if need_a else None, -grad if need_b else None)


class Mul(_Binary):
    """``a * b``; each gradient is the incoming one times the other factor."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        self.save_for_backward(a, b)
        with quiet():
            return a * b

    def vjp(self, grad: Tensor) -> Any:
        a, b = self.saved_tensors
        need_a, need_b = self.needs_input_grad
        return self._fit(grad * b if need_a else None, grad * a if need_b else None)


class Div(_Binary):
    """``a / b``; ``d/da = 1/b``, ``d/db = -(a/b)/b``, as ``b*b`` may overflow."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        self.save_for_backward(a, b)
        with quiet():
            return a / b

    def vjp(self, grad: Tensor) -> Any:
        a, b = self.saved_tensors
        need_a, need_b = self.needs_input_grad
        return self._fit(grad / b if need_a else None, -grad * (a / b) / b if need_b else None)


class Pow(_Binary):
    """``a ** b``; ``d/da = b*a**(b-1)``, ``d/db = log(a)*a**b``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        self.save_for_backward(a, b)
        with quiet():
            return a**b

    def vjp(self, grad: Tensor) -> Any:
        a, b = self.saved_tensors
        need_a, need_b = self.needs_input_grad
        return self._fit(grad * self._by_base(a, b) if need_a else None,
                         grad * self._by_exponent(a, b) if need_b else None)  # fmt: skip

    @staticmethod
    def _by_base(a: Any, b: Any) -> Any:
        if not isinstance(b, autograd.tensor_type):
            return b * a ** (b - 1) if b != 0 else zeros_like(a)  # 0 * 0**-1 would be NaN
        return where(b == 0, zeros_like(b), b * a ** where(b == 0, ones_like(b), b - 1))

    @staticmethod
    def _by_exponent(a: Any, b: Any) -> Any:
        if not isinstance(a, autograd.tensor_type):
            return (math.log(a) if a > 0 else math.nan) * a**b if a != 0 else zeros_like(b)
        power = a**b
        nonzero = where(a == 0, ones_like(a), a)  # 0**b is 0 near b > 0; a < 0 has no real power nearby: NaN
        return where(a == 0, zeros_like(power), nonzero.log() * power)


class Maximum(_Binary):
    """The larger of two; at a tie each gets half, as in PyTorch.  NaN wins."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        xp = get_array_module(a if is_array(a) else b)
        self._share(a, b, a > b)
        return xp.maximum(a, b)

    def _share(self, a: Array, b: Array, wins: Array) -> None:
        """Save each side's share of the gradient: 1, 0, or 1/2 at a tie."""
        if not any(self.needs_input_grad):
            return
        dtype = a.dtype
        tie = (a == b).astype(dtype) * dtype.type(0.5)
        share = wins.astype(dtype) + tie
        self.save_for_backward(share, (dtype.type(1) - share).astype(dtype))

    def vjp(self, grad: Tensor) -> Any:
        share_a, share_b = self.saved_tensors
        need_a, need_b = self.needs_input_grad
        return self._fit(grad * share_a if need_a else None, grad * share_b if need_b else None)


class Minimum(Maximum):
    """The smaller of two; at a tie each gets half, as in PyTorch.  NaN wins."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        xp = get_array_module(a if is_array(a) else b)
        self._share(a, b, a < b)
        return xp.minimum(a, b)


class Remainder(_Binary):
    """``a - floor(a/b) * b``, which has the sign of b; ``d/da = 1``, ``d/db = -floor(a/b)``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        self.save_for_backward(a, b)
        with _division_errors(a):
            return get_array_module(a if is_array(a) else b).remainder(a, b)

    def vjp(self, grad: Tensor) -> Any:
        a, b = self.saved_tensors
        need_a, need_b = self.needs_input_grad
        return self._fit(grad if need_a else None, -grad * floor_divide(a, b) if need_b else None)


def _division_errors(value: Any) -> Any:
    """An integer divided by zero is an error (on the CPU: a GPU cannot tell in time); a float is not."""
    return quiet() if value.dtype.kind == "f" else np.errstate(divide="raise")


class Neg(Function):
    """``-x``."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        return -x

    def vjp(self, grad: Tensor) -> Any:
        return -grad


class Cast(Function):
    """The same values in another dtype."""

    __slots__ = ("_dtype",)

    def forward(self, x: Array, dtype: np.dtype) -> Array:
        self._dtype = x.dtype
        with quiet():
            return x.astype(dtype)

    def vjp(self, grad: Tensor) -> Any:
        return cast(grad, self._dtype), None


class Where(_Binary):
    """``a`` where the condition holds, else ``b``."""

    __slots__ = ("_condition",)

    def forward(self, condition: Array, a: Array, b: Array) -> Array:
        self._note(a, b)
        self.save_for_backward(condition)
        return get_array_module(condition).where(condition, a, b)

    def vjp(self, grad: Tensor) -> Any:
        (condition,) = self.saved_tensors
        _, need_a, need_b = self.needs_input_grad
        zero = grad.dtype.type(0)
        return None, *self._fit(
            Where.apply(condition, grad, zero) if need_a else None,
            Where.apply(condition, zero, grad) if need_b else None,
        )


# ------------------------------------------------------------------------------ functions of one variable


class Exp(Function):
    """``exp(x)``, its own derivative."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        with quiet():
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
        with quiet():
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
            inside, y = inside & (x >= low), xp.maximum(y, x.dtype.type(low))
        if high is not None:
            inside, y = inside & (x <= high), xp.minimum(y, x.dtype.type(high))
        self.save_for_backward(xp.asarray(inside))
        return y

    def vjp(self, grad: Tensor) -> Any:
        (inside,) = self.saved_tensors
        return Where.apply(inside, grad, grad.dtype.type(0)), None, None


# ------------------------------------------------------------------------------ as functions


def _float(x: Any) -> Tensor:
    """A Tensor of a float dtype: integers become the default one, as in PyTorch."""
    x = x if isinstance(x, autograd.tensor_type) else autograd.tensor_type(x)
    return x if x.dtype.kind == "f" else cast(x, default_dtype)


def cast(x: Tensor, dtype: Any) -> Tensor:
    """Give `x` in another dtype (`x` itself if it has it)."""
    dtype = np.dtype(dtype)
    if x._data.dtype == dtype:
        return x
    if dtype.kind == "f" and x._data.dtype.kind == "f":
        return Cast.apply(x, dtype)
    with quiet():
        return autograd.tensor_type(x._data.astype(dtype))


def zeros_like(x: Tensor) -> Tensor:
    """Zeros of x's shape, dtype and device."""
    return autograd.tensor_type(get_array_module(x._data).zeros_like(x._data))


def ones_like(x: Tensor) -> Tensor:
    """Ones of x's shape, dtype and device."""
    return autograd.tensor_type(get_array_module(x._data).ones_like(x._data))


def add(a: Any, b: Any) -> Tensor:
    """Element by element ``a + b``."""
    return binary(Add, a, b)


def sub(a: Any, b: Any) -> Tensor:
    """Element by element ``a - b``, of numbers: two bools raise RuntimeError."""
    return binary(Sub, a, b)


def mul(a: Any, b: Any) -> Tensor:
    """Element by element ``a * b``."""
    return binary(Mul, a, b)


def div(a: Any, b: Any) -> Tensor:
    """Element by element ``a / b``; integers give floats."""
    a, b = operands(a, b)
    if a.dtype.kind != "f":
        a, b = (cast(v, default_dtype) if isinstance(v, autograd.tensor_type) else default_dtype.type(v)
                for v in (a, b))  # fmt: skip
    return binary(Div, a, b)


def pow(a: Any, b: Any) -> Tensor:
    """Element by element ``a ** b``.

    Raises
    ------
    RuntimeError
        For an integer tensor to a negative integer power.
    """
    a, b = operands(a, b)
    if a.dtype.kind == "b":
        raise RuntimeError("pow: not implemented for bool tensors; use x.long()")
    if a.dtype.kind in "iu" and isinstance(b, np.generic) and int(b) < 0:
        raise RuntimeError(f"pow: Integers to negative integer powers are not allowed ({b}); use x.float() ** {b}")
    return binary(Pow, a, b)


def maximum(a: Any, b: Any) -> Tensor:
    """Element by element maximum.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.maximum(tc.tensor([1.0, 5.0]), tc.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return binary(Maximum, a, b)


def minimum(a: Any, b: Any) -> Tensor:
    """Element by element minimum.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.minimum(tc.tensor([1.0, 5.0]), tc.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return binary(Minimum, a, b)


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """Take `a` where `condition` holds, else `b`; all three broadcast.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([-1.0, 2.0])
    >>> tc.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    tensor = autograd.tensor_type
    condition = condition if isinstance(condition, tensor) else tensor(condition)
    if not isinstance(a, tensor) and not isinstance(b, tensor):
        xp = get_array_module(condition._data)
        a = tensor(xp.asarray(a, dtype=default_dtype if rank_of(a) == 2 else None))
    a, b = operands(a, b)
    try:
        return Where.apply(cast(condition, bool), a, b)
    except ValueError as error:
        raise _not_together("where", error, condition, a, b) from None


def clamp(x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Limit values to ``[min, max]``; either may be None, a number or a Tensor.

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
    return Clamp.apply(x, min, max)


def _unary(function: type[Function], example: str) -> Any:
    """A function over one Tensor; integers become floats first."""

    def call(x: Any) -> Tensor:
        return function.apply(_float(x))

    call.__name__ = call.__qualname__ = function.__name__.lower()
    summary = (function.__doc__ or "").strip()
    call.__doc__ = f"{summary}\n\nExamples\n--------\n>>> import tinyconv as tc\n{example}\n"
    return call


exp = _unary(Exp, ">>> tc.exp(tc.tensor([0.0]))\ntensor([1.])")
log = _unary(Log, ">>> tc.log(tc.tensor([1.0]))\ntensor([0.])")
log1p = _unary(Log1p, ">>> tc.log1p(tc.tensor([0.0]))\ntensor([0.])")
expm1 = _unary(Expm1, ">>> import tinyconv.ops.elementwise as e\n>>> e.expm1(tc.tensor([0.0]))\ntensor([0.])")
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


def compare(name: str, a: Any, b: Any) -> Tensor:
    """Element by element comparison by the array function `name`; gives bool, has no gradient."""
    a, b = operands(*_widened(a, b))
    return _without_gradient(name, a, b)


def _widened(a: Any, b: Any) -> tuple[Any, Any]:
    """Integers compare with a Python int of any size: ``x != -100`` is right for uint8 too."""
    tensor = autograd.tensor_type
    if isinstance(a, tensor) and isinstance(b, int) and a.dtype.kind in "iu" and not _fits(a.dtype, b):
        return cast(a, default_dtype if not _fits(np.dtype(np.int64), b) else np.int64), b
    return a, b


def _without_gradient(name: str, a: Any, b: Any) -> Tensor:
    """The array function `name` of two operands of one dtype."""
    raw = [v._data if isinstance(v, autograd.tensor_type) else v for v in (a, b)]
    if all(is_array(v) for v in raw):
        autograd._check_devices(name, [a, b])
    xp = get_array_module(raw[0] if is_array(raw[0]) else raw[1])
    try:
        return autograd.tensor_type(getattr(xp, name)(*raw))
    except ValueError as error:
        raise _not_together(name, error, a, b) from None


def floor_divide(a: Any, b: Any) -> Tensor:
    """Element by element ``floor(a / b)``; its gradient is 0.

    Raises
    ------
    RuntimeError
        For an integer divided by 0.
    """
    a, b = operands(a, b)
    try:
        with _division_errors(a):
            return _without_gradient("floor_divide", a, b)
    except FloatingPointError:
        raise RuntimeError("floor_divide: an integer was divided by 0; use x.float() to get inf or NaN") from None


def remainder(a: Any, b: Any) -> Tensor:
    """Element by element remainder of ``floor(a / b)``, with the sign of b.

    Raises
    ------
    RuntimeError
        For an integer divided by 0.
    """
    try:
        return binary(Remainder, a, b)
    except FloatingPointError:
        raise RuntimeError("remainder: an integer was divided by 0; use x.float() to get NaN") from None


def bitwise(name: str, a: Any, b: Any) -> Tensor:
    """Element by element ``&``, ``|`` or ``^`` of integers or bools.

    Raises
    ------
    RuntimeError
        For floats.
    """
    a, b = operands(a, b)
    if a.dtype.kind == "f":
        raise RuntimeError(f"{name}: not implemented for {a.dtype}; compare first, as in (x > 0) & (y > 0)")
    return _without_gradient(name, a, b)

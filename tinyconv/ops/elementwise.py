"""Operations of two operands, element by element, with broadcasting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import autograd
from ..autograd import Function, check_devices
from ..backend import Array, get_array_module, is_array, quiet
from .promotion import cast, default_dtype, fits, operands, rank_of

if TYPE_CHECKING:
    from ..tensor import Tensor


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


class Add(_Binary):
    """``a + b``; both gradients are the incoming one."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
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
        return a - b

    def vjp(self, grad: Tensor) -> Any:
        need_a, need_b = self.needs_input_grad
        return self._fit(grad if need_a else None, -grad if need_b else None)


class Mul(_Binary):
    """``a * b``; each gradient is the incoming one times the other factor."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        self._note(a, b)
        need_a, need_b = self.needs_input_grad
        self.save_for_backward(a if need_b else None, b if need_a else None)
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
        self.save_for_backward(a if self.needs_input_grad[1] else None, b)
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


class Where(_Binary):
    """``a`` where the condition holds, else ``b``."""

    __slots__ = ()

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

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.pow(tc.tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
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
    if condition.dtype.kind == "f":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got one of {condition.dtype} and shape "
            f"{condition.shape}; compare first, as in where(x > 0, ...)"
        )
    if not isinstance(a, tensor) and not isinstance(b, tensor):
        xp = get_array_module(condition._data)
        a = tensor(xp.asarray(a, dtype=default_dtype if rank_of(a) == 2 else None))
    a, b = operands(a, b)
    try:
        return Where.apply(cast(condition, bool), a, b)
    except ValueError as error:
        raise _not_together("where", error, condition, a, b) from None


def compare(name: str, a: Any, b: Any) -> Tensor:
    """Element by element comparison by the array function `name`; gives bool, has no gradient."""
    a, b = operands(*_widened(a, b))
    return _without_gradient(name, a, b)


def _widened(a: Any, b: Any) -> tuple[Any, Any]:
    """Integers compare with a Python int of any size: ``x != -100`` is right for uint8 too."""
    tensor = autograd.tensor_type
    if isinstance(a, tensor) and isinstance(b, int) and a.dtype.kind in "iu" and not fits(a.dtype, b):
        return cast(a, default_dtype if not fits(np.dtype(np.int64), b) else np.int64), b
    return a, b


def _without_gradient(name: str, a: Any, b: Any) -> Tensor:
    """The array function `name` of two operands of one dtype."""
    raw = [v._data if isinstance(v, autograd.tensor_type) else v for v in (a, b)]
    if all(is_array(v) for v in raw):
        check_devices(name, [a, b])
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

"""Operations of two operands, element by element, with broadcasting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arguments import KINDS, checked, refuse
from ..autograd import Operation, Tensor, check_devices, whole
from ..backend import Array, get_array_module, is_array, quiet
from ..defaults import get_default_dtype
from ..errors import phrase, refusal
from ..kernels.gate import gate
from .dtype import as_operand, cast, fits, operands, rank_of, scalar_of

__all__ = [
    "add", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "div", "eq", "floor_divide", "ge", "gt", "isnan",
    "le", "lt", "masked_fill", "maximum", "minimum", "mul", "ne", "pow", "remainder", "sub", "where",
]  # fmt: skip


class Binary(Operation):
    """Two operands that broadcast against each other."""

    __slots__ = ()
    broadcasts = True


def binary(operation: type[Binary], a: Any, b: Any) -> Tensor:
    """Apply a binary operation after bringing its operands to one dtype.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    """
    a, b = operands(a, b)
    try:
        return operation.apply(a, b)
    except ValueError as error:  # from the array library: say it with the names and shapes of here
        raise _not_together(operation.__name__, error, a, b) from None


def _namespace(a: Any, b: Any) -> Any:
    """The array library of two operands, of which one may be a number."""
    return get_array_module(a if is_array(a) else b)


def _not_together(name: str, error: ValueError, *values: Any) -> Exception:
    """The error for operands that the array library refused: because of their shapes, mostly."""
    shapes = [getattr(v, "shape", ()) for v in values]
    try:
        np.broadcast_shapes(*shapes)  # host: shapes are tuples
    except ValueError:
        return refusal("elementwise.shapes", name, shapes=phrase("elementwise.and").join(map(str, shapes)))
    return refusal("elementwise.refused", name, error=error)


class Add(Binary):
    """``a + b``; both gradients are the incoming one."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def grad_a(self, g: Tensor) -> Tensor:
        return g

    def grad_b(self, g: Tensor) -> Tensor:
        return g


class Sub(Binary):
    """``a - b``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return a - b

    def grad_a(self, g: Tensor) -> Tensor:
        return g

    def grad_b(self, g: Tensor) -> Tensor:
        return -g


class Mul(Binary):
    """``a * b``; each gradient is the incoming one times the other factor."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def grad_a(self, g: Tensor, b: Any) -> Tensor:
        return g * b

    def grad_b(self, g: Tensor, a: Any) -> Tensor:
        return g * a


class Div(Binary):
    """``a / b``; ``d/da = 1/b``, ``d/db = -(a/b)/b``, as ``b*b`` may overflow."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return a / b

    def grad_a(self, g: Tensor, b: Any) -> Tensor:
        return g / b

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return -g * (a / b) / b


class Pow(Binary):
    """``a ** b``; ``d/da = b*a**(b-1)``, ``d/db = log(a)*a**b``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return a**b

    def grad_a(self, g: Tensor, a: Any, b: Any) -> Tensor:
        if not isinstance(b, Tensor):
            return g * (b * a ** (b - 1)) if b != 0 else zeros_like(a)  # 0 * 0**-1 would be NaN
        return Gate.apply(g * (b * a ** where(b == 0, ones_like(b), b - 1)), b != 0)

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        if not isinstance(a, Tensor):
            return g * ((math.log(a) if a > 0 else math.nan) * a**b) if a != 0 else zeros_like(b)
        power = a**b
        nonzero = where(a == 0, ones_like(a), a)  # 0**b is 0 near b > 0; a < 0 has no real power nearby: NaN
        return Gate.apply(g * (nonzero.log() * power), a != 0)


class FloorDiv(Binary):
    """``floor(a / b)``, a step: its derivatives are 0."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return _namespace(a, b).floor_divide(a, b)

    def grad_a(self, g: Tensor) -> Tensor:
        return zeros_like(g)

    def grad_b(self, g: Tensor) -> Tensor:
        return zeros_like(g)


class TruncDiv(FloorDiv):
    """``a / b`` without its fraction; its derivatives are 0."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return _namespace(a, b).trunc(a / b)


class Maximum(Binary):
    """The larger of two, or NaN.  At a tie each gets half the gradient, at a NaN both get all of it, as in PyTorch."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return _namespace(a, b).maximum(a, b)

    def grad_a(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return _halved_at_ties(Gate.apply(g, ~lt(a, b)), a, b)

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return _halved_at_ties(Gate.apply(g, ~gt(a, b)), a, b)


class Minimum(Binary):
    """The smaller of two; its gradients are as :class:`Maximum`'s."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return _namespace(a, b).minimum(a, b)

    def grad_a(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return _halved_at_ties(Gate.apply(g, ~gt(a, b)), a, b)

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return _halved_at_ties(Gate.apply(g, ~lt(a, b)), a, b)


def _halved_at_ties(g: Tensor, a: Any, b: Any) -> Tensor:
    return g * (1.0 - 0.5 * cast(eq(a, b), g.dtype))


class AtLeast(Binary):
    """``max(x, bound)``; at a tie x gets the gradient, at a NaN neither does, as in PyTorch's clamp."""

    __slots__ = ()

    def forward(self, x: Array, bound: Array) -> Array:
        return _namespace(x, bound).maximum(x, bound)

    def grad_x(self, g: Tensor, x: Any, bound: Any) -> Tensor:
        return Gate.apply(g, ge(x, bound))

    def grad_bound(self, g: Tensor, x: Any, bound: Any) -> Tensor:
        return Gate.apply(g, lt(x, bound))


class AtMost(Binary):
    """``min(x, bound)``; its gradients are as :class:`AtLeast`'s."""

    __slots__ = ()

    def forward(self, x: Array, bound: Array) -> Array:
        return _namespace(x, bound).minimum(x, bound)

    def grad_x(self, g: Tensor, x: Any, bound: Any) -> Tensor:
        return Gate.apply(g, le(x, bound))

    def grad_bound(self, g: Tensor, x: Any, bound: Any) -> Tensor:
        return Gate.apply(g, gt(x, bound))


class Remainder(Binary):
    """``a - floor(a/b) * b``, which has the sign of b; ``d/da = 1``, ``d/db = -floor(a/b)``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        with _division_errors(a):
            return _namespace(a, b).remainder(a, b)

    def grad_a(self, g: Tensor) -> Tensor:
        return g

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return -g * floor_divide(a, b)


def _division_errors(value: Any) -> Any:
    """An integer divided by zero is an error (on the CPU: a GPU cannot tell in time); a float is not."""
    return quiet() if value.dtype.kind == "f" else np.errstate(divide="raise")


class Where(Binary):
    """``a`` where the condition holds, else ``b``."""

    __slots__ = ()

    def forward(self, condition: Array, a: Array, b: Array) -> Array:
        return get_array_module(condition).where(condition, a, b)

    def grad_a(self, g: Tensor, condition: Tensor) -> Tensor:
        return Gate.apply(g, condition)

    def grad_b(self, g: Tensor, condition: Tensor) -> Tensor:
        return Gate.apply(g, ~condition)


class Gate(Binary):
    """``g`` where the gate is open, else 0; all gradients that select go through here."""

    __slots__ = ()

    def forward(self, g: Array, open: Array) -> Array:
        shape = g.shape if g.shape == open.shape else np.broadcast_shapes(g.shape, open.shape)  # host: of shapes
        result = get_array_module(g).empty(shape, g.dtype)
        gate(g, open, result)
        return result

    def grad_g(self, g: Tensor, open: Tensor) -> Tensor:
        return Gate.apply(g, open)


def zeros_like(x: Tensor) -> Tensor:
    """Zeros of x's shape, dtype and device."""
    return Tensor._of(get_array_module(x.array).zeros_like(x.array))


def ones_like(x: Tensor) -> Tensor:
    """Ones of x's shape, dtype and device."""
    return Tensor._of(get_array_module(x.array).ones_like(x.array))


def add(input: Any, other: Any, alpha: float = 1) -> Tensor:
    """Element by element ``a + alpha * b``."""
    return binary(Add, input, other) if alpha == 1 else binary(Add, *_scaled(input, other, alpha, "add"))


def sub(input: Any, other: Any, alpha: float = 1) -> Tensor:
    """Element by element ``a - alpha * b``, of numbers: a tensor of bools raises RuntimeError."""
    if any(isinstance(v, Tensor) and v.dtype.kind == "b" for v in (input, other)):
        raise refusal("sub.bool", "sub")
    return binary(Sub, input, other) if alpha == 1 else binary(Sub, *_scaled(input, other, alpha, "sub"))


def _scaled(a: Any, b: Any, alpha: float, function: str) -> tuple[Any, Any]:
    """`a` and ``alpha * b`` in the dtype of the result, which alpha does not change."""
    a, b = operands(a, b)
    if not KINDS["float"].fits(alpha):
        raise refuse(function, "alpha", alpha, "float")
    if a.dtype.kind != "f" and rank_of(alpha) == 2:
        raise refusal("elementwise.alpha", function, alpha=alpha)
    return a, b * scalar_of(a.dtype, alpha)


def mul(input: Any, other: Any) -> Tensor:
    """Element by element ``a * b``."""
    return binary(Mul, input, other)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Element by element ``input / other``; integers give floats.

    With ``rounding_mode='floor'`` the quotient is rounded down, with ``'trunc'`` towards 0; its gradient is 0 then,
    and integers stay integers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.div(tc.tensor([-7.0, 7.0]), 2), tc.div(tc.tensor([-7, 7]), 2, rounding_mode="trunc")
    (tensor([-3.5000,  3.5000]), tensor([-3,  3]))
    """
    if rounding_mode is not None:
        return _rounded_quotient(input, other, rounding_mode)
    input, other = operands(_beside_number(input, other), _beside_number(other, input))
    if input.dtype.kind != "f":
        input, other = (cast(v, get_default_dtype()) if isinstance(v, Tensor) else get_default_dtype().type(v)
                for v in (input, other))  # fmt: skip
    return binary(Div, input, other)


def _rounded_quotient(input: Any, other: Any, rounding_mode: str) -> Tensor:
    if rounding_mode not in ("floor", "trunc"):
        raise refusal("div.rounding_mode", "div", rounding_mode=rounding_mode)
    input, other = operands(input, other)
    if input.dtype.kind == "f":
        return binary(FloorDiv if rounding_mode == "floor" else TruncDiv, input, other)
    quotient = floor_divide(input, other)
    if rounding_mode == "floor":
        return quotient
    return quotient + cast((quotient < 0) & (remainder(input, other) != 0), quotient.dtype)


def _beside_number(x: Any, other: Any) -> Any:
    """Integers that a number divides, as floats: the number need not fit their dtype."""
    number = not isinstance(other, Tensor) and isinstance(other, (int, float, np.generic))
    return cast(x, get_default_dtype()) if number and isinstance(x, Tensor) and x.dtype.kind != "f" else x


def pow(input: Any, exponent: Any) -> Tensor:
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
    input, exponent = operands(input, exponent)
    if input.dtype.kind == "b":
        raise refusal("pow.bool", "pow")
    if input.dtype.kind in "iu" and isinstance(exponent, np.generic) and int(exponent) < 0:
        raise refusal("pow.negative", "pow", power=exponent)
    return binary(Pow, input, exponent)


def maximum(input: Any, other: Any) -> Tensor:
    """Element by element maximum.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.maximum(tc.tensor([1.0, 5.0]), tc.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return binary(Maximum, input, other)


def minimum(input: Any, other: Any) -> Tensor:
    """Element by element minimum.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.minimum(tc.tensor([1.0, 5.0]), tc.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return binary(Minimum, input, other)


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """Take `input` where `condition` holds, else `other`; all three broadcast.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([-1.0, 2.0])
    >>> tc.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    condition = as_operand(condition)
    if condition.dtype.kind == "f":
        raise refusal("where.condition", "where", condition=condition)
    if isinstance(input, (bool, int, float)) and isinstance(other, (bool, int, float)):
        xp = get_array_module(condition.array)
        input = Tensor._of(xp.asarray(input, dtype=get_default_dtype() if rank_of(input) == 2 else None))
    input, other = operands(input, other)
    try:
        return Where.apply(cast(condition, bool), input, other)
    except ValueError as error:
        raise _not_together("where", error, condition, input, other) from None


def eq(input: Any, other: Any) -> Tensor:
    """Element by element ``a == b``; gives bool, has no gradient."""
    return without_gradient("equal", *_widened(input, other))


def ne(input: Any, other: Any) -> Tensor:
    """Element by element ``a != b``."""
    return without_gradient("not_equal", *_widened(input, other))


def lt(input: Any, other: Any) -> Tensor:
    """Element by element ``a < b``."""
    return without_gradient("less", *_widened(input, other))


def le(input: Any, other: Any) -> Tensor:
    """Element by element ``a <= b``."""
    return without_gradient("less_equal", *_widened(input, other))


def gt(input: Any, other: Any) -> Tensor:
    """Element by element ``a > b``."""
    return without_gradient("greater", *_widened(input, other))


def ge(input: Any, other: Any) -> Tensor:
    """Element by element ``a >= b``."""
    return without_gradient("greater_equal", *_widened(input, other))


def _widened(a: Any, b: Any) -> tuple[Any, Any]:
    """Integers compare with a Python int of any size: ``x != -100`` is right for uint8 too."""
    if isinstance(a, Tensor) and isinstance(b, int) and a.dtype.kind in "iu" and not fits(a.dtype, b):
        return cast(a, get_default_dtype() if not fits(np.dtype(np.int64), b) else np.int64), b
    return a, b


@whole
def without_gradient(name: str, a: Any, b: Any) -> Tensor:
    """The array function `name` of two operands, brought to one dtype."""
    a, b = operands(a, b)
    raw = [v.array if isinstance(v, Tensor) else v for v in (a, b)]
    if all(is_array(v) for v in raw):
        check_devices(name, [a, b])
    xp = _namespace(*raw)
    try:
        return Tensor._of(getattr(xp, name)(*raw))
    except ValueError as error:
        raise _not_together(name, error, a, b) from None


def floor_divide(input: Any, other: Any) -> Tensor:
    """Element by element ``floor(a / b)``; its gradient is 0.

    Raises
    ------
    RuntimeError
        For an integer divided by 0, and for bools.
    """
    input, other = _numbers("floor_divide", input, other)
    try:
        with _division_errors(input):
            return without_gradient("floor_divide", input, other)
    except FloatingPointError:
        raise refusal("floor_divide.zero", "floor_divide") from None


def remainder(input: Any, other: Any) -> Tensor:
    """Element by element remainder of ``floor(a / b)``, with the sign of b.

    Raises
    ------
    RuntimeError
        For an integer divided by 0, and for bools.
    """
    input, other = _numbers("remainder", input, other)
    try:
        return binary(Remainder, input, other)
    except FloatingPointError:
        raise refusal("remainder.zero", "remainder") from None


def _numbers(function: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands in one dtype, which is not bool."""
    a, b = operands(a, b)
    if a.dtype.kind == "b":
        raise refusal("dtype.no_bool", function, function=function)
    return a, b


def bitwise_and(input: Any, other: Any) -> Tensor:
    """Element by element ``a & b`` of integers or bools."""
    return _bitwise("bitwise_and", input, other)


def bitwise_or(input: Any, other: Any) -> Tensor:
    """Element by element ``a | b`` of integers or bools."""
    return _bitwise("bitwise_or", input, other)


def bitwise_xor(input: Any, other: Any) -> Tensor:
    """Element by element ``a ^ b`` of integers or bools."""
    return _bitwise("bitwise_xor", input, other)


def _bitwise(name: str, a: Any, b: Any) -> Tensor:
    a, b = operands(a, b)
    if a.dtype.kind == "f":
        raise refusal("bitwise.float", name, dtype=a.dtype)
    return without_gradient(name, a, b)


@checked
def bitwise_not(input: Tensor) -> Tensor:
    """Element by element ``~x`` of integers or bools.

    Raises
    ------
    TypeError
        For floats.
    """
    if input.dtype.kind == "f":
        raise refusal("bitwise.invert", "bitwise_not", x=input)
    return Tensor._of(~input.array)


@checked
def isnan(input: Tensor) -> Tensor:
    """Tell which elements are NaN."""
    return Tensor._of(get_array_module(input.array).isnan(input.array))


@checked
def masked_fill(input: Tensor, mask: Tensor, value: float | Tensor) -> Tensor:
    """`value` where `mask` holds, x elsewhere; `value`, a number or a 0-d tensor, takes input's dtype.

    Raises
    ------
    RuntimeError
        If the mask is not of bools, or input's dtype cannot hold the value.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensor([1, 2]).masked_fill(tc.tensor([True, False]), 7.5)
    tensor([7, 2])
    """
    if mask.dtype.kind != "b":
        raise refusal("masked_fill.mask", "masked_fill", mask=mask)
    if isinstance(value, Tensor) and value.ndim:
        raise refusal("masked_fill.value", "masked_fill", value=value)
    if isinstance(value, Tensor) and input.dtype.kind != "f":
        value = value.item()  # an integer dtype may not hold it
    return where(mask, cast(value, input.dtype) if isinstance(value, Tensor) else scalar_of(input.dtype, value), input)

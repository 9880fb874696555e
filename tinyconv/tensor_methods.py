"""The methods of Tensor that are thin names for operations: operators, functions, reductions, shapes.

They are apart from :mod:`tinyconv.tensor` so that the Tensor itself can be read in one sitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from . import autograd, ops
from .backend import get_array_module
from .ops.reduction import numpy_names

if TYPE_CHECKING:
    from .tensor import Tensor

Dims = int | Sequence[int] | None
# the builtins, under names that the methods do not shadow
int_: TypeAlias = int
float_: TypeAlias = float
bool_: TypeAlias = bool


def _sizes(args: tuple[Any, ...]) -> tuple[int, ...]:
    """Accept sizes one by one or as one sequence: ``reshape(2, 3)`` and ``reshape((2, 3))``."""
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], Sequence) else args


class TensorMethods:
    """What a Tensor can do that needs nothing but its operations.

    Examples
    --------
    >>> import tinyconv as tc
    >>> issubclass(tc.Tensor, TensorMethods)
    True
    """

    __slots__ = ()

    _data: Any
    data: Any

    @property
    def array(self) -> Any:
        """The raw array: Chainer's name of ``data``."""
        return self.data

    @array.setter
    def array(self, value: Any) -> None:
        self.data = value

    # ---------------------------------------------------------------------- operators

    def __getitem__(self, key: Any) -> Tensor:
        return ops.getitem(self, key)

    def __add__(self, other: Any) -> Tensor:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.div(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return ops.pow(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return ops.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return ops.remainder(other, self)

    def __neg__(self) -> Tensor:
        return ops.neg(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None or isinstance(other, str) else ops.compare("equal", self, other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None or isinstance(other, str) else ops.compare("not_equal", self, other)

    def __lt__(self, other: Any) -> Tensor:
        return ops.compare("less", self, other)

    def __le__(self, other: Any) -> Tensor:
        return ops.compare("less_equal", self, other)

    def __gt__(self, other: Any) -> Tensor:
        return ops.compare("greater", self, other)

    def __ge__(self, other: Any) -> Tensor:
        return ops.compare("greater_equal", self, other)

    def __and__(self, other: Any) -> Tensor:
        return ops.bitwise("bitwise_and", self, other)

    def __or__(self, other: Any) -> Tensor:
        return ops.bitwise("bitwise_or", self, other)

    def __xor__(self, other: Any) -> Tensor:
        return ops.bitwise("bitwise_xor", self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Tensor:
        if self.dtype.kind == "f":
            raise TypeError(f"~ (operator.invert) is only implemented on integer and bool tensors, got {self.dtype}")
        return autograd.tensor_type(~self._data)

    # ---------------------------------------------------------------------- operators by name

    def add(self, other: Any, alpha: float_ = 1) -> Tensor:
        """``x + alpha * other``."""
        return ops.add(self, other if alpha == 1 else other * alpha)

    def sub(self, other: Any, alpha: float_ = 1) -> Tensor:
        """``x - alpha * other``."""
        return ops.sub(self, other if alpha == 1 else other * alpha)

    def mul(self, other: Any) -> Tensor:
        """``x * other``."""
        return ops.mul(self, other)

    def div(self, other: Any) -> Tensor:
        """``x / other``."""
        return ops.div(self, other)

    def matmul(self, other: Any) -> Tensor:
        """``x @ other``."""
        return ops.matmul(self, other)

    def neg(self) -> Tensor:
        """``-x``."""
        return ops.neg(self)

    def eq(self, other: Any) -> Tensor:
        """``x == other``."""
        return ops.compare("equal", self, other)

    def ne(self, other: Any) -> Tensor:
        """``x != other``."""
        return ops.compare("not_equal", self, other)

    def lt(self, other: Any) -> Tensor:
        """``x < other``."""
        return ops.compare("less", self, other)

    def le(self, other: Any) -> Tensor:
        """``x <= other``."""
        return ops.compare("less_equal", self, other)

    def gt(self, other: Any) -> Tensor:
        """``x > other``."""
        return ops.compare("greater", self, other)

    def ge(self, other: Any) -> Tensor:
        """``x >= other``."""
        return ops.compare("greater_equal", self, other)

    # ---------------------------------------------------------------------- one element at a time

    def exp(self) -> Tensor:
        """Exponential."""
        return ops.exp(self)

    def log(self) -> Tensor:
        """Natural logarithm."""
        return ops.log(self)

    def log1p(self) -> Tensor:
        """``log(1 + x)``, precise near 0."""
        return ops.log1p(self)

    def sqrt(self) -> Tensor:
        """Square root."""
        return ops.sqrt(self)

    def rsqrt(self) -> Tensor:
        """``1 / sqrt(x)``."""
        return ops.rsqrt(self)

    def sin(self) -> Tensor:
        """Sine."""
        return ops.sin(self)

    def cos(self) -> Tensor:
        """Cosine."""
        return ops.cos(self)

    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""
        return ops.tanh(self)

    def sigmoid(self) -> Tensor:
        """``1 / (1 + exp(-x))``."""
        return ops.sigmoid(self)

    def relu(self) -> Tensor:
        """``max(x, 0)``."""
        return ops.relu(self)

    def softmax(self, dim: int_) -> Tensor:
        """``exp(x) / sum(exp(x))`` along `dim`."""
        return ops.softmax(self, dim)

    def log_softmax(self, dim: int_) -> Tensor:
        """``log(softmax(x))`` along `dim`."""
        return ops.log_softmax(self, dim)

    def abs(self) -> Tensor:
        """Absolute value."""
        return ops.abs(self)

    def sign(self) -> Tensor:
        """-1, 0 or 1."""
        return ops.sign(self)

    def pow(self, exponent: Any) -> Tensor:
        """``x ** exponent``."""
        return ops.pow(self, exponent)

    def square(self) -> Tensor:
        """``x * x``."""
        return self * self

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """Limit values to ``[min, max]``."""
        return ops.clamp(self, min, max)

    clip = clamp

    def maximum(self, other: Any) -> Tensor:
        """The larger of two, element by element."""
        return ops.maximum(self, other)

    def minimum(self, other: Any) -> Tensor:
        """The smaller of two, element by element."""
        return ops.minimum(self, other)

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """`value` where `mask` holds, x elsewhere."""
        return ops.where(mask, value, self)

    # ---------------------------------------------------------------------- reductions

    @numpy_names
    def sum(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Sum over `dim` (or `axis`)."""
        return ops.sum(self, dim, keepdim)

    @numpy_names
    def mean(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Mean over `dim`."""
        return ops.mean(self, dim, keepdim)

    @numpy_names
    def var(self, dim: Dims = None, keepdim: Any = False, correction: float_ = 1, unbiased: Any = None) -> Tensor:
        """Variance over `dim`, divided by ``n - correction``."""
        return ops.var(self, dim, keepdim, correction, unbiased)

    @numpy_names
    def std(self, dim: Dims = None, keepdim: Any = False, correction: float_ = 1, unbiased: Any = None) -> Tensor:
        """Standard deviation over `dim`."""
        return ops.std(self, dim, keepdim, correction, unbiased)

    @numpy_names
    def prod(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Product over `dim`."""
        return ops.prod(self, dim, keepdim)

    @numpy_names
    def max(self, dim: Dims = None, keepdim: Any = False) -> Any:
        """Largest value; with one `dim`, ``(values, indices)``."""
        return ops.max(self, dim, keepdim)

    @numpy_names
    def min(self, dim: Dims = None, keepdim: Any = False) -> Any:
        """Smallest value; with one `dim`, ``(values, indices)``."""
        return ops.min(self, dim, keepdim)

    @numpy_names
    def amax(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Largest value over any dims."""
        return ops.amax(self, dim, keepdim)

    @numpy_names
    def amin(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Smallest value over any dims."""
        return ops.amin(self, dim, keepdim)

    @numpy_names
    def argmax(self, dim: int_ | None = None, keepdim: Any = False) -> Tensor:
        """Index of the largest value."""
        return ops.argmax(self, dim, keepdim)

    @numpy_names
    def argmin(self, dim: int_ | None = None, keepdim: Any = False) -> Tensor:
        """Index of the smallest value."""
        return ops.argmin(self, dim, keepdim)

    @numpy_names
    def logsumexp(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """``log(sum(exp(x)))`` without overflow."""
        return ops.logsumexp(self, dim, keepdim)

    @numpy_names
    def norm(self, p: float_ = 2, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """The p-norm."""
        return ops.norm(self, p, dim, keepdim)

    @numpy_names
    def all(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Are all true?"""
        return ops.truth("all", self, dim, keepdim)

    @numpy_names
    def any(self, dim: Dims = None, keepdim: Any = False) -> Tensor:
        """Is any true?"""
        return ops.truth("any", self, dim, keepdim)

    def isnan(self) -> Tensor:
        """Tell which elements are NaN."""
        return autograd.tensor_type(get_array_module(self._data).isnan(self._data))

    # ---------------------------------------------------------------------- shapes

    def reshape(self, *shape: Any) -> Tensor:
        """Give another shape; one size may be -1."""
        return ops.reshape(self, _sizes(shape))

    view = reshape

    def view_as(self, other: Tensor) -> Tensor:
        """Give another's shape."""
        return ops.reshape(self, other.shape)

    reshape_as = view_as

    def contiguous(self) -> Tensor:
        """Give a tensor whose memory is in C order (itself if it is)."""
        return self if self._data.flags.c_contiguous else self.clone()

    def flatten(self, start_dim: int_ = 0, end_dim: int_ = -1) -> Tensor:
        """Merge dimensions into one."""
        return ops.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int_, sizes: Sequence[int_]) -> Tensor:
        """Split one dimension into several."""
        return ops.unflatten(self, dim, sizes)

    def permute(self, *dims: Any) -> Tensor:
        """Reorder the dimensions."""
        return ops.permute(self, _sizes(dims))

    def transpose(self, *dims: Any) -> Tensor:
        """Swap two dimensions (PyTorch), or reorder them all (NumPy)."""
        order = _sizes(dims)
        return ops.transpose(self, *order) if len(order) == 2 else ops.permute(self, order)

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        return ops.permute(self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two dimensions swapped."""
        return ops.transpose(self, -1, -2)

    def t(self) -> Tensor:
        """Transpose a matrix.

        Raises
        ------
        RuntimeError
            For more than two dimensions.
        """
        if self.ndim > 2:
            raise RuntimeError(
                f"t() expects a tensor with <= 2 dimensions, but self is {self.ndim}D, of shape {self.shape}. "
                f"Use mT or transpose(dim0, dim1)"
            )
        return self.T

    def squeeze(self, dim: Dims = None) -> Tensor:
        """Drop dimensions of size 1."""
        return ops.squeeze(self, dim)

    def unsqueeze(self, dim: int_) -> Tensor:
        """Insert a dimension of size 1."""
        return ops.unsqueeze(self, dim)

    def expand(self, *shape: Any) -> Tensor:
        """Repeat dimensions of size 1 without copying."""
        return ops.expand(self, _sizes(shape))

    def expand_as(self, other: Tensor) -> Tensor:
        """Expand to another's shape."""
        return ops.expand(self, other.shape)

    def flip(self, *dims: Any) -> Tensor:
        """Reverse the order along dimensions."""
        return ops.flip(self, _sizes(dims))

    def split(self, size: int_ | Sequence[int_], dim: int_ = 0) -> tuple[Tensor, ...]:
        """Cut into pieces of a size."""
        return ops.split(self, size, dim)

    def chunk(self, chunks: int_, dim: int_ = 0) -> tuple[Tensor, ...]:
        """Cut into a number of pieces."""
        return ops.chunk(self, chunks, dim)

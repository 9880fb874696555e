"""Which operations are methods of Tensor: those that take the tensor first.

This is the only list: an operation is defined once, in :mod:`tinyconv.ops`, and is a method by its name here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import likeness, ops
from .arguments import checked
from .autograd import Tensor, backward
from .ops import (
    activation,
    casts,
    drawing,
    dtype,
    gathering,
    indexing,
    inplace,
    inplace_shape,
    inspection,
    rearranging,
    reduction,
    shape,
    transfer,
)


def swapped(operation: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    """``a - x`` for an `a` that is no Tensor."""
    return lambda x, other: operation(other, x)


def over(operation: Callable[..., Tensor], sign: str) -> Callable[..., Tensor]:
    """``x += value`` and the like."""
    return inplace.in_place(operation, f"x {sign}= value")


def compared(operation: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Any]:
    """``x == None`` and ``x == 'text'`` are left to Python."""
    return lambda x, other: NotImplemented if other is None or isinstance(other, str) else operation(x, other)


@checked
def where(input: Tensor, condition: Tensor, other: Tensor | float) -> Tensor:
    """Keep the elements where `condition` holds, and take `other` elsewhere; all three broadcast.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([-1.0, 2.0])
    >>> x.where(x > 0, 0.0)
    tensor([0., 2.])
    """
    return ops.where(condition, input, other)


class Methods:
    """The operations by their names as methods; Tensor inherits them for the type checker, and gets them below."""

    # operators
    __getitem__, __setitem__, __iter__ = indexing.getitem, inplace.setitem, indexing.iterate
    __contains__ = reduction.contains
    __add__, __radd__, __iadd__ = ops.add, swapped(ops.add), over(ops.add, "+")
    __sub__, __rsub__, __isub__ = ops.sub, swapped(ops.sub), over(ops.sub, "-")
    __mul__, __rmul__, __imul__ = ops.mul, swapped(ops.mul), over(ops.mul, "*")
    __truediv__, __rtruediv__, __itruediv__ = ops.div, swapped(ops.div), over(ops.div, "/")
    __pow__, __rpow__, __ipow__ = ops.pow, swapped(ops.pow), over(ops.pow, "**")
    __floordiv__, __rfloordiv__, __ifloordiv__ = (
        ops.floor_divide, swapped(ops.floor_divide), over(ops.floor_divide, "//"),
    )  # fmt: skip
    __mod__, __rmod__, __imod__ = ops.remainder, swapped(ops.remainder), over(ops.remainder, "%")
    __matmul__, __rmatmul__ = ops.matmul, swapped(ops.matmul)
    __and__, __rand__, __iand__ = ops.bitwise_and, swapped(ops.bitwise_and), over(ops.bitwise_and, "&")
    __or__, __ror__, __ior__ = ops.bitwise_or, swapped(ops.bitwise_or), over(ops.bitwise_or, "|")
    __xor__, __rxor__, __ixor__ = ops.bitwise_xor, swapped(ops.bitwise_xor), over(ops.bitwise_xor, "^")
    __invert__, __neg__, __abs__ = ops.bitwise_not, ops.neg, ops.abs
    __lt__, __le__, __gt__, __ge__ = ops.lt, ops.le, ops.gt, ops.ge
    __eq__, __ne__ = compared(ops.eq), compared(ops.ne)

    # element by element
    add, sub, mul, div, pow = ops.add, ops.sub, ops.mul, ops.div, ops.pow
    eq, ne, lt, le, gt, ge = ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge
    exp, expm1, log, log1p = ops.exp, ops.expm1, ops.log, ops.log1p
    sqrt, rsqrt, square = ops.sqrt, ops.rsqrt, ops.square
    sin, cos, tanh, sigmoid, erf, relu = ops.sin, ops.cos, ops.tanh, ops.sigmoid, ops.erf, ops.relu
    abs, sign, neg, clamp, clip = ops.abs, ops.sign, ops.neg, ops.clamp, ops.clip
    maximum, minimum, masked_fill, isnan = ops.maximum, ops.minimum, ops.masked_fill, ops.isnan
    softmax, log_softmax, matmul = ops.softmax, ops.log_softmax, ops.matmul

    # over dimensions
    sum, mean, var, std, prod, norm, logsumexp = (
        ops.sum, ops.mean, ops.var, ops.std, ops.prod, ops.norm, ops.logsumexp,
    )  # fmt: skip
    max, min, amax, amin, argmax, argmin = ops.max, ops.min, ops.amax, ops.amin, ops.argmax, ops.argmin
    all, any = ops.all, ops.any

    # shapes
    size = shape.size
    reshape, view, reshape_as, view_as, contiguous = (
        ops.reshape, shape.view, shape.reshape_as, shape.view_as, shape.contiguous,
    )  # fmt: skip
    flatten, unflatten, squeeze, unsqueeze = ops.flatten, ops.unflatten, ops.squeeze, ops.unsqueeze
    squeeze_, unsqueeze_, t_ = inplace_shape.squeeze_, inplace_shape.unsqueeze_, inplace_shape.t_
    resize_ = inplace_shape.resize_
    transpose_, swapaxes_, swapdims_ = inplace_shape.transpose_, inplace_shape.swapaxes_, inplace_shape.swapdims_
    permute, transpose, t, flip = ops.permute, ops.transpose, ops.t, ops.flip
    expand, expand_as, split, chunk, clone = shape.expand, shape.expand_as, ops.split, ops.chunk, ops.clone
    T, mT = property(shape.reversed_dims), property(shape.matrix_transpose)

    # devices and dtypes
    to, cpu, cuda, type = transfer.to, transfer.cpu, transfer.cuda, transfer.type
    half, float, double, int, long, bool = (
        casts.half, casts.float, casts.double, casts.int, casts.long, casts.bool,
    )  # fmt: skip
    short, char, byte, type_as = casts.short, casts.char, casts.byte, transfer.type_as
    is_cuda, is_contiguous, stride, data_ptr = (
        property(inspection.is_cuda), inspection.is_contiguous, inspection.stride, inspection.data_ptr,
    )  # fmt: skip
    astype = dtype.cast

    # in place
    add_, sub_, mul_, div_, pow_, neg_ = (
        inplace.add_, inplace.sub_, inplace.mul_, inplace.div_, inplace.pow_, inplace.neg_,
    )  # fmt: skip
    copy_, fill_, zero_, clamp_ = inplace.copy_, inplace.fill_, inplace.zero_, inplace.clamp_
    exp_, sqrt_, tanh_, sigmoid_, relu_ = (
        inplace.exp_, inplace.sqrt_, inplace.tanh_, inplace.sigmoid_, activation.relu_,
    )  # fmt: skip

    floor_divide, remainder, bitwise_and, bitwise_or, bitwise_xor, bitwise_not, where = (
        ops.floor_divide, ops.remainder, ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor, ops.bitwise_not, where,
    )  # fmt: skip
    repeat = rearranging.repeat
    unfold = rearranging.unfold
    nelement, ndimension, element_size = inspection.numel, Tensor.dim, inspection.element_size
    itemsize, nbytes, H = property(inspection.itemsize), property(inspection.nbytes), property(inspection.adjoint)
    new_zeros, new_ones, new_empty, new_full, new_tensor = (
        likeness.new_zeros, likeness.new_ones, likeness.new_empty, likeness.new_full, likeness.new_tensor,
    )  # fmt: skip
    scatter_, scatter_add_, index_add_, index_copy_, index_fill_, index_put_ = (
        gathering.scatter_, gathering.scatter_add_, gathering.index_add_, gathering.index_copy_,
        gathering.index_fill_, gathering.index_put_,
    )  # fmt: skip
    fill_diagonal_ = gathering.fill_diagonal_
    normal_, uniform_, random_, bernoulli_, exponential_ = (
        drawing.normal_, drawing.uniform_, drawing.random_, drawing.bernoulli_, drawing.exponential_,
    )  # fmt: skip

    backward = backward

    def __pos__(self) -> Tensor:
        return self  # type: ignore[return-value]


# functions of ops that are methods under their own names
AS_THEY_ARE = """
    absolute acos acosh addbmm addcdiv addcmul addmm addmv addr allclose aminmax arccos arcsin arctan arctan2 argsort
    argwhere asin asinh atan atan2 atanh baddbmm bernoulli bincount bmm broadcast_to ceil clamp_max clamp_min corrcoef
    cosh count_nonzero cov cross cummax cummin cumprod cumsum deg2rad diag diag_embed diagonal diff dist divide dot
    equal erfc exp2 fix fliplr flipud float_power floor fmod frac gather greater greater_equal heaviside histc hsplit
    hypot index_add index_copy index_fill index_put index_select inner is_complex is_floating_point is_nonzero isclose
    isfinite isinf kron kthvalue lerp less less_equal log10 log2 logaddexp logical_and logical_not logical_or
    logical_xor logit masked_scatter masked_select median mm mode moveaxis movedim multinomial multiply mv nan_to_num
    nanmean nansum narrow negative nonzero not_equal outer quantile rad2deg ravel reciprocal repeat_interleave roll
    rot90 round scatter scatter_add select sinh sort subtract swapaxes swapdims take take_along_dim tan tensor_split
    tile topk trace tril triu true_divide trunc unbind unique unique_consecutive vsplit
"""
# functions whose result can be written over the tensor: ``x.floor_()``
WRITTEN_OVER = """
    abs acos acosh addbmm addcdiv addcmul addmm addmv addr asin asinh atan atan2 atanh baddbmm bitwise_and bitwise_not
    bitwise_or bitwise_xor ceil clamp_max clamp_min clip cos cosh cumprod cumsum deg2rad divide eq erf erfc exp2 expm1
    fix float_power floor floor_divide fmod frac ge gt heaviside hypot le lerp log log10 log1p log2 logical_and
    logical_not logical_or logical_xor logit lt masked_fill masked_scatter multiply nan_to_num ne rad2deg reciprocal
    remainder round rsqrt sign sin sinh square subtract tan tril triu true_divide trunc
"""
for _name in AS_THEY_ARE.split():
    setattr(Methods, _name, getattr(ops, _name))
for _name in WRITTEN_OVER.split():
    setattr(Methods, f"{_name}_", inplace.in_place(getattr(ops, _name), f"{_name}_"))

for _name, _method in vars(Methods).items():
    if callable(_method) or isinstance(_method, property):
        setattr(Tensor, _name, _method)

"""Gradient clipping, which keeps one bad batch from throwing the parameters far away; parameters as one vector."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy

from ..absent import missing as _missing
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels.sums import sum_of_squares
from ..ops import cat
from ..tensor import Tensor

__path__: list[str] = []  # so that ``from ... import`` asks tinyconv.alias, which says why a name is not here
__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    r"""Scale all gradients by one factor, so that their norm, as one long vector, is at most `max_norm`.

    The factor is :math:`\min(1, \text{max\_norm} / (\text{norm} + 10^{-6}))`: the direction is kept.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those whose ``.grad`` is None are passed over.
    max_norm : float
        The largest norm allowed.
    norm_type : float
        The norm's order :math:`p`; ``float("inf")`` for the largest absolute value.
    error_if_nonfinite : bool
        Raise when the norm is NaN or infinite, instead of making gradients NaN or zero.  Costs a copy
        from the GPU.
    foreach : bool, optional
        Accepted; PyTorch's choice between two ways to the same numbers.

    Returns
    -------
    Tensor
        The norm before clipping: a scalar, on the gradients' device.

    Raises
    ------
    RuntimeError
        With `error_if_nonfinite`, if the norm is NaN or infinite.
    ValueError
        If `max_norm` is negative or NaN, or `norm_type` is 0 or NaN.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks",
    ICML 2013.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = tc.tensor([3.0, 4.0])
    >>> tc.nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    max_norm, order = float(max_norm), float(norm_type)
    if not max_norm >= 0:
        raise refusal("clip.max_norm", "clip_grad_norm_", value=max_norm)
    if order == 0 or math.isnan(order):
        raise refusal("clip.norm_type", "clip_grad_norm_", value=norm_type)
    grads = _gradients(parameters)
    if not grads:
        return Tensor._of(numpy.zeros((), numpy.float32))  # host: without a gradient there is no device
    device = grads[0].device
    norms = [device.asarray(_norm(grad.array, order)) for grad in grads]
    xp = device.xp
    total = _norm(xp.stack(norms), order)
    if error_if_nonfinite and not math.isfinite(float(total)):
        raise refusal("clip.not_finite", order=order, total=float(total))
    factor = xp.asarray(xp.minimum(max_norm / (total + 1e-6), 1.0))
    for grad in {id(grad): grad for grad in grads}.values():  # two parameters may share one
        _scale(grad, grad.device.asarray(factor))
    return Tensor._of(total)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clip every gradient's elements to [-clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those whose ``.grad`` is None are passed over.
    clip_value : float
        The largest absolute value allowed.
    foreach : bool, optional
        Accepted; PyTorch's choice between two ways to the same numbers.

    Raises
    ------
    ValueError
        If `clip_value` is negative or NaN.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = tc.tensor([3.0, -0.5])
    >>> tc.nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    clip_value = float(clip_value)
    if not clip_value >= 0:
        raise refusal("clip.value", "clip_grad_value_", value=clip_value)
    for grad in _gradients(parameters):
        xp = get_array_module(grad.array)
        grad.array = xp.clip(grad.array, -clip_value, clip_value, out=xp.empty_like(grad.array))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Give all parameters, one after the other, as one vector; it is part of the graph.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.utils.parameters_to_vector([tc.ones(1, 2), tc.zeros(1)])
    tensor([1., 1., 0.])
    """
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give the parameters the values in a vector, one after the other.

    Raises
    ------
    TypeError
        If `vec` is no Tensor.
    ValueError
        If its length is not the number of their elements.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.zeros(1, 2)
    >>> tc.nn.utils.vector_to_parameters(tc.tensor([3.0, 4.0]), [w])
    >>> w
    tensor([[3., 4.]])
    """
    if not isinstance(vec, Tensor):
        raise refusal("vector.no_tensor", "vector_to_parameters", kind=type(vec).__name__)
    members = list(parameters)
    expected = sum(member.numel() for member in members)
    if vec.numel() != expected:
        raise refusal("vector.length", "vector_to_parameters", given=vec.numel(), expected=expected)
    start = 0
    for member in members:
        member.data.copy_(vec.data.reshape(-1)[start : start + member.numel()].reshape(member.shape))
        member.bump_version()
        start += member.numel()


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients that there are."""
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [param._grad for param in given if param._grad is not None]


def _norm(array: Array, order: float) -> Array:
    """The norm of all elements as one vector: a 0-d array of `array`'s dtype."""
    xp = get_array_module(array)
    if array.size == 0:
        return xp.zeros((), array.dtype)
    wide: Any = array.astype(xp.float32) if array.dtype == xp.float16 else array  # squares overflow float16
    if order == 2:
        norm = xp.sqrt(sum_of_squares(wide))
    elif math.isinf(order):
        extreme = xp.max if order > 0 else xp.min
        norm = extreme(xp.abs(wide))
    else:
        norm = xp.sum(xp.abs(wide) ** order) ** (1 / order)
    return xp.asarray(norm).astype(array.dtype)


def _scale(grad: Tensor, factor: Array) -> None:
    """Give `grad` an array of its own: its present one may be shared with another gradient."""
    array = grad.array
    xp = get_array_module(array)
    grad.array = xp.multiply(array, factor.astype(array.dtype), out=xp.empty_like(array))

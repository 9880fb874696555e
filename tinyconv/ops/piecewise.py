"""Activations made of pieces: straight lines, and in :func:`hardswish` one parabola.

Where two pieces meet there are two slopes; the gradient is that of PyTorch, which is named each time.
"""

from __future__ import annotations

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal
from .dtype import require_float
from .elementwise import where
from .inplace import in_place
from .unary import clamp

__all__ = ["hardshrink", "hardsigmoid", "hardswish", "hardtanh", "relu6", "softshrink", "threshold"]


@checked
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Limit values to ``[min_val, max_val]``; the gradient passes strictly inside (``clamp``'s at the bounds too).

    Integers stay integers, between bounds without their fraction.

    Raises
    ------
    ValueError
        If `min_val` is greater than `max_val`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.hardtanh(tc.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise refusal("hardtanh.bounds", "hardtanh", low=min_val, high=max_val)
    if input.dtype.kind != "f":
        min_val, max_val = int(min_val), int(max_val)
    return _held_(input, min_val, max_val) if inplace else _held(input, min_val, max_val)


def _held(x: Tensor, low: float, high: float) -> Tensor:
    """``x`` strictly between the bounds (and NaN), else the bound, which has no gradient."""
    plain = x.detach()
    return where((plain <= low) | (plain >= high), clamp(plain, low, high), x)


_held_ = in_place(_held, "hardtanh_")


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """:func:`hardtanh`, written over the input, which is given back."""
    return hardtanh(input, min_val, max_val, inplace=True)


@checked
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x, 0), 6)``; the gradient passes strictly between 0 and 6.

    References
    ----------
    A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.relu6(tc.tensor([-1.0, 2.0, 7.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


@checked
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x + 3, 0), 6) / 6``: a sigmoid of three lines; the gradient is 0 from the corners on.

    Raises
    ------
    RuntimeError
        For integer input, here and in most functions below.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.hardsigmoid(tc.tensor([-4.0, 0.0, 1.5, 4.0]))
    tensor([0.0000, 0.5000, 0.7500, 1.0000])
    """
    require_float(input, "hardsigmoid")
    return _hardsigmoid_(input) if inplace else _hardsigmoid(input)


def _hardsigmoid(x: Tensor) -> Tensor:
    plain = x.detach()
    low, high = plain <= -3.0, plain >= 3.0
    return where(low, 0.0, where(high, 1.0, (x + 3.0) / 6.0))


_hardsigmoid_ = in_place(_hardsigmoid, "hardsigmoid(inplace=True)")


@checked
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * hardsigmoid(x)``: 0 up to -3, ``x`` from 3 on; the slopes there are 0 and 1.

    References
    ----------
    A. Howard et al., "Searching for MobileNetV3", ICCV 2019.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.hardswish(tc.tensor([-4.0, -1.5, 0.0, 4.0]))
    tensor([ 0.0000, -0.3750,  0.0000,  4.0000])
    """
    require_float(input, "hardswish")
    return _hardswish_(input) if inplace else _hardswish(input)


def _hardswish(x: Tensor) -> Tensor:
    plain = x.detach()
    low, high = plain <= -3.0, plain >= 3.0
    middle = where(low | high, 0.0, x)  # an infinite x would give inf * 0 there
    return where(low, 0.0, where(high, x, middle * (middle + 3.0) / 6.0))


_hardswish_ = in_place(_hardswish, "hardswish(inplace=True)")


@checked
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """``x`` where it is greater than `threshold`, else `value`, which has no gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.threshold(tc.tensor([0.5, 1.0, 2.0]), 1.0, -9.0)
    tensor([-9., -9.,  2.])
    """
    return threshold_(input, threshold, value) if inplace else _above(input, threshold, value)


def _above(x: Tensor, threshold: float, value: float) -> Tensor:
    return where(x.detach() <= threshold, value, x)  # a NaN stays


_above_ = in_place(_above, "threshold_")


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """:func:`threshold`, written over the input, which is given back."""
    return _above_(input, threshold, value)


@checked
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """``x`` moved towards 0 by `lambd`, and 0 where it is nearer than that.

    Raises
    ------
    RuntimeError
        If `lambd` is negative.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.softshrink(tc.tensor([-2.0, 0.3, 2.0]))
    tensor([-1.5000,  0.0000,  1.5000])
    """
    require_float(input, "softshrink")
    if not lambd >= 0:
        raise refusal("softshrink.lambd", "softshrink", lambd=lambd)
    plain = input.detach()
    return where(plain.abs() <= lambd, 0.0, input - plain.sign() * lambd)


@checked
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """``x``, and 0 where it is no farther from 0 than `lambd`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.hardshrink(tc.tensor([-2.0, 0.3, 2.0]))
    tensor([-2.,  0.,  2.])
    """
    require_float(input, "hardshrink")
    return where(input.detach().abs() <= lambd, 0.0, input)

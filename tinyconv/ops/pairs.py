"""Functions of two tensors, element by element, that are made of others."""

from __future__ import annotations

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal
from .dtype import cast, operands, require_float
from .elementwise import where
from .rearranging import broadcast_tensors
from .reduction import logsumexp
from .shape import stack

__all__ = ["float_power", "heaviside", "logaddexp"]


@checked
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """``log(exp(input) + exp(other))``, without overflow.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logaddexp(tc.tensor([0.0, 500.0]), tc.tensor([0.0, 500.0]))
    tensor([  0.6931, 500.6931])
    """
    require_float(input, "logaddexp")
    require_float(other, "logaddexp")
    return logsumexp(stack(list(broadcast_tensors(*operands(input, other)))), 0)


@checked
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 where the input is negative, 1 where it is positive, and `values` where it is 0; has no gradient.

    Raises
    ------
    RuntimeError
        If the two are of unlike dtypes.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.heaviside(tc.tensor([-2.0, 0.0, 3.0]), tc.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if input.dtype != values.dtype:
        raise refusal("pairs.dtypes", "heaviside", input=input, other=values)
    return where(input.detach() == 0, values.detach(), cast(input.detach() > 0, input.dtype))


@checked
def float_power(input: Tensor | float, exponent: Tensor | float) -> Tensor:
    """``input ** exponent`` in float64.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.float_power(tc.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=float64)
    """
    base, power = (cast(x, np.float64) if isinstance(x, Tensor) else x for x in (input, exponent))
    if not isinstance(base, Tensor) and not isinstance(power, Tensor):
        raise refusal("pairs.numbers", "float_power")
    return base**power

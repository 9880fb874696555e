"""Dropout of elements, and of whole channels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import Array, generator, get_array_module
from ..errors import refusal
from .dtype import require_float
from .elementwise import where
from .inplace import in_place
from .ranks import ranks
from .smooth import SELU_ALPHA, SELU_SCALE

__all__ = [
    "alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "dropoutnd", "feature_alpha_dropout",
]  # fmt: skip

SELU_FLOOR = SELU_ALPHA * SELU_SCALE  # what SELU comes down to, far below 0


@checked
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero elements with probability `p`, scale the rest by ``1/(1 - p)``; nothing unless `training`.

    A seed is drawn on the host, the mask on the input's device, so masks differ between kinds of device.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].
    RuntimeError
        For integer input.

    References
    ----------
    N. Srivastava et al., "Dropout", JMLR 15 (2014) 1929-1958.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.nn.functional.dropout(tc.ones(100), p=0.2)
    >>> bool(((x == 0) | (x == 1.25)).all())
    True
    """
    return _dropped(input, p, training, inplace, "dropout")


@checked
def dropoutnd(ndim: int, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of ``(N, C, {axes})`` or ``(C, {axes})`` with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.nn.functional.dropout1d(tc.ones(1, 100, 2))
    >>> bool((x[..., 0] == x[..., 1]).all())
    True
    """
    function = f"dropout{ndim}d"
    if input.ndim not in (ndim + 1, ndim + 2):
        raise refusal("dropout.ndim", function, unbatched=ndim + 1, batched=ndim + 2, input=input)
    return _dropped(input, p, training, inplace, function, ndim)


# def dropout1d, def dropout2d, def dropout3d:
dropout1d, dropout2d, dropout3d = ranks(dropoutnd)


@checked
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Put SELU's floor in the place of elements, and bring mean 0 and variance 1 back; nothing unless `training`.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    References
    ----------
    G. Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.alpha_dropout(tc.ones(2), p=0.2)
    tensor([1., 1.])
    """
    return _dropped(input, p, training, inplace, "alpha_dropout", alpha=True)


@checked
def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """:func:`alpha_dropout` of whole channels of ``(N, C, *)``.

    Raises
    ------
    RuntimeError
        For fewer than two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.nn.functional.feature_alpha_dropout(tc.ones(1, 100, 2), training=True)
    >>> bool((x[..., 0] == x[..., 1]).all())
    True
    """
    if training and input.ndim < 2:
        raise refusal("dropout.features", "feature_alpha_dropout", input=input)
    return _dropped(input, p, training, inplace, "feature_alpha_dropout", max(0, input.ndim - 2), alpha=True)


def _dropped(
    x: Tensor, p: float, training: bool, inplace: bool, function: str, shared: int = 0, alpha: bool = False
) -> Tensor:
    """Dropout, or alpha dropout, with one draw for all of the last `shared` axes."""
    if not 0.0 <= p <= 1.0:
        raise refusal("dropout.probability", function, p=p)
    if training:
        require_float(x, function)
    if not training or p == 0.0:
        return x
    drop: Callable[..., Tensor] = _floored if alpha else _mask
    return in_place(drop, f"{function}(inplace=True)")(x, p, shared) if inplace else drop(x, p, shared)


def _kept(x: Tensor, p: float, shared: int) -> Array:
    """Which elements stay: a draw."""
    xp = get_array_module(x.array)
    random = xp.random.default_rng(int(generator().integers(2**31)))
    return random.random(x.shape[: x.ndim - shared] + (1,) * shared, dtype=np.float32) >= p


def _mask(x: Tensor, p: float, shared: int) -> Tensor:
    kept = _kept(x, p, shared)
    return x * Tensor._of(kept.astype(x.dtype) * x.dtype.type(0.0 if p == 1.0 else 1.0 / (1.0 - p)))


def _floored(x: Tensor, p: float, shared: int) -> Tensor:
    kept = _kept(x, p, shared)
    if p == 1.0:
        return x * 0.0
    scale = 1.0 / math.sqrt((1.0 - p) * (1.0 + p * SELU_FLOOR**2))  # of the variance
    return where(Tensor._of(kept), x, -SELU_FLOOR) * scale + scale * SELU_FLOOR * p  # the mean is -p * floor

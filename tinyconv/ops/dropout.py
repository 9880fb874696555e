"""Dropout in its four forms."""

from __future__ import annotations

import numpy as np

from ..autograd import Tensor
from ..backend import generator, get_array_module
from ..errors import refusal
from .dtype import require_float

__all__ = ["dropout", "dropout1d", "dropout2d", "dropout3d"]


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
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
    >>> tc.nn.functional.dropout(tc.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    return _drop(input, p, training, "dropout")


def _drop(x: Tensor, p: float, training: bool, function: str, shared: int = 0) -> Tensor:
    """Dropout where one draw is shared by the last `shared` dimensions."""
    if training:
        require_float(x, function)
    if not 0.0 <= p <= 1.0:
        raise refusal("dropout.probability", function, p=p)
    if not training or p == 0.0:
        return x
    xp = get_array_module(x.array)
    shape = x.shape[: x.ndim - shared] + (1,) * shared
    random = xp.random.default_rng(int(generator().integers(2**31)))
    kept = random.random(shape, dtype=np.float32) >= p
    return x * Tensor(kept.astype(x.dtype) * x.dtype.type(0.0 if p == 1.0 else 1.0 / (1.0 - p)))


def _drop_channels(x: Tensor, p: float, training: bool, n: int) -> Tensor:
    """Dropout with one draw for all `n` spatial axes of a channel."""
    function = f"dropout{n}d"
    if x.ndim not in (n + 1, n + 2):
        raise refusal("dropout.ndim", function, unbatched=n + 1, batched=n + 2, input=x)
    return _drop(x, p, training, function, shared=n)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels of ``(N, C, L)`` (or unbatched) with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.dropout1d(tc.ones(1, 2, 4), training=False).shape
    (1, 2, 4)
    """
    return _drop_channels(input, p, training, 1)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels of ``(N, C, H, W)`` (or unbatched) with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.dropout2d(tc.ones(1, 2, 4, 4), training=False).shape
    (1, 2, 4, 4)
    """
    return _drop_channels(input, p, training, 2)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels of ``(N, C, D, H, W)`` (or unbatched) with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.dropout3d(tc.ones(1, 2, 4, 4, 4), training=False).shape
    (1, 2, 4, 4, 4)
    """
    return _drop_channels(input, p, training, 3)

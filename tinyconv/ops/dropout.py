"""Dropout of elements, and of whole channels."""

from __future__ import annotations

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import generator, get_array_module
from ..errors import refusal
from .dtype import require_float
from .inplace import in_place
from .ranks import ranks

__all__ = ["dropout", "dropout1d", "dropout2d", "dropout3d", "dropoutnd"]


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


def _dropped(x: Tensor, p: float, training: bool, inplace: bool, function: str, shared: int = 0) -> Tensor:
    """Dropout with one draw for all of the last `shared` axes."""
    if not 0.0 <= p <= 1.0:
        raise refusal("dropout.probability", function, p=p)
    if training:
        require_float(x, function)
    if not training or p == 0.0:
        return x
    return _mask_(x, p, shared) if inplace else _mask(x, p, shared)


def _mask(x: Tensor, p: float, shared: int) -> Tensor:
    xp = get_array_module(x.array)
    random = xp.random.default_rng(int(generator().integers(2**31)))
    kept = random.random(x.shape[: x.ndim - shared] + (1,) * shared, dtype=np.float32) >= p
    return x * Tensor(kept.astype(x.dtype) * x.dtype.type(0.0 if p == 1.0 else 1.0 / (1.0 - p)))


_mask_ = in_place(_mask, "dropout(inplace=True)")

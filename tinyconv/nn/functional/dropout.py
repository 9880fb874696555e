"""Dropout in its four forms, and one-hot vectors."""

from __future__ import annotations

from ...errors import refusal
from ...kernels.labels import check_classes
from ...ops.activation import dropout as _dropout
from ...ops.conv import require_float
from ...ops.promotion import cast
from ...tensor import Tensor


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
    >>> dropout(tc.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    if training:
        require_float(input, "dropout")
    return _dropout(input, p, training)


def _whole_channels(input: Tensor, p: float, training: bool, n: int) -> Tensor:
    """Dropout with one draw for all `n` spatial axes of a channel."""
    if input.ndim not in (n + 1, n + 2):
        raise refusal("dropout.ndim", f"dropout{n}d", unbatched=n + 1, batched=n + 2, input=input)
    if training:
        require_float(input, f"dropout{n}d")
    return _dropout(input, p, training, channels=n)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels of ``(N, C, L)`` (or unbatched) with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> dropout1d(tc.ones(1, 2, 4), training=False).shape
    (1, 2, 4)
    """
    return _whole_channels(input, p, training, 1)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels of ``(N, C, H, W)`` (or unbatched) with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> dropout2d(tc.ones(1, 2, 4, 4), training=False).shape
    (1, 2, 4, 4)
    """
    return _whole_channels(input, p, training, 2)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels of ``(N, C, D, H, W)`` (or unbatched) with probability `p`, scale the rest.

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> dropout3d(tc.ones(1, 2, 4, 4, 4), training=False).shape
    (1, 2, 4, 4, 4)
    """
    return _whole_channels(input, p, training, 3)


def one_hot(target: Tensor, num_classes: int) -> Tensor:
    """Turn class indices ``(*)`` into int64 vectors ``(*, num_classes)`` with a 1 at the index.

    Raises
    ------
    RuntimeError
        If the indices are not integers, or leave ``[0, num_classes)`` (on a device such a vector is all zeros).

    Examples
    --------
    >>> import tinyconv as tc
    >>> one_hot(tc.tensor([1, 0]), 3)
    tensor([[0, 1, 0],
            [1, 0, 0]])
    """
    if target.dtype.kind not in "iu":
        raise refusal("one_hot.dtype", "one_hot", target=target)
    check_classes(target.array, num_classes, "one_hot")
    classes = Tensor(target.device.xp.arange(num_classes))
    return cast(target.unsqueeze(-1) == classes, "int64")

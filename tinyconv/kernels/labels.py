"""Checks of target values.  On the host a bad one raises; on a device looking would mean waiting for it,
so there a bad target makes the result NaN instead."""

from __future__ import annotations

import math

import numpy as np

from ..backend import Array, get_array_module
from ..errors import refusal

__all__ = ["check_classes", "check_probabilities", "checked_labels", "nan_outside"]


def checked_labels(labels: Array, classes: int, ignore_index: int, function: str) -> tuple[Array, Array | None]:
    """Make class labels safe to index with.

    Parameters
    ----------
    labels : array of int
        Any shape.
    classes : int
        Labels must lie in ``[0, classes)`` or equal `ignore_index`.

    Returns
    -------
    safe : array of int64
        The labels, 0 where ignored.
    factor : array of float32, or None
        1, or 0 where ignored (on a device, NaN where out of range); None on the host if no label is ignored.

    Raises
    ------
    IndexError
        On the host, for a label out of range.

    Examples
    --------
    >>> import numpy as np
    >>> checked_labels(np.array([2, -100]), 3, -100, "cross_entropy")
    (array([2, 0]), array([1., 0.], dtype=float32))
    """
    xp = get_array_module(labels)
    outside = (labels < 0) | (labels >= classes)
    if xp is np and not 0 <= ignore_index < classes and not outside.any():
        return labels.astype("int64"), None  # the usual case first: none can be one to ignore
    ignored = labels == ignore_index
    outside &= ~ignored
    if xp is np and outside.any():
        given = {"label": labels[outside].ravel()[0], "classes": classes, "last": classes - 1}
        raise refusal("label.range", function, ignored=ignore_index, **given)
    if xp is np and not ignored.any():
        return labels.astype("int64"), None
    factor = xp.where(ignored, np.float32(0), xp.where(outside, np.float32(math.nan), np.float32(1)))
    return xp.where(ignored | outside, 0, labels).astype("int64"), factor


def check_classes(labels: Array, classes: int, function: str) -> None:
    """Refuse, on the host, class indices outside ``[0, classes)``.

    Raises
    ------
    RuntimeError
        Naming the smallest and the largest index.

    Examples
    --------
    >>> import numpy as np
    >>> check_classes(np.array([0, 2]), 3, "one_hot")
    """
    if get_array_module(labels) is np and not ((labels >= 0) & (labels < classes)).all():
        least, most = labels.min(), labels.max()
        raise refusal("label.classes", function, least=least, most=most, classes=classes, enough=most + 1)


def nan_outside(labels: Array, least: int, classes: int, function: str) -> Array:
    """Give 1 for each label in ``[least, classes)``, and NaN (on a device) for the others.

    Raises
    ------
    RuntimeError
        On the host, for a label out of range.

    Examples
    --------
    >>> import numpy as np
    >>> nan_outside(np.array([0, 2]), 0, 3, "multi_margin_loss")
    array([1., 1.], dtype=float32)
    """
    xp = get_array_module(labels)
    outside = (labels < least) | (labels >= classes)
    if xp is np and outside.any():
        label = labels[outside].ravel()[0]
        raise refusal("label.outside", function, label=label, least=least, last=classes - 1, classes=classes)
    return xp.where(outside, np.float32(math.nan), np.float32(1))


def check_probabilities(x: Array, function: str) -> None:
    """Refuse, on the host, values outside [0, 1]; on a device their logarithm is NaN.

    Raises
    ------
    RuntimeError
        Naming the smallest and the largest value.

    Examples
    --------
    >>> import numpy as np
    >>> check_probabilities(np.array([0.5]), "binary_cross_entropy")
    """
    if get_array_module(x) is np and not ((x >= 0) & (x <= 1) | (x != x)).all():
        raise refusal("label.probability", function, least=x.min(), most=x.max())

"""Chainer's functions as thin faces of ``tinyconv.nn.functional``: its names, argument order and defaults.

Inputs may be arrays or Variables, results are Variables; nothing is computed here.  The errors are tinyconv's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import refusal
from ..nn import functional as nnf
from .configuration import config
from .variable import Variable, as_result, as_variable, optional
from .windows import (
    average_pooling_1d,
    average_pooling_2d,
    average_pooling_3d,
    average_pooling_nd,
    convolution_1d,
    convolution_2d,
    convolution_3d,
    convolution_nd,
    deconvolution_1d,
    deconvolution_2d,
    deconvolution_3d,
    deconvolution_nd,
    max_pooling_1d,
    max_pooling_2d,
    max_pooling_3d,
    max_pooling_nd,
)

__all__ = [
    "accuracy", "average", "average_pooling_1d", "average_pooling_2d", "average_pooling_3d", "average_pooling_nd",
    "batch_normalization", "clipped_relu", "concat", "convolution_1d", "convolution_2d", "convolution_3d",
    "convolution_nd", "deconvolution_1d", "deconvolution_2d", "deconvolution_3d", "deconvolution_nd", "dropout",
    "elu", "flatten", "leaky_relu", "linear", "log_softmax", "max_pooling_1d", "max_pooling_2d", "max_pooling_3d",
    "max_pooling_nd", "mean", "mean_absolute_error", "mean_squared_error", "relu", "reshape", "sigmoid", "softmax",
    "softmax_cross_entropy", "softplus", "sum", "tanh", "transpose",
]  # fmt: skip


# ------------------------------------------------------------------------------ element by element


def relu(x: Any) -> Variable:
    """``max(x, 0)``.

    Examples
    --------
    >>> import numpy as np
    >>> relu(np.array([-1.0, 2.0], np.float32)).array
    array([0., 2.], dtype=float32)
    """
    return as_result(nnf.relu(as_variable(x)))


def leaky_relu(x: Any, slope: float = 0.2) -> Variable:
    """``x`` where positive, else ``slope * x`` (PyTorch's slope is 0.01).

    Examples
    --------
    >>> import numpy as np
    >>> leaky_relu(np.array([-1.0, 2.0], np.float32)).array
    array([-0.2,  2. ], dtype=float32)
    """
    return as_result(nnf.leaky_relu(as_variable(x), slope))


def elu(x: Any, alpha: float = 1.0) -> Variable:
    """``x`` where positive, else ``alpha * (exp(x) - 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> elu(np.array([0.0, 2.0], np.float32)).array
    array([0., 2.], dtype=float32)
    """
    return as_result(nnf.elu(as_variable(x), alpha))


def clipped_relu(x: Any, z: float = 20.0) -> Variable:
    """``min(max(x, 0), z)``.

    Examples
    --------
    >>> import numpy as np
    >>> clipped_relu(np.array([-1.0, 2.0, 30.0], np.float32)).array
    array([ 0.,  2., 20.], dtype=float32)
    """
    return as_result(ops.clamp(as_variable(x), 0.0, z))


def sigmoid(x: Any) -> Variable:
    """``1 / (1 + exp(-x))``.

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid(np.zeros(1, np.float32)).array
    array([0.5], dtype=float32)
    """
    return as_result(nnf.sigmoid(as_variable(x)))


def tanh(x: Any) -> Variable:
    """Hyperbolic tangent.

    Examples
    --------
    >>> import numpy as np
    >>> tanh(np.zeros(1, np.float32)).array
    array([0.], dtype=float32)
    """
    return as_result(nnf.tanh(as_variable(x)))


def softplus(x: Any, beta: float = 1.0) -> Variable:
    """``log(1 + exp(beta*x)) / beta``.

    Examples
    --------
    >>> import numpy as np
    >>> softplus(np.zeros(1, np.float32)).array
    array([0.6931472], dtype=float32)
    """
    return as_result(nnf.softplus(as_variable(x), beta))


def softmax(x: Any, axis: int = 1) -> Variable:
    """``exp(x) / sum(exp(x))`` along `axis`.

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.zeros((1, 4), np.float32)).array
    array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """
    return as_result(nnf.softmax(as_variable(x), axis))


def log_softmax(x: Any, axis: int = 1) -> Variable:
    """``log(softmax(x))`` along `axis`.

    Examples
    --------
    >>> import numpy as np
    >>> log_softmax(np.zeros((1, 2), np.float32)).array
    array([[-0.6931472, -0.6931472]], dtype=float32)
    """
    return as_result(nnf.log_softmax(as_variable(x), axis))


def dropout(x: Any, ratio: float = 0.5) -> Variable:
    """Zero elements with probability `ratio` and scale the rest, while ``chainer.config.train``.

    Examples
    --------
    >>> import numpy as np
    >>> import tinyconv.chainer as chainer
    >>> with chainer.using_config("train", False):
    ...     dropout(np.ones(2, np.float32)).array
    array([1., 1.], dtype=float32)
    """
    return as_result(nnf.dropout(as_variable(x), ratio, config.train))


def linear(x: Any, W: Any, b: Any = None, n_batch_axes: int = 1) -> Variable:
    """``x @ W.T + b`` for ``(N, *)``, flattened after the first `n_batch_axes` axes.

    Examples
    --------
    >>> import numpy as np
    >>> linear(np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)).shape
    (2, 4)
    """
    x = as_variable(x)
    x = x.flatten(n_batch_axes) if x.ndim > n_batch_axes + 1 else x
    return as_result(nnf.linear(x, as_variable(W), optional(b)))


# ------------------------------------------------------------------------------ normalisation, losses


def batch_normalization(x: Any, gamma: Any, beta: Any, *, eps: float = 2e-5) -> Variable:
    """Normalise each channel of ``(N, C, *D)`` by this batch's mean and variance, then scale and shift.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    >>> batch_normalization(np.array([[1.0], [3.0]], np.float32), one, zero).array.round(3)
    array([[-1.],
           [ 1.]], dtype=float32)
    """
    parameters = (as_variable(gamma), as_variable(beta))
    return as_result(nnf.batch_norm(as_variable(x), None, None, *parameters, training=True, eps=eps))


def softmax_cross_entropy(
    x: Any, t: Any, normalize: bool = True, *, class_weight: Any = None, ignore_label: int = -1, reduce: str = "mean",
) -> Variable:  # fmt: skip
    """Cross-entropy of ``softmax(x)`` ``(N, C, *)`` against class indices ``(N, *)``.

    Parameters
    ----------
    normalize : bool
        Divide the sum by the number of labels that count, else by N.
    class_weight : array, optional
        One factor per class ``(C,)``; it does not change what the sum is divided by (in PyTorch it does).
    ignore_label : int
        Labels of this value count as nothing.
    reduce : {'mean', 'no'}
        ``'no'`` gives every label's own loss.

    Raises
    ------
    ValueError
        For another `reduce`, or shapes that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> softmax_cross_entropy(np.zeros((2, 2), np.float32), np.array([1, -1])).array
    array(0.6931472, dtype=float32)
    """
    if reduce not in ("mean", "no"):
        raise refusal("chainer.reduce", "softmax_cross_entropy", value=reduce)
    x, t = as_variable(x), as_variable(t)
    loss = nnf.cross_entropy(x, t, optional(class_weight), ignore_index=ignore_label, reduction="none")
    if reduce == "no":
        return as_result(loss)
    if not normalize:
        return as_result(loss.sum() / max(len(x), 1))
    labels = (t != ignore_label).sum().astype(x.dtype)
    return as_result(loss.sum() / labels.clamp(min=1))  # all labels ignored: 0, not 0/0


def mean_squared_error(x0: Any, x1: Any) -> Variable:
    """Mean of ``(x0 - x1)**2``.

    Examples
    --------
    >>> import numpy as np
    >>> mean_squared_error(np.zeros(2, np.float32), np.array([1.0, 3.0], np.float32)).array
    array(5., dtype=float32)
    """
    return as_result(nnf.mse_loss(as_variable(x0), as_variable(x1)))


def mean_absolute_error(x0: Any, x1: Any) -> Variable:
    """Mean of ``|x0 - x1|``.

    Examples
    --------
    >>> import numpy as np
    >>> mean_absolute_error(np.zeros(2, np.float32), np.array([1.0, 3.0], np.float32)).array
    array(2., dtype=float32)
    """
    return as_result(nnf.l1_loss(as_variable(x0), as_variable(x1)))


def accuracy(y: Any, t: Any, ignore_label: int | None = None) -> Variable:
    """Share of labels ``(N, *)`` that are the largest score of ``(N, C, *)``, those equal to `ignore_label` left out.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[0.1, 0.9], [0.8, 0.2]], np.float32)
    >>> accuracy(scores, np.array([1, 1])).array
    array(0.5, dtype=float32)
    """
    y, t = as_variable(y), as_variable(t)
    hit = y.argmax(1) == t
    if ignore_label is None:
        return as_result(hit.astype(y.dtype).mean())
    counts = t != ignore_label
    labels = counts.sum().astype(y.dtype)
    return as_result((hit & counts).sum().astype(y.dtype) / labels.clamp(min=1))


# ------------------------------------------------------------------------------ shapes and sums


def reshape(x: Any, shape: Sequence[int]) -> Variable:
    """Give another shape; one size may be -1.

    Examples
    --------
    >>> import numpy as np
    >>> reshape(np.zeros((2, 3), np.float32), (3, -1)).shape
    (3, 2)
    """
    return as_result(ops.reshape(as_variable(x), shape))


def flatten(x: Any) -> Variable:
    """Give all elements in one dimension, the batch's too (PyTorch's layer of this name keeps the batch).

    Examples
    --------
    >>> import numpy as np
    >>> flatten(np.zeros((2, 3), np.float32)).shape
    (6,)
    """
    return as_result(ops.reshape(as_variable(x), (-1,)))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Variable:
    """Reorder the dimensions, or reverse their order.

    Examples
    --------
    >>> import numpy as np
    >>> transpose(np.zeros((2, 3, 4), np.float32), (1, 2, 0)).shape
    (3, 4, 2)
    """
    x = as_variable(x)
    return as_result(ops.permute(x, range(x.ndim)[::-1] if axes is None else axes))


def concat(xs: Sequence[Any], axis: int = 1) -> Variable:
    """Join along `axis`, by default the channels.

    Examples
    --------
    >>> import numpy as np
    >>> concat([np.zeros((1, 2, 5), np.float32), np.zeros((1, 3, 5), np.float32)]).shape
    (1, 5, 5)
    """
    return as_result(ops.cat([as_variable(x) for x in xs], axis))


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Sum over `axis`, or over all.

    Examples
    --------
    >>> import numpy as np
    >>> sum(np.ones((2, 3), np.float32), axis=0).array
    array([2., 2., 2.], dtype=float32)
    """
    return as_result(ops.sum(as_variable(x), axis, keepdims))


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Mean over `axis`, or over all.

    Examples
    --------
    >>> import numpy as np
    >>> mean(np.ones((2, 3), np.float32), axis=0).array
    array([1., 1., 1.], dtype=float32)
    """
    return as_result(ops.mean(as_variable(x), axis, keepdims))


average = mean

"""The operations of networks as functions, with PyTorch's names and signatures.

Nothing is computed here: each function checks nothing but its own arguments and calls the one
implementation in :mod:`tinyconv.ops`.
"""

from __future__ import annotations

from ...ops.activation import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    prelu,
    relu,
    silu,
    softmax,
    softplus,
)
from ...ops.columns import fold, unfold
from ...ops.deform import deform_conv2d
from ...ops.dropout import dropout, dropout1d, dropout2d, dropout3d
from ...ops.indexing import one_hot
from ...ops.linalg import linear
from ...ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from ...ops.norm import batch_norm, group_norm, instance_norm, layer_norm
from ...ops.shape import pad
from ...ops.unary import sigmoid, tanh
from ...ops.upsample import interpolate
from .conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from .pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cross_entropy", "deform_conv2d", "dropout",
    "dropout1d", "dropout2d", "dropout3d", "elu", "fold", "gelu", "group_norm", "huber_loss",
    "instance_norm", "interpolate", "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax",
    "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d", "mse_loss",
    "nll_loss", "one_hot", "pad", "prelu", "relu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus",
    "tanh", "unfold",
]  # fmt: skip

"""The operations of networks as functions, with PyTorch's names and signatures.

Nothing is computed here: these are the operations of :mod:`tinyconv.ops` that PyTorch has in this place.  Those for
any number of axes, such as ``conv``, take that number first.
"""

from ..ops.activation import elu, gelu, leaky_relu, log_softmax, prelu, relu, silu, softmax, softplus
from ..ops.columns import fold, unfold
from ..ops.conv import (
    conv,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from ..ops.deform import deform_conv2d
from ..ops.dropout import dropout, dropout1d, dropout2d, dropout3d, dropoutnd
from ..ops.indexing import one_hot
from ..ops.linalg import linear
from ..ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from ..ops.norm import batch_norm, group_norm, instance_norm, layer_norm
from ..ops.pool import (
    adaptive_avg_pool,
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from ..ops.shape import pad
from ..ops.unary import sigmoid, tanh
from ..ops.upsample import interpolate

__all__ = [
    "adaptive_avg_pool", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool",
    "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "batch_norm", "binary_cross_entropy", "binary_cross_entropy_with_logits", "conv", "conv1d", "conv2d",
    "conv3d", "conv_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cross_entropy",
    "deform_conv2d", "dropout", "dropout1d", "dropout2d", "dropout3d", "dropoutnd", "elu", "fold", "gelu",
    "group_norm", "huber_loss", "instance_norm", "interpolate", "l1_loss", "layer_norm", "leaky_relu", "linear",
    "log_softmax", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool", "max_unpool1d", "max_unpool2d",
    "max_unpool3d", "mse_loss", "nll_loss", "one_hot", "pad", "prelu", "relu", "sigmoid", "silu", "smooth_l1_loss",
    "softmax", "softplus", "tanh", "unfold",
]  # fmt: skip

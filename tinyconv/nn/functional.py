"""The operations of networks as functions, with PyTorch's names and signatures.

Nothing is computed here: these are the operations of :mod:`tinyconv.ops` that PyTorch has in this place.  Those for
any number of axes, such as ``conv``, take that number first.
"""

from typing import NoReturn

from ..absent import missing as _missing
from ..ops.activation import (
    elu,
    elu_,
    gelu,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    prelu,
    relu,
    relu_,
    silu,
    softmax,
    softplus,
)
from ..ops.class_margins import multi_margin_loss, multilabel_margin_loss
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
from ..ops.distance import cosine_similarity, pairwise_distance
from ..ops.drawing import gumbel_softmax
from ..ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, dropoutnd, feature_alpha_dropout
from ..ops.embedding import embedding
from ..ops.grid import affine_grid, grid_sample
from ..ops.indexing import one_hot
from ..ops.linalg import bilinear, linear
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
from ..ops.magnitude import local_response_norm, normalize, rms_norm
from ..ops.margins import (
    cosine_embedding_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    kl_div,
    margin_ranking_loss,
    poisson_nll_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from ..ops.norm import batch_norm, group_norm, instance_norm, layer_norm
from ..ops.piecewise import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    relu6,
    softshrink,
    threshold,
    threshold_,
)
from ..ops.pixel import channel_shuffle, pixel_shuffle, pixel_unshuffle
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
from ..ops.resize import interpolate, upsample, upsample_bilinear
from ..ops.shape import pad
from ..ops.smooth import celu, celu_, glu, logsigmoid, mish, selu, selu_, softmin, softsign, tanhshrink
from ..ops.unary import sigmoid, tanh
from ..ops.upsample import upsample_nearest

__path__: list[str] = []  # so that ``from ... import`` asks tinyconv.alias, which says why a name is not here
__all__ = [
    "adaptive_avg_pool", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool",
    "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "affine_grid", "alpha_dropout", "avg_pool",
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "celu_", "channel_shuffle", "conv", "conv1d", "conv2d", "conv3d",
    "conv_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "deform_conv2d", "dropout", "dropout1d", "dropout2d", "dropout3d",
    "dropoutnd", "elu", "elu_", "embedding", "feature_alpha_dropout", "fold", "gaussian_nll_loss", "gelu", "glu",
    "grid_sample", "group_norm", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "hinge_embedding_loss", "huber_loss", "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm",
    "leaky_relu", "leaky_relu_", "linear", "local_response_norm", "log_softmax", "logsigmoid",
    "margin_ranking_loss", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool", "max_unpool1d",
    "max_unpool2d", "max_unpool3d", "mish", "mse_loss", "multi_margin_loss", "multilabel_margin_loss", "nll_loss",
    "normalize", "one_hot", "pad", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss",
    "prelu", "relu", "relu6", "relu_", "rms_norm", "selu", "selu_", "sigmoid", "silu", "smooth_l1_loss",
    "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold", "threshold_", "triplet_margin_loss", "unfold", "upsample", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)

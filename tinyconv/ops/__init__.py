"""Every differentiable operation, each written once."""

from .activation import (
    dropout,
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
from .conv import conv, conv_transpose, fold, unfold
from .deform import deform_conv2d
from .elementwise import (
    add,
    bitwise,
    compare,
    div,
    floor_divide,
    maximum,
    minimum,
    mul,
    ones_like,
    pow,
    remainder,
    sub,
    where,
    zeros_like,
)
from .indexing import SetItem, as_index, as_value, getitem, own_index, parted, take_along
from .linalg import matmul
from .norm import batch_norm, group_norm, instance_norm, layer_norm
from .pool import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    max_pool,
    max_unpool,
    upsample_nearest,
)
from .promotion import cast, scalar_of
from .reduction import (
    amax,
    amin,
    argmax,
    argmin,
    logsumexp,
    max,
    mean,
    min,
    norm,
    prod,
    std,
    sum,
    truth,
    var,
)
from .shape import (
    Clone,
    cat,
    chunk,
    expand,
    flatten,
    flip,
    pad,
    permute,
    reshape,
    split,
    squeeze,
    stack,
    transpose,
    unflatten,
    unsqueeze,
)
from .transfer import to_device
from .unary import abs, clamp, cos, exp, log, log1p, neg, rsqrt, sigmoid, sign, sin, sqrt, tanh
from .unary import erf_ as erf

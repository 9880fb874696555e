"""tinyconv: reverse-mode automatic differentiation and convolutional networks, written to be read.

Examples
--------
>>> import tinyconv as tc
>>> from tinyconv import nn
>>> conv = nn.Conv2d(1, 8, kernel_size=3)
>>> conv(tc.randn(4, 1, 28, 28)).shape
(4, 8, 26, 26)
"""

import numpy as _np

from . import autograd
from .autograd import (
    Function,
    detect_anomaly,
    enable_grad,
    grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .backend import (
    Device,
    asnumpy,
    cuda_is_available,
    fork_rng,
    get_array_module,
    get_rng_state,
    manual_seed,
    set_rng_state,
)
from .creation import (
    arange,
    empty,
    eye,
    full,
    full_like,
    linspace,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    zeros,
    zeros_like,
)
from .kernels.threads import get_num_threads, set_num_threads
from .ops import (
    abs,
    amax,
    amin,
    argmax,
    argmin,
    cat,
    chunk,
    clamp,
    cos,
    erf,
    exp,
    flatten,
    flip,
    log,
    log1p,
    log_softmax,
    logsumexp,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    norm,
    permute,
    pow,
    prod,
    relu,
    reshape,
    rsqrt,
    sigmoid,
    sign,
    sin,
    softmax,
    split,
    sqrt,
    squeeze,
    stack,
    std,
    sum,
    tanh,
    transpose,
    unsqueeze,
    var,
    where,
)
from .ops import take_along as take_along_dim
from .tensor import Tensor, from_numpy, tensor

device = Device
float16, float32, float64 = _np.dtype("float16"), _np.dtype("float32"), _np.dtype("float64")
uint8, int32, int64 = _np.dtype("uint8"), _np.dtype("int32"), _np.dtype("int64")
bool = _np.dtype("bool")
half, float, double, int, long = float16, float32, float64, int32, int64
__version__ = "0.1.0"


from . import data, nn, optim  # noqa: E402 - they use the names above
from .gradcheck import gradcheck, gradgradcheck  # noqa: E402
from .serialization import load, save  # noqa: E402

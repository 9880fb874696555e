"""tinyconv: reverse-mode automatic differentiation and convolutional networks, written to be read.

Examples
--------
>>> import tinyconv as tc
>>> from tinyconv import nn
>>> conv = nn.Conv2d(1, 8, kernel_size=3)
>>> conv(tc.randn(4, 1, 28, 28)).shape
(4, 8, 26, 26)
"""

import importlib as _importlib
import sys as _sys
from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

import numpy as _np

from . import autograd, methods  # `methods` hangs the operations on Tensor
from .absent import missing as _missing
from .autograd import (
    Function,
    detect_anomaly,
    enable_grad,
    grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .backend import (
    Device,
    asnumpy,
    cuda_is_available,
    get_array_module,
)
from .creation import *
from .defaults import *
from .dlpack import from_dlpack
from .formatting import set_printoptions
from .kernels.allocation import keep_freed_memory as _keep_freed_memory
from .kernels.threads import get_num_threads, set_num_threads
from .language import get_language, set_language, use_language
from .likeness import *
from .ops import aliases as _aliases
from .ops import assembling as _assembling
from .ops import cumulative as _cumulative
from .ops import drawing as _drawing
from .ops import einstein as _einstein
from .ops import elementwise as _elementwise
from .ops import gathering as _gathering
from .ops import indexing as _indexing
from .ops import inspection as _inspection
from .ops import linalg as _linalg
from .ops import pairs as _pairs
from .ops import products as _products
from .ops import rearranging as _rearranging
from .ops import reduction as _reduction
from .ops import rounding as _rounding
from .ops import shape as _shape
from .ops import sorting as _sorting
from .ops import statistics as _statistics
from .ops import trigonometry as _trigonometry
from .ops import truth as _truth
from .ops import unary as _unary
from .ops.activation import log_softmax, relu, softmax, softplus
from .ops.aliases import *
from .ops.assembling import *
from .ops.cumulative import *
from .ops.drawing import *
from .ops.einstein import *
from .ops.elementwise import *
from .ops.gathering import *
from .ops.indexing import *
from .ops.inspection import *
from .ops.linalg import *
from .ops.pairs import *
from .ops.products import *
from .ops.rearranging import *
from .ops.reduction import *
from .ops.rounding import *
from .ops.shape import *
from .ops.sorting import *
from .ops.statistics import *
from .ops.trigonometry import *
from .ops.truth import *
from .ops.unary import *
from .random import (
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .settings import *
from .size import Size
from .tensor import Tensor, as_tensor, from_numpy, tensor
from .typed import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from .typeinfo import *

_keep_freed_memory()
device = Device
float16, float32, float64 = _np.dtype("float16"), _np.dtype("float32"), _np.dtype("float64")
uint8, int8, int16 = _np.dtype("uint8"), _np.dtype("int8"), _np.dtype("int16")
int32, int64 = _np.dtype("int32"), _np.dtype("int64")
bool = _np.dtype("bool")
half, float, double, short, int, long = float16, float32, float64, int16, int32, int64
dtype = _np.dtype
newaxis = None
__version__ = "0.1.0"

# imported when they are first asked for: not every program needs all of them
_ROOMS = (
    "accelerator", "amp", "backends", "cuda", "data", "distributed", "linalg", "mps", "nn", "optim", "testing", "utils",
    "vision",
)  # fmt: skip
_FROM = {"autocast": "amp", "load": "serialization", "save": "serialization"}  # name -> the module it is from
_FROM |= dict.fromkeys(
    (
        "adaptive_avg_pool1d", "avg_pool1d", "bilinear", "celu", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
        "conv_transpose2d", "conv_transpose3d", "cosine_similarity", "max_pool1d", "max_pool2d",
        "max_pool3d", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "prelu", "selu", "threshold",
    ),
    "nn.functional",
)  # fmt: skip
if _TYPE_CHECKING:
    from . import accelerator, amp, backends, cuda, data, distributed, linalg, mps, nn, optim, testing, utils
    from .amp import autocast
    from .serialization import load, save

from . import alias, random, return_types  # noqa: E402 - they use the names above
from . import creation as _creation  # noqa: E402
from . import defaults as _defaults  # noqa: E402
from . import likeness as _likeness  # noqa: E402
from . import settings as _settings  # noqa: E402
from . import typeinfo as _typeinfo  # noqa: E402
from .gradcheck import gradcheck, gradgradcheck  # noqa: E402

_importlib.import_module(f"{__name__}.autograd.functional")  # so that it is there

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "Device", "DoubleTensor", "FloatTensor", "Function", "Generator",
    "HalfTensor", "IntTensor", "LongTensor", "ShortTensor", "Size", "Tensor", "accelerator", "amp", "as_tensor",
    "asnumpy", "autocast", "autograd", "backends", "bool", "cuda", "cuda_is_available", "data", "default_generator",
    "detect_anomaly", "device", "distributed", "double", "dtype", "e", "enable_grad", "float", "float16", "float32",
    "float64", "fork_rng", "from_dlpack", "from_numpy", "get_array_module", "get_language", "get_num_threads",
    "get_rng_state", "grad", "gradcheck", "gradgradcheck", "half", "inf", "inference_mode", "initial_seed", "int",
    "int8", "int16", "int32", "int64", "is_grad_enabled", "load", "log_softmax", "long", "manual_seed", "mps",
    "nan", "newaxis", "nn", "no_grad", "optim", "pi", "random", "relu", "return_types", "save", "seed",
    "set_grad_enabled", "set_language", "set_num_threads", "set_printoptions", "set_rng_state", "short", "softmax",
    "softplus", "tensor", "testing", "uint8", "use_language", "utils",
]  # fmt: skip
for _room in (
    _aliases, _assembling, _creation, _cumulative, _defaults, _drawing, _einstein, _elementwise, _gathering,
    _indexing, _inspection, _likeness, _linalg, _pairs, _products, _rearranging, _reduction, _rounding, _settings,
    _shape, _sorting, _statistics, _trigonometry, _truth, _typeinfo, _unary,
):  # fmt: skip
    __all__ += _room.__all__

set_language(get_language())  # refuses an unknown one of TINYCONV_LANGUAGE
autograd.gradcheck, autograd.gradgradcheck = gradcheck, gradgradcheck  # PyTorch's place
_sys.meta_path.insert(0, alias.AliasFinder())  # before the finder that would load the same files again


def __getattr__(name: str) -> _Any:
    if name in _ROOMS:
        return _importlib.import_module(f".{name}", __name__)
    if name in _FROM:
        return globals().setdefault(name, getattr(_importlib.import_module(f".{_FROM[name]}", __name__), name))
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""CUDA kernels for what CuPy alone does slowly: written out, one thread per output element.

Everything in tinyconv runs on plain ``xp``; these do the same with one launch and one pass over memory where
the plain path takes many.  Each has a plain twin that it is tested against, and beside which it was timed
(``docs/gpu_kernels.md``); the three ``..._for`` say where it is used.

The rest of tinyconv knows the names of this page and no other.
"""

from .dispatch import (
    available_for,
    depthwise_available_for,
    in_place_available_for,
    is_enabled,
    plain_path,
    set_enabled,
)
from .training import adam_step, cross_entropy, cross_entropy_grad
from .windows import (
    col2im,
    depthwise,
    depthwise_input_grad,
    depthwise_weight_grad,
    max_pool,
    put_taps,
    take_taps,
)

"""Reverse-mode differentiation.

:mod:`.tensor` holds the Tensor, :mod:`.operation` the operations and the graph they record, :mod:`.backward` the walk
back over it, :mod:`.views` what happens when memory that tensors share is written to, :mod:`.custom` PyTorch's form of
an operation, and :mod:`.mode` the switches that turn recording on and off.
"""

from typing import NoReturn

from ..absent import missing as _missing
from .backward import backward, grad, run_backward, seed_gradient, unbroadcast, walk_order
from .custom import Function, once_differentiable
from .hooks import RemovableHandle
from .mode import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from .operation import Operation, check_devices
from .tensor import Tensor, as_array
from .variable import Variable
from .views import check_writable_in_graph
from .whole import whole

__all__ = [
    "Function", "Operation", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "inference_mode",
    "is_grad_enabled", "no_grad", "once_differentiable", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)

"""Reverse-mode differentiation.

:mod:`.function` holds the operations and the graph they record, :mod:`.backward` the walk back over it,
:mod:`.mode` the switches that turn recording on and off.
"""

from typing import Any

from . import backward, function, mode
from .backward import RemovableHandle, grad, run_backward, seed_gradient
from .function import Function, check_devices
from .mode import detect_anomaly, enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["Function", "detect_anomaly", "enable_grad", "grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

tensor_type: Any = None


def set_tensor_type(cls: type) -> None:
    """Tell the engine what its results are: the Tensor class, which is defined above it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.tensor_type is tc.Tensor
    True
    """
    global tensor_type
    tensor_type = function.tensor_type = cls

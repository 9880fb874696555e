"""PyTorch's wrappers for several GPUs, on the one device that a model runs on here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import refusal
from .module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Run a module as it is; its ``state_dict`` keys begin with ``module.``, as in PyTorch.

    Parameters
    ----------
    module : Module
        What to run; it is there as ``.module``.
    device_ids : sequence of int, optional
        One device at most.
    output_device, dim
        Accepted: with one device nothing is gathered.

    Raises
    ------
    ValueError
        For more than one device.

    Examples
    --------
    >>> from tinyconv import nn
    >>> list(nn.DataParallel(nn.Linear(2, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None, dim: int = 0
    ):
        super().__init__()
        if device_ids is not None and len(device_ids) > 1:
            raise refusal("parallel.devices", "DataParallel", devices=list(device_ids))
        self.module = module

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

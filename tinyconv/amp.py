"""PyTorch's mixed precision, as far as switched off: tinyconv computes in the dtype of the tensors.

A script that chooses by a flag, ``autocast(device, enabled=use_amp)`` with a ``GradScaler(enabled=use_amp)``, runs with
the flag off; with it on, these say what to do instead.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .errors import refusal
from .tensor import Tensor

__all__ = ["GradScaler", "autocast"]


class autocast(contextlib.ContextDecorator):
    """A block that computes as everywhere; only ``enabled=False`` is accepted.

    Parameters
    ----------
    device_type : str
        ``"cpu"`` or ``"cuda"``: no difference here.
    dtype : dtype, optional
        What an enabled block would compute in.
    enabled : bool
        Must be False.
    cache_enabled : bool, optional
        No difference here.

    Raises
    ------
    RuntimeError
        If it is to be enabled.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with tc.autocast("cpu", enabled=False):
    ...     tc.ones(1).dtype
    dtype('float32')
    """

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None):
        if enabled:
            raise refusal("amp.autocast", "autocast")

    def __enter__(self) -> None:
        """Change nothing."""

    def __exit__(self, *exc: object) -> None:
        """Change nothing back."""


class GradScaler:
    """A scaler that scales nothing; only ``enabled=False`` is accepted.

    The other parameters, PyTorch's, make no difference.

    Raises
    ------
    RuntimeError
        If it is to be enabled.

    Examples
    --------
    >>> import tinyconv as tc
    >>> scaler = tc.amp.GradScaler(enabled=False)
    >>> scaler.scale(tc.tensor(2.0))
    tensor(2.)
    """

    def __init__(
        self, device: str = "cuda", init_scale: float = 65536.0, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ):  # fmt: skip
        if enabled:
            raise refusal("amp.scaler", "GradScaler")

    def is_enabled(self) -> bool:
        """Tell whether it scales: never."""
        return False

    def scale(self, outputs: Tensor) -> Tensor:
        """Give the loss as it is."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Leave the gradients as they are."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Call ``optimizer.step``."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Do nothing: there is no scale."""

    def get_scale(self) -> float:
        """Give 1."""
        return 1.0

    def state_dict(self) -> dict[str, Any]:
        """Give an empty dict."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take nothing."""

"""The older names of :mod:`tinyconv.amp`, without a device."""

from __future__ import annotations

from typing import Any

from .. import amp

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """:class:`tinyconv.amp.autocast` of a CUDA device.

    Examples
    --------
    >>> with autocast(enabled=False):
    ...     pass
    """

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True):
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """:class:`tinyconv.amp.GradScaler` of a CUDA device."""

    def __init__(
        self, init_scale: float = 65536.0, growth_factor: float = 2.0, backoff_factor: float = 0.5,
        growth_interval: int = 2000, enabled: bool = True,
    ):  # fmt: skip
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)

"""PyTorch's names for Apple's GPUs, which tinyconv does not use: scripts that ask get No for an answer."""

from __future__ import annotations

from .errors import refusal
from .random import manual_seed as _manual_seed

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "synchronize"]


def is_available() -> bool:
    """Say no.

    Examples
    --------
    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """Give 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed every random draw, on whatever device."""
    _manual_seed(seed)


def empty_cache() -> None:
    """Do nothing: no memory is held."""


def synchronize() -> None:
    """Refuse: there is nothing to wait for.

    Raises
    ------
    RuntimeError
        Always.
    """
    raise refusal("device.no_mps", "mps.synchronize")

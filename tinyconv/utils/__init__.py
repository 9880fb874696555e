"""PyTorch's place for what stands beside the engine: :mod:`tinyconv.utils.data`, which is :mod:`tinyconv.data`."""

from . import data

__all__ = ["data"]

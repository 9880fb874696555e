"""CUDA's switches: kept, and without effect.

Examples
--------
>>> import tinyconv as tc
>>> tc.backends.cuda.matmul.allow_tf32 = True
"""

from __future__ import annotations

from types import SimpleNamespace

from ..backend import cuda_is_available

__all__ = ["is_built", "matmul"]

matmul = SimpleNamespace(allow_tf32=False)


def is_built() -> bool:
    """Tell whether a CUDA device can be used here."""
    return cuda_is_available()

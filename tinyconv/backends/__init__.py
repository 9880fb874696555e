"""PyTorch's switches of the libraries below it.

They may be set and read; none of them changes a number, for tinyconv has its own kernels, which compute the same bits
every time.
"""

from . import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]

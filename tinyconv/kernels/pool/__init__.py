"""Pooling: the maximum and the sum of each window, and adaptive bins.

Arrays are ``(N, C, *D)`` with any number of spatial axes, of floating dtype.
"""

from .adaptive import adaptive_avg_pool, adaptive_avg_pool_grad, adaptive_max_pool
from .maximum import flat_indices, max_pool, put_taps, take_taps
from .sums import window_divisor, window_spread, window_sum

__all__ = [
    "adaptive_avg_pool",
    "adaptive_avg_pool_grad",
    "adaptive_max_pool",
    "flat_indices",
    "max_pool",
    "put_taps",
    "take_taps",
    "window_divisor",
    "window_spread",
    "window_sum",
]

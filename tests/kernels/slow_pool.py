"""Pooling in plain Python loops, written from the definitions: what the kernels are held against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np


def count_windows(i: int, k: int, s: int, p: int, d: int, rule: str) -> int:
    """Walk a window over ``p + i + p`` cells, and count its places by `rule`: floor, ceil or cover_all."""
    span = d * (k - 1) + 1
    start, count = -p, 0
    while start + span <= i + p:
        start, count = start + s, count + 1
    covered = start - s + span  # where the last whole window ends
    if covered < i + p and (rule == "cover_all" or (rule == "ceil" and start < i)):
        count += 1
    return count


def windows(size, kernel, stride, padding, dilation, output) -> Iterator[tuple[tuple, list]]:
    """Per output place, its cells ``(tap, position)`` in C order, those in the padding too."""
    for place in itertools.product(*map(range, output)):
        cells = []
        for tap, offsets in enumerate(itertools.product(*map(range, kernel))):
            position = tuple(o * s - p + t * d for o, s, p, t, d in zip(place, stride, padding, offsets, dilation))
            cells.append((tap, position))
        yield place, cells


def is_real(position, size) -> bool:
    return all(0 <= c < i for c, i in zip(position, size))


def max_pool(x, kernel, stride, padding, dilation, output):
    """``(y, taps, flat)``; of a window wholly in padding: -inf, the number of taps, -1."""
    size = x.shape[2:]
    y = np.full(x.shape[:2] + output, -math.inf, x.dtype)
    taps = np.full(y.shape, math.prod(kernel))
    flat = np.full(y.shape, -1)
    for n, c in itertools.product(range(x.shape[0]), range(x.shape[1])):
        for place, cells in windows(size, kernel, stride, padding, dilation, output):
            best = None
            for tap, position in cells:
                if not is_real(position, size):
                    continue
                value = float(x[n, c][position])
                if best is None or value > best or (math.isnan(value) and not math.isnan(best)):
                    best = value
                    y[n, c][place] = value
                    taps[n, c][place] = tap
                    flat[n, c][place] = sum(q * math.prod(size[a + 1 :]) for a, q in enumerate(position))
    return y, taps, flat


def avg_pool(x, kernel, stride, padding, output, count_include_pad=True, divisor=None):
    size = x.shape[2:]
    y = np.zeros(x.shape[:2] + output, x.dtype)
    for n, c in itertools.product(range(x.shape[0]), range(x.shape[1])):
        for place, cells in windows(size, kernel, stride, padding, (1,) * len(size), output):
            real = [q for _, q in cells if is_real(q, size)]
            # the padded input holds the cells [-p, i + p)
            padded = [q for _, q in cells if all(-p <= a < i + p for a, i, p in zip(q, size, padding))]
            count = divisor or len(padded if count_include_pad else real)
            if real:
                y[n, c][place] = sum(float(x[n, c][q]) for q in real) / count
    return y


def bins(size: tuple, output: tuple) -> Iterator[tuple[tuple, list]]:
    """Per output place of an adaptive pooling, the positions in its bin, in C order."""
    for place in itertools.product(*map(range, output)):
        ranges = [range(math.floor(j * i / o), math.ceil((j + 1) * i / o)) for j, i, o in zip(place, size, output)]
        yield place, list(itertools.product(*ranges))


def adaptive_pool(x, output):
    """``(average, maximum, flat index of the maximum)``."""
    size = x.shape[2:]
    average, maximum = np.zeros(x.shape[:2] + output, x.dtype), np.zeros(x.shape[:2] + output, x.dtype)
    flat = np.zeros(average.shape, int)
    for n, c in itertools.product(range(x.shape[0]), range(x.shape[1])):
        for place, cells in bins(size, output):
            values = [float(x[n, c][q]) for q in cells]
            average[n, c][place] = sum(values) / len(values)
            best = next((q for q in cells if math.isnan(x[n, c][q])), None)
            best = best or max(cells, key=lambda q: x[n, c][q])  # max() keeps the first of equals
            maximum[n, c][place] = x[n, c][best]
            flat[n, c][place] = sum(q * math.prod(size[a + 1 :]) for a, q in enumerate(best))
    return average, maximum, flat

"""Max and average pooling, adaptive pooling and unpooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .draw import Case, function, generator, values

# name, x, arguments (kernel, stride, padding, dilation), keyword arguments; with and without indices
MAX: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("1d", (2, 2, 7), {"kernel_size": 2}),
    ("1d_overlap_pad", (1, 2, 8), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("1d_ceil_dilation", (1, 2, 9), {"kernel_size": 3, "stride": 3, "dilation": 2, "ceil_mode": True}),
    ("2d", (2, 2, 6, 8), {"kernel_size": 2}),
    ("2d_left_over", (1, 2, 5, 7), {"kernel_size": 2}),
    ("2d_ceil", (1, 2, 5, 7), {"kernel_size": 2, "ceil_mode": True}),
    (
        "2d_ceil_last_window_dropped",
        (1, 1, 5, 5),
        {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
    ),
    ("2d_gap", (1, 2, 7, 8), {"kernel_size": [2, 1], "stride": [3, 2]}),
    ("2d_overlap", (1, 2, 6, 7), {"kernel_size": 3, "stride": [1, 2], "padding": 1}),
    ("2d_dilation", (1, 2, 8, 9), {"kernel_size": [2, 3], "stride": 2, "padding": 1, "dilation": [3, 2]}),
    ("2d_ceil_dilation", (1, 1, 9, 8), {"kernel_size": 3, "stride": 2, "dilation": 2, "ceil_mode": True}),
    ("2d_unbatched", (2, 4, 5), {"kernel_size": 2, "stride": 1}),
    ("3d", (1, 2, 4, 5, 4), {"kernel_size": 2}),
    (
        "3d_all",
        (1, 1, 5, 6, 5),
        {"kernel_size": [2, 3, 2], "stride": [2, 2, 1], "padding": [1, 1, 0], "ceil_mode": True},
    ),
]

AVG: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("1d", (2, 2, 7), {"kernel_size": 3}),
    ("1d_exclude_pad", (1, 2, 8), {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("1d_ceil", (1, 2, 8), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ("2d", (2, 2, 6, 8), {"kernel_size": 2}),
    ("2d_pad", (1, 2, 5, 6), {"kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 1]}),
    (
        "2d_exclude_pad",
        (1, 2, 5, 6),
        {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
    ),
    ("2d_ceil", (1, 1, 6, 7), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    (
        "2d_ceil_exclude_pad",
        (1, 1, 6, 7),
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
    ),
    ("2d_ceil_no_pad", (1, 1, 5, 8), {"kernel_size": [2, 3], "stride": [2, 3], "ceil_mode": True}),
    ("2d_divisor", (1, 2, 5, 6), {"kernel_size": 3, "stride": 2, "padding": 1, "divisor_override": 5}),
    (
        "2d_divisor_ceil",
        (1, 1, 6, 6),
        {"kernel_size": 2, "stride": 3, "ceil_mode": True, "divisor_override": 2},
    ),
    ("3d", (1, 2, 4, 5, 4), {"kernel_size": 2, "stride": [1, 2, 2]}),
    (
        "3d_all",
        (1, 1, 5, 4, 5),
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
    ),
    ("3d_divisor", (1, 1, 4, 4, 4), {"kernel_size": 2, "divisor_override": 3}),
]

ADAPTIVE: list[tuple[str, tuple[int, ...], Any]] = [
    ("1d", (2, 2, 7), 3),
    ("1d_up", (1, 2, 3), 5),
    ("2d", (1, 2, 7, 8), [3, 5]),
    ("2d_one", (2, 3, 4, 5), 1),
    ("2d_none", (1, 2, 5, 6), [None, 4]),
    ("2d_divides", (1, 2, 6, 8), [3, 2]),
    ("3d", (1, 2, 4, 5, 3), [2, 3, 2]),
]


def cases() -> Iterator[Case]:
    """All pooling cases."""
    for name, shape, kwargs in MAX:
        title = f"max_pool{name}"
        arrays = {"x": values(title, shape)}
        kwargs = {**kwargs, "return_indices": True}
        yield function(title, f"max_pool{name[:2]}", arrays, ["$x"], kwargs, grad=["x"])
    yield from _special_values()
    for name, shape, kwargs in AVG:
        arrays = {"x": values(f"avg_pool{name}", shape)}
        yield function(f"avg_pool{name}", f"avg_pool{name[:2]}", arrays, ["$x"], kwargs, grad=["x"])
    for kind in ("avg", "max"):
        for name, shape, size in ADAPTIVE:
            title = f"adaptive_{kind}_pool{name}"
            kwargs = {"return_indices": True} if kind == "max" else {}
            call = f"adaptive_{kind}_pool{name[:2]}"
            yield function(title, call, {"x": values(title, shape)}, ["$x", size], kwargs, grad=["x"])
    yield from _unpooling()


def _special_values() -> Iterator[Case]:
    """NaN wins, the first of equal values wins, padding never does."""
    kwargs = {"kernel_size": 3, "stride": 2, "padding": 1, "return_indices": True}
    x = values("max_pool2d_nan", (1, 1, 5, 6))
    x[0, 0, 1, 2] = x[0, 0, 4, 5] = np.nan
    yield function("max_pool2d_nan", "max_pool2d", {"x": x}, ["$x"], kwargs, grad=["x"])
    ties = np.zeros((1, 1, 5, 6))
    ties[0, 0, 2:, 1:4] = 1
    yield function("max_pool2d_ties", "max_pool2d", {"x": ties}, ["$x"], kwargs, grad=["x"])
    negative = values("max_pool2d_negative", (1, 2, 5, 6), low=-4, high=-1)
    yield function("max_pool2d_negative", "max_pool2d", {"x": negative}, ["$x"], kwargs, grad=["x"])
    infinite = np.full((1, 1, 4, 4), -np.inf)
    infinite[0, 0, 3, 3] = 1.0
    yield function("max_pool2d_infinite", "max_pool2d", {"x": infinite}, ["$x"], kwargs, grad=["x"])


def _unpooling() -> Iterator[Case]:
    """Indices as 2-wide pooling gives them: one of the cells of each window."""
    shapes: dict[int, tuple[int, ...]] = {1: (2, 2, 3), 2: (1, 2, 3, 4), 3: (1, 1, 2, 3, 2)}
    for n, shape in shapes.items():
        title = f"max_unpool{n}d"
        pooled = shape[2:]
        for extra in (0, 1):  # output_size: the default, and one that pooling rounded down
            size = tuple(2 * s + extra for s in pooled)
            cells = np.stack(np.meshgrid(*map(np.arange, pooled), indexing="ij")) * 2
            winners = generator(title).integers(0, 2, (*shape[:2], *cells.shape)) + cells
            flat = np.zeros(shape, np.int64)
            for axis, length in enumerate(size):
                flat = flat * length + winners[:, :, axis]
            arrays = {"x": values(title, shape), "indices": flat}
            kwargs = {"output_size": list(size)} if extra else {}
            name = f"{title}_output_size" if extra else title
            yield function(name, title, arrays, ["$x", "$indices", 2], kwargs, grad=["x"])

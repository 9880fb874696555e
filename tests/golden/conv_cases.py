"""Convolutions and transposed convolutions, of 1, 2 and 3 spatial axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .draw import Case, function, module, values

# name, x, w, keyword arguments; a bias is always given
CONV: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ("1d", (2, 3, 9), (4, 3, 3), {}),
    ("1d_stride", (2, 2, 10), (3, 2, 3), {"stride": 3, "padding": 1}),
    ("1d_dilation_groups", (1, 4, 11), (4, 2, 3), {"dilation": 2, "groups": 2, "padding": 2}),
    ("1d_same_even", (1, 2, 8), (2, 2, 4), {"padding": "same"}),
    ("1d_same_dilated", (1, 2, 9), (2, 2, 2), {"padding": "same", "dilation": 3}),
    ("1d_unbatched", (2, 7), (3, 2, 3), {"padding": 1}),
    ("2d", (2, 3, 5, 6), (2, 3, 3, 3), {}),
    ("2d_1x1", (2, 3, 4, 5), (4, 3, 1, 1), {}),
    ("2d_1x1_stride", (1, 3, 5, 6), (2, 3, 1, 1), {"stride": 2}),
    ("2d_pad", (1, 2, 4, 5), (3, 2, 3, 2), {"padding": [2, 1]}),
    ("2d_stride_uneven", (1, 2, 6, 7), (2, 2, 3, 2), {"stride": [2, 3], "padding": [1, 0]}),
    ("2d_stride_gap", (1, 1, 7, 8), (2, 1, 2, 2), {"stride": 3}),
    ("2d_stride_left_over", (1, 1, 5, 5), (1, 1, 2, 2), {"stride": 2}),
    ("2d_dilation", (1, 2, 7, 8), (2, 2, 3, 2), {"dilation": [2, 3], "padding": 1}),
    ("2d_dilation_stride", (1, 2, 9, 8), (2, 2, 3, 3), {"dilation": 2, "stride": 2, "padding": 2}),
    ("2d_groups", (2, 4, 5, 5), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    ("2d_depthwise", (1, 3, 6, 5), (3, 1, 3, 3), {"groups": 3, "padding": 1}),
    ("2d_depthwise_multiplier", (1, 2, 5, 6), (4, 1, 3, 2), {"groups": 2, "stride": 2}),
    ("2d_same", (1, 2, 5, 6), (2, 2, 3, 5), {"padding": "same"}),
    ("2d_same_even", (1, 2, 5, 6), (2, 2, 2, 4), {"padding": "same"}),
    ("2d_same_even_dilated", (1, 1, 7, 8), (2, 1, 2, 4), {"padding": "same", "dilation": [3, 1]}),
    ("2d_valid", (1, 2, 5, 6), (2, 2, 3, 3), {"padding": "valid"}),
    ("2d_unbatched", (2, 5, 6), (3, 2, 3, 3), {"stride": 2, "padding": 1}),
    ("2d_kernel_is_image", (2, 2, 4, 5), (3, 2, 4, 5), {}),
    ("2d_big_padding", (1, 1, 2, 3), (2, 1, 3, 3), {"padding": [4, 3], "stride": 2}),
    ("3d", (1, 2, 4, 5, 4), (2, 2, 2, 3, 2), {}),
    ("3d_stride_pad", (1, 2, 5, 4, 6), (2, 2, 3, 2, 3), {"stride": [2, 1, 3], "padding": [1, 0, 1]}),
    ("3d_groups_dilation", (1, 2, 5, 4, 5), (4, 1, 2, 2, 3), {"groups": 2, "dilation": [2, 1, 2]}),
    ("3d_same", (1, 1, 3, 4, 3), (2, 1, 2, 3, 2), {"padding": "same"}),
]

TRANSPOSED: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ("1d", (2, 3, 5), (3, 2, 3), {}),
    ("1d_stride", (1, 2, 5), (2, 3, 4), {"stride": 3, "padding": 1, "output_padding": 2}),
    ("1d_groups_dilation", (1, 4, 4), (4, 1, 3), {"groups": 2, "dilation": 2, "padding": 1}),
    ("2d", (2, 2, 3, 4), (2, 3, 3, 3), {}),
    ("2d_stride", (1, 2, 3, 4), (2, 2, 3, 2), {"stride": 2}),
    ("2d_stride_gap", (1, 2, 3, 3), (2, 1, 2, 2), {"stride": [3, 4]}),
    (
        "2d_output_padding",
        (1, 2, 3, 4),
        (2, 2, 3, 3),
        {"stride": [2, 3], "padding": 1, "output_padding": [1, 2]},
    ),
    ("2d_output_padding_dilation", (1, 1, 3, 3), (1, 2, 2, 2), {"dilation": 3, "output_padding": 2}),
    ("2d_crop", (1, 2, 4, 5), (2, 2, 3, 3), {"padding": [2, 1]}),
    ("2d_groups", (2, 4, 3, 3), (4, 2, 3, 2), {"groups": 2, "stride": 2}),
    ("2d_depthwise", (1, 3, 3, 4), (3, 1, 4, 4), {"groups": 3, "stride": 2, "padding": 1}),
    ("2d_unbatched", (2, 3, 4), (2, 3, 2, 2), {"stride": 2}),
    ("3d", (1, 2, 3, 2, 3), (2, 2, 2, 3, 2), {}),
    (
        "3d_full",
        (1, 2, 2, 3, 2),
        (2, 1, 3, 2, 3),
        {"stride": [2, 1, 2], "padding": [1, 0, 1], "output_padding": [1, 0, 1], "groups": 2},
    ),
]

FLOAT32 = ("2d", "2d_stride_uneven", "2d_groups", "3d")


def cases() -> Iterator[Case]:
    """All convolution cases."""
    for name, x, w, kwargs in CONV:
        yield from _both_dtypes(f"conv{name}", f"conv{name[:2]}", name, x, w, w[0], kwargs)
    for name, x, w, kwargs in TRANSPOSED:
        outputs = w[1] * kwargs.get("groups", 1)
        call = f"conv_transpose{name[:2]}"
        yield from _both_dtypes(f"conv_transpose{name}", call, name, x, w, outputs, kwargs)
    yield from _padding_modes()
    yield from _windows()


def _both_dtypes(
    title: str, call: str, name: str, x: tuple, w: tuple, outputs: int, kwargs: dict[str, Any]
) -> Iterator[Case]:
    for dtype in ("float64", "float32") if name in FLOAT32 else ("float64",):
        arrays = {
            "x": values(title, x, dtype),
            "w": values(title, w, dtype),
            "b": values(title, (outputs,), dtype),
        }
        yield function(title, call, arrays, ["$x", "$w", "$b"], kwargs, grad=["x", "w", "b"])


def _padding_modes() -> Iterator[Case]:
    """``padding_mode``, which only the modules have."""
    shapes = {
        1: ((1, 2, 7), (3, 2, 3)),
        2: ((1, 2, 5, 6), (2, 2, 3, 3)),
        3: ((1, 1, 4, 3, 5), (2, 1, 3, 3, 3)),
    }
    for n, (x, w) in shapes.items():
        for mode in ("zeros", "reflect", "replicate", "circular"):
            for padding in (1, "same") if n == 2 else (1,):
                kwargs = {"padding": padding, "padding_mode": mode, "stride": 2 if padding == 1 else 1}
                title = f"Conv{n}d_{mode}_{padding}"
                state = {"weight": values(title, w), "bias": values(title, (w[0],))}
                yield module(title, f"Conv{n}d", [values(title, x)], state, [w[1], w[0], list(w[2:])], kwargs)
    title = "Conv2d_circular_uneven"
    state = {"weight": values(title, (2, 2, 2, 4)), "bias": values(title, (2,))}
    kwargs = {"padding": "same", "padding_mode": "circular", "dilation": [3, 1]}
    yield module(title, "Conv2d", [values(title, (1, 2, 5, 6))], state, [2, 2, [2, 4]], kwargs)


def _windows() -> Iterator[Case]:
    """``unfold`` and ``fold``, padding, and enlarging by repetition."""
    options = {"kernel_size": [2, 3], "stride": [2, 1], "padding": [1, 0], "dilation": [1, 2]}
    arrays = {"x": values("unfold", (1, 2, 5, 6))}
    yield function("unfold", "unfold", arrays, ["$x"], options, grad=["x"])
    arrays = {"x": values("fold", (1, 12, 6))}
    yield function("fold", "fold", arrays, ["$x", [5, 6]], options, grad=["x"])
    for mode in ("constant", "reflect", "replicate", "circular"):
        arrays = {"x": values("pad", (1, 2, 4, 5))}
        yield function(f"pad_{mode}", "pad", arrays, ["$x", [1, 2, 3, 0], mode], grad=["x"])
    arrays = {"x": values("pad", (1, 2, 4, 5))}
    yield function("pad_value_crop", "pad", arrays, ["$x", [1, -1, 0, 2], "constant", 0.5], grad=["x"])
    for name, kwargs in (("scale", {"scale_factor": 2}), ("size", {"size": [7, 5]})):
        arrays = {"x": values("interpolate", (1, 2, 3, 4))}
        yield function(f"interpolate_{name}", "interpolate", arrays, ["$x"], {**kwargs, "mode": "nearest"}, ["x"])

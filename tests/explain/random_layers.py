"""Hypothesis strategies: small layers with a window, of any options, and inputs that fit them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv import nn

CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
MAX_POOLS = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVG_POOLS = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
ADAPTIVE = {
    1: (nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d),
    2: (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d),
    3: (nn.AdaptiveAvgPool3d, nn.AdaptiveMaxPool3d),
}


def per_axis(ndim: int, low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(low, high)] * ndim)


def numbers(draw: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Small integers: sums of their products are exact, and ties happen."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return generator.integers(-4, 5, shape).astype(np.float64)


def input_for(draw: Any, channels: int, size: tuple[int, ...]) -> tc.Tensor:
    batch = draw(st.sampled_from([(), (1,), (2,)]))
    return tc.tensor(numbers(draw, (*batch, channels, *size)))


def with_numbers(draw: Any, layer: Any) -> Any:
    for parameter in layer.parameters():
        parameter.array = numbers(draw, parameter.shape)
    return layer


def dimensions(draw: Any) -> int:
    return draw(st.sampled_from([1, 2, 2, 3]))


@st.composite
def convolutions(draw: Any) -> tuple[Any, tc.Tensor]:
    ndim = dimensions(draw)
    kernel, dilation = draw(per_axis(ndim, 1, 3)), draw(per_axis(ndim, 1, 2))
    groups, per_group, made = (draw(st.integers(1, 2)) for _ in range(3))
    padding = draw(st.tuples(*[per_axis(2, 0, 2)] * ndim))
    mode = draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]))
    margin = 0 if mode == "zeros" else 2  # so that two cells can be reflected
    extra = draw(per_axis(ndim, margin, margin + 2))
    size = tuple(d * (k - 1) + 1 + more for k, d, more in zip(kernel, dilation, extra))
    layer = CONVS[ndim](
        groups * per_group, groups * made, kernel, draw(per_axis(ndim, 1, 3)), padding, dilation, groups,
        draw(st.booleans()), mode, dtype=np.float64, cover_all=draw(st.booleans()),
    )  # fmt: skip
    return with_numbers(draw, layer), input_for(draw, groups * per_group, size)


@st.composite
def transposed_convolutions(draw: Any) -> tuple[Any, tc.Tensor]:
    ndim = dimensions(draw)
    kernel, dilation, stride = draw(per_axis(ndim, 1, 3)), draw(per_axis(ndim, 1, 2)), draw(per_axis(ndim, 1, 3))
    groups, per_group, made = (draw(st.integers(1, 2)) for _ in range(3))
    size = draw(per_axis(ndim, 1, 3))
    spans = [(i - 1) * s + d * (k - 1) + 1 for i, s, d, k in zip(size, stride, dilation, kernel)]
    padding = tuple(draw(st.integers(0, min(2, (span - 1) // 2))) for span in spans)
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation))
    layer = TRANSPOSED[ndim](
        groups * per_group, groups * made, kernel, stride, padding, extra, groups, draw(st.booleans()), dilation,
        dtype=np.float64,
    )  # fmt: skip
    return with_numbers(draw, layer), input_for(draw, groups * per_group, size)


@st.composite
def poolings(draw: Any) -> tuple[Any, tc.Tensor]:
    ndim = dimensions(draw)
    channels = draw(st.integers(1, 2))
    if draw(st.sampled_from([False, False, False, True])):
        kind = draw(st.sampled_from(ADAPTIVE[ndim]))
        return kind(draw(per_axis(ndim, 1, 3))), input_for(draw, channels, draw(per_axis(ndim, 1, 5)))
    kernel, stride = draw(per_axis(ndim, 1, 3)), draw(per_axis(ndim, 1, 3))
    is_max = draw(st.booleans())
    dilation = draw(per_axis(ndim, 1, 2)) if is_max else (1,) * ndim
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    padding = tuple(draw(st.integers(0, span // 2)) for span in spans)
    size = tuple(span + draw(st.integers(0, 2)) for span in spans)
    rounding = draw(st.sampled_from(["floor", "ceil_mode", "cover_all"] if is_max else ["floor", "ceil_mode"]))
    options: dict[str, Any] = {} if rounding == "floor" else {rounding: True}
    if is_max:
        return MAX_POOLS[ndim](kernel, stride, padding, dilation, **options), input_for(draw, channels, size)
    options["count_include_pad"] = draw(st.booleans())
    if ndim > 1:
        options["divisor_override"] = draw(st.sampled_from([None, 3]))
    return AVG_POOLS[ndim](kernel, stride, padding, **options), input_for(draw, channels, size)

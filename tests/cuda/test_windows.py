"""The window kernels against their plain twins: on the CPU through the shim, and on a GPU where there is one.

Where a kernel adds in its twin's order the results must be equal to the last bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.cuda.host_compiler import HostKernels
from tinyconv.backend import Device, asnumpy
from tinyconv.kernels import conv_simple, cuda
from tinyconv.kernels.cuda import program, windows
from tinyconv.kernels.geometry import ConvGeometry, PoolGeometry, conv_geometry, pool_geometry
from tinyconv.kernels.pool import maximum

DTYPES = ["float16", "float32", "float64"]
POOLS = [
    pool_geometry((7,), 3, 2, 1),
    pool_geometry((6, 5), 2),
    pool_geometry((6, 5), (3, 2), (1, 2), (1, 1)),
    pool_geometry((7, 8), (2, 3), 1, (0, 1), (3, 2)),  # dilated
    pool_geometry((5, 7), 3, 2, 1, ceil_mode=True),
    pool_geometry((3, 5), 1, (3, 2), cover_all=True),  # windows past the end
    pool_geometry((1, 4), 2, 1, (2, 1), (3, 1)),  # dilation steps over the one row: windows without a cell
    pool_geometry((4, 5, 6), (3, 2, 2), (2, 1, 3), (1, 0, 1), (1, 2, 1)),
    pool_geometry((17, 16), (17, 16), 1),  # 272 taps do not fit a byte
]
CONVOLUTIONS = [  # input, kernel, geometry
    ((9,), (3,), conv_geometry((3,), 2, 1)),
    ((6, 5), (3, 2), conv_geometry((3, 2))),
    ((6, 5), (3, 3), conv_geometry((3, 3), (2, 1), "valid", (1, 2))),
    ((7, 6), (3, 2), conv_geometry((3, 2), (2, 3), ((2, 0), (1, 3)), (2, 1))),  # uneven padding, cells unseen
    ((3, 3), (1, 1), conv_geometry((1, 1), 2)),
    ((4, 5, 6), (2, 3, 2), conv_geometry((2, 3, 2), (1, 2, 2), 1, (2, 1, 1))),
]


def reals(*shape: int, dtype: str = "float64", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def with_ties(*shape: int, dtype: str = "float64") -> np.ndarray:
    """Negative numbers with many ties, some infinite, some NaN: a zero padding or a wrong rule shows."""
    random = np.random.default_rng(1)
    x = random.integers(-9, 0, shape).astype(dtype)
    x[random.random(shape) < 0.1] = np.nan
    x[random.random(shape) < 0.1] = -np.inf
    return x


def taps_dtype(geometry: PoolGeometry) -> str:
    return maximum._taps_dtype(geometry)


# --- max pooling ---


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", POOLS, ids=lambda g: str(g.kernel_size))
def test_max_pool(place: Device, geometry: PoolGeometry, dtype: str) -> None:
    x = with_ties(2, 3, *geometry.input_size, dtype=dtype)
    want_y, want_taps = maximum.max_pool(x, geometry)
    y, taps = cuda.max_pool(place.asarray(x), geometry, taps_dtype(geometry))
    np.testing.assert_array_equal(asnumpy(y), want_y)
    np.testing.assert_array_equal(asnumpy(taps), want_taps)
    assert (y.dtype, taps.dtype) == (want_y.dtype, want_taps.dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", POOLS, ids=lambda g: str(g.kernel_size))
def test_taps_are_taken_and_put(place: Device, geometry: PoolGeometry, dtype: str) -> None:
    x = reals(2, 3, *geometry.input_size, dtype=dtype)
    y, taps = maximum.max_pool(x, geometry)
    here = place.asarray(taps)
    taken = cuda.take_taps(place.asarray(x), here, geometry)
    np.testing.assert_array_equal(asnumpy(taken), maximum._take_by_slices(x, taps, geometry))
    gy = reals(*y.shape, dtype=dtype, seed=2)
    put = cuda.put_taps(place.asarray(gy), here, geometry)
    np.testing.assert_array_equal(asnumpy(put), maximum._put_by_slices(gy, taps, geometry))
    assert (taken.dtype, put.dtype) == (dtype, dtype)


@given(
    i=st.integers(1, 12),
    k=st.integers(1, 5),
    s=st.integers(1, 5),
    p=st.integers(0, 4),
    d=st.integers(1, 3),
    rule=st.sampled_from(["floor", "ceil", "cover_all"]),
)
def test_any_window(on_host: HostKernels, i: int, k: int, s: int, p: int, d: int, rule: str) -> None:
    span = d * (k - 1) + 1
    assume(2 * p <= span <= i + 2 * p)
    geometry = pool_geometry((i,), k, s, p, d, ceil_mode=rule == "ceil", cover_all=rule == "cover_all")
    x = with_ties(1, 2, i)
    y, taps = maximum.max_pool(x, geometry)
    for got, want in zip(cuda.max_pool(x, geometry, "uint8"), (y, taps)):
        np.testing.assert_array_equal(got, want)
    gy = reals(*y.shape)
    np.testing.assert_array_equal(cuda.put_taps(gy, taps, geometry), maximum._put_by_slices(gy, taps, geometry))


# --- columns ---


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda c: f"{c[0]}-{c[1]}")
def test_columns_go_back(place: Device, case: tuple[Any, Any, ConvGeometry], dtype: str) -> None:
    size, kernel, geometry = case
    columns = reals(2, 3 * math.prod(kernel), math.prod(geometry.output_size(size, kernel)), dtype=dtype)
    back = cuda.col2im(place.asarray(columns), size, kernel, geometry)
    # of float16 the kernel adds in single precision and rounds once
    wide = conv_simple.col2im(columns.astype("float32") if dtype == "float16" else columns, size, kernel, geometry)
    np.testing.assert_array_equal(asnumpy(back), wide.astype(dtype))
    assert back.dtype == dtype


# --- depthwise ---


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda c: f"{c[0]}-{c[1]}")
def test_depthwise(place: Device, case: tuple[Any, Any, ConvGeometry], multiplier: int, dtype: str) -> None:
    size, kernel, geometry = case
    geometry = geometry._replace(groups=4)
    x = reals(2, 4, *size, dtype=dtype)
    w = reals(4 * multiplier, 1, *kernel, dtype=dtype, seed=1)
    bias, bias_in = reals(4 * multiplier, dtype=dtype, seed=2), reals(4, dtype=dtype, seed=3)
    want = conv_simple.simple_convolve(x, w, geometry)
    gy = reals(*want.shape, dtype=dtype, seed=4)
    dx, dw, dgy, b, b_in = map(place.asarray, (x, w, gy, bias, bias_in))
    channel = (-1, *[1] * len(size))
    results = [
        (cuda.depthwise(dx, dw, geometry), want),
        (cuda.depthwise(dx, dw, geometry, b), want + bias.reshape(channel)),
        (cuda.depthwise_input_grad(dgy, dw, geometry, size), conv_simple.simple_input_grad(gy, w, geometry, size)),
        (
            cuda.depthwise_input_grad(dgy, dw, geometry, size, b_in),
            conv_simple.simple_input_grad(gy, w, geometry, size) + bias_in.reshape(channel),
        ),
        (
            cuda.depthwise_weight_grad(dx, dgy, geometry, kernel),
            conv_simple.simple_weight_grad(x, gy, geometry, kernel),
        ),
    ]
    # a sum's order differs from the matrix product's; float16 is rounded once more where a bias is added
    tolerance = {"float16": 4e-3, "float32": 2e-6, "float64": 4e-15}[dtype]
    for got, expected in results:
        assert got.dtype == dtype
        assert got.shape == expected.shape
        scale = np.abs(expected).max()
        np.testing.assert_allclose(asnumpy(got), expected, rtol=0, atol=tolerance * scale)


# --- what all launchers share ---


def test_any_memory_layout(place: Device) -> None:
    geometry = pool_geometry((6, 5), 3, 2, 1)
    x = reals(2, 3, 6, 5)
    want = maximum.max_pool(x, geometry)
    moved = place.asarray(np.ascontiguousarray(np.moveaxis(x, 1, -1))).transpose(0, 3, 1, 2)
    assert not moved.flags.c_contiguous
    for got, expected in zip(cuda.max_pool(moved, geometry, "uint8"), want):
        np.testing.assert_array_equal(asnumpy(got), expected)


def test_empty_batches_launch_nothing(on_host: HostKernels) -> None:
    geometry = pool_geometry((6, 5), 2)
    y, taps = cuda.max_pool(reals(0, 3, 6, 5), geometry, "uint8")
    assert y.shape == taps.shape == (0, 3, 3, 2)
    depthwise = CONVOLUTIONS[1][2]._replace(groups=3)
    gw = cuda.depthwise_weight_grad(reals(0, 3, 6, 5), reals(0, 3, 4, 4), depthwise, (3, 2))
    np.testing.assert_array_equal(gw, np.zeros((3, 1, 3, 2)))
    assert on_host.launched == []


def test_more_elements_than_one_block(place: Device) -> None:
    geometry = pool_geometry((40, 40), 2)
    x = reals(3, 2, 40, 40, dtype="float32")
    assert math.prod((3, 2, 20, 20)) > 9 * program.THREADS
    want = maximum.max_pool(x, geometry)
    for got, expected in zip(cuda.max_pool(place.asarray(x), geometry, "uint8"), want):
        np.testing.assert_array_equal(asnumpy(got), expected)


def test_indices_of_64_bits(place: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels for arrays of 2^31 elements and more, on small ones."""
    monkeypatch.setattr(program, "INDEX_LIMIT", 1)
    size, kernel, geometry = CONVOLUTIONS[2]
    columns = reals(2, 3 * math.prod(kernel), math.prod(geometry.output_size(size, kernel)))
    back = cuda.col2im(place.asarray(columns), size, kernel, geometry)
    np.testing.assert_array_equal(asnumpy(back), conv_simple.col2im(columns, size, kernel, geometry))


def test_wide_indices_begin_at_the_limit(on_host: HostKernels, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = pool_geometry((4,), 2)
    for limit, index in ((4, "int64"), (5, "int32")):
        monkeypatch.setattr(program, "INDEX_LIMIT", limit)
        cuda.max_pool(reals(1, 1, 4), geometry, "uint8")
        assert on_host.launched[-1][1].index == index


def test_a_strided_array_is_refused(on_host: HostKernels) -> None:
    x = reals(4, 4).T
    with pytest.raises(ValueError, match="not C-contiguous"):
        program.launch("adam_step", x.size, x, x, x, x, x, x)


def test_the_shim_refuses_what_a_gpu_would_misread(on_host: HostKernels) -> None:
    x = reals(3, 2, dtype="float32")
    kernel = on_host("cross_entropy", program.Types("float32", "float32"))
    labels, results = np.zeros(3, "int64"), (np.zeros(3, "float32"),) * 3
    sizes = (np.int32(2), np.int32(1))
    kernel((1,), (256,), (np.int32(3), x, labels, *results, *sizes))
    for wrong in ((3, x, labels, *results, *sizes), (np.int32(3), x, labels.astype("int32"), *results, *sizes)):
        with pytest.raises(TypeError, match="cross_entropy takes"):
            kernel((1,), (256,), wrong)


def test_every_launcher_is_tried() -> None:
    names = {name for names in program.FILES.values() for name in names}
    assert names == {*windows.__all__, *cuda.training.__all__}

"""Gather, scatter, unpooling, and bilinear samples put together to a deformable convolution."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.kernels import slow_deform
from tinyconv import backend
from tinyconv.kernels import sampling
from tinyconv.kernels.geometry import conv_geometry


def random_reals(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


# --- gather and scatter -------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [3, 1])  # one row of indices per channel, or one for all
def test_take_and_put_equal_the_loops(channels):
    x = random_reals(2, 3, 4, 5)
    indices = np.random.default_rng(0).integers(0, 20, (2, channels, 6, 2))
    y = random_reals(2, 3, 6, 2, seed=2)
    taken, put = sampling.take_flat(x, indices), sampling.put_flat(y, indices, (4, 5))
    expected = np.zeros((2, 3, 20))
    for n, c, i, j in np.ndindex(2, 3, 6, 2):
        at = indices[n, min(c, channels - 1), i, j]
        assert taken[n, c, i, j] == x[n, c, at // 5, at % 5]
        expected[n, c, at] += y[n, c, i, j]
    np.testing.assert_allclose(put, expected.reshape(x.shape), rtol=1e-12)
    np.testing.assert_allclose(np.sum(taken * y), np.sum(x * put), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_types_are_kept(dtype):
    x, indices = random_reals(1, 2, 4).astype(dtype), np.array([[[3, 0, 3]]])
    y = sampling.take_flat(x, indices)
    assert y.dtype == sampling.put_flat(y, indices, (4,)).dtype == dtype
    assert sampling.unpool(y[:, :1], np.array([[[1, 2, 3]]]), (4,)).dtype == dtype


def test_float16_adds_up_without_losing_digits():
    ones = np.ones((1, 1, 4096), dtype=np.float16)
    assert sampling.put_flat(ones, np.zeros((1, 1, 4096), dtype=np.int64), (1,)).item() == 4096


def test_empty_batches():
    none = np.zeros((0, 3, 2), dtype=np.int64)
    assert sampling.take_flat(np.zeros((0, 3, 4, 4)), none).shape == (0, 3, 2)
    assert sampling.put_flat(np.zeros((0, 3, 2)), none, (4, 4)).shape == (0, 3, 4, 4)
    assert sampling.unpool(np.zeros((0, 3, 2)), none, (4, 4)).shape == (0, 3, 4, 4)


# --- unpooling ----------------------------------------------------------------------------------------


def test_unpool_assigns_and_the_last_of_repeated_indices_stays():
    y = np.array([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])
    indices = np.array([[[[8, 0], [8, 2]], [[1, 3], [5, 7]]]])
    got = sampling.unpool(y, indices, (3, 3))
    np.testing.assert_array_equal(got[0, 0], [[2, 0, 4], [0, 0, 0], [0, 0, 3]])
    np.testing.assert_array_equal(got[0, 1], [[0, 5, 0], [6, 0, 7], [0, 8, 0]])


@pytest.mark.parametrize("bad", [9, -1])
def test_unpool_refuses_an_index_outside_the_plane(bad):
    with pytest.raises(RuntimeError) as error:
        sampling.unpool(np.ones((1, 1, 2)), np.array([[[0, bad]]]), (3, 3))
    assert str(error.value) == (
        f"max_unpool: Found an invalid max index: {bad} (output planes are of size (3 x 3), so an index must "
        f"lie in [0, 9)). Pass the indices that max_pool gave with return_indices=True, and the output_size "
        f"of its input"
    )


def test_unpool_on_a_gpu_spoils_the_plane_of_a_bad_index(device, on_device):
    if device.type == "cpu":
        pytest.skip("a CPU looks at the indices and raises")
    y = device.asarray(np.ones((1, 3, 2)))
    indices = device.asarray(np.array([[[0, 1], [0, 4], [-1, 2]]]))
    with on_device():
        got = sampling.unpool(y, indices, (4,))
    nan = np.nan
    np.testing.assert_array_equal(backend.asnumpy(got), [[[1, 1, 0, 0], [nan] * 4, [nan] * 4]])


# --- deformable convolution ---------------------------------------------------------------------------


def deform_conv2d(x, offset, weight, geometry, mask=None):
    """The forward pass that a layer writes in differentiable operations, here in arrays."""
    xp = backend.get_array_module(x)
    n, c_in, height, width = x.shape
    c_out, c_group, *kernel = weight.shape
    taps, places = kernel[0] * kernel[1], offset.shape[2] * offset.shape[3]
    groups = c_in // c_group
    rows = n * offset.shape[1] // (2 * taps)  # one per image and offset group
    base_y, base_x = sampling.tap_positions(geometry, kernel, offset.shape[2:], xp, x.dtype)
    offset = offset.reshape(rows, taps, 2, places)
    y = xp.clip(base_y + offset[:, :, 0], -1, height).reshape(rows, 1, taps * places)
    x_ = xp.clip(base_x + offset[:, :, 1], -1, width).reshape(rows, 1, taps * places)
    floor_y, floor_x, corners = sampling.bilinear_corners(y, x_, (height, width))
    fy, fx = y - floor_y, x_ - floor_x
    planes = x.reshape(rows, n * c_in // rows, height, width)
    columns = 0
    for dy, dx, index, inside in corners:
        share = (fy if dy else 1 - fy) * (fx if dx else 1 - fx) * inside
        columns = columns + share * sampling.take_flat(planes, index)
    if mask is not None:
        columns = columns * mask.reshape(rows, 1, taps * places)
    columns = columns.reshape(n, groups, c_group * taps, places)
    result = weight.reshape(groups, c_out // groups, c_group * taps) @ columns
    return result.reshape(n, c_out, *geometry.output_size((height, width), kernel))


# (size, kernel, stride, padding, dilation, groups, offset groups)
DEFORM = [
    ((5, 6), (3, 3), (1, 1), (1, 1), (1, 1), 1, 1),
    ((6, 5), (2, 3), (2, 1), (0, 2), (1, 2), 2, 1),
    ((4, 4), (1, 2), (1, 1), (0, 0), (1, 1), 1, 2),
    ((5, 5), (3, 2), (1, 2), (2, 1), (2, 1), 2, 4),
]


def deform_case(size, kernel, stride, padding, dilation, groups, offset_groups):
    geometry = conv_geometry(kernel, stride, padding, dilation, groups)
    output, taps = geometry.output_size(size, kernel), kernel[0] * kernel[1]
    x = random_reals(2, 4, *size)
    offset = 2 * random_reals(2, 2 * offset_groups * taps, *output, seed=2)
    offset[:, ::3] = np.round(offset[:, ::3])  # exactly on cells, on the edge and outside it
    weight = random_reals(6, 4 // groups, *kernel, seed=3)
    mask = random_reals(2, offset_groups * taps, *output, seed=4)
    return geometry, x, offset, weight, mask


@pytest.mark.parametrize("case", DEFORM)
def test_deformable_convolution_equals_the_loops(case):
    geometry, x, offset, weight, mask = deform_case(*case)
    for m in (None, mask):
        got = deform_conv2d(x, offset, weight, geometry, m)
        slow = slow_deform.deform_conv2d(x, offset, weight, *case[2:5], m)
        np.testing.assert_allclose(got, slow, rtol=1e-10, atol=1e-12)


def test_deformable_convolution_on_each_device(device, on_device):
    geometry, *arrays = deform_case(*DEFORM[1])
    there = [device.asarray(a) for a in arrays]
    with on_device():
        got = deform_conv2d(*there[:3], geometry, there[3])
    np.testing.assert_allclose(
        backend.asnumpy(got), deform_conv2d(*arrays[:3], geometry, arrays[3]), rtol=1e-10, atol=1e-12
    )


def test_corners_of_points_inside_on_the_edge_and_outside():
    y = np.array([0.25, -0.5, -1.0, 2.0, 1.0, 0.0])
    x = np.array([1.5, 0.5, 0.0, 3.0, 2.0, -0.25])
    floor_y, floor_x, corners = sampling.bilinear_corners(y, x, (2, 3))
    np.testing.assert_array_equal(floor_y, [0, -1, -1, 2, 1, 0])
    np.testing.assert_array_equal(floor_x, [1, 0, 0, 3, 2, -1])
    for dy, dx, index, inside in corners:
        for k in range(6):
            r, c = int(floor_y[k]) + dy, int(floor_x[k]) + dx
            is_inside = 0 <= r < 2 and 0 <= c < 3
            assert inside[k] == is_inside
            assert index[k] == min(max(r, 0), 1) * 3 + min(max(c, 0), 2)
            assert not is_inside or index[k] == 3 * r + c
    assert [corner[:2] for corner in corners] == list(itertools.product((0, 1), (0, 1)))


def test_a_nan_position_gives_nan_and_spoils_nothing_else():
    geometry, x, offset, weight, _ = deform_case(*DEFORM[0])
    clean = deform_conv2d(x, offset, weight, geometry)
    offset[1, 4, 2, 3] = np.nan
    offset[1, 5, 0, 0] = np.inf  # far outside: reads 0
    got = deform_conv2d(x, offset, weight, geometry)
    assert np.isnan(got[1, :, 2, 3]).all()
    assert np.isfinite(got[1, :, 0, 0]).all()
    untouched = np.ones(got.shape[2:], dtype=bool)
    untouched[2, 3] = untouched[0, 0] = False
    np.testing.assert_array_equal(got[1][:, untouched], clean[1][:, untouched])
    np.testing.assert_array_equal(got[0], clean[0])


@pytest.mark.parametrize(("k", "s", "p", "d"), [((3,), (2,), (1,), (1,)), ((2, 3), (1, 2), (1, 0), (2, 1))])
def test_tap_positions(k, s, p, d):
    output = (4, 3)[: len(k)]
    grids = sampling.tap_positions(conv_geometry(k, s, p, d), k, output, np, "float64")
    for tap, offsets in enumerate(itertools.product(*map(range, k))):
        for place, at in enumerate(itertools.product(*map(range, output))):
            expected = [a * b - c + t * e for a, b, c, t, e in zip(at, s, p, offsets, d)]
            assert [grid[tap, place] for grid in grids] == expected

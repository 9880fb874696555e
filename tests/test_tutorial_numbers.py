"""The numbers, shapes and outputs that five tutorials on convolution print, run as their code reads.

The tutorials: "Why convolutional layers?" (PyTorch, edge detection), "Convolution in two minutes" (PyTorch,
the 4x4 table), a derivation after "Dive into Deep Learning" (the 19), a catalogue of convolutions, and a
walk through Chainer.  Where one of them is wrong, the test shows both numbers and says why.
"""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as torch
from tests.kernels import slow_pool
from tinyconv import nn

F = nn.functional

INPUTS = torch.arange(0, 25).reshape(1, 1, 5, 5).float()
FILTERS = torch.tensor([[[[1.0, 1], [1, 1]]]])
IMAGE = (1, 3, 360, 640)  # the Chainer tutorial's photo


# --- "two minutes": the table -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[12, 16, 20, 24], [32, 36, 40, 44], [52, 56, 60, 64], [72, 76, 80, 84]]),
        ({"stride": 2}, [[12, 20], [52, 60]]),  # (5 - 2)//2 + 1 = 2: the division leaves a rest
        (
            {"padding": 1},
            [
                [0, 1, 3, 5, 7, 4],
                [5, 12, 16, 20, 24, 13],
                [15, 32, 36, 40, 44, 23],
                [25, 52, 56, 60, 64, 33],
                [35, 72, 76, 80, 84, 43],
                [20, 41, 43, 45, 47, 24],
            ],
        ),
        ({"dilation": 2}, [[24, 28, 32], [44, 48, 52], [64, 68, 72]]),
    ],
    ids=["plain", "stride", "padding", "dilation"],
)
def test_the_table_and_its_stride_padding_and_dilation(options: dict, expected: list) -> None:
    y = F.conv2d(INPUTS, FILTERS, **options)
    assert y.tolist() == [[expected]]
    i, k, s, p, d = 5, 2, options.get("stride", 1), options.get("padding", 0), options.get("dilation", 1)
    assert y.shape[-1] == (i + 2 * p - (d * (k - 1) + 1)) // s + 1
    layer = nn.Conv2d(1, 1, 2, bias=False, **options)
    layer.weight.array = FILTERS
    assert layer(INPUTS).tolist() == [[expected]]


def test_tensors_are_printed_as_pytorch_prints_them() -> None:
    assert repr(INPUTS) == (
        "tensor([[[[ 0.,  1.,  2.,  3.,  4.],\n"
        "          [ 5.,  6.,  7.,  8.,  9.],\n"
        "          [10., 11., 12., 13., 14.],\n"
        "          [15., 16., 17., 18., 19.],\n"
        "          [20., 21., 22., 23., 24.]]]])"
    )
    assert repr(FILTERS) == "tensor([[[[1., 1.],\n          [1., 1.]]]])"
    assert str(F.conv2d(INPUTS, FILTERS)) == (
        "tensor([[[[12., 16., 20., 24.],\n"
        "          [32., 36., 40., 44.],\n"
        "          [52., 56., 60., 64.],\n"
        "          [72., 76., 80., 84.]]]])"
    )
    assert str(F.conv2d(INPUTS, FILTERS, padding=1)).splitlines()[:2] == [
        "tensor([[[[ 0.,  1.,  3.,  5.,  7.,  4.],",
        "          [ 5., 12., 16., 20., 24., 13.],",
    ]
    two_channels = F.conv2d(INPUTS, torch.cat([FILTERS, FILTERS * 0.5]), stride=2)
    assert str(two_channels) == (
        "tensor([[[[12., 20.],\n          [52., 60.]],\n\n         [[ 6., 10.],\n          [26., 30.]]]])"
    )


def test_three_channels_through_two_kernels() -> None:
    """The figure "6 x 6 x 3 through two kernels gives 4 x 4 x 2"."""
    assert nn.Conv2d(3, 2, 3)(torch.ones(1, 3, 6, 6)).shape == (1, 2, 4, 4)


# --- "two minutes": the layers ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def features() -> torch.Tensor:
    return torch.randn(8, 64, 128, 128)


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def multiplications(layer: nn.Module, y: torch.Tensor) -> int:
    """Each output is one sum over a kernel."""
    return y.numel() * layer.weight[0].numel()


def test_an_ordinary_layer_and_the_transposed_one_back(features: torch.Tensor) -> None:
    assert features.shape == (8, 64, 128, 128)  # printed as torch.Size([8, 64, 128, 128])
    conv = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=3)
    with torch.no_grad():
        conv_out = conv(features)
    assert conv_out.shape == (8, 32, 126, 126)
    assert conv.weight.shape == (32, 64, 3, 3)
    assert count(conv) == 18464
    assert multiplications(conv, conv_out) == 2_341_011_456
    conv_t = nn.ConvTranspose2d(in_channels=32, out_channels=64, kernel_size=3)
    with torch.no_grad():
        assert conv_t(conv_out).shape == (8, 64, 128, 128)
    assert conv_t.weight.shape == (32, 64, 3, 3)  # (in, out): the other way round


def test_groups(features: torch.Tensor) -> None:
    conv_group = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=3, groups=8)
    with torch.no_grad():
        assert conv_group(features).shape == (8, 32, 126, 126)
    assert conv_group.weight.shape == (32, 8, 3, 3)
    assert count(conv_group) == 2336


def test_depthwise_separable(features: torch.Tensor) -> None:
    depth_conv = nn.Conv2d(in_channels=64, out_channels=64, kernel_size=3, groups=64)
    oneone_conv = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=1)
    separable_conv = nn.Sequential(depth_conv, oneone_conv)
    with torch.no_grad():
        between = depth_conv(features)
        separable_out = separable_conv(features)
    assert separable_out.shape == (8, 32, 126, 126)
    assert (depth_conv.weight.shape, oneone_conv.weight.shape) == ((64, 1, 3, 3), (32, 64, 1, 1))
    assert count(separable_conv) == 2720
    total = multiplications(depth_conv, between) + multiplications(oneone_conv, separable_out)
    assert total == 333_268_992
    assert round(2_341_011_456 / total, 2) == 7.02


# --- the derivation: 19 -------------------------------------------------------------------------------


def cross_correlation(X: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """The tutorial's double loop; its text breaks off in the third line and is completed here."""
    h, w = k.shape
    Y = torch.zeros((X.shape[0] - h + 1, X.shape[1] - w + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * k).sum()
    return Y


def test_nineteen() -> None:
    X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    K = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    assert 0 * 0 + 1 * 1 + 3 * 2 + 4 * 3 == 19
    assert cross_correlation(X, K).tolist() == [[19, 25], [37, 43]]
    assert F.conv2d(X[None, None], K[None, None]).tolist() == [[[[19, 25], [37, 43]]]]
    # a convolution in the mathematicians' sense flips the kernel; no framework's "convolution" does
    assert F.conv2d(X[None, None], K.flip(0, 1)[None, None]).tolist() == [[[[5, 11], [23, 29]]]]


def test_the_output_is_smaller_by_the_kernel_less_one() -> None:
    """The tutorial writes ``n - k`` for the size and forgets the ``+ 1``."""
    assert F.conv2d(torch.ones(1, 1, 7, 9), torch.ones(1, 1, 3, 2)).shape[2:] == (7 - 3 + 1, 9 - 2 + 1)


# --- the catalogue ------------------------------------------------------------------------------------


def test_depthwise_and_pointwise_with_a_stride() -> None:
    depthwise = nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8, bias=False)
    pointwise = nn.Conv2d(8, 16, 1, 1, 0, bias=False)
    assert pointwise(depthwise(torch.ones(1, 8, 32, 32))).shape == (1, 16, 16, 16)


def test_a_dilated_layer_sees_more() -> None:
    assert nn.Conv2d(1, 1, 3, stride=1, bias=False, dilation=2)(torch.ones(1, 1, 7, 7)).shape == (1, 1, 3, 3)


def test_a_kernel_that_is_column_times_row_is_two_smaller_ones() -> None:
    """Sobel's kernel, and only kernels of rank 1."""
    x = torch.randn(1, 1, 6, 7).double()
    column, row = torch.tensor([1.0, 2.0, 1.0]).double(), torch.tensor([-1.0, 0.0, 1.0]).double()
    sobel = column.reshape(3, 1) * row
    two_steps = F.conv2d(F.conv2d(x, column.reshape(1, 1, 3, 1)), row.reshape(1, 1, 1, 3))
    np.testing.assert_allclose(two_steps.array, F.conv2d(x, sobel.reshape(1, 1, 3, 3)).array, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "x", "y"),
    [
        (nn.Conv1d(2, 4, 3), (1, 2, 10), (1, 4, 8)),
        (nn.Conv2d(1, 1, (2, 3)), (1, 1, 5, 5), (1, 1, 4, 3)),  # height 2, width 3
        # the third axis is depth or time, not the channels (the text says channels): those are summed
        (nn.Conv3d(3, 2, (2, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)), (1, 3, 4, 8, 8), (1, 2, 3, 4, 4)),
        (nn.ConvTranspose1d(4, 2, 3), (1, 4, 8), (1, 2, 10)),
        (nn.ConvTranspose3d(2, 3, 2, stride=2), (1, 2, 2, 3, 4), (1, 3, 4, 6, 8)),
    ],
)
def test_one_two_and_three_axes(layer: nn.Module, x: tuple, y: tuple) -> None:
    assert layer(torch.ones(*x)).shape == y


def test_transposed_means_the_matrix_is_transposed_not_inverted() -> None:
    """A convolution is a matrix M; back-propagation multiplies by its transpose, and so does the layer."""
    w = torch.randn(1, 1, 2, 2).double()
    M = np.stack(
        [F.conv2d(torch.from_numpy(cell), w).array.ravel() for cell in np.eye(9).reshape(9, 1, 1, 3, 3)], axis=1
    )
    y = torch.randn(1, 1, 2, 2).double()
    back = F.conv_transpose2d(y, w)
    np.testing.assert_allclose(back.array.ravel(), M.T @ y.array.ravel())
    assert np.abs(F.conv2d(back, w).array - y.array).max() > 0.01  # no inverse


# --- "why convolutional layers": edges in a photo ------------------------------------------------------


@pytest.fixture
def photo() -> np.ndarray:
    """A gray image of the tutorial's size: a bright disc on a dark, slanted ground."""
    rows, columns = np.mgrid[:360, :640]
    disc = (rows - 180) ** 2 + (columns - 320) ** 2 < 100**2
    return (0.1 * columns + 200.0 * disc).astype(np.float32)


def test_edge_detection(photo: np.ndarray) -> None:
    imh, imw = photo.shape
    imgGray_torch = torch.from_numpy(photo.reshape((1, 1, imh, imw)))
    assert imgGray_torch.shape == (1, 1, 360, 640)
    kersize = 5
    ker = torch.ones(kersize, kersize, dtype=torch.float32) * -1
    ker[2, 2] = 24
    ker = ker.reshape((1, 1, kersize, kersize))
    assert ker.sum().item() == 0  # so that a flat region gives 0
    conv2d = nn.Conv2d(1, 2, (kersize, kersize), bias=False)
    conv2d.weight.array[0] = ker
    imconv2dout = conv2d(imgGray_torch)
    imconv2dout_im = imconv2dout.array.squeeze()
    assert imconv2dout_im.shape == (2, 356, 636)
    assert np.abs(imconv2dout_im[0, :50, :200]).max() < 0.01  # no edge in the slanted ground
    assert np.abs(imconv2dout_im[0]).max() > 1000  # but one around the disc
    assert conv2d.weight[1].detach().numpy().std() > 0  # the second kernel is still random


# --- Chainer: shapes, a kernel by hand, a network ------------------------------------------------------


def test_chainers_layers() -> None:
    """``L.Convolution2D(None, 3, 5)`` is ``nn.Conv2d(None, 3, 5)``: channels are read off the first input."""
    image = np.random.default_rng(0).random((360, 640, 3)).astype(np.float32)
    batch = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[np.newaxis]))
    assert batch.shape == IMAGE
    conv1, conv2 = nn.Conv2d(None, 3, 5), nn.Conv2d(None, 5, 3, 2)
    with torch.no_grad():
        first = conv1(batch)
        assert first.shape == (1, 3, 356, 636)
        assert first.array[0].transpose(1, 2, 0).shape == (356, 636, 3)
        assert conv2(first).shape == (1, 5, 177, 317)
    assert F.max_pool2d(batch, 2).shape == F.max_pool2d(batch, 2, cover_all=True).shape == (1, 3, 180, 320)


def test_a_kernel_by_hand(photo: np.ndarray) -> None:
    """The tutorial assigns a float64 array to a float32 layer; the output stays float32, as Chainer's."""
    conv = nn.Conv2d(1, 1, 3)
    conv.weight.array = np.asarray([[[[-1.0, 0, 1]] * 3]])
    y = conv(torch.from_numpy(photo[np.newaxis, np.newaxis]))
    assert y.shape == (1, 1, 358, 638)
    assert y.dtype == np.float32
    assert y.array[0].transpose(1, 2, 0).shape == (358, 638, 1)
    across = y.array[0, 0] - conv.bias.item()
    np.testing.assert_allclose(across[:50, :200], 0.6, atol=1e-4)  # the ground rises by 0.1 per column
    conv.weight.array = np.asarray([[[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]]], dtype=np.float64)
    down = conv(torch.from_numpy(photo[np.newaxis, np.newaxis])).array[0, 0] - conv.bias.item()
    np.testing.assert_allclose(down[:50, :200], 0, atol=1e-4)  # and not from row to row


def simple_cnn(conv1: nn.Module, conv2: nn.Module, **rule: bool) -> tuple[int, ...]:
    """The output's shape of relu and 2x2 pooling after each of two convolutions."""
    with torch.no_grad():
        h = F.max_pool2d(F.relu(conv1(torch.zeros(*IMAGE))), 2, **rule)
        return F.max_pool2d(F.relu(conv2(h)), 2, **rule).shape


def test_the_simple_cnn_prints_44x79_because_of_a_bug_in_its_call() -> None:
    """``__call__`` says ``conv1(x)`` where it means ``self.conv1(x)``.

    So it uses the layers that earlier cells left in the globals ``conv1`` (5x5) and ``conv2`` (3x3, stride
    2), not the class's own two 3x3 layers.
    """
    chainers = {"cover_all": True}  # the default of F.max_pooling_2d
    assert simple_cnn(nn.Conv2d(None, 3, 5), nn.Conv2d(None, 5, 3, 2), **chainers) == (1, 5, 44, 79)
    own = lambda: nn.Conv2d(None, 5, 3)  # noqa: E731
    assert simple_cnn(own(), own(), **chainers) == (1, 5, 89, 159)
    assert simple_cnn(own(), own(), ceil_mode=True) == (1, 5, 89, 159)
    assert simple_cnn(own(), own()) == (1, 5, 88, 158)  # PyTorch's default rounds down


# --- Chainer: cover_all -------------------------------------------------------------------------------


def test_cover_all_of_a_convolution() -> None:
    """``(5 + 2*0 - 2 + 2 - 1)//2 + 1 = 3``: the last windows reach one cell past the image."""
    y = F.conv2d(INPUTS, torch.ones(1, 1, 2, 2), stride=2, cover_all=True)
    assert y.tolist() == [[[[12, 20, 13], [52, 60, 33], [41, 45, 24]]]]
    layer = nn.Conv2d(1, 1, 2, stride=2, bias=False, cover_all=True)
    layer.weight.array = FILTERS
    assert layer(INPUTS).tolist() == y.tolist()
    assert F.conv2d(INPUTS, torch.ones(1, 1, 2, 2), stride=2).shape == (1, 1, 2, 2)


def test_cover_all_is_not_ceil_mode() -> None:
    """They differ where Chainer adds a window that holds nothing but padding: 69 of these 316 pools."""
    tried = differ = small_kernel = 0
    for i in range(3, 13):
        for k, s in np.ndindex(4, 4):
            for p in range((k + 1) // 2 + 1):
                if i + 2 * p < k + 1:
                    continue
                x = -torch.ones(1, 1, i)
                pool = lambda **rule: F.max_pool1d(x, k + 1, s + 1, p, **rule)  # noqa: B023, E731
                chainer, ceil = pool(cover_all=True), pool(ceil_mode=True)
                tried += 1
                assert pool().shape[-1] == (i + 2 * p - (k + 1)) // (s + 1) + 1
                assert (ceil.array == -1).all()
                assert chainer.shape[-1] == slow_pool.count_windows(i, k + 1, s + 1, p, 1, "cover_all")
                if chainer.shape != ceil.shape:
                    differ += 1
                    small_kernel += k < s
                    assert chainer.tolist()[0][0][len(ceil.array[0, 0]) :] == [-np.inf]
                    assert k < s or p > 0
    assert (tried, differ, small_kernel) == (316, 69, 51)


@pytest.mark.parametrize(
    ("i", "k", "s", "p", "chainer", "ceil"),
    [(3, 1, 3, 0, 2, 1), (4, 2, 4, 1, 2, 2), (5, 2, 2, 1, 4, 3), (5, 2, 2, 0, 3, 3)],
)
def test_cover_all_beside_ceil_mode(i: int, k: int, s: int, p: int, chainer: int, ceil: int) -> None:
    x = torch.ones(1, 1, i, i)
    assert F.max_pool2d(x, k, s, p, cover_all=True).shape == (1, 1, chainer, chainer)
    assert F.max_pool2d(x, k, s, p, ceil_mode=True).shape == (1, 1, ceil, ceil)

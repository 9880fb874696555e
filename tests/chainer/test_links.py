"""The links: their arguments, first values, and what tinyconv's layers behind them still do."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

import tinyconv as tc
import tinyconv.chainer as chainer
import tinyconv.chainer.functions as F
import tinyconv.chainer.links as L
from tinyconv import nn
from tinyconv.backend import Device

IMAGE = np.random.default_rng(0).random((1, 3, 36, 64)).astype(np.float32)


class SimpleCNN(chainer.Chain):
    def __init__(self) -> None:
        super().__init__(conv1=L.Convolution2D(None, 5, 3), conv2=L.Convolution2D(None, 5, 3))

    def __call__(self, x):
        h = F.max_pooling_2d(F.relu(self.conv1(x)), 2)
        return F.max_pooling_2d(F.relu(self.conv2(h)), 2)


@pytest.mark.parametrize("arguments", [(None, 5, 3, 2), (3, 5, 3, 2), (None, 5, (3, 3), (2, 2))])
def test_positional_arguments_are_chainers(arguments: tuple) -> None:
    conv = L.Convolution2D(*arguments)
    assert conv(IMAGE).data.shape == (1, 5, 17, 31)
    assert conv.W.data.shape == (5, 3, 3, 3)
    assert conv.b.data.tolist() == [0] * 5


@pytest.mark.parametrize("link", [L.Convolution2D, L.Deconvolution2D])
def test_two_arguments_mean_out_channels_and_ksize(link: type) -> None:
    short = link(5, 3)
    assert (short.W.data, short.in_channels, short.out_channels, short.kernel_size) == (None, None, 5, (3, 3))
    assert short(IMAGE).shape[1] == 5
    assert short.in_channels == 3


@pytest.mark.parametrize(
    ("link", "layer", "shape"),
    [
        (L.Convolution1D(2, 4, 3, pad=1), nn.Conv1d(2, 4, 3, padding=1), (1, 2, 8)),
        (L.Convolution2D(4, 6, (2, 3), 2, 1, dilate=2, groups=2), nn.Conv2d(4, 6, (2, 3), 2, 1, 2, 2), (1, 4, 8, 9)),
        (L.Convolution3D(2, 3, 2), nn.Conv3d(2, 3, 2), (1, 2, 3, 4, 5)),
        (L.ConvolutionND(2, 2, 3, 2, 2, cover_all=True), nn.Conv2d(2, 3, 2, 2, cover_all=True), (1, 2, 5, 5)),
        (L.Deconvolution1D(2, 4, 3), nn.ConvTranspose1d(2, 4, 3), (1, 2, 8)),
        (
            L.Deconvolution2D(4, 6, 3, 2, 1, dilate=2, groups=2),
            nn.ConvTranspose2d(4, 6, 3, 2, 1, 0, 2, True, 2),
            (1, 4, 5, 6),
        ),
        (L.Deconvolution2D(1, 1, 3, 2, 1, outsize=(10, 12)), nn.ConvTranspose2d(1, 1, 3, 2, 1, 1), (1, 1, 5, 6)),
        (L.Deconvolution3D(2, 3, 2, 2), nn.ConvTranspose3d(2, 3, 2, 2), (1, 2, 2, 2, 2)),
        (L.Linear(6, 4), nn.Linear(6, 4), (3, 6)),
        (L.BatchNormalization(4), nn.BatchNorm2d(4, eps=2e-5), (2, 4, 3, 3)),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else type(value).__name__,
)
def test_a_link_is_the_layer_of_the_same_arguments(link: chainer.Link, layer: nn.Module, shape: tuple) -> None:
    layer.load_state_dict(link.state_dict())  # keys and layouts are PyTorch's
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    np.testing.assert_array_equal(link(x).data, layer(tc.from_numpy(x)).data)


@pytest.mark.parametrize(
    ("link", "fan_in"),
    [
        (L.Convolution2D(16, 64, 5), 16 * 25),
        (L.Convolution2D(16, 64, 5, groups=4), 4 * 25),
        (L.Deconvolution2D(16, 64, 5), 16 * 25),
        (L.Linear(300, 200), 300),
    ],
)
def test_first_values_are_lecuns(link: chainer.Link, fan_in: int) -> None:
    tc.manual_seed(0)
    link.reset_parameters()
    assert abs(link.W.data.std() * np.sqrt(fan_in) - 1) < 0.03
    assert abs(link.W.data.mean()) * np.sqrt(fan_in) < 0.03
    assert np.abs(link.W.data).max() * np.sqrt(fan_in) > 3  # a normal distribution, not a uniform one
    assert not link.b.data.any()


def test_first_values_by_number_array_and_function() -> None:
    assert (L.Linear(3, 2, initialW=0.5).W.data == 0.5).all()
    W = np.arange(6.0).reshape(2, 3)
    link = L.Linear(None, 2, initialW=W, initial_bias=[7, 8])
    link(np.zeros((1, 3), np.float32))
    assert link.W.data.tolist() == W.tolist()
    assert link.W.dtype == np.float32
    assert link.b.data.tolist() == [7, 8]
    assert (L.Convolution2D(1, 1, 3, initialW=nn.init.ones_).W.data == 1).all()
    with pytest.raises(ValueError, match=re.escape("Linear: initialW has shape (2, 4), but the parameter has (2, 3)")):
        L.Linear(3, 2, initialW=np.zeros((2, 4)))


def test_a_float64_kernel_by_hand_leaves_the_result_float32() -> None:
    conv = L.Convolution2D(1, 1, 3)
    conv.W.data = np.asarray([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]])
    gray = IMAGE[:, :1]
    y = conv(gray)
    assert isinstance(y, chainer.Variable)
    assert y.dtype == np.float32
    assert y.data.shape == (1, 1, 34, 62)
    rows = sum(gray[0, 0, i : 34 + i] for i in range(3))
    np.testing.assert_allclose(y.array[0, 0], rows[:, 2:] - rows[:, :-2], atol=1e-5)
    y.backward(np.ones((1, 1, 34, 62), np.float32))
    assert conv.W.grad.dtype == np.float64


def test_variables_and_arrays_are_both_inputs() -> None:
    conv = L.Convolution2D(None, 3, 5)
    for x in (IMAGE, chainer.Variable(IMAGE), tc.from_numpy(IMAGE), chainer.as_variable(IMAGE)):
        y = conv(x)
        assert type(y.data) is type(y.array) is np.ndarray
        np.testing.assert_array_equal(y.data, conv(IMAGE).data)


def test_linear_flattens_what_follows_the_batch() -> None:
    link = L.Linear(10)
    assert link(IMAGE).shape == (1, 10)
    assert link.W.shape == (10, 3 * 36 * 64)
    assert L.Linear(64, 2)(IMAGE, n_batch_axes=3).shape == (1, 3, 36, 2)


def test_batch_normalization_obeys_chainers_switch() -> None:
    link, x = L.BatchNormalization(3), IMAGE + np.arange(3, dtype=np.float32).reshape(1, 3, 1, 1)
    link.eval()  # PyTorch's switch does not count
    np.testing.assert_allclose(link(x).data.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(link.avg_mean, 0.1 * x.mean((0, 2, 3)), rtol=1e-5)
    before = link.avg_mean.copy()
    with chainer.using_config("train", False):
        by_running = link(x).data
    assert (link.avg_mean == before).all()
    expected = (x - before.reshape(1, 3, 1, 1)) / np.sqrt(link.avg_var.reshape(1, 3, 1, 1) + 2e-5)
    np.testing.assert_allclose(by_running, expected, atol=1e-5)
    assert L.BatchNormalization(3, use_gamma=False).gamma is None
    assert L.BatchNormalization(3, use_beta=False).beta is None


def test_errors_name_the_link_and_are_tinyconvs() -> None:
    conv = L.Convolution2D(4, 5, 3)
    with pytest.raises(RuntimeError, match=r"^Convolution2D\(4, 5.*to have 4 channels, but got 3 channels"):
        conv(IMAGE)
    with pytest.raises(RuntimeError, match="Kernel size"):
        L.Convolution2D(3, 5, 99)(IMAGE)
    with pytest.raises(RuntimeError, match="uint8"):
        L.Convolution2D(3, 5, 3)((IMAGE * 255).astype(np.uint8))
    with pytest.raises(ValueError, match="divisible by groups"):
        L.Convolution2D(3, 5, 3, groups=2)


def test_a_lazy_link_that_fails_stays_lazy() -> None:
    conv = L.Convolution2D(None, 5, 99)
    with pytest.raises(RuntimeError, match="Kernel size"):
        conv(IMAGE)
    assert conv.W.data is None


def test_simple_cnn() -> None:
    """89 x 159 for the class as written; the tutorial printed 44 x 79 because its call used other layers."""
    model = SimpleCNN()
    x = np.zeros((1, 3, 360, 640), np.float32)
    with chainer.no_backprop_mode():
        assert model(x).data.shape == (1, 5, 89, 159)
    assert sorted(name for name, _ in model.namedparams()) == ["/conv1/W", "/conv1/b", "/conv2/W", "/conv2/b"]
    assert model["conv1"] is model.conv1
    assert model.count_params() == 5 * 27 + 5 + 5 * 45 + 5


def test_a_chain_is_a_module() -> None:
    model = SimpleCNN()
    assert next(iter(model.namedparams(include_uninit=False)))[0].endswith("/b")
    optimizer = tc.optim.SGD(model.params(), lr=0.1)  # before the first call
    loss = F.mean_squared_error(model(IMAGE), np.ones((1, 5, 8, 15), np.float32))
    loss.backward()
    optimizer.step()
    after = F.mean_squared_error(model(IMAGE), np.ones((1, 5, 8, 15), np.float32))
    assert after.data < loss.data
    model.cleargrads()
    assert all(p.grad is None for p in model.params())
    other = SimpleCNN()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other(IMAGE).data, model(IMAGE).data)
    np.testing.assert_array_equal(copy.deepcopy(model)(IMAGE).data, model(IMAGE).data)


def test_sequential_and_chain_list() -> None:
    model = chainer.Sequential(L.Convolution2D(None, 2, 3), F.relu, L.Linear(4))
    assert model(IMAGE).shape == (1, 4)
    assert [name for name, _ in model.namedparams()] == ["/0/W", "/0/b", "/2/W", "/2/b"]
    assert (len(model), model[1]) == (3, F.relu)
    twin = copy.deepcopy(model)
    assert twin[0] is twin._modules["0"]
    with pytest.raises(TypeError, match="must be a link or a function, got str"):
        chainer.Sequential("relu")
    layers = chainer.ChainList(L.Linear(3, 4), L.Linear(4, 2))
    assert [link.out_features for link in layers] == [4, 2]


def test_links_on_every_device(device: Device, on_device) -> None:
    model = chainer.Sequential(
        L.Convolution2D(None, 4, 3), L.BatchNormalization(4), F.relu, L.Deconvolution2D(2, 3), L.Linear(None, 3)
    ).to_device(device)
    x, t = device.asarray(np.concatenate([IMAGE, IMAGE + 1])), device.asarray(np.array([0, 2]))
    with chainer.no_backprop_mode():
        model(x)
    with on_device():
        y = model(x)
        loss = F.softmax_cross_entropy(y, t)
        loss.backward()
    assert type(y.array) is type(x)
    assert all(type(p.grad) is type(x) for p in model.params())
    model.to_cpu()
    assert {str(p.device) for p in model.params()} == {"cpu"}

"""The functions: defaults that differ from PyTorch's, the training switch, and gradients through arrays."""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as tc
import tinyconv.chainer as chainer
import tinyconv.chainer.functions as F
from tinyconv.backend import Device

X = np.arange(25, dtype=np.float32).reshape(1, 1, 5, 5)


def test_max_pooling_covers_all_by_default() -> None:
    assert F.max_pooling_2d(X, 2).data[0, 0].tolist() == [[6, 8, 9], [16, 18, 19], [21, 23, 24]]
    assert F.max_pooling_2d(X, 2, cover_all=False).data[0, 0].tolist() == [[6, 8], [16, 18]]
    assert F.max_pooling_2d(X, 2, 1).shape == (1, 1, 4, 4)
    assert F.max_pooling_2d(-X - 1, 3, 2, 1).data.max() == -1  # padding is -inf, not 0


def test_cover_all_of_a_convolution_is_off_by_default() -> None:
    ones = np.ones((1, 1, 2, 2), np.float32)
    assert F.convolution_2d(X, ones, stride=2).data[0, 0].tolist() == [[12, 20], [52, 60]]
    covered = F.convolution_2d(X, ones, stride=2, cover_all=True).data[0, 0]
    assert covered.tolist() == [[12, 20, 13], [52, 60, 33], [41, 45, 24]]


def test_leaky_relus_slope_is_chainers() -> None:
    assert F.leaky_relu(np.array([-10.0], np.float32)).data.tolist() == [-2]


def test_dropout_follows_the_switch() -> None:
    x = np.ones(1000, np.float32)
    y = F.dropout(x, 0.25).data
    assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
    assert 150 < (y == 0).sum() < 350
    with chainer.using_config("train", False):
        assert (F.dropout(x).data == x).all()


def test_an_unknown_option_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="pad_value must be 0 or None, got 1"):
        F.average_pooling_1d(X[0], 2, pad_value=1)
    with pytest.raises(ValueError, match="reduce must be 'mean' or 'no', got 'sum'"):
        F.softmax_cross_entropy(X[0, 0], np.zeros(5, int), reduce="sum")
    with pytest.raises(IndexError, match="arget"):
        F.softmax_cross_entropy(X[0, 0], np.array([0, 1, 2, 3, 5]))


def test_gradients_reach_variables() -> None:
    x, W = chainer.Variable(X), chainer.Variable(np.ones((1, 1, 2, 2), np.float32))
    F.sum(F.convolution_2d(x, W, stride=2)).backward()
    assert W.grad[0, 0].tolist() == [[24, 28], [44, 48]]
    assert x.grad[0, 0, 0].tolist() == [1, 1, 1, 1, 0]
    x.cleargrad()
    assert x.grad is None


def test_a_parameter_that_is_handed_through_stays_a_parameter() -> None:
    parameter = tc.nn.Parameter(tc.ones(2, 3))
    with chainer.using_config("train", False):
        F.dropout(parameter)
    assert type(parameter) is tc.nn.Parameter


def test_variable() -> None:
    x = chainer.Variable(np.arange(3))
    assert not x.requires_grad  # integers cannot
    x.array = np.array([4, 5, 6])
    assert x.data.tolist() == [4, 5, 6]
    assert x.xp is np
    with pytest.raises(ValueError, match="shape"):
        x.array = np.zeros(4)
    y = F.relu(chainer.Variable(np.ones(3, np.float32)))
    assert isinstance(y, chainer.Variable)
    assert chainer.as_variable(y) is y
    assert not chainer.Variable(np.ones(3), requires_grad=False).requires_grad


def test_functions_on_every_device(device: Device, on_device) -> None:
    x, t = (
        device.asarray(np.random.default_rng(0).random((4, 3, 5, 5), np.float32)),
        device.asarray(np.array([0, 1, 2, 0])),
    )
    with on_device():
        h = F.max_pooling_2d(F.leaky_relu(x), 2)
        h = F.average_pooling_2d(F.concat([h, h]), 3)
        scores = F.reshape(h, (4, 6))
        for result in (F.softmax_cross_entropy(scores, t), F.accuracy(scores, t, ignore_label=0), F.dropout(scores)):
            assert type(result.array) is type(x)


def test_the_name_fixes_the_number_of_axes() -> None:
    """An input without a batch is one sample of so many axes, never a batch of fewer."""
    image, kernel = X[0], np.ones((1, 1, 2, 2), np.float32)
    assert F.max_pooling_2d(image, 2).shape == F.average_pooling_2d(image, 2, 2, 1).shape == (1, 3, 3)
    np.testing.assert_array_equal(F.max_pooling_2d(image, 2).data, F.max_pooling_2d(X, 2).data[0])
    np.testing.assert_array_equal(F.convolution_2d(image, kernel).data, F.convolution_2d(X, kernel).data[0])
    np.testing.assert_array_equal(F.deconvolution_2d(image, kernel).data, F.deconvolution_2d(X, kernel).data[0])
    for function in (F.convolution_2d, F.deconvolution_2d):
        with pytest.raises(RuntimeError, match="weight must have 4 dimensions"):
            function(image, kernel[0])


def test_names_that_are_elsewhere_say_where() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'optimizers': use tinyconv\.optim"):
        chainer.optimizers.Adam()
    with pytest.raises(AttributeError, match=r"no attribute 'convolution'$"):
        chainer.convolution

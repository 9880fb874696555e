"""The switches: what they change, what they do not, and that each thread has its own."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import tinyconv as tc
import tinyconv.chainer as chainer
import tinyconv.chainer.links as L


def test_a_switch_is_put_back_also_after_an_error() -> None:
    seen = []
    with pytest.raises(ZeroDivisionError), chainer.using_config("train", False):
        seen.append(chainer.config.train or 1 / 0)
    assert seen == []
    assert chainer.config.train


@pytest.mark.parametrize(("name", "value"), [("cudnn_deterministic", True), ("autotune", True), ("use_cudnn", "never")])
def test_cudnns_switches_are_accepted_and_change_nothing(name: str, value: object) -> None:
    conv, x = L.Convolution2D(1, 2, 3), np.random.default_rng(0).random((1, 1, 8, 8), np.float32)
    plain = conv(x).data
    with chainer.using_config(name, value):
        assert getattr(chainer.configuration.config, name) == value
        np.testing.assert_array_equal(conv(x).data, plain)
    chainer.configuration.config.cudnn_deterministic = True  # as the tutorial writes it
    chainer.configuration.config.cudnn_deterministic = False


def test_enable_backprop_is_tinyconvs_grad_mode() -> None:
    with chainer.no_backprop_mode():
        assert not tc.is_grad_enabled()
    with chainer.using_config("enable_backprop", False):
        assert not tc.is_grad_enabled()
        assert not chainer.config.enable_backprop
    assert tc.is_grad_enabled()
    with tc.no_grad():
        assert not chainer.config.enable_backprop


def test_a_misspelt_switch_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"no switch 'trian'.*train"), chainer.using_config("trian", False):
        pass
    with pytest.raises(AttributeError, match="no switch"):
        chainer.config.deterministic = True


def test_each_thread_has_its_own() -> None:
    seen = []
    with chainer.using_config("train", False):
        thread = threading.Thread(target=lambda: seen.append(chainer.config.train))
        thread.start()
        thread.join()
    assert seen == [True]

"""Calls whose results the golden file holds, written once and run by Chainer itself and by tinyconv.chainer."""

from __future__ import annotations

from typing import Any

import numpy as np


def numbers(*shape: int, start: float = 0.0) -> np.ndarray:
    """Give float32 numbers of both signs in [-2, 2], no two alike, the same everywhere."""
    return (2 * np.sin(np.arange(1, np.prod(shape) + 1) * 1.7 + start)).astype(np.float32).reshape(shape)


X = numbers(2, 4, 7, 9)
SCORES, LABELS = numbers(5, 3), np.array([0, 2, -1, 1, 1], np.int32)
MAPS, PIXELS = numbers(2, 3, 4, 4), (np.arange(32).reshape(2, 4, 4) * 7 % 4 - 1).astype(np.int32)


def linear_maps(chainer: Any, L: Any, F: Any) -> dict[str, Any]:
    options = {"stride": 2, "pad": 1, "groups": 2}
    return {
        "conv": F.convolution_2d(X, numbers(6, 2, 3, 2), numbers(6), (2, 1), 1, groups=2, dilate=2),
        "conv_cover_all": F.convolution_2d(X, numbers(3, 4, 3, 3), None, 3, 1, True),
        "conv_1d": F.convolution_1d(numbers(2, 3, 9), numbers(4, 3, 3)),
        "conv_3d": F.convolution_3d(numbers(1, 2, 4, 5, 6), numbers(3, 2, 2, 3, 2), numbers(3), pad=1),
        "deconv": F.deconvolution_2d(X, numbers(4, 3, 3, 3), numbers(6), **options),
        "deconv_outsize": F.deconvolution_2d(X, numbers(4, 3, 3, 3), None, 2, 1, outsize=(14, 18)),
        "linear": F.linear(X, numbers(5, 252), numbers(5)),
        "linear_two_batch_axes": F.linear(numbers(2, 3, 4), numbers(5, 4), n_batch_axes=2),
    }


def pooling(chainer: Any, L: Any, F: Any) -> dict[str, Any]:
    results = {}
    for cover_all in (True, False):
        results[f"max_{cover_all}"] = F.max_pooling_2d(X, 3, 2, 1, cover_all)
        results[f"max_1d_{cover_all}"] = F.max_pooling_1d(X[:, :, 0], 2, cover_all=cover_all)
    return {
        **results,
        "max_default": F.max_pooling_2d(X, 2),
        "average": F.average_pooling_2d(X, 3, 2, 1),
        "average_without_padding": F.average_pooling_nd(X, 3, 2, 1, pad_value=None),
        "average_leaves_cells_out": F.average_pooling_2d(X, 2),
    }


def pointwise(chainer: Any, L: Any, F: Any) -> dict[str, Any]:
    names = (
        "relu leaky_relu elu clipped_relu sigmoid tanh softplus softmax log_softmax flatten transpose sum mean average"
    )
    return {name: getattr(F, name)(X * 15) for name in names.split()}


def losses(chainer: Any, L: Any, F: Any) -> dict[str, Any]:
    weights = np.array([1.0, 2.0, 0.5], np.float32)
    return {
        "cross_entropy": F.softmax_cross_entropy(SCORES, LABELS),
        "cross_entropy_weighted": F.softmax_cross_entropy(SCORES, LABELS, class_weight=weights),
        "cross_entropy_by_batch": F.softmax_cross_entropy(SCORES, LABELS, normalize=False),
        "cross_entropy_each": F.softmax_cross_entropy(SCORES, LABELS, reduce="no"),
        "cross_entropy_none_counts": F.softmax_cross_entropy(SCORES, np.full(5, -1, np.int32)),
        "cross_entropy_maps": F.softmax_cross_entropy(MAPS, PIXELS),
        "cross_entropy_maps_by_batch": F.softmax_cross_entropy(MAPS, PIXELS, normalize=False),
        "accuracy": F.accuracy(SCORES, LABELS),
        "accuracy_ignoring": F.accuracy(SCORES, LABELS, ignore_label=-1),
        "accuracy_maps": F.accuracy(MAPS, PIXELS, ignore_label=-1),
        "squared": F.mean_squared_error(SCORES, SCORES * 2),
        "absolute": F.mean_absolute_error(SCORES, SCORES * 2),
    }


def links(chainer: Any, L: Any, F: Any) -> dict[str, Any]:
    """Links with set numbers, their lazy shapes, and batch normalisation in both modes."""
    lazy, short = L.Linear(None, 5), L.Convolution2D(5, 3)
    lazy(X)
    short(X)
    by_hand = L.Convolution2D(4, 1, 3, nobias=True)
    by_hand.W.data = np.ones((1, 4, 3, 3))  # float64: the result is float32 all the same
    norm = L.BatchNormalization(4)
    results = {
        "lazy_linear_shape": np.array(lazy.W.shape),
        "short_form_shape": np.array(short.W.shape),
        "bias": short.b.data,
        "initial_values": L.Convolution2D(4, 1, 3, initialW=0.5, initial_bias=2)(X),
        "by_hand": by_hand(X),
        "norm": norm(X),
        "running_mean": norm.avg_mean.copy(),
        "running_var": norm.avg_var.copy(),
        "function_norm": F.batch_normalization(X, numbers(4), numbers(4, start=1.0)),
        "sequential": chainer.Sequential(L.Linear(None, 3, initialW=0.1), F.relu)(SCORES),
    }
    with chainer.using_config("train", False):
        results |= {"norm_in_use": norm(X), "dropout_in_use": F.dropout(X)}
    return results


def a_chain(chainer: Any, L: Any, F: Any) -> dict[str, Any]:
    class Net(chainer.Chain):
        def __init__(self) -> None:
            super().__init__(conv=L.Convolution2D(4, 3, 3, initialW=numbers(3, 4, 3, 3)))
            with self.init_scope():
                self.norm = L.BatchNormalization(3)

        def __call__(self, x: Any) -> Any:
            return F.max_pooling_2d(F.relu(self.norm(self.conv(x))), 2)

    net, x = Net(), chainer.Variable(X)
    net.cleargrads()  # Chainer's gradients start as NaN, to punish forgetting this
    F.mean_squared_error(net(x), np.ones((2, 3, 3, 4), np.float32)).backward()
    return {
        "count": np.array(net.count_params()),
        "names": np.array(sorted(name for name, _ in net.namedparams())),
        "input_grad": x.grad,
        "weight_grad": net.conv.W.grad,
        "gamma_grad": net.norm.gamma.grad,
    }


GROUPS = (linear_maps, pooling, pointwise, losses, links, a_chain)


def arrays(group: Any, chainer: Any, L: Any, F: Any) -> dict[str, np.ndarray]:
    """Run a group, and give its results as arrays."""
    results = group(chainer, L, F)
    return {name: r if isinstance(r, np.ndarray) else np.asarray(r.data) for name, r in results.items()}

"""The program of 《【研究生随笔】Pytorch中的卷积神经网络(1)》: the correlation in loops."""

from __future__ import annotations

import tinyconv as torch
from tinyconv import nn as nn


def Mycross_correlation(X, k):
    h, w = k.shape
    Y = torch.zeros((X.shape[0] - h + 1, X.shape[1] - w + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * k).sum()
    return Y


def test_nineteen() -> None:
    X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    K = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    assert torch.equal(Mycross_correlation(X, K), torch.tensor([[19.0, 25.0], [37.0, 43.0]]))


def test_the_layer_gives_the_same() -> None:
    X, K = torch.rand(6, 8), torch.rand(2, 3)
    layer = nn.Conv2d(1, 1, kernel_size=(2, 3), bias=False)
    layer.weight.data = K.reshape(1, 1, 2, 3)
    torch.testing.assert_close(layer(X.reshape(1, 1, 6, 8)).reshape(5, 6).data, Mycross_correlation(X, K))

"""Loops, im2col and the sparse matrix are the same convolution, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyconv as tc
from tests.explain.random_layers import convolutions, transposed_convolutions
from tinyconv import nn
from tinyconv.explain import conv_matrix, im2col, loops, three_ways
from tinyconv.explain.faces import matrix_gradients
from tinyconv.explain.show import matrix_text

ANY_CONVOLUTION = st.one_of(convolutions(), transposed_convolutions())


@given(ANY_CONVOLUTION)
def test_three_forwards_agree_with_the_layer(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    y = layer(x).detach().numpy()
    ways = three_ways(layer, x)
    for output in (ways.loops.output, ways.im2col.output, ways.matrix_output):
        np.testing.assert_allclose(output.reshape(y.shape), y, rtol=1e-12, atol=1e-12)
    assert ways.largest_difference < 1e-10


@given(ANY_CONVOLUTION)
def test_three_backwards_agree_with_autograd(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    x = x if x.ndim == layer._ndim + 2 else x.unsqueeze(0)
    x.requires_grad = True
    y = layer(x)
    gy = np.random.default_rng(0).integers(-3, 4, y.shape).astype(np.float64)
    y.backward(tc.tensor(gy))
    matrix = conv_matrix(layer, x.shape)
    for gx, gw in (
        loops(layer, x.detach()).gradients(gy),
        im2col(layer, x.detach()).gradients(gy),
        matrix_gradients(matrix, x.detach(), gy, layer.weight.shape),
    ):
        np.testing.assert_allclose(gx, x.grad.numpy(), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gw, layer.weight.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_a_transposed_convolution_is_the_matrix_transposed() -> None:
    conv = nn.Conv2d(2, 4, (3, 2), stride=2, padding=1, groups=2, bias=False, dtype=np.float64)
    up = nn.ConvTranspose2d(4, 2, (3, 2), stride=2, padding=1, groups=2, bias=False, dtype=np.float64)
    up.weight.array = conv.weight.array
    x = tc.randn(1, 2, 7, 6, dtype=np.float64)
    y = conv(x)
    assert up(y).shape == x.shape
    forward, back = conv_matrix(conv, x.shape), conv_matrix(up, y.shape)
    np.testing.assert_array_equal(back.dense(), forward.dense().T)
    gy = tc.randn(*y.shape, dtype=np.float64)
    np.testing.assert_allclose(forward.T @ gy.reshape(-1), up(gy).detach().numpy().reshape(-1), atol=1e-12)
    # the transpose, and not the inverse
    assert not np.allclose(forward.T @ (forward @ x.reshape(-1)), x.numpy().reshape(-1))


@given(ANY_CONVOLUTION)
def test_the_matrix_and_its_transpose_are_adjoint(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    matrix = conv_matrix(layer, x)
    generator = np.random.default_rng(1)
    v, u = generator.normal(size=matrix.shape[1]), generator.normal(size=matrix.shape[0])
    assert (matrix @ v) @ u == pytest.approx(v @ (matrix.T @ u))
    np.testing.assert_allclose(matrix.dense() @ v, matrix @ v, atol=1e-12)


def test_weights_are_shared_along_the_diagonals() -> None:
    conv = nn.Conv1d(1, 1, 3, bias=False)
    conv.weight.array[...] = [1, 2, 3]
    matrix = conv_matrix(conv, (1, 6))
    assert str(matrix).splitlines() == ["1 2 3 . . .", ". 1 2 3 . .", ". . 1 2 3 .", ". . . 1 2 3"]
    assert matrix.nnz == 12
    assert sorted(set(matrix.weight_index.tolist())) == [0, 1, 2]


def test_loops_count_multiply_adds_on_padding_too() -> None:
    assert loops(nn.Conv2d(2, 3, 3, padding=1), tc.ones(2, 2, 4, 4)).multiply_adds == 2 * 3 * 16 * 2 * 9
    assert loops(nn.ConvTranspose1d(2, 3, 4, padding=1), tc.ones(1, 2, 5)).multiply_adds == 2 * 3 * 4 * 5


def test_the_text_shows_all_three() -> None:
    conv = nn.Conv2d(1, 1, 2, bias=False)
    conv.weight.array[...] = [[0, 1], [2, 3]]
    text = str(three_ways(conv, tc.arange(9).reshape(1, 1, 3, 3).float()))
    assert "1. loops: 16 multiply-adds\ny[0, 0, 0, 0] = 0*0 + 1*1 + 3*2 + 4*3 = 19" in text
    assert "kernels:\n0 1 2 3\ncolumns:\n. 1 3 4\n1 2 4 5\n3 4 6 7\n4 5 7 8" in text.replace(
        "\n. 1 2 3\n", "\n0 1 2 3\n"
    )
    assert ". 1 . 2 3 . . . .\n. . 1 . 2 3 . . .\n. . . . 1 . 2 3 .\n. . . . . 1 . 2 3" in text
    assert text.endswith("largest difference between the three: 0")


def test_the_text_of_a_transposed_convolution_speaks_of_the_transpose() -> None:
    text = str(three_ways(nn.ConvTranspose1d(2, 2, 2, groups=2), tc.ones(1, 2, 3)))
    assert "W, the transpose of a convolution's matrix, is" in text
    assert "(of the first of 2 groups)" in text


def test_a_large_matrix_is_described_not_printed() -> None:
    matrix = conv_matrix(nn.Conv2d(1, 1, 3), (1, 16, 16))
    assert str(matrix) == "[196 x 256, 1764 entries: 3.52% of them]"
    assert matrix_text(np.ones((2, 81))) == "[2 x 81, 162 of 162 entries not zero]"
    assert matrix_text(np.full((41, 1), 0.0)) == "[41 x 1, 0 of 41 entries not zero]"
    assert matrix_text(np.array([[1 / 3, 0.0]])) == "0.333     ."


def test_plots_are_heat_maps() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    ways = three_ways(nn.Conv1d(1, 2, 3), tc.randn(1, 1, 8))
    figure = ways.plot()
    pictures = [axes.images[0].get_array() for axes in figure.axes if axes.images and axes.get_title()]
    assert [picture.shape for picture in pictures] == [(2, 3), (3, 6), (12, 8)]
    np.testing.assert_array_equal(pictures[2], ways.matrix.dense())
    assert ways.matrix.plot().images[0].get_array().shape == (12, 8)
    pyplot.close("all")


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: three_ways(nn.MaxPool1d(2), tc.ones(1, 1, 4)), TypeError, "MaxPool1d is not a convolution"),
        (lambda: conv_matrix(nn.Conv2d(64, 32, 3), (8, 64, 128, 128)), ValueError, "292626432 entries.*smaller input"),
        (lambda: three_ways(nn.Conv1d(1, 1, 1), tc.zeros(0, 1, 4)), ValueError, "empty batch"),
        (lambda: conv_matrix(nn.Conv1d(1, 1, 2), (1, 4)) @ np.ones(3), ValueError, r"takes a vector of shape \(4,\)"),
    ],
)
def test_mistakes_are_named(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()

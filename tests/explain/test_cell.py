"""An output cell's terms add up to the layer's value; an input cell's influences to autograd's gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import tinyconv as tc
from tests.explain.random_layers import convolutions, poolings, transposed_convolutions
from tinyconv import nn
from tinyconv.explain import explain_cell, influences


def check_every_output(layer: Any, x: tc.Tensor) -> None:
    y = layer(x).detach().numpy()
    for index in np.ndindex(*y.shape):
        cell = explain_cell(layer, x, index)
        assert cell.sum == pytest.approx(y[index], rel=1e-12, abs=1e-12)
        for term in cell.terms:
            if term.input is not None:
                assert term.value == x.numpy()[term.input]
            if term.weight_index is not None:
                assert term.weight == layer.weight.detach().numpy()[term.weight_index]


def check_every_input(layer: Any, x: tc.Tensor) -> None:
    x.requires_grad = True
    y = layer(x)
    gy = np.random.default_rng(0).integers(-3, 4, y.shape).astype(np.float64)
    y.backward(tc.tensor(gy))
    for index in np.ndindex(*x.shape):
        reached = influences(layer, x, index)
        assert reached.output_shape == y.shape
        assert reached.gradient(gy) == pytest.approx(x.grad.numpy()[index], rel=1e-12, abs=1e-12)


@given(convolutions())
def test_every_cell_of_a_convolution_adds_up(case: tuple[Any, tc.Tensor]) -> None:
    check_every_output(*case)


@given(transposed_convolutions())
def test_every_cell_of_a_transposed_convolution_adds_up(case: tuple[Any, tc.Tensor]) -> None:
    check_every_output(*case)


@given(poolings())
@settings(max_examples=60)
def test_every_cell_of_a_pooling_adds_up(case: tuple[Any, tc.Tensor]) -> None:
    check_every_output(*case)


@given(convolutions())
def test_influences_of_a_convolution_are_the_gradient(case: tuple[Any, tc.Tensor]) -> None:
    check_every_input(*case)


@given(transposed_convolutions())
def test_influences_of_a_transposed_convolution_are_the_gradient(case: tuple[Any, tc.Tensor]) -> None:
    check_every_input(*case)


@given(poolings())
@settings(max_examples=60)
def test_influences_of_a_pooling_are_the_gradient(case: tuple[Any, tc.Tensor]) -> None:
    check_every_input(*case)


@given(convolutions())
def test_the_two_directions_name_the_same_pairs(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    forward = sorted(
        (term.input, index, term.weight_index)
        for index in np.ndindex(*layer(x).shape)
        for term in explain_cell(layer, x, index).terms
        if term.input is not None
    )
    backward = sorted(
        (index, term.output, term.weight_index)
        for index in np.ndindex(*x.shape)
        for term in influences(layer, x, index).terms
    )
    assert forward == backward


# --- the text ----------------------------------------------------------------------------------------


def tutorial() -> tuple[Any, tc.Tensor]:
    conv = nn.Conv2d(1, 1, 2, bias=False)
    conv.weight.array[...] = [[0, 1], [2, 3]]
    return conv, tc.arange(9).reshape(1, 1, 3, 3).float()


def test_the_tutorials_nineteen() -> None:
    conv, x = tutorial()
    assert str(explain_cell(conv, x, (0, 0, 0, 0))) == "y[0, 0, 0, 0] = 0*0 + 1*1 + 3*2 + 4*3 = 19"
    assert [explain_cell(conv, x[0], (0, i, j)).sum for i in (0, 1) for j in (0, 1)] == [19, 25, 37, 43]


def test_terms_hold_coordinates() -> None:
    conv, x = tutorial()
    last = explain_cell(conv, x, (0, 0, 1, 1)).terms[3]
    assert (last.input, last.value, last.weight_index, last.weight, last.product, last.padding) == (
        (0, 0, 2, 2), 8.0, (0, 0, 1, 1), 3.0, 24.0, False,
    )  # fmt: skip
    assert str(last) == "x[0, 0, 2, 2] w[0, 0, 1, 1]: 8*3 = 24"


def test_padding_bias_and_negative_numbers_are_shown() -> None:
    conv = nn.Conv1d(1, 1, 2, padding=1)
    conv.weight.array[...], conv.bias.array[...] = [5, -2], -0.5
    cell = explain_cell(conv, tc.tensor([[[-3.0, 1.0]]]), (0, 0, 0))
    assert str(cell) == "y[0, 0, 0] = pad*5 + (-3)*(-2) + (-0.5) (bias) = 5.5"
    assert [term.padding for term in cell.terms] == [True, False]
    assert cell.terms[0].input is None
    assert cell.table().splitlines() == [
        "padding w[0, 0, 0]: 0*5 = 0",
        "x[0, 0, 0] w[0, 0, 1]: (-3)*(-2) = 6",
        "bias: -0.5",
    ]


def test_reflected_padding_names_the_cell_that_fills_it() -> None:
    conv = nn.Conv1d(1, 1, 3, padding=1, padding_mode="reflect", bias=False)
    first = explain_cell(conv, tc.tensor([[[1.0, 2.0, 3.0]]]), (0, 0, 0)).terms[0]
    assert (first.input, first.value, first.padding) == ((0, 0, 1), 2.0, True)


def test_channels_are_listed_one_by_one_and_many_are_cut_short() -> None:
    conv = nn.Conv1d(2, 1, 1, bias=True)
    conv.weight.array[...], conv.bias.array[...] = [[[2], [3]]], 1
    text = str(explain_cell(conv, tc.tensor([[[10.0], [20.0]]]), (0, 0, 0)))
    assert text.splitlines() == ["y[0, 0, 0] =", "  + 10*2 = 20", "  + 20*3 = 60", "  + 1 (bias)", "  = 81"]
    many = explain_cell(nn.Conv2d(64, 1, 7), tc.ones(1, 64, 7, 7), (0, 0, 0, 0))
    assert len(many.terms) == 64 * 49
    assert "(56 more)" in str(many)
    assert len(str(many).splitlines()) < 15


def test_poolings_are_shown_as_such() -> None:
    x = tc.tensor([[[1.0, 4.0, 4.0, -2.0]]])
    assert str(explain_cell(nn.MaxPool1d(3), x, (0, 0, 0))) == "y[0, 0, 0] = max(1, 4, 4) = 4"
    assert [term.weight for term in explain_cell(nn.MaxPool1d(3), x, (0, 0, 0)).terms] == [0, 1, 0]
    padded = explain_cell(nn.AvgPool1d(2, padding=1), x, (0, 0, 2))
    assert str(padded) == "y[0, 0, 2] = ((-2) + pad) / 2 = -1"


def test_a_window_wholly_in_padding_is_minus_infinity() -> None:
    pool = nn.MaxPool1d(1, 3, cover_all=True)
    cell = explain_cell(pool, tc.tensor([[[1.0, 2.0, 3.0]]]), (0, 0, 1))
    assert cell.sum == pool(tc.tensor([[[1.0, 2.0, 3.0]]]))[0, 0, 1].item() == -math.inf


def test_nan_wins_a_maximum() -> None:
    x = tc.tensor([[[1.0, math.nan, 5.0]]])
    assert math.isnan(explain_cell(nn.MaxPool1d(3), x, (0, 0, 0)).sum)
    assert influences(nn.MaxPool1d(3), x, (0, 0, 1)).gradient() == 1


def test_an_output_that_no_input_reaches_is_the_bias() -> None:
    up = nn.ConvTranspose1d(1, 1, 1, stride=2)
    x = tc.tensor([[[3.0, 4.0]]])
    cell = explain_cell(up, x, (0, 0, 1))
    assert cell.terms == ()
    assert cell.sum == pytest.approx(up.bias.item()) == up(x)[0, 0, 1].item()


def test_values_follow_the_inputs_dtype_as_the_layer_does() -> None:
    conv = nn.Conv1d(1, 1, 1, bias=False, dtype=np.float64)
    conv.weight.array[...] = 0.1
    (term,) = explain_cell(conv, tc.tensor([[[1.0]]]), (0, 0, 0)).terms
    assert term.weight == float(np.float32(0.1))


def test_influences_take_a_shape_except_where_values_decide() -> None:
    conv, x = tutorial()
    assert influences(conv, (1, 1, 3, 3), (0, 0, 1, 1)) == influences(conv, x, (0, 0, -2, -2))
    assert influences(conv, (1, 1, 3, 3), (0, 0, 1, 1)).gradient() == 6
    with pytest.raises(TypeError, match="give x, not its shape"):
        influences(nn.MaxPool2d(2), (1, 1, 4, 4), (0, 0, 0, 0))


def test_numpy_arrays_are_taken_too() -> None:
    conv, x = tutorial()
    assert explain_cell(conv, x.numpy(), (0, 0, 0, 0)).sum == 19


def test_on_a_device(device: tc.Device) -> None:
    conv, x = tutorial()
    expected = explain_cell(conv, x, (0, 0, 1, 0))
    assert explain_cell(conv.to(device), x.to(device), (0, 0, 1, 0)) == expected


# --- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda conv, x: explain_cell(conv, x, (0, 0, 2, 0)), IndexError, r"range.*shape \(1, 1, 2, 2\)"),
        (lambda conv, x: explain_cell(conv, x, (0, 0)), IndexError, "the index .* has 2"),
        (lambda conv, x: influences(conv, x, (0, 0, 3, 0)), IndexError, r"input's shape \(1, 1, 3, 3\)"),
        (lambda conv, x: explain_cell(nn.ReLU(), x, (0, 0, 0, 0)), TypeError, "ReLU has no window"),
        (lambda conv, x: explain_cell(conv, x[0, 0], (0, 0)), RuntimeError, "expected an input of 4 dimensions"),
        (lambda conv, x: explain_cell(conv, tc.ones(1, 2, 3, 3), (0, 0, 0, 0)), RuntimeError, "expected 1 channels"),
        (lambda conv, x: explain_cell(conv, tc.ones(1, 1, 1, 3), (0, 0, 0, 0)), RuntimeError, "Kernel size"),
        (lambda conv, x: explain_cell(nn.AvgPool2d(2, divisor_override=0), x, (0,) * 4), RuntimeError, "not zero"),
        (lambda conv, x: explain_cell(nn.Conv2d(None, 1, 2), x, (0, 0, 0, 0)), RuntimeError, "lazy layer"),
        (lambda conv, x: influences(conv, x, (0, 0, 0, 0)).gradient(tc.ones(2, 2)), RuntimeError, "output's shape"),
    ],
)  # fmt: skip
def test_mistakes_are_named(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(*tutorial())

"""Receptive fields: what the formulas say is what gradients show."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import tinyconv as tc
from tests.explain.random_layers import convolutions, poolings, transposed_convolutions
from tinyconv import nn
from tinyconv.explain import coverage, dilation_coverage, receptive_field
from tinyconv.explain.dry_run import probe_of
from tinyconv.nn import functional as F

PADDED = st.tuples(
    st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2), st.sampled_from(["conv", "max", "avg"])
)


def layer_of(k: int, s: int, p: int, d: int, kind: str) -> nn.Module:
    if kind == "max":
        return nn.MaxPool2d(k, s, min(p, k // 2), d)
    if kind == "avg":
        return nn.AvgPool2d(k, s, min(p, k // 2))
    return nn.Conv2d(1, 1, k, s, p, d)


@given(st.lists(PADDED, min_size=1, max_size=4), st.sampled_from([(17, 17), (16, 23)]))
@settings(max_examples=40)
def test_calculated_and_measured_fields_are_equal(options: list[tuple], size: tuple[int, int]) -> None:
    layers = [layer_of(*option) for option in options]
    model = nn.Sequential(*layers)
    try:
        model(tc.zeros(1, 1, *size))
    except RuntimeError:
        reject()  # a window is larger than what is left of the picture
    fields = receptive_field(model, (1, 1, *size))
    assert len(fields) == len(layers)
    assert fields.agree, str(fields)


@given(st.one_of(convolutions(), transposed_convolutions(), poolings()))
@settings(max_examples=60)
def test_every_cell_of_every_kind_of_layer(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    shape = (1, *x.shape[-layer._ndim - 1 :])
    (field,) = receptive_field(layer, shape)
    ones = tc.ones(*shape, dtype=np.float64, requires_grad=True)
    for parameter in layer.parameters():
        parameter.array[...] = 1
    y = _summing(layer, ones)
    assert field.output_size == y.shape[2:]
    for place in np.ndindex(*field.output_size):
        index: Any = (slice(None), slice(None), *place)
        (gradient,) = tc.grad(y[index].sum(), [ones], retain_graph=True)
        seen = np.nonzero(gradient.numpy().sum((0, 1)))
        measured = tuple((int(cells.min()), int(cells.max())) for cells in seen) if len(seen[0]) else None
        assert field.box(place) == measured


def _summing(layer: Any, x: tc.Tensor) -> tc.Tensor:
    """The layer; of a maximum, whose gradient shows the winner alone, an average in its place."""
    return probe_of(layer, x.shape)(x) if "Max" in type(layer).__name__ else layer(x)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3))
def test_size_jump_and_start_give_the_boxes_where_there_is_no_padding(options: list[tuple[int, int, int]]) -> None:
    model = nn.Sequential(*[nn.Conv1d(1, 1, k, s, 0, d) for k, s, d in options])
    field = receptive_field(model, (1, 1, 120))[-1]
    (size,), (jump,), (start,) = field.size, field.jump, field.start
    for place in range(field.output_size[0]):
        assert field.box((place,)) == ((start + place * jump, start + place * jump + size - 1),)


def test_padding_moves_the_start() -> None:
    fields = receptive_field(nn.Sequential(nn.Conv1d(1, 1, 3, 2, 1), nn.Conv1d(1, 1, 5, 1, 2)), (1, 1, 40))
    assert [(f.size, f.jump, f.start) for f in fields] == [((3,), (2,), (-1,)), ((11,), (2,), (-5,))]
    assert fields[1].box((10,)) == ((15, 25),)
    assert fields[1].box((0,)) == ((0, 5),)


def test_a_known_network() -> None:
    # VGG-16's last pooling sees 212 cells of 32 apart
    widths, model = [2, 2, 3, 3, 3], nn.Sequential()
    for count in widths:
        for _ in range(count):
            model.append(nn.Conv2d(1, 1, 3, padding=1))
            model.append(nn.ReLU())
        model.append(nn.MaxPool2d(2))
    fields = receptive_field(model, (1, 1, 64, 64))
    assert (fields[-1].size, fields[-1].jump) == ((212, 212), (32, 32))
    assert fields.agree


def test_up_sampling_divides_the_jump() -> None:
    fields = receptive_field(nn.Sequential(nn.Conv1d(1, 1, 3, 2), nn.ConvTranspose1d(1, 1, 4, 2, 1)), (1, 1, 21))
    assert fields[1].jump == (1,)
    assert fields.agree
    assert receptive_field(nn.ConvTranspose1d(1, 1, 2, 2), (1, 1, 5))[0].jump == (Fraction(1, 2),)
    repeated = receptive_field(nn.Upsample(scale_factor=2), (1, 1, 5))
    assert repeated[0].jump == (Fraction(1, 2),)
    assert repeated.agree


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.norm, self.b = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: tc.Tensor) -> tc.Tensor:
        return F.relu(x + self.b(F.relu(self.norm(self.a(x)))))


def test_short_cuts_are_joined() -> None:
    fields = receptive_field(nn.Sequential(Residual(), Residual(), nn.Conv2d(2, 1, 1)), (1, 2, 20, 20))
    assert fields[-1].size == (9, 9)
    assert fields.agree


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.out = nn.Linear(None, 10)

    def forward(self, x: tc.Tensor) -> tc.Tensor:
        x = F.avg_pool2d(self.conv(x).relu(), 2)
        return self.out(F.conv2d(x, tc.ones(1, 4, 3, 3, dtype=np.float64)).flatten(1))


def test_functions_between_layers_are_followed() -> None:
    fields = receptive_field(Functional(), (1, 1, 16, 16))
    assert fields[0].size == (3, 3)
    assert fields[1].size == (16, 16)
    assert fields[1].output_size == ()
    assert fields.agree


@pytest.mark.parametrize("made", ["weight", "bias"])
def test_an_input_that_becomes_a_weight_or_a_bias_is_seen_as_a_whole(made: str) -> None:
    class Unusual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.after = nn.Conv2d(1, 1, 1)

        def forward(self, x: tc.Tensor) -> tc.Tensor:
            x = x.sum((2, 3), keepdim=True)
            weight, bias = (x, None) if made == "weight" else (tc.ones(1, 1, 1, 1, dtype=x.dtype), x.reshape(1))
            return self.after(F.conv2d(tc.ones(1, 1, 4, 4, dtype=x.dtype), weight, bias))

    (field,) = receptive_field(Unusual(), (1, 1, 3, 5))
    assert field.size == (3, 5)
    assert field.box(field.place) == field.measured


@pytest.mark.parametrize(
    "layer",
    [
        nn.GroupNorm(1, 4), nn.LayerNorm([4, 6, 7]), nn.LayerNorm(7), nn.InstanceNorm2d(4), nn.BatchNorm2d(4),
        nn.BatchNorm2d(4, track_running_stats=False), nn.InstanceNorm2d(4, track_running_stats=True),
        nn.AdaptiveAvgPool2d((2, 3)), nn.AdaptiveMaxPool2d(1), nn.GlobalAvgPool(), nn.GlobalMaxPool(),
        nn.Sequential(nn.Flatten(), nn.Linear(None, 2)), nn.Linear(7, 3), nn.Dropout(), nn.PReLU(4),
        nn.Conv2d(4, 2, 3, padding=2, padding_mode="circular"),
    ],
    ids=str,
)  # fmt: skip
def test_layers_of_other_kinds(layer: nn.Module) -> None:
    fields = receptive_field(layer, (1, 4, 6, 7))
    assert fields.agree, str(fields)


def test_the_model_is_not_touched() -> None:
    model = nn.Sequential(nn.Conv2d(None, 2, 3), nn.BatchNorm2d(2), nn.Dropout())
    heard: list[Any] = []
    model[0].register_forward_hook(lambda *args: heard.append(args))
    state = tc.get_rng_state()
    receptive_field(model, (1, 1, 8, 8))
    assert model[0].in_channels is None
    assert model.training
    assert not heard
    assert tc.get_rng_state() == state
    assert model[1].running_mean.tolist() == [0, 0]


def test_the_table() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten())
    lines = str(receptive_field(model, tc.zeros(1, 1, 5, 6))).splitlines()
    expected = [
        "layer kind output size jump start middle cell sees measured",
        "0 Conv2d 3x4 3x3 1x1 0x0 1x2 1..3 x 2..4 1..3 x 2..4",
        "1 Flatten - 5x6 0x0 0x0 - 0..4 x 0..5 0..4 x 0..5",
    ]
    assert [" ".join(line.split()) for line in lines] == expected


def test_on_a_device_model(device: tc.Device) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2)).to(device)
    fields = receptive_field(model, tc.zeros(1, 1, 9, 9).to(device))
    assert fields.agree
    assert model[0].weight.device == device


def test_an_input_without_space_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"\(N, C, \*size\) with spatial axes, got \(1, 4\)"):
        receptive_field(nn.Linear(4, 2), (1, 4))


# --- coverage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dilations", "untouched", "total"),
    [([2, 2, 2], 120, 169), ([1, 2, 3], 0, 169), ([1, 2, 5], 0, 289), ([1, 1, 1], 0, 49)],
)
def test_gridding(dilations: list[int], untouched: int, total: int) -> None:
    cover = dilation_coverage(dilations)
    assert (cover.untouched, cover.total) == (untouched, total)
    assert f"{untouched} of {total} cells untouched" in str(cover)
    assert str(cover).count(".") == untouched


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(2, 3))
def test_path_counts_are_the_gradient_with_weights_of_one(dilations: list[int], kernel: int) -> None:
    layers = [nn.Conv2d(1, 1, kernel, dilation=d, bias=False, dtype=np.float64) for d in dilations]
    for layer in layers:
        layer.weight.array[...] = 1
    size = 1 + sum(d * (kernel - 1) for d in dilations)
    x = tc.zeros(1, 1, size, size, dtype=np.float64, requires_grad=True)
    y = nn.Sequential(*layers)(x)
    assert y.shape == (1, 1, 1, 1)
    y.backward()
    np.testing.assert_array_equal(dilation_coverage(dilations, kernel).counts, x.grad.numpy()[0, 0])
    np.testing.assert_array_equal(coverage(layers, (size, size)).counts, x.grad.numpy()[0, 0])


ASCENDING = list(combinations_with_replacement(range(1, 9), 3))


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_dilations_leave_no_hole_where_none_exceeds_the_run_of_the_smaller_ones(kernel: int) -> None:
    """The rule that chapter 4 states: d_j <= 1 + (k - 1) * (d_1 + ... + d_(j-1)), on all ascending triples."""
    assert len(ASCENDING) == 120
    for dilations in ASCENDING:
        layers = [nn.Conv1d(1, 1, kernel, dilation=d) for d in dilations]
        cover = coverage(layers, (1 + (kernel - 1) * sum(dilations),))
        by_rule = all(d <= 1 + (kernel - 1) * sum(dilations[:j]) for j, d in enumerate(dilations))
        assert by_rule == (cover.untouched == 0), dilations


def test_dilations_without_a_common_divisor_leave_holes() -> None:
    covers = [dilation_coverage(dilations) for dilations in ((2, 3), (1, 2, 9), (1, 2, 7))]
    assert [(cover.untouched, cover.total) for cover in covers] == [(40, 121), (184, 625), (0, 441)]


def test_coverage_of_strides_and_padding_at_a_place() -> None:
    layers = [nn.Conv1d(1, 1, 3, 2, 1), nn.ReLU(), nn.MaxPool1d(2)]
    cover = coverage(layers, (9,), (1,))
    assert cover.counts.tolist() == [1, 1, 2, 1, 1]
    assert cover.corner == (3,)
    repeated = nn.Conv1d(1, 1, 3, padding=1, padding_mode="replicate")
    assert coverage([repeated], (4,), (0,)).counts.tolist() == [2, 1]
    with pytest.raises(ValueError, match="nothing but padding"):
        coverage([nn.Conv1d(1, 1, 1, 1, 1)], (3,), (0,))


def test_coverage_is_plotted() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    axes = dilation_coverage([2, 2, 2]).plot()
    drawn = axes.images[0].get_array()
    assert int(drawn.mask.sum()) == 120
    assert axes.get_title() == "120 of 169 cells untouched"
    pyplot.close("all")

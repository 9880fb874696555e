"""Every layer: shapes, defaults, gradients, arguments that are refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.nn import functional as F

Make = Callable[[], nn.Module]

# layer, batched input, its output; where the layer takes unbatched input, both lose their first size
SHAPES: list[tuple[Make, tuple[int, ...], tuple[int, ...], bool]] = [
    (lambda: nn.Linear(3, 2), (4, 3), (4, 2), True),
    (lambda: nn.Linear(3, 2), (4, 5, 3), (4, 5, 2), True),
    (lambda: nn.Conv1d(2, 4, 3, stride=2), (3, 2, 9), (3, 4, 4), True),
    (lambda: nn.Conv1d(2, 4, 3, padding="same", dilation=2), (3, 2, 9), (3, 4, 9), True),
    (lambda: nn.Conv2d(2, 4, (3, 2), padding=(1, 0)), (3, 2, 5, 6), (3, 4, 5, 5), True),
    (lambda: nn.Conv2d(2, 4, 3, groups=2, padding=1, padding_mode="circular"), (3, 2, 5, 6), (3, 4, 5, 6), True),
    (lambda: nn.Conv2d(2, 2, 2, stride=2, cover_all=True), (1, 2, 5, 5), (1, 2, 3, 3), True),
    (lambda: nn.Conv2d(2, 4, 3), (0, 2, 5, 6), (0, 4, 3, 4), False),
    (lambda: nn.Conv3d(2, 4, 2), (2, 2, 3, 4, 5), (2, 4, 2, 3, 4), True),
    (lambda: nn.ConvTranspose1d(2, 3, 4, stride=2, padding=1), (2, 2, 5), (2, 3, 10), True),
    (lambda: nn.ConvTranspose2d(2, 4, 3, stride=2, output_padding=1, groups=2), (2, 2, 3, 4), (2, 4, 8, 10), True),
    (lambda: nn.ConvTranspose3d(2, 1, 2, dilation=2), (1, 2, 2, 2, 2), (1, 1, 4, 4, 4), True),
    (lambda: nn.MaxPool1d(2), (2, 3, 7), (2, 3, 3), True),
    (lambda: nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (2, 3, 6, 6), (2, 3, 4, 4), True),
    (lambda: nn.MaxPool2d(2, cover_all=True), (2, 3, 5, 5), (2, 3, 3, 3), True),
    (lambda: nn.MaxPool3d(2, dilation=2, stride=1), (1, 2, 4, 4, 4), (1, 2, 2, 2, 2), True),
    (lambda: nn.AvgPool1d(3, stride=1, padding=1), (2, 3, 7), (2, 3, 7), True),
    (lambda: nn.AvgPool2d((2, 3)), (2, 3, 4, 6), (2, 3, 2, 2), True),
    (lambda: nn.AvgPool3d(2, ceil_mode=True), (1, 2, 3, 4, 5), (1, 2, 2, 2, 3), True),
    (lambda: nn.AdaptiveAvgPool1d(2), (2, 3, 7), (2, 3, 2), True),
    (lambda: nn.AdaptiveAvgPool2d((None, 2)), (2, 3, 5, 7), (2, 3, 5, 2), True),
    (lambda: nn.AdaptiveAvgPool3d(1), (2, 3, 5, 4, 3), (2, 3, 1, 1, 1), True),
    (lambda: nn.AdaptiveMaxPool1d(3), (2, 3, 7), (2, 3, 3), True),
    (lambda: nn.AdaptiveMaxPool2d(2), (2, 3, 5, 7), (2, 3, 2, 2), True),
    (lambda: nn.AdaptiveMaxPool3d((1, 2, 3)), (2, 3, 5, 4, 3), (2, 3, 1, 2, 3), True),
    (lambda: nn.GlobalAvgPool(), (2, 3, 5, 4), (2, 3), False),
    (lambda: nn.GlobalMaxPool(), (2, 3, 5), (2, 3), False),
    (lambda: nn.Upsample(scale_factor=2), (2, 3, 4, 5), (2, 3, 8, 10), False),
    (lambda: nn.Upsample(size=7), (2, 3, 4), (2, 3, 7), False),
    (lambda: nn.BatchNorm1d(3), (4, 3), (4, 3), False),
    (lambda: nn.BatchNorm1d(3), (4, 3, 5), (4, 3, 5), False),
    (lambda: nn.BatchNorm2d(3), (4, 3, 5, 2), (4, 3, 5, 2), False),
    (lambda: nn.BatchNorm3d(3), (4, 3, 5, 2, 2), (4, 3, 5, 2, 2), False),
    (lambda: nn.InstanceNorm1d(3), (4, 3, 5), (4, 3, 5), True),
    (lambda: nn.InstanceNorm2d(3), (4, 3, 5, 2), (4, 3, 5, 2), True),
    (lambda: nn.InstanceNorm3d(3), (4, 3, 5, 2, 2), (4, 3, 5, 2, 2), True),
    (lambda: nn.LayerNorm(5), (4, 3, 5), (4, 3, 5), True),
    (lambda: nn.LayerNorm([3, 5]), (4, 3, 5), (4, 3, 5), True),
    (lambda: nn.GroupNorm(2, 4), (3, 4, 5), (3, 4, 5), False),
    (lambda: nn.Dropout(), (4, 3), (4, 3), True),
    (lambda: nn.Dropout1d(), (4, 3, 5), (4, 3, 5), True),
    (lambda: nn.Dropout2d(), (4, 3, 5, 2), (4, 3, 5, 2), True),
    (lambda: nn.Dropout3d(), (4, 3, 5, 2, 2), (4, 3, 5, 2, 2), True),
    (lambda: nn.AlphaDropout(), (4, 3), (4, 3), False),
    (lambda: nn.FeatureAlphaDropout(), (4, 3, 5), (4, 3, 5), False),
    (lambda: nn.PReLU(3), (4, 3, 5), (4, 3, 5), False),
    (lambda: nn.Softmax(dim=-1), (4, 3), (4, 3), True),
    (lambda: nn.Flatten(), (4, 3, 5), (4, 15), False),
    (lambda: nn.Flatten(0, 1), (4, 3, 5), (12, 5), False),
    (lambda: nn.Unflatten(1, (2, -1)), (4, 6), (4, 2, 3), False),
    (lambda: nn.Identity(1, two=2), (4, 3), (4, 3), True),
]
IDS = [f"{make()!r}"[:40] for make, *_ in SHAPES]


@pytest.mark.parametrize(("make", "shape", "expected", "unbatched"), SHAPES, ids=IDS)
def test_shapes_and_dtypes(make: Make, shape: tuple, expected: tuple, unbatched: bool) -> None:
    layer = make()
    y = layer(tc.randn(shape))
    assert y.shape == expected
    assert y.dtype == np.float32
    assert layer.double()(tc.randn(shape).double()).dtype == np.float64
    if unbatched:
        assert layer(tc.randn(shape[1:]).double()).shape == expected[1:]


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (make, shape)
        for make, shape, _, unbatched in SHAPES
        if unbatched and not isinstance(make(), (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d))
    ],
    ids=[i for i, (m, *_, u) in zip(IDS, SHAPES, strict=True) if u and not i.startswith("Dropout")],
)
def test_unbatched_input_gives_what_a_batch_of_one_gives(make: Make, shape: tuple) -> None:
    layer = make()
    x = tc.randn(shape[1:])
    np.testing.assert_allclose(
        layer(x).detach().numpy(), layer(x.unsqueeze(0))[0].detach().numpy(), rtol=1e-5, atol=1e-6
    )


def with_parameters(layer: nn.Module) -> Callable[..., Any]:
    """The layer as a function of its inputs, then of its parameters in order."""
    places = [(m, name) for m in layer.modules() for name, p in m._parameters.items() if p is not None]

    def call(*args: Any) -> Any:
        inputs, values = args[: len(args) - len(places)], args[len(args) - len(places) :]
        for (module, name), value in zip(places, values, strict=True):
            module._parameters[name] = value
        return layer(*inputs)

    return call


GRADCHECKED: list[tuple[Make, list[tuple[int, ...]]]] = [
    (lambda: nn.Linear(3, 2), [(4, 3)]),
    (lambda: nn.Conv1d(2, 4, 3, groups=2, dilation=2), [(2, 2, 7)]),
    (lambda: nn.Conv2d(2, 2, (3, 2), stride=(2, 1), padding=(1, 0)), [(2, 2, 4, 3)]),
    (lambda: nn.Conv2d(1, 2, 2, padding="same", padding_mode="reflect"), [(1, 1, 3, 4)]),
    (lambda: nn.Conv3d(1, 2, 2, bias=False), [(1, 1, 2, 3, 3)]),
    (lambda: nn.ConvTranspose1d(2, 2, 3, stride=2, output_padding=1), [(2, 2, 3)]),
    (lambda: nn.ConvTranspose2d(2, 4, 2, groups=2, dilation=2, padding=1), [(1, 2, 3, 2)]),
    (lambda: nn.ConvTranspose3d(1, 2, 2), [(1, 1, 2, 2, 1)]),
    (lambda: nn.DeformConv2d(1, 2, 2), [(1, 1, 3, 4), (1, 8, 2, 3)]),
    (lambda: nn.BatchNorm1d(2), [(4, 2)]),
    (lambda: nn.BatchNorm2d(2), [(2, 2, 2, 3)]),
    (lambda: nn.BatchNorm3d(2), [(2, 2, 2, 1, 2)]),
    (lambda: nn.BatchNorm2d(2).eval(), [(2, 2, 2, 3)]),
    (lambda: nn.InstanceNorm1d(2, affine=True), [(2, 2, 4)]),
    (lambda: nn.InstanceNorm2d(2), [(2, 2, 2, 2)]),
    (lambda: nn.LayerNorm((2, 3)), [(2, 2, 3)]),
    (lambda: nn.GroupNorm(2, 4), [(2, 4, 3)]),
    (lambda: nn.PReLU(2), [(3, 2, 2)]),
    (lambda: nn.PReLU(), [(3, 2)]),
    (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 2), nn.GELU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(2, 2)),
        [(2, 1, 3, 3)],
    ),
]


@pytest.mark.parametrize(("make", "shapes"), GRADCHECKED, ids=[f"{make()!r}"[:40] for make, _ in GRADCHECKED])
def test_gradients_of_inputs_and_parameters(make: Make, shapes: list[tuple[int, ...]]) -> None:
    layer = make().double()
    inputs = [(tc.randn(shape).double() * 0.7).requires_grad_() for shape in shapes]
    parameters = [(p.detach() + 0.1 * tc.randn(p.shape).double()).requires_grad_() for p in layer.parameters()]
    assert tc.gradcheck(with_parameters(layer), [*inputs, *parameters])


# ---------------------------------------------------------------------- what the layers compute


def test_linear_is_a_matrix_product_and_a_bias() -> None:
    layer = nn.Linear(3, 2)
    x = tc.randn(4, 5, 3)
    expected = x.numpy() @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


SAMPLE = np.array([-30.0, -2.0, -0.5, 0.0, 0.5, 2.0, 30.0])


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (nn.ReLU(), lambda x: np.maximum(x, 0)),
        (nn.ReLU(inplace=True), lambda x: np.maximum(x, 0)),
        (nn.LeakyReLU(), lambda x: np.where(x > 0, x, 0.01 * x)),
        (nn.LeakyReLU(0.2, inplace=True), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.ELU(), lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)),
        (nn.ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * (np.exp(np.minimum(x, 0)) - 1))),
        (nn.SiLU(), lambda x: x / (1 + np.exp(-x))),
        (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (nn.Tanh(), np.tanh),
        (nn.GELU("tanh"), lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
        (nn.Softplus(), lambda x: np.log1p(np.exp(x))),
        (nn.Softplus(beta=2.0), lambda x: np.log1p(np.exp(2 * x)) / 2),
        (nn.Softmax(dim=0), lambda x: np.exp(x) / np.exp(x).sum()),
        (nn.LogSoftmax(dim=0), lambda x: x - np.log(np.exp(x).sum())),
        (nn.PReLU(), lambda x: np.where(x > 0, x, 0.25 * x)),
        (nn.Identity(), lambda x: x),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Module) else "",  # a lambda's repr differs by process
)
def test_activations(layer: nn.Module, formula: Callable) -> None:
    x = tc.tensor(SAMPLE)
    y = layer(x)
    np.testing.assert_allclose(y.detach().numpy(), formula(SAMPLE), rtol=1e-6, atol=1e-12)
    if getattr(layer, "inplace", False):
        assert y is x
    else:
        np.testing.assert_array_equal(x.numpy(), SAMPLE)  # the input is not written to


@pytest.mark.parametrize("make", [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.Dropout, nn.Dropout2d])
def test_inplace_writes_over_the_input_and_has_the_same_gradient(make: Callable) -> None:
    assert repr(make(inplace=True)).endswith("inplace=True)")
    results = []
    for inplace in (False, True):
        tc.manual_seed(1)
        leaf = tc.randn(2, 4, 3, 3, dtype="float64", requires_grad=True)
        tc.manual_seed(2)
        x = leaf * 2.0
        y = make(inplace=inplace)(x)
        assert (y is x) == inplace
        (y * y).sum().backward()
        results.append((y.detach().numpy(), leaf.grad.numpy()))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-12)
    with pytest.raises(RuntimeError, match="leaf"):
        make(inplace=True)(tc.ones(1, 1, 1, 1, requires_grad=True))
    held = (leaf * 2.0).exp()
    make(inplace=True)(held)  # exp needs its result for the gradient
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        held.sum().backward()


def test_gelu_is_x_times_the_normal_distribution_function() -> None:
    y = nn.GELU()(tc.tensor([-1.0, 0.0, 1.0, 2.0], dtype="float64"))
    np.testing.assert_allclose(y.numpy(), [-0.15865525393146, 0.0, 0.84134474606854, 1.95449973610364], rtol=1e-7)


def test_prelu_has_a_slope_per_channel() -> None:
    layer = nn.PReLU(2, init=0.5)
    layer.weight.array = np.array([0.5, 2.0], np.float32)
    assert layer(-tc.ones(1, 2, 2)).tolist() == [[[-0.5, -0.5], [-2.0, -2.0]]]


@pytest.mark.parametrize(
    "options",
    [
        {"stride": 2},
        {"padding": (2, 1)},
        {"padding": ((0, 1), (2, 1))},
        {"padding": "same", "dilation": 2},
        {"dilation": (1, 2)},
        {"groups": 2},
        {"padding": 2, "padding_mode": "reflect"},
        {"padding": (1, 2), "padding_mode": "circular"},
        {"padding": 1, "padding_mode": "replicate"},
        {"stride": 3, "cover_all": True},
    ],
    ids=str,
)
def test_conv_passes_its_arguments_on(options: dict[str, Any]) -> None:
    layer, plain = nn.Conv2d(2, 4, 3, **options), nn.Conv2d(2, 4, 3, groups=options.get("groups", 1))
    plain.load_state_dict(layer.state_dict())
    x = tc.randn(2, 2, 7, 8)
    y = layer(x).detach().numpy()
    np.testing.assert_array_equal(y, F.conv2d(x, layer.weight, layer.bias, **options).detach().numpy())
    if options != {"groups": 2}:
        assert not np.array_equal(y, plain(x).detach().numpy())


@pytest.mark.parametrize(
    "options",
    [{"stride": 2}, {"padding": 1}, {"stride": 2, "output_padding": 1}, {"groups": 2}, {"dilation": 2}],
    ids=str,
)
def test_transposed_conv_passes_its_arguments_on(options: dict[str, Any]) -> None:
    layer, x = nn.ConvTranspose2d(2, 4, 3, **options), tc.randn(2, 2, 3, 4)
    expected = F.conv_transpose2d(x, layer.weight, layer.bias, **options)
    np.testing.assert_array_equal(layer(x).detach().numpy(), expected.detach().numpy())


def test_a_padding_mode_fills_the_border_from_the_image() -> None:
    layer = nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    layer.weight.array = np.array([[[100.0, 10.0, 1.0]]], np.float32)
    assert layer(tc.tensor([[[1.0, 2.0, 3.0]]])).tolist() == [[[312.0, 123.0, 231.0]]]


def test_upsample_repeats_cells() -> None:
    x = tc.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    y = nn.Upsample(scale_factor=2)(x)[0, 0]
    assert y.tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_pooling_layers_pass_their_arguments_on() -> None:
    x = tc.randn(2, 3, 7, 7)
    values, indices = nn.MaxPool2d(3, 2, 1, 1, True, True)(x)
    expected = F.max_pool2d(x, 3, stride=2, padding=1, dilation=1, ceil_mode=True, return_indices=True)
    np.testing.assert_array_equal(values.numpy(), expected[0].numpy())
    np.testing.assert_array_equal(indices.numpy(), expected[1].numpy())
    average = nn.AvgPool2d(3, 2, 1, True, False, 5)(x)
    expected = F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False, divisor_override=5)
    np.testing.assert_array_equal(average.numpy(), expected.numpy())


@pytest.mark.parametrize("n", [1, 2, 3])
def test_unpooling_puts_maxima_back(n: int) -> None:
    pool, unpool = getattr(nn, f"MaxPool{n}d")(2, return_indices=True), getattr(nn, f"MaxUnpool{n}d")(2)
    x = tc.rand((2, 3) + (5,) * n) + 1.0
    values, indices = pool(x)
    back = unpool(values, indices, output_size=x.shape[2:])
    assert back.shape == x.shape
    kept = back.numpy() != 0
    np.testing.assert_array_equal(back.numpy()[kept], x.numpy()[kept])
    assert kept.sum() == values.numel()


def test_global_pooling() -> None:
    x = tc.randn(2, 3, 4, 5)
    np.testing.assert_allclose(nn.GlobalAvgPool()(x).numpy(), x.numpy().mean((2, 3)), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(nn.GlobalMaxPool()(x).numpy(), x.numpy().max((2, 3)))
    for layer in (nn.GlobalAvgPool(), nn.GlobalMaxPool()):
        with pytest.raises(RuntimeError, match=r"expected \(N, C, \.\.\.\) with a spatial axis, .* \(2, 3\)"):
            layer(tc.ones(2, 3))


def test_transposed_layers_take_an_output_size() -> None:
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    assert layer(tc.ones(1, 1, 6, 6)).shape == (1, 1, 11, 11)
    assert layer(tc.ones(1, 1, 6, 6), output_size=(12, 11)).shape == (1, 1, 12, 11)
    with pytest.raises(ValueError, match="13"):
        layer(tc.ones(1, 1, 6, 6), output_size=(13, 11))


def test_deform_conv_without_offsets_is_a_convolution() -> None:
    layer = nn.DeformConv2d(4, 2, 3, padding=1, groups=2)
    x = tc.randn(2, 4, 5, 6)
    expected = F.conv2d(x, layer.weight, layer.bias, padding=1, groups=2)
    actual = layer(x, tc.zeros(2, 18, 5, 6), tc.ones(2, 9, 5, 6))
    np.testing.assert_allclose(actual.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)


LOSSES: list[tuple[nn.Module, str, dict[str, Any]]] = [
    (nn.MSELoss(reduction="sum"), "mse_loss", {"reduction": "sum"}),
    (nn.L1Loss(), "l1_loss", {}),
    (nn.SmoothL1Loss(beta=0.5), "smooth_l1_loss", {"beta": 0.5}),
    (nn.HuberLoss("none", 0.5), "huber_loss", {"reduction": "none", "delta": 0.5}),
    (nn.BCEWithLogitsLoss(pos_weight=tc.tensor([2.0, 1.0, 3.0])), "binary_cross_entropy_with_logits",
     {"pos_weight": tc.tensor([2.0, 1.0, 3.0])}),
    (nn.CrossEntropyLoss(tc.tensor([1.0, 2.0, 3.0]), label_smoothing=0.1), "cross_entropy",
     {"weight": tc.tensor([1.0, 2.0, 3.0]), "label_smoothing": 0.1}),
    (nn.CrossEntropyLoss(ignore_index=1, reduction="sum"), "cross_entropy", {"ignore_index": 1, "reduction": "sum"}),
    (nn.NLLLoss(tc.tensor([1.0, 2.0, 3.0]), ignore_index=0, reduction="sum"), "nll_loss",
     {"weight": tc.tensor([1.0, 2.0, 3.0]), "ignore_index": 0, "reduction": "sum"}),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "name", "options"), LOSSES, ids=[type(layer).__name__ for layer, *_ in LOSSES])
def test_losses_pass_their_arguments_on(layer: nn.Module, name: str, options: dict[str, Any]) -> None:
    x = tc.randn(4, 3)
    classes = isinstance(layer, (nn.NLLLoss, nn.CrossEntropyLoss))
    target = tc.tensor([0, 1, 2, 1]) if classes else tc.rand(4, 3)
    np.testing.assert_array_equal(layer(x, target).numpy(), getattr(F, name)(x, target, **options).numpy())
    plain = getattr(F, name)(x, target).numpy()
    if options:
        assert not np.array_equal(layer(x, target).numpy(), plain)


def test_losses_refuse_an_unknown_reduction() -> None:
    with pytest.raises(ValueError, match="MSELoss: 'avg' is not a valid value for reduction"):
        nn.MSELoss(reduction="avg")


# ---------------------------------------------------------------------- arguments


# name -> the leading parameters of PyTorch's constructor, with their defaults
DEFAULTS = {
    nn.Conv2d: "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, "
    "padding_mode='zeros'",
    nn.ConvTranspose2d: "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, "
    "bias=True, dilation=1, padding_mode='zeros'",
    nn.Linear: "in_features, out_features, bias=True",
    nn.MaxPool2d: "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False",
    nn.AvgPool2d: "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None",
    nn.AvgPool1d: "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True",
    nn.MaxUnpool2d: "kernel_size, stride=None, padding=0",
    nn.AdaptiveAvgPool2d: "output_size",
    nn.AdaptiveMaxPool2d: "output_size, return_indices=False",
    nn.Upsample: "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None",
    nn.BatchNorm2d: "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True",
    nn.InstanceNorm2d: "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False",
    nn.LayerNorm: "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True",
    nn.GroupNorm: "num_groups, num_channels, eps=1e-05, affine=True",
    nn.Dropout: "p=0.5, inplace=False",
    nn.ReLU: "inplace=False",
    nn.LeakyReLU: "negative_slope=0.01, inplace=False",
    nn.ELU: "alpha=1.0, inplace=False",
    nn.SiLU: "inplace=False",
    nn.GELU: "approximate='none'",
    nn.Softplus: "beta=1.0, threshold=20.0",
    nn.Softmax: "dim=None",
    nn.PReLU: "num_parameters=1, init=0.25",
    nn.Flatten: "start_dim=1, end_dim=-1",
    nn.Unflatten: "dim, unflattened_size",
    nn.BCEWithLogitsLoss: "weight=None, size_average=None, reduce=None, reduction='mean', pos_weight=None",
    nn.SmoothL1Loss: "size_average=None, reduce=None, reduction='mean', beta=1.0",
}


@pytest.mark.parametrize("layer", DEFAULTS, ids=lambda layer: layer.__name__)
def test_arguments_and_defaults_are_pytorchs(layer: type) -> None:
    parameters = inspect.signature(layer).parameters.values()
    written = [
        p.name if p.default is inspect.Parameter.empty else f"{p.name}={p.default!r}"
        for p in parameters
        if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert ", ".join(written).startswith(DEFAULTS[layer])


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: nn.Linear(0, 2), ValueError, "Linear: in_features must be a positive integer, got 0"),
        (lambda: nn.Linear(2, 1.5), TypeError, "Linear: argument 'out_features' must be an int, not float 1.5"),
        (lambda: nn.Conv2d(2, 0, 3), ValueError, "Conv2d: out_channels must be a positive integer, got 0"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "Conv2d.*in_channels.*3"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), ValueError, "Conv2d.*out_channels.*3"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), ValueError, "Conv2d: padding_mode must be one of"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), ValueError, "full"),
        (lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same"), ValueError, "same"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), ValueError, "kernel_size"),
        (lambda: nn.Conv2d(1, 1, 0), ValueError, "kernel_size"),
        (lambda: nn.Conv2d(1, 1, np.array([3, 3])), TypeError, "Conv2d: kernel_size must be an int or 2 ints"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), ValueError, "stride"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding="same"), ValueError, "padding must be numbers, got 'same'"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding_mode="reflect"), ValueError, 'Only "zeros" padding mode'),
        (lambda: nn.ConvTranspose2d(1, 1, 3, output_padding=-1), ValueError, "output_padding"),
        (lambda: nn.BatchNorm2d(0), ValueError, "BatchNorm2d: num_features must be a positive integer, got 0"),
        (lambda: nn.GroupNorm(3, 4), ValueError, r"\(4\) must be divisible by num_groups \(3\): 4 = 1\*3 \+ 1"),
        (lambda: nn.Dropout(1.5), ValueError, "Dropout: dropout probability has to be between 0 and 1, but got 1.5"),
        (lambda: nn.Dropout(float("nan")), ValueError, "but got nan"),
        (lambda: nn.Upsample(scale_factor=2, mode="cubic"), NotImplementedError, "use one of nearest"),
    ],
)  # fmt: skip
def test_refused_arguments(make: Make, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "error", "text"),
    [
        (nn.Linear(3, 2), (4, 5), RuntimeError, r"4x5 and 3x2.*Use Linear\(5, 2\), or Linear\(None, 2\)"),
        (nn.Conv2d(3, 2, 3), (4, 5, 6, 6), RuntimeError, "channels"),
        (nn.Conv2d(3, 2, 3), (6, 6), RuntimeError, r"\[6, 6\]"),
        (nn.Conv2d(3, 2, 7), (1, 3, 6, 6), RuntimeError, "7"),
        (nn.ConvTranspose2d(3, 2, 3), (4, 5, 6, 6), RuntimeError, "channels"),
        (nn.MaxPool2d(7), (1, 1, 6, 6), RuntimeError, "7"),
        (nn.BatchNorm2d(3), (4, 3), ValueError, r"expected 4D input \(got 2D input of shape \(4, 3\)\)"),
        (nn.BatchNorm1d(3), (4, 3, 2, 2), ValueError, "expected 2D or 3D input"),
        (nn.BatchNorm2d(3), (4, 5, 2, 2), RuntimeError, "expected 3 channels .* has 5. Use num_features=5"),
        (nn.InstanceNorm2d(3), (4, 3), ValueError, "expected 3D or 4D input"),
        (nn.LayerNorm(3), (4, 5), RuntimeError, r"normalized_shape=\[3\]"),
        (nn.GroupNorm(2, 4), (1, 6, 3), RuntimeError, "6 elements"),
        (nn.PReLU(3), (2, 4), RuntimeError, "parameter numbers = 3 and channel size = 4"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_refused_inputs_name_the_layer(layer: nn.Module, shape: tuple, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        layer(tc.ones(shape))
    assert str(caught.value).startswith(type(layer).__name__)


@pytest.mark.parametrize(
    "layer",
    [nn.Linear(3, 2), nn.Conv1d(3, 2, 1), nn.ConvTranspose1d(3, 2, 1), nn.BatchNorm1d(3), nn.LayerNorm(3),
     nn.GroupNorm(1, 3)],
    ids=lambda layer: type(layer).__name__,
)  # fmt: skip
def test_integer_input_is_refused_with_the_fix(layer: nn.Module) -> None:
    x = tc.ones(2, 3, 3).long()
    with pytest.raises(RuntimeError, match=r"int64.*(float\(\)|astype)") as caught:
        layer(x)
    assert str(caught.value).startswith(type(layer).__name__)


def test_hardtanhs_older_names() -> None:
    with pytest.warns(FutureWarning, match="`min_value` is deprecated and renamed to `min_val`"):
        layer = nn.Hardtanh(min_value=-2)
    with pytest.warns(FutureWarning, match="renamed to `max_val`"):
        assert repr(nn.Hardtanh(-2, max_value=3.0)) == "Hardtanh(min_val=-2, max_val=3.0)"
    assert layer(tc.tensor([-5.0, 5.0])).tolist() == [-2.0, 1.0]


@pytest.mark.parametrize(("factor", "shown"), [(2, "2.0"), (1.5, "1.5"), ((2, 3), "(2.0, 3.0)")])
def test_upsample_shows_its_factor_as_a_float(factor, shown):
    assert repr(nn.Upsample(scale_factor=factor)) == f"Upsample(scale_factor={shown}, mode='nearest')"

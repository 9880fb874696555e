"""What errors say: PyTorch's type, the layer's name, the shapes, the sum that does not come out, and a fix.

Where the text proposes a concrete call, the test reads it off the text and runs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv import nn

F = nn.functional


class Net(nn.Module):
    """A model whose layers sit two levels down."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.features = nn.Sequential(*layers)

    def forward(self, x: Any) -> Any:
        return self.features(x)


def message(error: type[Exception], call: Callable[[], Any]) -> str:
    """Run what must fail, and give the text."""
    with pytest.raises(error) as caught:
        call()
    assert caught.type is error
    return str(caught.value)


def proposed(name: str, text: str) -> Any:
    """Read the value of the last ``name=value`` in `text`, or of ``name [..]``."""
    found = re.findall(rf"{name}[= ]([(\[][^)\]]*[)\]]|\d+)", text)
    assert found, f"no {name} in: {text}"
    return ast.literal_eval(found[-1])


def says(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


# --- the kernel and the input's size ------------------------------------------------------------------


def test_kernel_larger_than_the_padded_input() -> None:
    x = tc.ones(1, 1, 4, 5)
    text = message(RuntimeError, lambda: Net(nn.ReLU(), nn.Conv2d(1, 2, 7, padding=1))(x))
    says(
        text,
        "Net.features.1 (Conv2d(1, 2, kernel_size=(7, 7), stride=(1, 1), padding=(1, 1))): ",
        "padded input size per channel: (6 x 7). Kernel size: (7 x 7). Kernel size can't be greater",
        "axis 0: the kernel spans 1*(7 - 1) + 1 = 7 cells, the input has 1 + 4 + 1 = 6",
    )
    assert proposed("padding", text) == (2, 1)
    assert nn.Conv2d(1, 2, 7, padding=(2, 1))(x).shape == (1, 2, 2, 1)


def test_the_axis_that_does_not_fit_is_the_one_shown() -> None:
    x, w = tc.ones(1, 1, 9, 4), tc.ones(1, 1, 3, 3)
    text = message(RuntimeError, lambda: F.conv2d(x, w, dilation=2, padding=((0, 0), (0, 0))))
    says(text, "conv2d: ", "axis 1: the kernel spans 2*(3 - 1) + 1 = 5 cells, the input has 0 + 4 + 0 = 4")
    assert F.conv2d(x, w, dilation=2, padding=proposed("padding", text)).shape == (1, 1, 5, 2)


@given(
    i=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    k=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    d=st.integers(1, 3),
    p=st.integers(0, 2),
)
def test_the_padding_proposed_always_does(i: tuple, k: tuple, d: int, p: int) -> None:
    assume(any(n + 2 * p < d * (m - 1) + 1 for n, m in zip(i, k)))
    x, w = tc.ones(1, 1, *i), tc.ones(1, 1, *k)
    text = message(RuntimeError, lambda: F.conv2d(x, w, padding=p, dilation=d))
    assert min(F.conv2d(x, w, padding=proposed("padding", text), dilation=d).shape) > 0


def test_window_of_a_pooling_larger_than_the_input() -> None:
    x = tc.ones(1, 1, 4, 6)
    text = message(RuntimeError, lambda: Net(nn.MaxPool2d(5, dilation=1))(x))
    says(
        text,
        "Net.features.0 (MaxPool2d(kernel_size=5, stride=5,",
        "Given input size per channel: (4 x 6). Calculated output size per channel: (0 x 1)",
        "the window spans (5 x 5), the padded input (4 x 6)",
        "Use a smaller kernel_size",
    )
    assert nn.MaxPool2d(4)(x).shape == (1, 1, 1, 1)


# --- channels -----------------------------------------------------------------------------------------


def test_channels_that_do_not_fit() -> None:
    x = tc.ones(1, 6, 5, 5)
    text = message(RuntimeError, lambda: Net(nn.Conv2d(4, 2, 3, groups=2))(x))
    says(
        text,
        "Net.features.0 (Conv2d(4, 2, kernel_size=(3, 3), stride=(1, 1), groups=2)): ",
        "Given groups=2, weight of size [2, 2, 3, 3], expected input[1, 6, 5, 5] to have 4 channels, but got 6",
        "2 channels per group * 2 groups = 4",
    )
    assert nn.Conv2d(proposed("in_channels", text), 2, 3, groups=2)(x).shape == (1, 2, 3, 3)


@pytest.mark.parametrize("shape", [(8, 9, 3), (2, 8, 9, 3)])
def test_an_image_with_its_channels_last_is_told_to_permute(shape: tuple) -> None:
    x, conv = tc.ones(*shape), nn.Conv2d(3, 2, 3)
    text = message(RuntimeError, lambda: conv(x))
    says(text, "to have 3 channels, but got 8 channels", "(H, W, C)", "(N, H, W, C)")
    first, second = re.findall(r"x\.permute\(([\d, ]+)\)", text)
    order = ast.literal_eval(first if len(shape) == 3 else second)
    assert conv(x.permute(*order)).shape[-3:] == (2, 6, 7)


def test_channels_of_a_transposed_convolution() -> None:
    x = tc.ones(1, 3, 4)
    text = message(RuntimeError, lambda: nn.ConvTranspose1d(2, 4, 3)(x))
    says(text, "ConvTranspose1d(2, 4, kernel_size=(3,), stride=(1,)): ", "[2, 4, 3]", "[1, 3, 4]")
    assert nn.ConvTranspose1d(proposed("in_channels", text), 4, 3)(x).shape == (1, 4, 6)


def test_input_of_another_number_of_dimensions() -> None:
    text = message(RuntimeError, lambda: Net(nn.Conv2d(1, 1, 3))(tc.ones(5, 5)))
    says(
        text, "Net.features.0 (Conv2d", "Expected 3D (unbatched) or 4D (batched) input to conv2d", "[5, 5]", "unsqueeze"
    )
    assert Net(nn.Conv2d(1, 1, 3))(tc.ones(5, 5).unsqueeze(0)).shape == (1, 3, 3)
    says(message(RuntimeError, lambda: F.max_pool1d(tc.ones(4), 2)), "max_pool1d: Expected 2D", "[4]")


@pytest.mark.parametrize("channels", [(6, 4, 4), (4, 6, 4), (9, 6, 2)])
@pytest.mark.parametrize("layer", [nn.Conv2d, nn.ConvTranspose2d])
def test_groups_that_do_not_divide(layer: type, channels: tuple[int, int, int]) -> None:
    c_in, c_out, groups = channels
    text = message(ValueError, lambda: layer(c_in, c_out, 3, groups=groups))
    name, bad = ("in_channels", c_in) if c_in % groups else ("out_channels", c_out)
    says(
        text,
        f"{layer.__name__}: {name} must be divisible by groups, got {name}={bad} and groups={groups}",
        f"({bad} = {bad // groups}*{groups} + {bad % groups})",
    )
    fits = proposed("groups in", text)
    assert fits
    for g in fits:
        assert layer(c_in, c_out, 3, groups=g)(tc.ones(1, c_in, 4, 4)).shape[1] == c_out


def test_groups_that_do_not_divide_what_a_lazy_layer_meets() -> None:
    text = message(ValueError, lambda: Net(nn.Conv2d(None, 4, 3, groups=4))(tc.ones(1, 6, 5, 5)))
    says(text, "Net.features.0 (Conv2d(None, 4,", "in_channels=6 and groups=4 (6 = 1*4 + 2)")
    assert proposed("groups in", text) == [1, 2]


def test_groups_of_the_function() -> None:
    """As in PyTorch: a layer's argument is a ValueError, arrays that do not fit are a RuntimeError."""
    x, w = tc.ones(1, 4, 5, 5), tc.ones(3, 2, 2, 2)
    text = message(RuntimeError, lambda: F.conv2d(x, w, groups=2))
    says(text, "conv2d: out_channels must be divisible by groups, got out_channels=3 and groups=2 (3 = 1*2 + 1)")


def test_bias_and_weight_of_the_wrong_shape_or_kind() -> None:
    x, w = tc.ones(1, 1, 4, 4), tc.ones(2, 1, 2, 2)
    text = message(RuntimeError, lambda: F.conv2d(x, w, tc.ones(3)))
    says(text, "conv2d: ", "weight of size [2, 1, 2, 2]", "1-dimensional with 2 elements", "size [3]")
    says(message(RuntimeError, lambda: F.conv2d(x, w[0])), "conv2d: weight must have 4 dimensions", "[1, 2, 2]")
    text = message(TypeError, lambda: F.conv2d(x, w.numpy()))
    says(text, "conv2d: argument 'weight' must be a Tensor, not ndarray", "tinyconv.tensor(weight)")


# --- sizes of windows ---------------------------------------------------------------------------------


def test_output_padding_too_large() -> None:
    x = tc.ones(1, 1, 4, 4)
    build = lambda p: nn.ConvTranspose2d(1, 1, 3, stride=(2, 3), output_padding=p)  # noqa: E731
    text = message(RuntimeError, lambda: Net(build((1, 3)))(x))
    says(
        text,
        "Net.features.0 (ConvTranspose2d(1, 1,",
        "output padding must be smaller than either stride or dilation",
        "output_padding=(1, 3), stride=(2, 3), dilation=(1, 1): 3 >= max(3, 1) = 3",
    )
    assert proposed("Use output_padding", text) == (1, 2)
    assert build((1, 2))(x).shape == (1, 1, 10, 14)


def test_output_size_that_cannot_be_reached() -> None:
    up, x = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1), tc.ones(1, 1, 4, 5)
    text = message(ValueError, lambda: up(x, output_size=(9, 9)))
    says(text, "ConvTranspose2d(1, 1,", "output size of (9, 9)", "for an input of (4 x 5)")
    smallest, largest = map(ast.literal_eval, re.search(r"from (\(.*?\)) to (\(.*?\))", text).groups())
    for size in (smallest, largest):
        assert up(x, output_size=size).shape[2:] == size


def test_transposed_output_that_padding_cuts_away() -> None:
    x, w = tc.ones(1, 1, 4, 9), tc.ones(1, 1, 3, 3)
    text = message(RuntimeError, lambda: F.conv_transpose2d(x, w, padding=(4, 1)))
    says(
        text,
        "conv_transpose2d: Given input size per channel: (4 x 9). Calculated output size per channel: (-2 x 9)",
        "axis 0: ",
        "(4 - 1)*1 - 4 - 4 + 1*(3 - 1) + 0 + 1 = -2",
    )
    assert min(F.conv_transpose2d(x, w, padding=proposed("Use padding", text)).shape) > 0


def test_pooling_padding_too_large() -> None:
    x = tc.ones(1, 1, 6, 6)
    text = message(RuntimeError, lambda: Net(nn.MaxPool2d((3, 2), padding=2))(x))
    says(
        text,
        "Net.features.0 (MaxPool2d(kernel_size=(3, 2),",
        "pad should be at most half of effective kernel size, but got padding=(2, 2), kernel_size=(3, 2)",
    )
    assert nn.MaxPool2d((3, 2), padding=proposed("Use padding", text))(x).shape == (1, 1, 2, 4)


def test_two_rules_for_the_last_window() -> None:
    x = tc.ones(1, 1, 5, 5)
    text = message(ValueError, lambda: Net(nn.MaxPool2d(2, ceil_mode=True, cover_all=True))(x))
    says(text, "Net.features.0 (MaxPool2d(", "ceil_mode (PyTorch) and cover_all (Chainer)", "choose one")
    assert nn.MaxPool2d(2, ceil_mode=True)(x).shape == nn.MaxPool2d(2, cover_all=True)(x).shape == (1, 1, 3, 3)


def test_same_padding_with_a_stride() -> None:
    text = message(ValueError, lambda: nn.Conv2d(1, 1, (3, 5), stride=2, padding="same"))
    says(text, "Conv2d: padding='same' is not supported for strided convolutions (stride=(2, 2))", "ceil(i / s)")
    padding = proposed("padding", text)
    assert nn.Conv2d(1, 1, (3, 5), stride=2, padding=padding)(tc.ones(1, 1, 7, 6)).shape == (1, 1, 4, 3)
    assert nn.Conv2d(1, 1, (3, 5), stride=1, padding="same")(tc.ones(1, 1, 7, 6)).shape == (1, 1, 7, 6)
    says(message(ValueError, lambda: F.conv1d(tc.ones(1, 1, 4), tc.ones(1, 1, 2), None, 2, "same")), "conv1d: ")


@pytest.mark.parametrize("mode", ["reflect", "circular"])
def test_padding_larger_than_its_mode_can_fill(mode: str) -> None:
    x = tc.ones(1, 1, 3, 8)
    text = message(RuntimeError, lambda: Net(nn.Conv2d(1, 1, 3, padding=4, padding_mode=mode))(x))
    says(text, "Net.features.0 (Conv2d(1, 1,", "padding=((4, 4), (4, 4))", "(3 x 8)", f"padding_mode='{mode}'")
    most = proposed("at most", text)
    assert most == ((2, 7) if mode == "reflect" else (3, 8))
    assert min(nn.Conv2d(1, 1, 3, padding=most, padding_mode=mode)(x).shape) > 0


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda: nn.Conv2d(1, 1, (2, 3, 4)), ValueError, "Conv2d: kernel_size=(2, 3, 4) has 3 entries for 2"),
        (lambda: nn.Conv2d(1, 1, 3, padding=((1, 1),) * 3), ValueError, "Conv2d: padding=((1, 1), (1, 1), (1, 1)) "),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), ValueError, "Conv2d: stride=0 must be at least 1"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), ValueError, "Conv2d: padding=-1 must be at least 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), ValueError, "Conv2d: padding='full' must be 'same', 'valid' or"),
        (lambda: nn.Conv2d(1, 1, 2.5), TypeError, "Conv2d: kernel_size must be an int or 2 ints, got 2.5"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), ValueError, "Conv2d: padding_mode must be one of ('zer"),
        (lambda: nn.Conv2d(1, 0, 3), ValueError, "Conv2d: out_channels must be a positive integer, got 0"),
        (lambda: nn.ConvTranspose1d(1, 1, 3, padding="same"), ValueError, "ConvTranspose1d: padding must be numbers"),
        (lambda: nn.ConvTranspose1d(1, 1, 3, output_padding=-1), ValueError, "ConvTranspose1d: output_padding=-1 must"),
        (lambda: nn.Linear(2, 0), ValueError, "Linear: out_features must be a positive integer, got 0"),
        (lambda: nn.MaxPool2d(0)(tc.ones(1, 1, 2, 2)), ValueError, "kernel_size=0 must be at least 1"),
        (lambda: F.avg_pool1d(tc.ones(1, 1, 4), (2, 2)), ValueError, "avg_pool1d: kernel_size=(2, 2) has 2 entries"),
        (lambda: F.avg_pool2d(tc.ones(1, 1, 4, 4), 2, divisor_override=0), RuntimeError, "divisor must be not zero"),
    ],
)  # fmt: skip
def test_arguments_out_of_range(build: Callable, error: type, text: str) -> None:
    says(message(error, build), text)


# --- dtypes and devices -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [tc.uint8, tc.int64, tc.bool])
@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.Conv2d(1, 1, 3), "conv2d"),
        (nn.ConvTranspose2d(1, 1, 3), "conv_transpose2d"),
        (nn.MaxPool2d(2), "max_pool2d"),
        (nn.AvgPool2d(2), "avg_pool2d"),
        (nn.Linear(4, 2), "linear"),
    ],
)
def test_input_that_is_not_of_floats(layer: nn.Module, name: str, dtype: np.dtype) -> None:
    image = tc.ones(1, 1, 4, 4).to(dtype)
    text = message(RuntimeError, lambda: Net(layer)(image))
    says(text, f"Net.features.0 ({layer}): ", f'"{name}" not implemented for {dtype} input of shape (1, 1, 4, 4)')
    says(text, "Use x.float()")
    assert Net(layer)(image.float()).dtype == tc.float32


@pytest.mark.parametrize(
    ("layer", "weight"),
    [
        (lambda: nn.Conv2d(2, 3, 3), "(3, 2, 3, 3)"),
        (lambda: nn.ConvTranspose2d(2, 3, 3), "(2, 3, 3, 3)"),
        (lambda: nn.Linear(4, 3), "(3, 4)"),
    ],
)
def test_a_model_on_another_device_than_its_input(layer: Callable, weight: str) -> None:
    model, x = Net(layer()), tc.ones(1, 2, 4, 4).to("strict")
    text = message(RuntimeError, lambda: model(x))
    says(
        text,
        f"Net.features.0 ({model.features[0]}): Expected all tensors to be on the same device",
        f"strict:0 (shape (1, 2, 4, 4)), cpu (shape {weight})",
    )
    move, move_model = re.search(r"x\.to\('(.*?)'\), or the model: model\.to\('(.*?)'\)", text).groups()
    assert model(x.to(move)).device.type == "cpu"
    assert model.to(move_model)(x).device.type == "strict"


def test_tensors_of_two_devices_do_not_mix() -> None:
    a, b = tc.ones(2), tc.ones(2).to("strict")
    text = message(RuntimeError, lambda: a + b)
    says(text, "Add: Expected all tensors to be on the same device, but found cpu (shape (2,)), strict:0 (shape (2,))")
    move = re.search(r"x\.to\('(.*?)'\)", text).group(1)
    assert (a.to(move) + b).device == b.device
    loss, x = nn.CrossEntropyLoss(), tc.ones(2, 3).to("strict")
    says(message(RuntimeError, lambda: loss(x, tc.tensor([1, 2]))), "CrossEntropyLoss(", "strict:0", "cpu (shape (2,))")


# --- targets and backward -----------------------------------------------------------------------------


def test_labels_out_of_range() -> None:
    scores, labels = tc.zeros(3, 10), tc.tensor([1, 10, 3])
    text = message(IndexError, lambda: nn.CrossEntropyLoss()(scores, labels))
    says(
        text,
        "CrossEntropyLoss(): Target 10 is out of bounds: with 10 classes",
        "must lie in [0, 9], or be ignore_index=-100",
        "target - 1",
    )
    assert nn.CrossEntropyLoss()(scores, labels - 1).item() == pytest.approx(np.log(10))
    says(message(IndexError, lambda: F.nll_loss(scores, labels)), "nll_loss: Target 10 is out of bounds")


def test_targets_of_the_wrong_shape_or_type() -> None:
    loss, scores = nn.CrossEntropyLoss(), tc.zeros(3, 4)
    text = message(ValueError, lambda: loss(scores, tc.tensor([1, 2])))
    says(text, "CrossEntropyLoss(): Expected input batch_size (3) to match target batch_size (2)", "(3, 4)", "(3,)")
    text = message(RuntimeError, lambda: loss(scores, tc.tensor([1.0, 2.0, 3.0])))
    says(text, "expected target of dtype int64 for class indices, got float32", "Use target.long()")
    assert loss(scores, tc.tensor([1.0, 2.0, 3.0]).long()).shape == ()


def test_backward_on_what_is_no_scalar() -> None:
    x = tc.ones(2, 3, requires_grad=True)
    y = x * 2
    text = message(RuntimeError, y.backward)
    says(text, "backward: grad can be implicitly created only for scalar outputs", "shape (2, 3)")
    says(text, "y.sum().backward()", "gradient=")
    y.sum().backward()
    (x * 2).backward(gradient=tc.ones(2, 3))
    assert (x.grad.array == 4).all()


def test_backward_on_what_has_no_graph() -> None:
    text = message(RuntimeError, (tc.ones(3) * 2).sum().backward)
    says(text, "does not require grad and does not have a grad_fn", "requires_grad=True")


# --- sizes inside a model -----------------------------------------------------------------------------


def test_linear_of_the_wrong_size_inside_a_model() -> None:
    x = tc.ones(2, 1, 28, 28)
    body = lambda last: Net(nn.Conv2d(1, 8, 3), nn.MaxPool2d(2), nn.Flatten(), last)  # noqa: E731
    text = message(RuntimeError, lambda: body(nn.Linear(1568, 10))(x))
    says(
        text,
        "Net.features.3 (Linear(in_features=1568, out_features=10, bias=True)): ",
        "mat1 and mat2 shapes cannot be multiplied (2x1352 and 1568x10)",
        "the input (2, 1352) has 1352 features, the layer expects in_features=1568",
    )
    for arguments in re.findall(r"Linear\((\w+, \d+)\)", text):
        assert body(nn.Linear(*ast.literal_eval(f"({arguments})")))(x).shape == (2, 10)
    assert len(re.findall(r"Linear\(\w+, \d+\)", text)) == 2


def test_the_path_goes_through_every_container() -> None:
    class Deep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList([nn.Identity(), Net(nn.ReLU(), nn.Conv1d(2, 2, 3))])
            self.heads = nn.ModuleDict({"a": nn.Linear(3, 1)})

        def forward(self, x: tc.Tensor) -> tc.Tensor:
            for block in self.blocks:
                x = block(x)
            return self.heads["a"](x)

    says(message(RuntimeError, lambda: Deep()(tc.ones(1, 3, 5))), "Deep.blocks.1.features.1 (Conv1d(2, 2,")
    says(message(RuntimeError, lambda: Deep()(tc.ones(1, 2, 9))), "Deep.heads.a (Linear(in_features=3,")
    says(message(RuntimeError, lambda: nn.Conv1d(2, 2, 3)(tc.ones(1, 3, 5))), "Conv1d(2, 2, kernel_size=(3,)")
    assert Deep()(tc.ones(1, 2, 5)).shape == (1, 2, 1)


def test_lazy_layers_before_their_first_call() -> None:
    model, x = Net(nn.Conv2d(None, 2, 3), nn.Flatten(), nn.Linear(None, 4)), tc.ones(1, 3, 5, 5)
    weight = model.features[0].weight
    says(message(RuntimeError, lambda: weight.shape), "lazy layer", "call the model once on an input")
    text = message(RuntimeError, model.state_dict)
    says(text, "Net.state_dict(): 'features.0.weight' belongs to a lazy layer", "model(x)")
    model(x)
    assert weight.shape == (2, 3, 3, 3)
    assert model.state_dict()["features.2.weight"].shape == (4, 18)


def test_lazy_layer_on_an_input_without_channels() -> None:
    model = Net(nn.Conv2d(None, 2, 3))
    text = message(RuntimeError, lambda: model(tc.ones(5, 5)))
    says(
        text, "Net.features.0 (Conv2d(None, 2,", "cannot read in_channels off an input of shape (5, 5)", "4 dimensions"
    )
    assert model(tc.ones(1, 5, 5)).shape == (2, 3, 3)


def test_loading_what_does_not_fit_lists_everything() -> None:
    model = Net(nn.Conv2d(1, 2, 3), nn.Linear(4, 2))
    state = model.state_dict()
    del state["features.0.bias"], state["features.1.weight"]
    state["features.0.weight"], state["extra"] = tc.ones(2, 1, 5, 5), tc.ones(1)
    text = message(RuntimeError, lambda: model.load_state_dict(state))
    says(
        text,
        "Error(s) in loading state_dict for Net:",
        'Missing key(s) in state_dict: "features.0.bias", "features.1.weight".',
        'Unexpected key(s) in state_dict: "extra".',
        "size mismatch for features.0.weight: copying a param with shape (2, 1, 5, 5) from checkpoint",
        "the shape in current model is (2, 1, 3, 3)",
    )
    del state["features.0.weight"]
    result = model.load_state_dict(state, strict=False)
    assert "features.0.weight" in result.missing_keys
    assert result.unexpected_keys == ["extra"]


# --- pooling back, and deformable convolution ---------------------------------------------------------


def test_unpool_with_the_wrong_indices_or_size() -> None:
    pool, unpool = nn.MaxPool2d(2, return_indices=True), Net(nn.MaxUnpool2d(2)).features[0]
    y, indices = pool(tc.ones(1, 1, 6, 6))
    text = message(RuntimeError, lambda: unpool(y, indices[:, :, :2]))
    says(text, "MaxUnpool2d(", "integers of the input's shape (1, 1, 3, 3)", "(1, 1, 2, 3)", "return_indices=True")
    text = message(ValueError, lambda: unpool(y, indices, output_size=(9, 9)))
    says(text, "MaxUnpool2d(", "invalid output_size (9, 9)", "(i - 1)*stride - 2*padding + kernel_size = (6, 6)")
    assert unpool(y, indices, output_size=(7, 7)).shape == (1, 1, 7, 7)


def test_offsets_of_the_wrong_shape() -> None:
    layer = nn.DeformConv2d(4, 2, 3)
    text = message(RuntimeError, lambda: layer(tc.ones(1, 4, 5, 5), tc.zeros(1, 18, 5, 5)))
    says(
        text,
        "DeformConv2d(4, 2,",
        "(N, 2*offset_groups*kH*kW, H_out, W_out) = (1, 18*offset_groups, 3, 3)",
        "(1, 18, 5, 5)",
    )
    assert layer(tc.ones(1, 4, 5, 5), tc.zeros(1, 18, 3, 3)).shape == (1, 2, 3, 3)


# --- what is no Tensor --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MSELoss(), nn.L1Loss(), nn.HuberLoss(), nn.BCELoss(),
             nn.BCEWithLogitsLoss()],
)  # fmt: skip
@pytest.mark.parametrize("target", [np.array([0, 1]), [0, 1], 0.0])
def test_a_loss_of_what_is_no_tensor(loss: nn.Module, target: Any) -> None:
    text = message(TypeError, lambda: loss(tc.ones(2, 3), target))
    says(text, f"{type(loss).__name__}(", "'target' must be a Tensor", type(target).__name__)


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 2, 1), nn.ConvTranspose2d(3, 2, 1), nn.MaxPool2d(2), nn.Linear(3, 2)])
def test_a_layer_called_on_an_array(layer: nn.Module) -> None:
    text = message(TypeError, lambda: layer(np.ones((1, 3, 4, 3), np.float32)))
    says(text, f"{type(layer).__name__}(", "'input' must be a Tensor", "ndarray", "tinyconv.tensor(input)")


def test_a_float_is_no_condition() -> None:
    x = tc.ones(2)
    says(message(RuntimeError, lambda: tc.where(x, x, x)), "boolean", "float32", "(2,)", "where(x > 0, ...)")


@pytest.mark.parametrize("call", [lambda x: x.split(1), lambda x: x.chunk(2)])
def test_a_scalar_cannot_be_cut(call: Callable) -> None:
    says(message(RuntimeError, lambda: call(tc.tensor(1.0))), "at least a 1-dimensional tensor", "unsqueeze(0)")


def test_a_place_that_a_sequential_has_not() -> None:
    text = message(IndexError, lambda: nn.Sequential(nn.ReLU())[3])
    says(text, "index 3 is out of range", "Sequential holds 1 modules")


def test_an_optimizer_given_a_model_or_a_foreign_state() -> None:
    layer = nn.Linear(2, 2)
    text = message(TypeError, lambda: tc.optim.SGD(layer, lr=0.1))
    says(text, "is a Linear", "SGD(model.parameters(), ...)")
    text = message(ValueError, lambda: tc.optim.SGD(layer.parameters(), lr=0.1).load_state_dict(layer.state_dict()))
    says(text, "'state' and 'param_groups'", "['weight', 'bias']", "SGD.state_dict()")


def test_saving_into_a_folder_that_is_not_there(tmp_path: Any) -> None:
    text = message(FileNotFoundError, lambda: tc.save({}, tmp_path / "nowhere" / "a.npz"))
    says(text, "cannot write", "the folder", "does not exist")

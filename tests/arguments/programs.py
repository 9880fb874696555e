"""Calls of functions and layers with one argument replaced by something that it is not, for tinyconv and PyTorch alike.

``t`` is the library, ``F`` its functional, ``nn`` its layers.  A call is right as it stands here.
"""

from __future__ import annotations

from collections.abc import Iterator

IMAGE, ROW, MATRIX, VECTOR = "t.ones(1, 2, 5, 6)", "t.ones(1, 2, 6)", "t.ones(2, 3)", "t.ones(3)"

FUNCTIONS = {
    # windows
    "F.conv1d": {
        "input": ROW,
        "weight": "t.ones(4, 2, 3)",
        "bias": "t.ones(4)",
        "stride": "1",
        "padding": "0",
        "dilation": "1",
        "groups": "1",
    },
    "F.conv2d": {
        "input": IMAGE,
        "weight": "t.ones(4, 2, 3, 3)",
        "bias": "t.ones(4)",
        "stride": "1",
        "padding": "0",
        "dilation": "1",
        "groups": "1",
    },
    "F.conv_transpose2d": {
        "input": IMAGE,
        "weight": "t.ones(2, 4, 3, 3)",
        "bias": "t.ones(4)",
        "stride": "2",
        "padding": "0",
        "output_padding": "1",
        "groups": "1",
        "dilation": "1",
    },
    "F.max_pool2d": {
        "input": IMAGE,
        "kernel_size": "2",
        "stride": "2",
        "padding": "0",
        "dilation": "1",
        "ceil_mode": "False",
        "return_indices": "False",
    },
    "F.avg_pool2d": {
        "input": IMAGE,
        "kernel_size": "2",
        "stride": "2",
        "padding": "0",
        "ceil_mode": "False",
        "count_include_pad": "True",
        "divisor_override": "None",
    },
    "F.adaptive_avg_pool2d": {"input": IMAGE, "output_size": "2"},
    "F.adaptive_max_pool2d": {"input": IMAGE, "output_size": "2", "return_indices": "False"},
    "F.unfold": {"input": IMAGE, "kernel_size": "2", "dilation": "1", "padding": "0", "stride": "1"},
    "F.pad": {"input": IMAGE, "pad": "(1, 1)", "mode": "'constant'", "value": "0.0"},
    "F.interpolate": {"input": IMAGE, "size": "(4, 4)", "mode": "'nearest'"},
    # layers as functions
    "F.linear": {"input": MATRIX, "weight": "t.ones(4, 3)", "bias": "t.ones(4)"},
    "F.batch_norm": {
        "input": MATRIX,
        "running_mean": "t.zeros(3)",
        "running_var": "t.ones(3)",
        "weight": "t.ones(3)",
        "bias": "t.ones(3)",
        "training": "True",
        "momentum": "0.1",
        "eps": "1e-5",
    },
    "F.layer_norm": {
        "input": MATRIX,
        "normalized_shape": "(3,)",
        "weight": "t.ones(3)",
        "bias": "t.ones(3)",
        "eps": "1e-5",
    },
    "F.group_norm": {"input": IMAGE, "num_groups": "2", "weight": "t.ones(2)", "bias": "t.ones(2)", "eps": "1e-5"},
    "F.instance_norm": {"input": IMAGE, "weight": "t.ones(2)", "bias": "t.ones(2)", "eps": "1e-5", "momentum": "0.1"},
    "F.dropout": {"input": MATRIX, "p": "0.5", "training": "True", "inplace": "False"},
    "F.one_hot": {"num_classes": "4"},
    # activations
    "F.relu": {"input": MATRIX, "inplace": "False"},
    "F.elu": {"input": MATRIX, "alpha": "1.0", "inplace": "False"},
    "F.leaky_relu": {"input": MATRIX, "negative_slope": "0.1", "inplace": "False"},
    "F.softplus": {"input": MATRIX, "beta": "1.0", "threshold": "20.0"},
    "F.gelu": {"input": MATRIX, "approximate": "'none'"},
    "F.silu": {"input": MATRIX, "inplace": "False"},
    "F.prelu": {"input": MATRIX, "weight": "t.ones(1)"},
    "F.softmax": {"input": MATRIX, "dim": "1", "dtype": "None"},
    "F.log_softmax": {"input": MATRIX, "dim": "1", "dtype": "None"},
    # losses
    "F.cross_entropy": {
        "input": MATRIX,
        "target": "t.tensor([0, 2])",
        "weight": "t.ones(3)",
        "ignore_index": "-100",
        "reduction": "'mean'",
        "label_smoothing": "0.0",
    },
    "F.nll_loss": {
        "input": MATRIX,
        "target": "t.tensor([0, 2])",
        "weight": "t.ones(3)",
        "ignore_index": "-100",
        "reduction": "'mean'",
    },
    "F.mse_loss": {"input": MATRIX, "target": "t.zeros(2, 3)", "reduction": "'mean'"},
    "F.l1_loss": {"input": MATRIX, "target": "t.zeros(2, 3)", "reduction": "'mean'"},
    "F.smooth_l1_loss": {"input": MATRIX, "target": "t.zeros(2, 3)", "reduction": "'mean'", "beta": "1.0"},
    "F.huber_loss": {"input": MATRIX, "target": "t.zeros(2, 3)", "reduction": "'mean'", "delta": "1.0"},
    "F.binary_cross_entropy": {
        "input": MATRIX,
        "target": "t.zeros(2, 3)",
        "weight": "t.ones(2, 3)",
        "reduction": "'mean'",
    },
    "F.binary_cross_entropy_with_logits": {
        "input": MATRIX,
        "target": "t.zeros(2, 3)",
        "weight": "t.ones(2, 3)",
        "reduction": "'mean'",
        "pos_weight": "t.ones(3)",
    },
    # reductions
    **{
        f"t.{name}": {"input": MATRIX, "dim": "1", "keepdim": "False"}
        for name in ("sum", "mean", "prod", "amax", "amin", "max", "min", "argmax", "argmin", "all", "any", "logsumexp")
    },
    "t.var": {"input": MATRIX, "dim": "1", "keepdim": "False", "correction": "1"},
    "t.std": {"input": MATRIX, "dim": "1", "keepdim": "False", "correction": "1"},
    "t.norm": {"input": MATRIX, "p": "2", "dim": "1", "keepdim": "False"},
    # shapes
    "t.reshape": {"input": MATRIX, "shape": "(3, 2)"},
    "t.flatten": {"input": MATRIX, "start_dim": "0", "end_dim": "-1"},
    "t.unflatten": {"input": "t.ones(2, 6)", "dim": "1", "sizes": "(2, 3)"},
    "t.squeeze": {"input": "t.ones(2, 1)", "dim": "1"},
    "t.unsqueeze": {"input": MATRIX, "dim": "1"},
    "t.permute": {"input": MATRIX, "dims": "(1, 0)"},
    "t.transpose": {"input": MATRIX, "dim0": "0", "dim1": "1"},
    "t.t": {"input": MATRIX},
    "t.flip": {"input": MATRIX, "dims": "(0,)"},
    "t.chunk": {"input": MATRIX, "chunks": "2", "dim": "0"},
    "t.split": {"tensor": MATRIX, "split_size_or_sections": "1", "dim": "0"},
    "t.cat": {"tensors": "[t.ones(2, 3), t.ones(1, 3)]", "dim": "0"},
    "t.stack": {"tensors": "[t.ones(2), t.ones(2)]", "dim": "0"},
    "t.take_along_dim": {"input": MATRIX, "indices": "t.tensor([[0], [1]])", "dim": "1"},
    # element by element
    **{
        f"t.{name}": {"input": VECTOR} for name in ("exp", "log", "sqrt", "sin", "tanh", "sigmoid", "erf", "abs", "neg")
    },
    **{
        f"t.{name}": {"input": VECTOR, "other": "t.ones(3)"}
        for name in ("add", "sub", "mul", "div", "maximum", "eq", "lt", "remainder", "floor_divide", "matmul")
    },
    "t.pow": {"input": VECTOR, "exponent": "2"},
    "t.clamp": {"input": VECTOR, "min": "0", "max": "1"},
    "t.where": {"condition": "t.ones(3) > 0", "input": VECTOR, "other": VECTOR},
    "t.masked_fill": {"input": VECTOR, "mask": "t.ones(3) > 0", "value": "2.0"},
    # from nothing
    "t.zeros": {"size": "(2, 3)", "dtype": "None", "requires_grad": "False"},
    "t.full": {"size": "(2, 3)", "fill_value": "1.0", "dtype": "None", "requires_grad": "False"},
    "t.zeros_like": {"input": MATRIX, "dtype": "None", "requires_grad": "False"},
    "t.arange": {"start": "0", "end": "3", "step": "1", "dtype": "None"},
    "t.linspace": {"start": "0", "end": "1", "steps": "3", "dtype": "None"},
    "t.eye": {"n": "2", "m": "3"},
    "t.randint": {"low": "0", "high": "5", "size": "(2,)"},
    "t.randperm": {"n": "3"},
}

LAYERS = {  # the arguments of the constructor, and what the layer is called with
    "nn.Conv2d": (
        {
            "in_channels": "2",
            "out_channels": "4",
            "kernel_size": "3",
            "stride": "1",
            "padding": "0",
            "dilation": "1",
            "groups": "1",
            "bias": "True",
            "padding_mode": "'zeros'",
        },
        IMAGE,
    ),
    "nn.ConvTranspose2d": (
        {
            "in_channels": "2",
            "out_channels": "4",
            "kernel_size": "3",
            "stride": "2",
            "padding": "0",
            "output_padding": "1",
            "groups": "1",
            "bias": "True",
            "dilation": "1",
        },
        IMAGE,
    ),
    "nn.MaxPool2d": (
        {
            "kernel_size": "2",
            "stride": "2",
            "padding": "0",
            "dilation": "1",
            "return_indices": "False",
            "ceil_mode": "False",
        },
        IMAGE,
    ),
    "nn.AvgPool2d": (
        {"kernel_size": "2", "stride": "2", "padding": "0", "ceil_mode": "False", "count_include_pad": "True"},
        IMAGE,
    ),
    "nn.AdaptiveAvgPool2d": ({"output_size": "2"}, IMAGE),
    "nn.Linear": ({"in_features": "3", "out_features": "4", "bias": "True"}, MATRIX),
    "nn.Flatten": ({"start_dim": "1", "end_dim": "-1"}, IMAGE),
    "nn.BatchNorm1d": (
        {"num_features": "3", "eps": "1e-5", "momentum": "0.1", "affine": "True", "track_running_stats": "True"},
        MATRIX,
    ),
    "nn.BatchNorm2d": (
        {"num_features": "2", "eps": "1e-5", "momentum": "0.1", "affine": "True", "track_running_stats": "True"},
        IMAGE,
    ),
    "nn.LayerNorm": ({"normalized_shape": "3", "eps": "1e-5", "elementwise_affine": "True", "bias": "True"}, MATRIX),
    "nn.GroupNorm": ({"num_groups": "2", "num_channels": "2", "eps": "1e-5", "affine": "True"}, IMAGE),
    "nn.InstanceNorm2d": ({"num_features": "2", "eps": "1e-5", "momentum": "0.1", "affine": "False"}, IMAGE),
    "nn.Dropout": ({"p": "0.5", "inplace": "False"}, MATRIX),
    "nn.Dropout2d": ({"p": "0.5", "inplace": "False"}, IMAGE),
    "nn.ReLU": ({"inplace": "False"}, MATRIX),
    "nn.LeakyReLU": ({"negative_slope": "0.1", "inplace": "False"}, MATRIX),
    "nn.ELU": ({"alpha": "1.0", "inplace": "False"}, MATRIX),
    "nn.PReLU": ({"num_parameters": "1", "init": "0.25"}, MATRIX),
    "nn.Softmax": ({"dim": "1"}, MATRIX),
    "nn.Softplus": ({"beta": "1.0", "threshold": "20.0"}, MATRIX),
    "nn.Upsample": ({"size": "(4, 4)", "mode": "'nearest'"}, IMAGE),
    "nn.CrossEntropyLoss": (
        {"weight": "t.ones(3)", "ignore_index": "-100", "reduction": "'mean'", "label_smoothing": "0.0"},
        f"{MATRIX}, t.tensor([0, 2])",
    ),
    "nn.NLLLoss": (
        {"weight": "t.ones(3)", "ignore_index": "-100", "reduction": "'mean'"},
        f"{MATRIX}, t.tensor([0, 2])",
    ),
    "nn.MSELoss": ({"reduction": "'mean'"}, f"{MATRIX}, t.zeros(2, 3)"),
    "nn.BCEWithLogitsLoss": ({"reduction": "'mean'", "pos_weight": "t.ones(3)"}, f"{MATRIX}, t.zeros(2, 3)"),
}

WRONG = [
    "None",
    "'abc'",
    "b'ab'",
    "2.5",
    "-1",
    "0",
    "True",
    "[]",
    "{}",
    "object()",
    "float('nan')",
    "2**100",
    "[1.5]",
    "['a']",
    "np.ones(3)",
    "(1, 2, 3, 4, 5, 6, 7)",
    "1j",
    "[[1.0, 2.0]]",
    "t.ones",
    "nn.ReLU",
    "t.ones(2, 2) > 0",
]


def programs() -> Iterator[tuple[str, str, str]]:
    """All calls with one wrong argument: what is called, the argument, and the call as an expression."""
    for name, arguments in FUNCTIONS.items():
        fixed = "t.tensor([0, 3]), " if name == "F.one_hot" else ""
        for key, changed in _changed(arguments):
            yield name, key, f"{name}({fixed}{changed})"
    for name, (arguments, inputs) in LAYERS.items():
        for key, changed in _changed(arguments):
            yield name, key, f"{name}({changed})({inputs})"
        plain = ", ".join(f"{key}={value}" for key, value in arguments.items())
        _, *rest = inputs.split("), ", 1)
        for wrong in WRONG:
            yield name, "input", f"{name}({plain})({', '.join([wrong, *rest])})"


def _changed(arguments: dict[str, str]) -> Iterator[tuple[str, str]]:
    for key in arguments:
        for wrong in WRONG:
            yield key, ", ".join(f"{name}={wrong if name == key else value}" for name, value in arguments.items())

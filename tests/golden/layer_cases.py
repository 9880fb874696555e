"""Normalisation, activations and the linear layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .draw import Case, function, module, values

ACTIVATIONS: list[tuple[str, str, list[Any], dict[str, Any]]] = [
    ("relu", "relu", [], {}),
    ("leaky_relu", "leaky_relu", [], {}),
    ("leaky_relu_slope", "leaky_relu", [0.3], {}),
    ("elu", "elu", [], {}),
    ("elu_alpha", "elu", [], {"alpha": 0.5}),
    ("gelu", "gelu", [], {}),
    ("gelu_tanh", "gelu", [], {"approximate": "tanh"}),
    ("silu", "silu", [], {}),
    ("sigmoid", "sigmoid", [], {}),
    ("tanh", "tanh", [], {}),
    ("softplus", "softplus", [], {}),
    ("softplus_sharp", "softplus", [], {"beta": 2.0, "threshold": 5.0}),
    ("softmax", "softmax", [], {"dim": -1}),
    ("log_softmax", "log_softmax", [], {"dim": -1}),
]


def cases() -> Iterator[Case]:
    """All layer cases."""
    yield from _activations()
    yield from _batch_norm()
    yield from _other_norms()
    for title, x in (("linear", (3, 4)), ("linear_3d", (2, 3, 4)), ("linear_vector", (4,))):
        arrays = {"x": values(title, x), "w": values(title, (2, 4)), "b": values(title, (2,))}
        yield function(title, "linear", arrays, ["$x", "$w", "$b"], grad=["x", "w", "b"])


def _activations() -> Iterator[Case]:
    ends = np.array([[0.0, 1e-3, -1e-3, 5.0, -5.0, 20.0, -20.0], [30.0, -30.0, 100.0, -100.0, 1e3, -1e3, 0.5]])
    for title, call, args, kwargs in ACTIVATIONS:
        for name, x in (("", values(title, (3, 7))), ("_ends", ends)):
            yield function(f"{title}{name}", call, {"x": x.copy()}, ["$x", *args], kwargs, grad=["x"])
        yield function(title, call, {"x": values(title, (3, 7), "float32")}, ["$x", *args], kwargs, grad=["x"])
    for call in ("softmax", "log_softmax"):
        title = f"{call}_channels"
        yield function(title, call, {"x": values(title, (2, 3, 2, 2))}, ["$x"], {"dim": 1}, grad=["x"])
    for title, slopes in (("prelu", (3,)), ("prelu_shared", (1,))):
        arrays = {"x": values(title, (2, 3, 4)), "w": values(title, slopes, low=0, high=1)}
        yield function(title, "prelu", arrays, ["$x", "$w"], grad=["x", "w"])


def _batch_norm() -> Iterator[Case]:
    shapes = {1: [(4, 3), (3, 3, 4)], 2: [(2, 3, 3, 4)], 3: [(2, 2, 2, 3, 2)]}
    options: list[tuple[str, dict[str, Any]]] = [
        ("", {}),
        ("_momentum", {"momentum": 0.3, "eps": 0.01}),
        ("_cumulative", {"momentum": None}),
        ("_no_affine", {"affine": False}),
        ("_no_stats", {"track_running_stats": False}),
    ]
    for n, inputs in shapes.items():
        for shape in inputs:
            for name, kwargs in options if n == 2 else options[:2]:
                for train in (True, False):
                    title = f"BatchNorm{n}d_{len(shape)}{name}_{'train' if train else 'eval'}"
                    state = _norm_state(title, shape[1], kwargs)
                    steps = [values(f"{title} {i}", shape) for i in range(2)]
                    yield module(title, f"BatchNorm{n}d", steps, state, [shape[1]], kwargs, train)
    title = "batch_norm_function"
    c = (3,)
    arrays = {
        "x": values(title, (4, 3, 2)),
        "mean": values(title, c),
        "var": values(f"{title} var", c, low=0.5),
    }
    arrays.update(w=values(f"{title} w", c), b=values(f"{title} b", c))
    args = ["$x", "$mean", "$var", "$w", "$b", True, 0.2, 0.001]
    yield function(title, "batch_norm", arrays, args, grad=["x", "w", "b"], changed=["mean", "var"])


def _norm_state(title: str, channels: int, kwargs: dict[str, Any]) -> dict[str, np.ndarray]:
    c = (channels,)
    state: dict[str, np.ndarray] = {}
    if kwargs.get("affine", True):
        state.update(weight=values(f"{title} w", c), bias=values(f"{title} b", c))
    if kwargs.get("track_running_stats", True):
        state["running_mean"] = values(f"{title} mean", c)
        state["running_var"] = values(f"{title} var", c, low=0.5)
        state["num_batches_tracked"] = np.array(3)
    return state


def _other_norms() -> Iterator[Case]:
    for title, x, shape in (("layer_norm", (3, 5), [5]), ("layer_norm_2d", (2, 3, 2, 4), [2, 4])):
        arrays = {
            "x": values(title, x),
            "w": values(f"{title} w", tuple(shape)),
            "b": values(title, tuple(shape)),
        }
        yield function(title, "layer_norm", arrays, ["$x", shape, "$w", "$b", 1e-4], grad=["x", "w", "b"])
        yield function(f"{title}_plain", "layer_norm", {"x": arrays["x"]}, ["$x", shape], grad=["x"])
    for groups in (1, 2, 4):
        title = f"group_norm_{groups}"
        arrays = {"x": values(title, (2, 4, 3, 2)), "w": values(f"{title} w", (4,)), "b": values(title, (4,))}
        yield function(title, "group_norm", arrays, ["$x", groups, "$w", "$b"], grad=["x", "w", "b"])
    for n, shape in {1: (2, 3, 5), 2: (2, 3, 3, 4), 3: (1, 2, 2, 3, 2)}.items():
        title = f"InstanceNorm{n}d"
        yield module(title, title, [values(title, shape)], {}, [shape[1]])
        kwargs = {"affine": True, "track_running_stats": True}
        state = _norm_state(title, shape[1], kwargs)
        for train in (True, False):
            name = f"{title}_stats_{'train' if train else 'eval'}"
            yield module(name, title, [values(name, shape)], state, [shape[1]], kwargs, train)

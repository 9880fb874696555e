"""Loss functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .draw import Case, function, generator, values

REDUCTIONS = ("mean", "sum", "none")


def cases() -> Iterator[Case]:
    """All loss cases."""
    yield from _class_indices()
    yield from _class_probabilities()
    yield from _regression()
    yield from _binary()


def _class_indices() -> Iterator[Case]:
    options: list[tuple[str, dict[str, Any]]] = [
        ("plain", {}),
        ("weight", {"weight": "$weight"}),
        ("ignore", {"ignore_index": 2}),
        ("weight_ignore", {"weight": "$weight", "ignore_index": 2}),
    ]
    smooth = [
        ("smooth", {"label_smoothing": 0.1}),
        ("smooth_all", {"label_smoothing": 0.3, "weight": "$weight", "ignore_index": 2}),
    ]
    for call, table in (("cross_entropy", options + smooth), ("nll_loss", options)):
        for name, kwargs in table:
            for reduction in REDUCTIONS:
                for shape in ((5, 4), (2, 3, 2, 2)):
                    title = f"{call}_{name}_{reduction}_{len(shape)}d"
                    arrays = _logits(title, shape)
                    yield function(
                        title, call, arrays, ["$x", "$target"], {**kwargs, "reduction": reduction}, grad=["x"]
                    )
    title = "cross_entropy_unbatched"
    arrays = {"x": values(title, (4,)), "target": np.array(2)}
    yield function(title, "cross_entropy", arrays, ["$x", "$target"], grad=["x"])
    title = "cross_entropy_large"
    arrays = {"x": values(title, (5, 4), low=-2000, high=2000), "target": np.arange(5) % 4}
    yield function(title, "cross_entropy", arrays, ["$x", "$target"], {"reduction": "none"}, grad=["x"])
    title = "cross_entropy_float32"
    arrays = {"x": values(title, (6, 10), "float32"), "target": np.arange(6)}
    yield function(title, "cross_entropy", arrays, ["$x", "$target"], grad=["x"])


def _logits(title: str, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    classes = shape[1]
    target = generator(title).integers(0, classes, (shape[0], *shape[2:]))
    target.flat[0], target.flat[1] = 2, 0  # at least one ignored and one not
    return {"x": values(title, shape), "target": target, "weight": values(title, (classes,), low=0.25)}


def _class_probabilities() -> Iterator[Case]:
    for shape in ((5, 4), (2, 3, 2, 2)):
        for name, extra in (("plain", {}), ("all", {"label_smoothing": 0.2, "weight": "$weight"})):
            for reduction in REDUCTIONS:
                title = f"cross_entropy_probabilities_{name}_{reduction}_{len(shape)}d"
                arrays = {
                    "x": values(title, shape),
                    "target": values(f"{title} target", shape, low=0, high=1),  # need not sum to 1
                    "weight": values(title, (shape[1],), low=0.25),
                }
                kwargs = {**extra, "reduction": reduction}
                yield function(title, "cross_entropy", arrays, ["$x", "$target"], kwargs, grad=["x", "target"])


def _regression() -> Iterator[Case]:
    table: list[tuple[str, dict[str, Any]]] = [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.5}),
        ("smooth_l1_loss", {"beta": 0.0}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 0.5}),
    ]
    for call, kwargs in table:
        for reduction in REDUCTIONS:
            title = "_".join([call, *(f"{key}{value}" for key, value in kwargs.items()), reduction])
            x, target = values(title, (3, 5)), values(f"{title} target", (3, 5))
            x[0] = target[0] + [0, 0.5, -0.5, 1, -1]  # the corners of the curves
            arrays = {"x": x, "target": target}
            yield function(
                title,
                call,
                arrays,
                ["$x", "$target"],
                {**kwargs, "reduction": reduction},
                grad=["x", "target"],
            )


def _binary() -> Iterator[Case]:
    for reduction in REDUCTIONS:
        for weighted in (False, True):
            kwargs: dict[str, Any] = {"reduction": reduction}
            title = f"binary_cross_entropy_{reduction}{'_weight' * weighted}"
            arrays = {
                "x": values(title, (4, 3), low=1 / 64, high=63 / 64),
                "target": values(f"{title} target", (4, 3), low=0, high=1),
                "weight": values(f"{title} weight", (4, 3), low=0.25),
            }
            if weighted:
                kwargs["weight"] = "$weight"
            yield function(title, "binary_cross_entropy", arrays, ["$x", "$target"], kwargs, grad=["x"])
    # logarithms are cut off at -100; what the gradient is at exactly 0 and 1 is nobody's business
    for title, x, grad in (
        ("binary_cross_entropy_ends", [0.0, 1.0, 0.0, 1.0], []),
        ("binary_cross_entropy_near_ends", [0.5, 1e-9, 1e-9, 1 - 1e-9], ["x"]),
    ):
        arrays = {"x": np.array(x), "target": np.array([1.0, 0.0, 0.25, 0.5])}
        kwargs = {"reduction": "none"}
        yield function(title, "binary_cross_entropy", arrays, ["$x", "$target"], kwargs, grad=grad)
    yield from _binary_with_logits()


def _binary_with_logits() -> Iterator[Case]:
    call = "binary_cross_entropy_with_logits"
    options: list[tuple[str, dict[str, Any]]] = [
        ("plain", {}),
        ("weight", {"weight": "$weight"}),
        ("pos_weight", {"pos_weight": "$pos_weight"}),
        ("both", {"weight": "$weight", "pos_weight": "$pos_weight"}),
    ]
    for name, kwargs in options:
        for reduction in REDUCTIONS:
            title = f"{call}_{name}_{reduction}"
            arrays = {
                "x": values(title, (4, 3)),
                "target": values(f"{title} target", (4, 3), low=0, high=1),
                "weight": values(f"{title} weight", (4, 3), low=0.25),
                "pos_weight": values(title, (3,), low=0.25, high=4),
            }
            yield function(title, call, arrays, ["$x", "$target"], {**kwargs, "reduction": reduction}, grad=["x"])
    arrays = {"x": np.array([-1e3, -50.0, 0.0, 50.0, 1e3]), "target": np.array([0.0, 1.0, 0.5, 0.0, 1.0])}
    yield function(f"{call}_large", call, arrays, ["$x", "$target"], {"reduction": "none"}, grad=["x"])

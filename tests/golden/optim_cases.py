"""Optimisers, learning-rate schedules and gradient clipping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .draw import Case, values
from .runner import STEPS

OPTIMIZERS: list[tuple[str, str, dict[str, Any]]] = [
    ("sgd", "SGD", {"lr": 0.1}),
    ("sgd_defaults", "SGD", {}),
    ("sgd_decay", "SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("sgd_momentum", "SGD", {"lr": 0.1, "momentum": 0.9}),
    ("sgd_dampening", "SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    ("sgd_nesterov", "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("sgd_maximize", "SGD", {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.05, "maximize": True}),
    ("adam", "Adam", {"lr": 0.1}),
    ("adam_defaults", "Adam", {}),
    ("adam_decay", "Adam", {"lr": 0.1, "weight_decay": 0.1}),
    ("adam_betas", "Adam", {"lr": 0.1, "betas": [0.5, 0.9], "eps": 0.001}),
    ("adam_amsgrad", "Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1}),
    ("adam_maximize", "Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    ("adamw_defaults", "AdamW", {}),
    ("adamw", "AdamW", {"lr": 0.1, "weight_decay": 0.3}),
    ("adamw_amsgrad", "AdamW", {"lr": 0.1, "amsgrad": True, "maximize": True}),
    ("rmsprop", "RMSprop", {"lr": 0.05}),
    ("rmsprop_defaults", "RMSprop", {}),
    ("rmsprop_alpha", "RMSprop", {"lr": 0.05, "alpha": 0.5, "eps": 0.01, "weight_decay": 0.1}),
    ("rmsprop_momentum", "RMSprop", {"lr": 0.05, "momentum": 0.9}),
    ("rmsprop_centered", "RMSprop", {"lr": 0.05, "centered": True}),
    (
        "rmsprop_all",
        "RMSprop",
        {"lr": 0.05, "centered": True, "momentum": 0.5, "weight_decay": 0.1, "maximize": True},
    ),
    ("adagrad", "Adagrad", {"lr": 0.1}),
    ("adagrad_defaults", "Adagrad", {}),
    ("adagrad_decay", "Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}),
    (
        "adagrad_initial",
        "Adagrad",
        {"lr": 0.1, "initial_accumulator_value": 0.5, "eps": 0.01, "maximize": True},
    ),
]

SCHEDULERS: list[tuple[str, str, dict[str, Any], str]] = [
    ("step", "StepLR", {"step_size": 7, "gamma": 0.5}, "SGD"),
    ("step_defaults", "StepLR", {"step_size": 10}, "SGD"),
    ("multi_step", "MultiStepLR", {"milestones": [3, 12, 12, 20], "gamma": 0.3}, "SGD"),
    ("exponential", "ExponentialLR", {"gamma": 0.9}, "SGD"),
    ("cosine", "CosineAnnealingLR", {"T_max": 29}, "SGD"),
    ("cosine_up_again", "CosineAnnealingLR", {"T_max": 8, "eta_min": 0.01}, "SGD"),
    ("one_cycle", "OneCycleLR", {"max_lr": 0.5, "total_steps": 30}, "SGD"),
    (
        "one_cycle_epochs",
        "OneCycleLR",
        {"max_lr": [0.5, 0.2], "epochs": 5, "steps_per_epoch": 6, "pct_start": 0.2},
        "SGD",
    ),
    (
        "one_cycle_linear",
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 30, "anneal_strategy": "linear", "final_div_factor": 10.0},
        "SGD",
    ),
    (
        "one_cycle_three_phase",
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 30, "three_phase": True, "div_factor": 10.0},
        "SGD",
    ),
    (
        "one_cycle_momentum",
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 30, "base_momentum": [0.7, 0.8], "max_momentum": 0.9},
        "SGD",
    ),
    ("one_cycle_adam", "OneCycleLR", {"max_lr": 0.5, "total_steps": 30}, "Adam"),
    (
        "one_cycle_no_momentum",
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 30, "cycle_momentum": False},
        "Adagrad",
    ),
]

CLIPPING: list[tuple[str, str, dict[str, Any]]] = [
    ("norm", "clip_grad_norm_", {"max_norm": 1.5}),
    ("norm_below", "clip_grad_norm_", {"max_norm": 1000.0}),
    ("norm_1", "clip_grad_norm_", {"max_norm": 2.0, "norm_type": 1.0}),
    ("norm_3", "clip_grad_norm_", {"max_norm": 2.0, "norm_type": 3.0}),
    ("norm_inf", "clip_grad_norm_", {"max_norm": 0.75, "norm_type": "inf"}),
    ("value", "clip_grad_value_", {"clip_value": 0.5}),
]


def cases() -> Iterator[Case]:
    """All optimiser, schedule and clipping cases."""
    one_group = [{"params": [0, 1]}]
    for name, call, kwargs in OPTIMIZERS:
        for dtype in ("float64", "float32"):
            yield _optimizer(name, call, kwargs, one_group, dtype)
    groups = [{"params": [0]}, {"params": [1], "lr": 0.02, "weight_decay": 0.2}]
    for call in ("SGD", "AdamW"):
        yield _optimizer(f"{call.lower()}_groups", call, {"lr": 0.1}, groups, "float64")
    for name, call, kwargs, optimizer in SCHEDULERS:
        options = {"lr": 0.1, "momentum": 0.9} if optimizer == "SGD" else {"lr": 0.1}
        form = {"name": f"lr_{name}", "kind": "scheduler", "call": call, "kwargs": kwargs}
        yield Case({**form, "optimizer": optimizer, "optimizer_kwargs": options})
    for name, call, kwargs in CLIPPING:
        for dtype in ("float64", "float32"):
            shapes: list[tuple[int, ...]] = [(3, 4), (5,), ()]
            arrays = {f"g{i}": values("clip", shape, dtype) for i, shape in enumerate(shapes)}
            yield Case({"name": f"clip_{name}-{dtype}", "kind": "clip", "call": call, "kwargs": kwargs}, arrays)


def _optimizer(name: str, call: str, kwargs: dict[str, Any], groups: list[dict], dtype: str) -> Case:
    form = {"name": f"{name}-{dtype}", "kind": "optimizer", "call": call, "kwargs": kwargs, "groups": groups}
    arrays: dict[str, np.ndarray] = {}
    for i, shape in enumerate(((3, 4), (5,))):
        arrays[f"p{i}"] = values("parameters", shape, dtype)
        arrays[f"noise{i}"] = values("noise", (STEPS, *shape), dtype)
    return Case(form, arrays)

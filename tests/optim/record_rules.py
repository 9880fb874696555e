"""Write the steps of PyTorch's optimisers: ``python -m tests.optim.record_rules`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("rules.json")
RULES = {
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.8, "eps": 0.1, "weight_decay": 0.1}, {"maximize": True, "foreach": False}],
    "Adamax": [{}, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 0.01, "weight_decay": 0.1}, {"maximize": True}],
    "SGD": [{"lr": 0.1, "momentum": 0.9, "foreach": True}, {"lr": 0.1, "fused": False}],
    "Adam": [{"foreach": True, "lr": 0.1}, {"capturable": False, "differentiable": False}],
    "Adagrad": [{"lr": 0.1, "foreach": True}],
    "NAdam": [
        {}, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 0.01, "weight_decay": 0.1, "momentum_decay": 0.5},
        {"maximize": True, "foreach": False}, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "RAdam": [
        {}, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 0.01, "weight_decay": 0.1}, {"maximize": True},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}, {"betas": (0.5, 0.6)},
    ],
    "RMSprop": [{"lr": 0.1, "foreach": True, "differentiable": False}],
}  # fmt: skip


def steps(library: Any, name: str, options: dict[str, Any]) -> list[list[float]]:
    """Six steps on a curve whose slopes change sign."""
    w = library.tensor([1.0, -2.0, 3.0, 0.5], dtype=library.float64, requires_grad=True)
    optimizer = getattr(library.optim, name)([w], **options)
    told = []
    for _ in range(6):
        optimizer.zero_grad()
        (w**4 - 3 * w**2 + w).sum().backward()
        optimizer.step()
        told.append(w.tolist())
    return told


def main() -> None:
    import torch

    torch.set_default_dtype(torch.float64)  # that of the running product which NAdam keeps
    told = {name: [steps(torch, name, options) for options in rules] for name, rules in RULES.items()}
    RECORDED.write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()

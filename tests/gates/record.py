"""Write what PyTorch makes of the cases: ``python -m tests.gates.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from tests.gates.cases import CASES, TWICE

RECORDED = Path(__file__).with_name("recorded.json")


def once(lib: Any, autograd: Any, name: str, **place: Any) -> tuple[list[Any], Any]:
    """The gradients of a case's inputs, and its value."""
    case = CASES[name]
    dtype = getattr(lib, case.dtype)
    inputs = [lib.tensor(v, dtype=dtype, requires_grad=True, **place) for v in case.inputs]
    y = case.function(lib, *inputs)
    incoming = lib.zeros(y.shape, dtype=dtype, **place) + lib.tensor(case.incoming, dtype=dtype, **place)
    return list(autograd.grad(y, inputs, incoming)), y


def twice(lib: Any, autograd: Any, name: str, **place: Any) -> tuple[list[Any], Any]:
    """The gradient of the sum of a gradient, and the gradient."""
    function, values = TWICE[name]
    x = lib.tensor(values, requires_grad=True, **place)
    (slope,) = autograd.grad(function(lib, x), x, create_graph=True)
    return list(autograd.grad(slope.sum(), x)), slope


if __name__ == "__main__":
    import torch

    def recorded(run: Any, names: Any) -> dict[str, Any]:
        results = {name: run(torch, torch.autograd, name) for name in names}
        return {
            name: {"value": y.tolist(), "grads": [g.tolist() for g in grads]} for name, (grads, y) in results.items()
        }

    warnings.simplefilter("ignore")
    outcomes = {"torch": torch.__version__, "once": recorded(once, CASES), "twice": recorded(twice, TWICE)}
    RECORDED.write_text(json.dumps(outcomes, indent=1) + "\n", encoding="utf-8")

"""Write what PyTorch makes of the calls: ``python -m tests.signatures.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from tests.signatures.programs import PROGRAMS

RECORDED = Path(__file__).with_name("recorded.json")


class Helpers:
    """What a program is more than one expression for."""

    def __init__(self, lib: Any):
        self.lib = lib

    def written(self, x: Any, key: Any, value: Any) -> Any:
        x[key] = value
        return x

    def slope(self, function: Any, x: Any) -> Any:
        x = x.requires_grad_()
        function(x).sum().backward()
        return x.grad

    def moved(self, x: Any) -> Any:
        """The running values of a batch norm after one training step."""
        mean, var = self.lib.ones(3) * 2, self.lib.ones(3) * 3
        self.lib.nn.functional.batch_norm(x, mean, var, training=True)
        return mean, var

    def seeded(self, seed: Any) -> Any:
        """Whether a seed gives the same numbers twice."""
        self.lib.manual_seed(seed)
        first = self.lib.rand(3)
        self.lib.manual_seed(seed)
        return (first == self.lib.rand(3)).all()


def run(lib: Any, program: str, device: str = "cpu") -> Any:
    """What a program gives."""
    placed = Placed(lib, device)
    helpers = Helpers(placed)
    names = {"t": placed, "T": functools.partial(lib.tensor, device=device), "F": lib.nn.functional, "np": np}
    names |= {name: getattr(helpers, name) for name in ("written", "slope", "moved", "seeded")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(program, names)


def outcome(lib: Any, program: str, device: str = "cpu") -> dict[str, Any]:
    """What a program gives, as JSON, or the type and text of its error."""
    try:
        return {"result": plain(run(lib, program, device))}
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


class Placed:
    """A library whose constants are made on one device."""

    def __init__(self, lib: Any, device: str):
        self._lib, self._device = lib, device

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._lib, name, None) or getattr(np, name)  # tinyconv has no name for int8
        makers = ("arange", "eye", "full", "linspace", "ones", "rand", "zeros", "tril_indices", "triu_indices")
        made = name in makers
        return functools.partial(value, device=self._device) if made else value


def plain(value: Any) -> Any:
    """A result as JSON: a tensor's shape, dtype and numbers; floats that JSON lacks as text."""
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if hasattr(value, "dtype"):
        numbers = value.detach().cpu().reshape(-1).tolist()
        kind = str(value.dtype).removeprefix("torch.")
        return {"shape": list(value.shape), "dtype": kind, "values": [finite(n) for n in numbers]}
    return value


def finite(number: Any) -> Any:
    """A number, or the name of one that JSON has not."""
    return number if abs(number) < float("inf") else str(number)


if __name__ == "__main__":
    import torch

    recorded = {"torch": torch.__version__, "outcomes": {name: outcome(torch, name) for name in PROGRAMS}}
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")

"""Write what torchvision makes of the programs: ``python -m tests.vision.record`` with torchvision installed."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from tests.vision.programs import PROGRAMS, names

RECORDED = Path(__file__).with_name("recorded.json")


def outcome(lib: Any, vision: Any, program: str, device: Any = None) -> dict[str, Any]:
    """What a program gives, as JSON, or the type of its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(eval(program, names(lib, vision, device)))
        except Exception as error:
            return {"error": type(error).__name__}


def plain(value: Any) -> dict[str, Any]:
    """A picture or a tensor as its shape, its kind and its numbers; anything else as it is."""
    if hasattr(value, "getbands"):
        pixels = np.asarray(value)
        return {"mode": value.mode, "shape": list(pixels.shape), "values": pixels.reshape(-1).tolist()}
    if hasattr(value, "dtype"):
        numbers = value.detach().cpu().reshape(-1).tolist()
        if str(value.dtype).endswith("float32"):
            numbers = [float(f"{number:.9g}") for number in numbers]
        return {"dtype": str(value.dtype).removeprefix("torch."), "shape": list(value.shape), "values": numbers}
    return {"value": value}


def filled(model: Any, lib: Any) -> Any:
    """A model whose every number is made by a formula, in evaluation mode."""
    for i, (name, value) in enumerate(model.state_dict().items()):
        if name.endswith("num_batches_tracked"):
            continue
        size = int(np.prod(value.shape))
        numbers = np.sin(np.arange(size) * 0.7 + i).reshape(value.shape)
        fan = size / value.shape[0] if value.ndim > 1 else 1
        numbers = 1 + numbers / 4 if name.endswith("var") or value.ndim == 1 else numbers * (2 / fan) ** 0.5
        value.copy_(lib.from_numpy(numbers.astype(np.float32)))
    return model.eval()


def scores(models: Any, lib: Any) -> list[float]:
    """What a ResNet of those numbers gives for a picture."""
    x = lib.from_numpy(np.cos(np.arange(2 * 3 * 40 * 36) * 0.3).astype(np.float32).reshape(2, 3, 40, 36))
    with lib.no_grad():
        return filled(models.resnet18(num_classes=4), lib)(x).reshape(-1).tolist()


def keys(model: Any) -> dict[str, list[int]]:
    """The names and shapes of a model's state."""
    return {name: list(value.shape) for name, value in model.state_dict().items()}


if __name__ == "__main__":
    import torch
    import torchvision

    recorded = {
        "torchvision": torchvision.__version__,
        "outcomes": {program: outcome(torch, torchvision, program) for program in PROGRAMS},
        "resnet18": keys(torchvision.models.resnet18(num_classes=4)),
        "vgg11": keys(torchvision.models.vgg11(num_classes=4)),
        "scores": scores(torchvision.models, torch),
    }
    text = json.dumps(recorded, indent=1, default=repr)
    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    RECORDED.write_text(text + "\n", encoding="utf-8")

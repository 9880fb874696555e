"""Trained weights: none come with tinyconv."""

from __future__ import annotations

from typing import Any

from ...errors import refusal

__all__ = ["refuse_weights"]


def refuse_weights(model: str, weights: Any, options: dict[str, Any]) -> None:
    """Refuse ``weights=...`` and ``pretrained=True`` with what to do instead; drop ``pretrained=False``.

    Examples
    --------
    >>> refuse_weights("resnet18", "DEFAULT", {})
    Traceback (most recent call last):
    ...
    ValueError: resnet18: no trained weights come with tinyconv...
    """
    if weights is not None or options.pop("pretrained", False):
        raise refusal("vision.weights", model, model=model)

"""What the tables of cases share: round random numbers, and the form of a case."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Case:
    """One call: its JSON, and its arrays by name."""

    form: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


def generator(title: str) -> np.random.Generator:
    """A generator of its own for every case, so that a new case changes no other."""
    return np.random.default_rng(zlib.crc32(title.encode()))


def values(title: str, shape: tuple[int, ...], dtype: str = "float64", low: float = -2, high: float = 2) -> np.ndarray:
    """Random multiples of 1/64 between `low` and `high`: exact in float32, and small when compressed."""
    rng = generator(f"{title}{shape}")
    return np.asarray(rng.integers(int(low * 64), int(high * 64) + 1, shape) / 64, dtype)


def function(
    title: str,
    call: str,
    arrays: dict[str, np.ndarray],
    args: list[Any],
    kwargs: dict[str, Any] | None = None,
    grad: list[str] | None = None,
    changed: list[str] | None = None,
) -> Case:
    """A call of ``nn.functional.<call>``; ``"$x"`` among the arguments stands for ``arrays["x"]``.

    `grad` names the inputs whose gradients count, `changed` those that the call writes to.
    """
    first = next(iter(arrays.values()))
    form = {
        "name": f"{title}-{first.dtype.name}",
        "kind": "function",
        "call": call,
        "args": args,
        "kwargs": kwargs or {},
        "grad": grad or [],
        "changed": changed or [],
    }
    return Case(form, arrays)


def module(
    title: str,
    call: str,
    inputs: list[np.ndarray],
    state: dict[str, np.ndarray],
    args: list[Any],
    kwargs: dict[str, Any] | None = None,
    train: bool = True,
) -> Case:
    """``nn.<call>(*args, **kwargs)`` with `state` loaded, called on each input in turn."""
    form = {
        "name": f"{title}-{inputs[0].dtype.name}",
        "kind": "module",
        "call": call,
        "args": args,
        "kwargs": kwargs or {},
        "train": train,
        "inputs": len(inputs),
    }
    arrays = {f"input{i}": x for i, x in enumerate(inputs)}
    return Case(form, {**arrays, **{f"state_{key}": value for key, value in state.items()}})

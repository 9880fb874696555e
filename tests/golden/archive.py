"""How golden.npz is laid out: three long vectors, and JSON that says which slice is which array.

One member per array would cost more in headers than the numbers take.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).with_name("golden.npz")
KINDS = {"f8": np.float64, "f4": np.float32, "i8": np.int64}


class Writer:
    """Collects arrays; equal ones are stored once."""

    def __init__(self) -> None:
        self._parts: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
        self._length = dict.fromkeys(KINDS, 0)
        self._known: dict[tuple[str, tuple[int, ...], bytes], dict[str, Any]] = {}

    def add(self, array: np.ndarray) -> dict[str, Any]:
        """Store `array` and give the JSON that finds it again."""
        kind = array.dtype.str[1:]
        key = (kind, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = {"kind": kind, "start": self._length[kind], "shape": list(array.shape)}
            self._parts[kind].append(array.ravel())
            self._length[kind] += array.size
        return self._known[key]

    def save(self, description: dict[str, Any], path: Path = PATH) -> None:
        """Write the vectors and the description."""
        vectors = {kind: np.concatenate([np.empty(0, dtype), *self._parts[kind]]) for kind, dtype in KINDS.items()}
        text = np.frombuffer(json.dumps(description).encode(), np.uint8)
        np.savez_compressed(path, description=text, **vectors)


class Reader:
    """The description, and the arrays it refers to."""

    def __init__(self, path: Path = PATH) -> None:
        with np.load(path) as archive:
            self.description: dict[str, Any] = json.loads(bytes(archive["description"]))
            self._vectors = {kind: archive[kind] for kind in KINDS}

    def get(self, reference: dict[str, Any]) -> np.ndarray:
        """Give a fresh copy of the array that a reference stands for."""
        shape = tuple(reference["shape"])
        stop = reference["start"] + int(np.prod(shape, dtype=int))
        return self._vectors[reference["kind"]][reference["start"] : stop].reshape(shape).copy()

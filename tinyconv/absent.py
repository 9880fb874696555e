"""Names of PyTorch's that are not here: asking for one raises an AttributeError that says so, and why.

The names are recorded from PyTorch 2.13 in ``pytorch_names.json``.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

from .errors import phrase, refusal

__all__ = ["missing"]

# what a name begins with, or is -> the reason; the first that fits is told
REASONS = {
    ("RNN", "LSTM", "GRU", "rnn", "lstm", "gru"): "absent.recurrent",
    ("Transformer", "MultiheadAttention", "scaled_dot", "multi_head"): "absent.attention",
    ("linalg", "svd", "qr", "lu", "cholesky", "inverse", "det", "logdet", "slogdet", "pinverse", "matrix_"): (
        "absent.linalg"
    ),
    ("sparse", "to_sparse", "coalesce", "EmbeddingBag", "embedding_bag"): "absent.sparse",
    (
        "complex",
        "cfloat",
        "cdouble",
        "real",
        "imag",
        "angle",
        "conj",
        "view_as_complex",
        "fft",
        "stft",
        "istft",
        "polar",
    ): ("absent.complex"),
    ("bfloat16", "BFloat16"): "absent.bfloat16",
    ("quant", "q_", "qint", "quint", "qscheme"): "absent.quantized",
    ("jit", "fx", "export", "func", "vmap", "_dynamo"): "absent.compiled",
}
INSTEAD = {
    "hub": "vision.models", "onnx": "tinyconv.onnx.export", "optim.LBFGS": "optim.SGD", "t_copy": "t",
    "nn.SyncBatchNorm": "tinyconv.distributed", "distributed": "tinyconv.distributed", "inner": "matmul",
    "vdot": "dot", "ger": "outer", "diff": "x[1:] - x[:-1]", "erfc": "1 - erf(x)", "logaddexp": "logsumexp",
    "profiler": "cProfile", "nn.Bilinear": "einsum",
}  # fmt: skip


@functools.cache
def _names() -> dict[str, frozenset[str]]:
    """The recorded names, by the room below ``torch``."""
    rooms = json.loads(Path(__file__).with_name("pytorch_names.json").read_text("utf-8"))
    return {room: frozenset(names) for room, names in rooms.items()}


def missing(owner: str, name: str) -> Exception:
    """Make the error for a name that a module of tinyconv has not.

    Tensor has no such words: a ``__getattr__`` would slow down every look at an attribute of its.

    Parameters
    ----------
    owner : str
        The module: ``"tinyconv.nn"``.
    name : str
        What was asked for.

    Examples
    --------
    >>> print(missing("tinyconv.nn", "LSTM"))
    nn.LSTM is PyTorch's, and not in tinyconv: recurrent layers are outside of what it is for
    >>> print(missing("tinyconv.nn", "Convv2d"))
    module 'tinyconv.nn' has no attribute 'Convv2d'
    """
    room = owner.partition(".")[2]
    if name.startswith("__") or name not in _names().get(room, ()):
        return refusal("absent.module", owner=owner, name=name)
    place = f"{room}.{name}".lstrip(".")
    return refusal("absent.name", name=place, reason=_reason(place, name))


def _reason(place: str, name: str) -> str:
    instead = INSTEAD.get(place)
    if instead is not None:
        return phrase("absent.instead", instead=instead)
    for beginnings, reason in REASONS.items():
        if name.startswith(beginnings):
            return phrase(reason)
    return ""

"""Names of PyTorch's that are not here: asking for one raises an AttributeError that says so, and why.

The names are recorded from PyTorch 2.13 in ``pytorch_names.json``.
"""

from __future__ import annotations

import functools
import importlib
import re

from .errors import phrase, refusal

__all__ = ["missing", "not_to_import", "reason", "recorded", "substitute"]

_PACKAGE = __name__.rpartition(".")[0]

# how a name begins -> the reason; the first that fits is told
REASONS = {
    "RNN|LSTM|GRU|rnn|lstm|gru": "absent.recurrent",
    "Transformer|Multihead|scaled_dot|multi_head|attention$": "absent.attention",
    "quant|q_|qint|quint|qscheme|int_repr|dequantize|fake_quant|choose_qparams|per_(channel|tensor)": (
        "absent.quantized"
    ),
    ".*sparse|coalesce|is_coalesced|EmbeddingBag|embedding_bag|crow_|ccol_|(col|row)_indices|h?spmm|.*smm$|sspaddmm|"
    "saddmm|dense_dim|to_dense|indices$|values$": "absent.sparse",
    "linalg|svd|.*qr$|geqrf|ormqr|lu$|lu_|cholesky|inverse|.*det$|pinverse|matrix_|eig$|symeig|lobpcg|.*solve$|lstsq|"
    "pca_lowrank|(frobenius|nuclear)_norm|.*_lowrank": "absent.linalg",
    "[Cc]omplex|cfloat|cdouble|chalf|real$|isreal|is_complex|imag$|angle|.*conj|view_as_(complex|real)|fft|i?stft|"
    "polar|adjoint|mH": "absent.complex",
    "bfloat16|BFloat16": "absent.bfloat16",
    "u?int[1-7]$|uint(16|32|64)$|bits|bit$|float[48]_|Short|Char": "absent.dtype",
    ".*[Ss]torage|.*data_ptr|set_$|resize|share_memory_|is_shared|is_pinned|is_set_to|.*_strided|as_strided|dim_order|"
    ".*_permuted|.*_?memory_format|channels_last|(contiguous|preserve|legacy_contiguous)_format|strided|layout|"
    "from_file": "absent.memory",
    ".*_copy$|.*_scatter$|unsafe_": "absent.copy",
    "mkldnn|miopen|cudnn|fbgemm|native_|to_mkldnn|mtia|xpu|ipu|has_(lapack|mkl|openmp|spectral|magma)|"
    "is_(cpu|ipu|xla|xpu|maia|meta|mkldnn|mps|mtia|vulkan)": "absent.backends",
    "jit|fx|export|func$|functional$|vmap|_dynamo|compiler|Script|cond$|while_loop|library": "absent.compiled",
    ".*_window$|signal$": "absent.windows",
    "(di|l|poly|mvl)gamma|igamma|i0|erfinv|special|nextafter|ldexp|frexp": "absent.special",
    "poisson$|binomial|cauchy_|geometric_|log_normal_|distributions|quasirandom": "absent.drawing",
    ".*autocast|sym_|Sym|is_.*_enabled|parse_|import_ir|has_torch_function|handle_torch|batch_norm_|.*interop|"
    "cuda[A-Z]|.*DataPipe|functional_datapipe|types$|return_types|classproperty|.*_TORCH|[A-Z]+_[A-Z_]+$": (
        "absent.machinery"
    ),
}
_WHOLE_ROOMS = {
    "cuda": "absent.cuda", "vision.datasets": "absent.datasets", "vision.models": "absent.models",
    "vision.transforms": "absent.transforms", "vision.transforms.functional": "absent.transforms",
}  # fmt: skip
INSTEAD = {
    "hub": "vision.models", "onnx": "tinyconv.onnx.export", "optim.LBFGS": "optim.SGD", "t_copy": "t",
    "nn.SyncBatchNorm": "tinyconv.distributed", "distributed": "tinyconv.distributed", "vdot": "dot", "ger": "outer",
    "profiler": "cProfile",
    "range": "arange", "asarray": "as_tensor", "scalar_tensor": "tensor", "nn.modules": "nn", "version": "__version__",
    "nn.utils.rnn": "nn.functional.pad and stack", "utils.data.default_convert": "as_tensor",
}  # fmt: skip


@functools.cache
def recorded() -> dict[str, frozenset[str]]:
    """Give PyTorch's names, by the room below ``torch``; ``vision`` is torchvision.

    Examples
    --------
    >>> "conv2d" in recorded()["nn.functional"]
    True
    """
    import json  # here, both: only who asks for a name that is not there needs them
    from pathlib import Path

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
    if name.startswith("__") or name not in recorded().get(room, ()):
        return refusal("absent.module", owner=owner, name=name)
    return refusal("absent.name", name=_place(room, name), reason=reason(room, name))


def not_to_import(owner: str, name: str) -> Exception | None:
    """Make the error for ``from owner import name`` of a name of PyTorch's; None for any other name.

    Examples
    --------
    >>> print(not_to_import("tinyconv.nn", "LSTM"))
    nn.LSTM is PyTorch's, and not in tinyconv: recurrent layers are outside of what it is for
    """
    room = owner.partition(".")[2]
    if name not in recorded().get(room, ()):
        return None
    return refusal("absent.import", name=_place(room, name), reason=reason(room, name))


def reason(room: str, name: str) -> str:
    """Say why a name of PyTorch's is not here, or what to use in its place: the end of the error's text.

    Parameters
    ----------
    room : str
        Where the name stands below ``torch``: ``""``, ``"nn"``, ``"Tensor"``.
    name : str
        The name, one that tinyconv has not.

    Examples
    --------
    >>> reason("nn", "LSTM")
    ': recurrent layers are outside of what it is for'
    >>> reason("", "sparse_coo_tensor")
    ': its tensors are dense'
    """
    instead = substitute(room, name)
    if instead is not None:
        return phrase("absent.instead", instead=instead)
    for beginnings, words in REASONS.items():
        if not room.startswith("vision") and re.match(beginnings, name):
            return phrase(words)
    if room in _WHOLE_ROOMS:
        return phrase(_WHOLE_ROOMS[room])
    if room == "" and name[0].isupper():  # the classes of PyTorch's C++ part
        return phrase("absent.machinery")
    return phrase("absent.other")


def substitute(room: str, name: str) -> str | None:
    """Name what stands here in place of a name of PyTorch's: in its own table, in another room, or out of place.

    Examples
    --------
    >>> substitute("nn.init", "xavier_normal")
    'nn.init.xavier_normal_'
    """
    place = _place(room, name)
    if place in INSTEAD:
        return INSTEAD[place]
    if room in _SAME and name not in _MEANS_ANOTHER_THING:
        for other in _SAME:
            if _offers(other, name):
                return _place(other, name)
    if _offers(room, name + "_"):  # PyTorch's old names of what works in place
        return _place(room, name + "_")
    if room in ("Tensor", "") and name.endswith("_") and _offers("Tensor", name[:-1]):
        return f"x = x.{name[:-1]}()"
    return None


_SAME = ("nn.functional", "Tensor", "")  # rooms whose names mean the same
_MEANS_ANOTHER_THING = {"cpu", "dtype", "grad", "unfold"}


def _offers(room: str, name: str) -> bool:
    """Is the name here?  A module is not asked, it would answer with an error of this module's."""
    here = importlib.import_module(f"{_PACKAGE}.{'' if room == 'Tensor' else room}".rstrip("."))
    return hasattr(here.Tensor, name) if room == "Tensor" else name in dir(here)


def _place(room: str, name: str) -> str:
    return f"{room}.{name}".lstrip(".")

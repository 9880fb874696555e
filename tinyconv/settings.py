"""What PyTorch's scripts ask of a compiler, or of libraries that may compute differently: nothing changes here.

tinyconv runs every operation as it is written, and computes the same bits every time.
"""

from __future__ import annotations

import warnings
from typing import Any

from .errors import phrase, refusal

__all__ = [
    "are_deterministic_algorithms_enabled", "compile", "get_float32_matmul_precision",
    "is_deterministic_algorithms_warn_only_enabled", "set_float32_matmul_precision", "use_deterministic_algorithms",
]  # fmt: skip

_asked: dict[str, Any] = {"deterministic": False, "warn_only": False, "precision": "highest"}


def compile(model: Any = None, **options: Any) -> Any:
    """Give the model (or function) back as it is, with a warning: there is no compiler here.

    Parameters
    ----------
    model : Module or callable, optional
        Without it, a decorator is given back: ``@compile(mode="max-autotune")``.
    **options
        PyTorch's ``fullgraph``, ``dynamic``, ``backend``, ``mode``, ``options``, ``disable``: no difference.

    Examples
    --------
    >>> import tinyconv as tc
    >>> import warnings
    >>> model = tc.nn.Linear(2, 1)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     tc.compile(model) is model
    True
    """
    if model is None:
        return compile
    if not options.get("disable"):
        warnings.warn(phrase("compile.nothing"), stacklevel=2)
    return model


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same bits every time, which is what tinyconv gives anyway.

    Examples
    --------
    >>> use_deterministic_algorithms(True)
    >>> are_deterministic_algorithms_enabled()
    True
    >>> use_deterministic_algorithms(False)
    """
    _asked.update(deterministic=bool(mode), warn_only=bool(warn_only))


def are_deterministic_algorithms_enabled() -> bool:
    """Tell what :func:`use_deterministic_algorithms` was last called with."""
    return _asked["deterministic"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Tell what `warn_only` :func:`use_deterministic_algorithms` was last called with."""
    return _asked["warn_only"]


def set_float32_matmul_precision(precision: str) -> None:
    """Allow matrix products of float32 to be rounded more, or not; tinyconv always computes them in float32.

    Raises
    ------
    ValueError
        For what is not ``"highest"``, ``"high"`` or ``"medium"``.

    Examples
    --------
    >>> set_float32_matmul_precision("high")
    >>> get_float32_matmul_precision()
    'high'
    >>> set_float32_matmul_precision("highest")
    """
    if precision not in ("highest", "high", "medium"):
        raise refusal("settings.precision", "set_float32_matmul_precision", precision=precision)
    _asked["precision"] = precision


def get_float32_matmul_precision() -> str:
    """Tell what :func:`set_float32_matmul_precision` was last called with."""
    return _asked["precision"]

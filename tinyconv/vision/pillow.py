"""Pillow, brought by the extra ``vision``."""

from __future__ import annotations

import importlib

from ..errors import refusal

__all__ = ["require_pillow"]


def require_pillow() -> None:
    """Import Pillow, or say how to get it.

    Raises
    ------
    ImportError
        If it is not installed.

    Examples
    --------
    >>> require_pillow()
    """
    try:
        importlib.import_module("PIL.Image")
    except ImportError as error:
        raise refusal("vision.no_pillow") from error

"""The onnx package, brought by the extra of that name."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import refusal


def onnx_package() -> Any:
    """Import the onnx package, or say how to get it.

    Raises
    ------
    ImportError
        If it is not installed.

    Examples
    --------
    >>> onnx_package().__name__
    'onnx'
    """
    try:
        importlib.import_module("onnx.numpy_helper")
        return importlib.import_module("onnx")
    except ImportError as error:
        raise refusal("onnx.no_package") from error

"""Models in and out of ONNX files: :func:`export` a model, :func:`load` a file and run it.

The onnx package itself is needed: ``pip install '.[onnx]'``.

Examples
--------
>>> import tinyconv.onnx
>>> sorted(tinyconv.onnx.__all__)
['NotExportable', 'NotSupported', 'OnnxModel', 'export', 'load']
"""

from ..errors.kinds import NotExportable, NotSupported
from .export import export
from .model import OnnxModel, load

__all__ = ["NotExportable", "NotSupported", "OnnxModel", "export", "load"]

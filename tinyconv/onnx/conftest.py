"""The examples in this package's docstrings need the onnx package; without it they are not collected."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("onnx") else ["*.py"]

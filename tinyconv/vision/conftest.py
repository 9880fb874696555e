"""The examples in this package's docstrings need Pillow; without it they are not collected."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("PIL") else ["*.py"]

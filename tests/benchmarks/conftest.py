"""A benchmark is no test: pytest leaves this folder alone."""

collect_ignore_glob = ["*.py"]

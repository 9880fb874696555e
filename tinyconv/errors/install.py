"""How an extra of tinyconv is installed: the words that errors and examples say, in one place."""

from __future__ import annotations

__all__ = ["install"]


def install(extras: str) -> str:
    """Give the command, for the folder of a clone; its quotes are read by every shell, those of Windows too.

    Examples
    --------
    >>> print(install("mpi,examples"))
    pip install ".[mpi,examples]"
    """
    return f'pip install ".[{extras}]"'

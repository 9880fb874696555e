"""One limit for the memory that a file may take, whatever its format."""

from __future__ import annotations

from ..errors import refusal

__all__ = ["Budget"]

FREE_SIZE, MAX_RATIO = 1 << 30, 100  # a file may grow to 1 GiB, or 100-fold, before it counts as a bomb


class Budget:
    """What loading a file may still take.

    Parameters
    ----------
    file_size : int
        The size of the file in bytes.
    max_bytes : int, optional
        The limit; by default 1 GiB, or 100 times the size of the file if that is more.

    Examples
    --------
    >>> budget = Budget(file_size=200, max_bytes=1000)
    >>> budget.take(900)
    >>> budget.take(900)
    Traceback (most recent call last):
    ValueError: 200 bytes that unpack to 1800, more than the limit of 1000. ...
    """

    def __init__(self, file_size: int, max_bytes: int | None = None):
        self.file_size = file_size
        self.limit = max(FREE_SIZE, MAX_RATIO * file_size) if max_bytes is None else max_bytes
        self.taken = 0

    def take(self, size: int) -> None:
        """Count bytes that are about to be needed.

        Raises
        ------
        ValueError
            If they are more than is left.
        """
        self.taken += size
        if self.taken > self.limit:
            raise refusal("load.bomb", file_size=self.file_size, needed=self.taken, limit=self.limit)

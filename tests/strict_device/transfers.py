"""Every copy between host and device is counted here, and can be forbidden."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator


class TransferError(RuntimeError):
    """A copy between host and device happened inside :func:`no_transfers`."""


class Transfers:
    """Number, size and place of the copies since the last :meth:`reset`.

    Attributes
    ----------
    h2d, d2h : int
        Copies from host to device, and from device to host.
    nbytes : Counter
        Bytes moved, by direction.
    sites : Counter
        Copies by ``(direction, what caused it)``, also for hidden ones such as a boolean mask.
    """

    def __init__(self) -> None:
        self.forbidden = 0  # depth of the no_transfers() blocks
        self.reset()

    def reset(self) -> None:
        """Count from zero again."""
        self.nbytes: Counter[str] = Counter()
        self.sites: Counter[tuple[str, str]] = Counter()

    @property
    def h2d(self) -> int:
        return self._count("h2d")

    @property
    def d2h(self) -> int:
        return self._count("d2h")

    def _count(self, direction: str) -> int:
        return sum(n for (way, _), n in self.sites.items() if way == direction)

    def note(self, direction: str, nbytes: int, site: str) -> None:
        """Count one copy of `nbytes` caused by `site`, or refuse it."""
        if self.forbidden:
            raise TransferError(f"{direction} copy of {nbytes} bytes by {site}, where none is allowed")
        self.nbytes[direction] += nbytes
        self.sites[direction, site] += 1


transfers = Transfers()


@contextlib.contextmanager
def no_transfers() -> Iterator[None]:
    """Turn any copy between host and device inside the block into a :class:`TransferError`."""
    transfers.forbidden += 1
    try:
        yield
    finally:
        transfers.forbidden -= 1

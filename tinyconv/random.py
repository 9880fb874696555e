"""Random numbers: the generator that all draws come from, and generators of one's own.

All numbers are drawn on the host, so that a seed gives the same ones on every device.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .errors import refusal

__all__ = [
    "Generator", "default_generator", "fork_rng", "generator", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip


class Generator:
    """A source of random numbers with a seed and a state of its own.

    Functions that draw take one as ``generator=``: ``randn``, ``randperm``, ``random_split``, a ``DataLoader`` and its
    samplers.

    Parameters
    ----------
    device : str or Device
        Accepted as in PyTorch: the numbers are drawn on the host for every device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> g = tc.Generator().manual_seed(7)
    >>> first = tc.randperm(5, generator=g)
    >>> bool((tc.randperm(5, generator=g.manual_seed(7)) == first).all())
    True
    """

    def __init__(self, device: Any = "cpu"):
        self.device = device
        self._seed: int | None = None  # the system's, if it is asked for before one is given

    @functools.cached_property
    def _numpy(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(self.initial_seed()))  # not before: numpy.random is slow to import

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from a seed; gives the generator itself.

        A negative seed is taken for ``2**64 + seed``, as in PyTorch.

        Raises
        ------
        ValueError
            For what is no number from ``-2**63`` to ``2**64 - 1``.
        """
        try:
            number = int(seed)
        except (TypeError, ValueError, OverflowError):
            number = 2**64
        if not -(2**63) <= number < 2**64:
            raise refusal("random.seed", "manual_seed", seed=seed)
        self._seed = number % 2**64
        self.set_state(dict(np.random.default_rng(self._seed).bit_generator.state))
        return self

    def seed(self) -> int:
        """Start anew from a seed that the operating system draws, and give it."""
        return self.manual_seed(_system_seed()).initial_seed()

    def initial_seed(self) -> int:
        """Give the seed that it last started from."""
        if self._seed is None:
            self._seed = _system_seed()
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """Give the state, as plain numbers, for :meth:`set_state`."""
        return dict(self._numpy.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Go on from a state that :meth:`get_state` gave; gives the generator itself."""
        self._numpy.bit_generator.state = state
        return self


def _system_seed() -> int:
    return int.from_bytes(os.urandom(8), "little")


default_generator = Generator()


def generator(source: Any = None) -> np.random.Generator:
    """Give the NumPy generator behind a `source`, or the one that all draws come from without it.

    Parameters
    ----------
    source : Generator, numpy.random.Generator or None
        What a function was given as ``generator=``.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> generator().random() < 1
    True
    """
    if source is None:
        return default_generator._numpy
    if isinstance(source, Generator):
        return source._numpy
    if not isinstance(source, np.random.Generator):
        raise refusal("random.generator", kind=type(source).__name__)
    return source


def manual_seed(seed: int) -> Generator:
    """Seed every random draw of tinyconv (initialisation, shuffling, dropout, ``rand``); gives the generator.

    A negative seed is taken for ``2**64 + seed``, as in PyTorch.

    Raises
    ------
    ValueError
        For what is no number from ``-2**63`` to ``2**64 - 1``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> _ = tc.manual_seed(0)
    >>> a = tc.rand(3)
    >>> _ = tc.manual_seed(0)
    >>> bool((a == tc.rand(3)).all())
    True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed every random draw with a number that the operating system draws, and give it."""
    return default_generator.seed()


def initial_seed() -> int:
    """Give the seed that the draws last started from.

    Examples
    --------
    >>> manual_seed(3).initial_seed(), initial_seed()
    (3, 3)
    """
    return default_generator.initial_seed()


def get_rng_state() -> dict[str, Any]:
    """Give the state of the generator, as plain numbers, for :func:`set_rng_state`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> state = tc.get_rng_state()
    >>> a = tc.rand(3)
    >>> tc.set_rng_state(state)
    >>> bool((a == tc.rand(3)).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(state: dict[str, Any]) -> None:
    """Put the generator back into a state that :func:`get_rng_state` gave.

    Examples
    --------
    >>> set_rng_state(get_rng_state())
    """
    default_generator.set_state(state)


@contextlib.contextmanager
def fork_rng(seed: int | None = None) -> Iterator[None]:
    """Leave the generator as it was found, whatever is drawn inside.

    Examples
    --------
    >>> import tinyconv as tc
    >>> state = tc.get_rng_state()
    >>> with fork_rng(seed=1):
    ...     _ = tc.rand(3)
    >>> state == tc.get_rng_state()
    True
    """
    state = get_rng_state()
    try:
        if seed is not None:
            manual_seed(seed)
        yield
    finally:
        set_rng_state(state)

"""Apple's GPUs, which tinyconv does not use."""

from ..mps import is_available

__all__ = ["is_available", "is_built"]


def is_built() -> bool:
    """Say no.

    Examples
    --------
    >>> is_built(), is_available()
    (False, False)
    """
    return False

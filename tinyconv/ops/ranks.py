"""One definition for windows of any number of axes, three names for 1, 2 and 3 of them: PyTorch's conv1d, 2d, 3d."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from ..arguments import checked

__all__ = ["of_rank", "ranks"]

P = ParamSpec("P")
R = TypeVar("R")

_WORDS = {  # what a docstring leaves open
    0: {"{ndim}": "n", "{axes}": "*D", "{taps}": "*K"},
    1: {"{ndim}": "1", "{axes}": "L", "{taps}": "K"},
    2: {"{ndim}": "2", "{axes}": "H, W", "{taps}": "kH, kW"},
    3: {"{ndim}": "3", "{axes}": "D, H, W", "{taps}": "kD, kH, kW"},
}


def of_rank(text: str | None, ndim: int = 0) -> str | None:
    """Fill in what a docstring leaves open: ``{ndim}``, ``{axes}`` and ``{taps}``; 0 for any number of axes.

    Examples
    --------
    >>> of_rank("(N, C, {axes})", 2)
    '(N, C, H, W)'
    """
    for word, meaning in _WORDS[ndim].items():
        text = text and text.replace(word, meaning)
    return text


def ranks(
    function: Callable[Concatenate[int, P], R], name: str = ""
) -> tuple[Callable[P, R], Callable[P, R], Callable[P, R]]:
    """Make the functions of 1, 2 and 3 axes out of one that takes the number of axes first.

    Each has its own name (the function's and ``1d``, if none is given) and docstring, and the signature without
    that number.

    Examples
    --------
    >>> def area(ndim, side):
    ...     "Cells of a window of {ndim} axes, ``({taps})``."
    ...     return side**ndim
    >>> area1d, area2d, area3d = ranks(area)
    >>> area2d(3), area3d(side=3), area3d.__doc__
    (9, 27, 'Cells of a window of 3 axes, ``(kD, kH, kW)``.')
    """
    name = name or f"{function.__name__.removesuffix('nd')}{{ndim}}d"
    made = _named(function, name, 1), _named(function, name, 2), _named(function, name, 3)
    function.__doc__ = of_rank(function.__doc__)
    return made


def _named(function: Callable[Concatenate[int, P], R], name: str, ndim: int) -> Callable[P, R]:
    plain = getattr(function, "plain", function)  # if arguments are checked, then by the new name

    def of_these_axes(*args: P.args, **kwargs: P.kwargs) -> R:
        return plain(ndim, *args, **kwargs)

    functools.update_wrapper(of_these_axes, function, ("__module__", "__annotations__"), ())
    signature = inspect.signature(function)
    _, *parameters = signature.parameters.values()
    of_these_axes.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    of_these_axes.__name__ = of_these_axes.__qualname__ = name.format(ndim=ndim)
    of_these_axes.__doc__ = of_rank(function.__doc__, ndim)
    return of_these_axes if plain is function else checked(of_these_axes)

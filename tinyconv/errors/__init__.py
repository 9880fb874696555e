"""Refusals: what tinyconv says when something does not fit.

A check names its text and gives the values; the texts themselves stand in :mod:`tinyconv.errors.texts`, English and
Chinese side by side::

    if x.shape[1] != expected:
        raise refusal("conv.channels", "conv2d", x=x, weight=weight, expected=expected)

The text is headed by the function that refused.  Where the exception leaves a layer of tinyconv, :func:`locate` puts
the layer's path in the place of the function: ``Net.features.1 (Conv2d(...)): Given groups=1, ...``.  A module of the
user's calls functions by their names, so it stands in front: ``Net: conv2d: Given groups=1, ...``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..language import get_language

__all__ = ["Refusal", "locate", "phrase", "refusal"]


class Refusal:
    """What a refusing exception carries as ``error.refusal``: its text's name and values, and where it happened.

    Attributes
    ----------
    name : str
        Of the text, such as ``"conv.channels"``.
    values : dict
        What was filled into it, for code that reads the error.

    Examples
    --------
    >>> refusal("linspace.steps", "linspace", steps=-1).refusal.values
    {'steps': -1}
    """

    def __init__(self, name: str, function: str, body: str, values: dict[str, Any]):
        self.name, self.values = name, values
        self._function, self._body = function, body
        self._modules: list[Any] = []  # those that the exception has left, the innermost first

    def __str__(self) -> str:
        where = self._where()
        return f"{where}: {self._body}" if where else self._body

    def __reduce__(self) -> tuple[Any, ...]:
        """What goes by pickle: the words; the modules and the values may not travel."""
        return Refusal, (self.name, self._where(), self._body, {})

    def _where(self) -> str:
        if not self._modules:
            return self._function
        hides = not self._function or _is_own(self._modules[0])
        return self._layer() if hides else f"{self._layer()}: {self._function}"

    def _layer(self) -> str:
        """The layer's path from the outermost module at work, and what the layer is."""
        chain = self._modules[::-1]
        path = type(chain[0]).__name__ if len(chain) > 1 else ""
        for parent, child in pairwise(chain):
            path += "." + next((name for name, m in parent.named_modules() if m is child), type(child).__name__)
        own, options = type(chain[-1]).__name__, chain[-1].extra_repr()
        if options or _is_own(chain[-1]):
            own += f"({options})"
        return f"{path} ({own})" if path else own


def _is_own(module: Any) -> bool:
    """Is this a layer of tinyconv's, and no module of the user's?"""
    return type(module).__module__.startswith("tinyconv.")


def refusal(name: str, function: str = "", /, **values: Any) -> Exception:
    """Make the exception whose text has this name, in the language of the moment.

    Parameters
    ----------
    name : str
        Of the text in :mod:`tinyconv.errors.texts`, which says the exception's type too.
    function : str
        What refuses, as the user wrote it: ``"conv2d"``.  Heads the text, until a layer takes its place.
    **values
        What the text shows; ``{x.shape}`` in it reads an attribute.

    Examples
    --------
    >>> raise refusal("window.rules", "max_pool2d")
    Traceback (most recent call last):
    ...
    ValueError: max_pool2d: ceil_mode (PyTorch) and cover_all (Chainer) are two rules for the last window; choose one
    """
    from .texts import TEXTS  # here: most programs never need them

    text = TEXTS[name]
    told = Refusal(name, function, text.told(get_language(), values), values)
    error = text.kind(str(told))
    error.refusal = told  # type: ignore[attr-defined]
    return error


def phrase(name: str, /, **values: Any) -> str:
    """Give a part of a text, such as a hint that fits some cases alone, in the language of the moment.

    Examples
    --------
    >>> phrase("window.use_padding", fits=(1, 2))
    'Use padding=(1, 2)'
    """
    from .texts import PHRASES  # as in refusal

    return PHRASES[name].told(get_language(), values)


def locate(error: BaseException, module: Any) -> None:
    """Note that an exception leaves `module`; a refusal then names the layer.

    Examples
    --------
    >>> import tinyconv as tc
    >>> error = refusal("linspace.steps", "linspace", steps=-1)
    >>> locate(error, tc.nn.ReLU())
    >>> print(error)
    ReLU(): number of steps must be non-negative, but got -1
    """
    told = getattr(error, "refusal", None)
    if told is not None:
        told._modules.append(module)
        error.args = (str(told),)

"""What layers have in common: they print their arguments, and many there are for 1, 2 and 3 axes."""

from __future__ import annotations

import inspect
from typing import Any

from ..arguments import checked
from ..ops.ranks import of_rank
from .module import Module

__all__ = ["Layer"]


class Layer(Module):
    """The base of tinyconv's own layers: it prints the arguments that it was made with.

    A family has one body and a class for every number of axes, which keeps the family's docstring under its own
    first line::

        class _MaxPool(Layer): ...
        class MaxPool1d(_MaxPool, ndim=1): ...

    Examples
    --------
    >>> import tinyconv as tc
    >>> class Scale(tc.nn.layer.Layer):
    ...     def __init__(self, factor, shift=0.0, inplace=False):
    ...         super().__init__()
    ...         self.factor, self.shift, self.inplace = factor, shift, inplace
    >>> Scale(2.0), Scale(2.0, inplace=True)
    (Scale(factor=2.0, shift=0.0), Scale(factor=2.0, shift=0.0, inplace=True))
    """

    _ndim: int
    _defaults: dict[str, Any] = {}  # noqa: RUF012 - of the arguments of the family's constructor
    _shown: tuple[str, ...] = ()  # arguments to print though they are switches

    def __init_subclass__(cls, ndim: int | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if "__init__" in vars(cls) and not cls._defaults:
            arguments = inspect.signature(cls.__init__).parameters.values()
            cls._defaults = {argument.name: argument.default for argument in arguments}
        if "__init__" in vars(cls):
            cls.__init__ = checked(cls.__init__)  # type: ignore[method-assign]
        if "forward" in vars(cls):
            cls.forward = checked(cls.forward)  # type: ignore[method-assign]
        if ndim is not None:
            cls._ndim = ndim
            family = inspect.cleandoc(cls.__base__.__doc__ or "").partition("\n\n")[2]
            cls.__doc__ = of_rank(f"{inspect.cleandoc(cls.__doc__ or '')}\n\n{family}\n", ndim)

    def _arguments(self) -> dict[str, Any]:
        """The constructor's arguments that the layer holds under their names."""
        return {name: self.__dict__[name] for name in self._defaults if name in self.__dict__}

    def extra_repr(self) -> str:
        """All arguments by name; switches (True, False, None) come last, and only those that were set."""
        held = self._arguments()
        switches = [name for name in held if name not in self._shown and _is_switch(self._defaults[name])]
        plain = [name for name in held if name not in switches]
        set_ones = [name for name in switches if held[name] != self._defaults[name]]
        return ", ".join(f"{name}={held[name]!r}" for name in plain + set_ones)


def _is_switch(default: Any) -> bool:
    return default is None or isinstance(default, bool)

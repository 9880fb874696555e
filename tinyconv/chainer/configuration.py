"""Chainer's switches, of this thread: what training and recording look at, and what changes nothing here."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from .. import autograd
from ..errors import refusal

__all__ = ["config", "no_backprop_mode", "using_config"]


class Config(threading.local):
    """The switches of one thread; every thread starts from the defaults.

    Attributes
    ----------
    train : bool
        Whether ``F.dropout`` drops and ``L.BatchNormalization`` uses the batch's own statistics.
    enable_backprop : bool
        Whether operations are recorded: tinyconv's ``is_grad_enabled()``.
    cudnn_deterministic, autotune, use_cudnn
        Accepted so that programs run, and without effect: there is no cuDNN here.  Results of a seed are the same
        from run to run with either value.

    Examples
    --------
    >>> config.train, config.cudnn_deterministic
    (True, False)
    >>> config.cudnn_deterministic = True
    >>> config.cudnn_deterministic = False
    """

    train: bool = True
    cudnn_deterministic: bool = False
    autotune: bool = False
    use_cudnn: str = "auto"

    @property
    def enable_backprop(self) -> bool:
        """Whether operations are recorded."""
        return autograd.is_grad_enabled()

    @enable_backprop.setter
    def enable_backprop(self, value: bool) -> None:
        autograd.set_grad_enabled(bool(value))

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(type(self), name):
            raise refusal("chainer.no_switch", name=name, known=", ".join(_names()))
        super().__setattr__(name, value)


def _names() -> list[str]:
    return sorted(name for name in (*Config.__annotations__, "enable_backprop"))


config = Config()


@contextlib.contextmanager
def using_config(name: str, value: Any) -> Iterator[None]:
    """Set a switch for the time of a ``with`` block: ``with using_config("train", False):``.

    Raises
    ------
    AttributeError
        If there is no such switch; the text lists those there are.

    Examples
    --------
    >>> with using_config("train", False):
    ...     config.train
    False
    >>> with using_config("autotune", True):  # accepted, changes nothing
    ...     pass
    """
    before = getattr(config, name, None)
    setattr(config, name, value)
    try:
        yield
    finally:
        setattr(config, name, before)


def no_backprop_mode() -> contextlib.AbstractContextManager:
    """Record nothing inside: tinyconv's ``no_grad()``.

    Examples
    --------
    >>> with no_backprop_mode():
    ...     config.enable_backprop
    False
    """
    return autograd.no_grad()

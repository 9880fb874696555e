"""Switches of this thread: is recording on, and is every value checked?"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
import types
from collections.abc import Callable
from typing import Any, ClassVar

__all__ = [
    "detect_anomaly", "enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_detect_anomaly",
    "set_grad_enabled",
]  # fmt: skip


class _Mode(threading.local):
    """Per thread: is recording on, is every value checked, is a gradient at work, are warnings off, who watches?"""

    grad = True
    anomaly = False
    inside_gradient = False
    quiet = False
    trace: Any = None  # is told of every operation, and of every function that is `whole`


_mode = _Mode()


class _Switch(contextlib.ContextDecorator):
    """Set one attribute of the mode for the time of a ``with`` block or a decorated call."""

    _attribute: ClassVar[str]

    def __init__(self, value: bool):
        self._value = value
        self._previous: list[bool] = []

    def _recreate_cm(self) -> _Switch:  # a decorated function may recurse, or run in many threads
        fresh = _Switch.__new__(type(self))
        _Switch.__init__(fresh, self._value)
        return fresh

    def __call__(self, function: Any) -> Any:
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)
        if inspect.iscoroutinefunction(function):
            return self._wrap_coroutine(function)
        if inspect.isasyncgenfunction(function):
            return self._wrap_async_generator(function)
        return super().__call__(function)

    def _wrap_generator(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def stepwise(*args: Any, **kwargs: Any) -> Any:
            return (yield from _in_steps(self, function(*args, **kwargs)))

        return stepwise

    def _wrap_coroutine(self, function: Callable) -> Callable:
        @functools.wraps(function)
        async def stepwise(*args: Any, **kwargs: Any) -> Any:
            return await _in_steps(self, function(*args, **kwargs))

        return stepwise

    def _wrap_async_generator(self, function: Callable) -> Callable:
        @functools.wraps(function)
        async def stepwise(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step = generator.asend(None)
            while True:
                try:
                    item = await _in_steps(self, step)
                except StopAsyncIteration:
                    return
                try:
                    step = generator.asend((yield item))
                except GeneratorExit:
                    await _in_steps(self, generator.aclose())
                    raise
                except BaseException as error:
                    step = generator.athrow(error)

        return stepwise

    def __enter__(self) -> None:
        self._previous.append(getattr(_mode, self._attribute))
        setattr(_mode, self._attribute, self._value)

    def __exit__(self, *exc: object) -> None:
        setattr(_mode, self._attribute, self._previous.pop())


@types.coroutine
def _in_steps(switch: _Switch, steps: Any) -> Any:
    """Run a generator or a coroutine, and switch at every step: between two steps the mode is its caller's."""
    step = functools.partial(steps.send, None)
    while True:
        try:
            with switch._recreate_cm():
                item = step()
        except StopIteration as stop:
            return stop.value
        try:
            step = functools.partial(steps.send, (yield item))
        except GeneratorExit:
            with switch._recreate_cm():
                steps.close()
            raise
        except BaseException as error:
            step = functools.partial(steps.throw, error)


class _Recording(_Switch):
    """Recording on or off."""

    _attribute = "grad"


class set_grad_enabled(_Recording):
    """Turn recording on or off in this thread: from the call on, or inside a ``with`` block or function.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with tc.set_grad_enabled(False):
    ...     tc.is_grad_enabled()
    False
    """

    _entered = False  # by the call itself, and no with block has begun yet

    def __init__(self, mode: bool):
        super().__init__(mode)
        super().__enter__()
        self._entered = True

    def __enter__(self) -> None:
        if not self._entered:
            super().__enter__()
        self._entered = False

    def __call__(self, function: Any) -> Any:
        """Decorate a function: then recording changes inside it alone."""
        if self._entered:
            self.__exit__()
            self._entered = False
        return super().__call__(function)


class no_grad(_Recording):
    """Record nothing inside: ``with no_grad():``, or ``@no_grad()`` or ``@no_grad`` on a function.

    A generator or an ``async def`` is decorated too: nothing is recorded while its own lines run, and what runs
    while it waits has the mode of its own.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0], requires_grad=True)
    >>> with tc.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    def __new__(cls, function: Callable | None = None) -> Any:
        """Make a block, or with a function (``@no_grad``) decorate that."""
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Recording):
    """Record again inside a ``no_grad`` block.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0], requires_grad=True)
    >>> with tc.no_grad(), tc.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    def __new__(cls, function: Callable | None = None) -> Any:
        """Make a block, or with a function (``@enable_grad``) decorate that."""
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(True)


class inference_mode(_Recording):
    """Record nothing inside, as :class:`no_grad` does; the tensors made inside are ordinary ones.

    Parameters
    ----------
    mode : bool
        False leaves recording on.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0], requires_grad=True)
    >>> with tc.inference_mode():
    ...     (x * 2).requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        """Make a block, or with a function (``@inference_mode``) decorate that."""
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)


class detect_anomaly(_Switch):
    """Check every value for NaN and every saved array for changes; slow, for finding bugs.

    Inside, an operation that makes a NaN out of inputs without one raises at once, a NaN born in the
    backward pass raises with the line of the forward call, and an array that was written through
    ``.array`` or ``.data`` (which the version counters do not see) raises when its saved copy is needed.

    Raises
    ------
    RuntimeError
        From the operation at fault, naming it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with tc.detect_anomaly():
    ...     tc.tensor([-1.0]).log()
    Traceback (most recent call last):
    ...
    RuntimeError: Log made NaN in 1 of 1 values of its output ...
    """

    _attribute = "anomaly"

    def __init__(self, value: bool = True):
        super().__init__(value)


class set_detect_anomaly(detect_anomaly):
    """Turn :class:`detect_anomaly` on or off in this thread: from the call on, or inside a ``with`` block.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with tc.autograd.set_detect_anomaly(True):
    ...     tc.tensor([-1.0]).log()
    Traceback (most recent call last):
    ...
    RuntimeError: Log made NaN in 1 of 1 values of its output ...
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        super().__init__(mode)
        super().__enter__()

    def __enter__(self) -> None:
        """Stay as the call left it."""


class _inside_gradient(_Switch):
    """A NaN made inside a gradient is reported by the operation whose gradient it is, not by what it is made of."""

    _attribute = "inside_gradient"


class _QuietWalk(_Switch):
    """NumPy's warnings are off for a whole walk, so that no operation in it need switch them off."""

    _attribute = "quiet"


def is_grad_enabled() -> bool:
    """Tell whether operations are being recorded in this thread.

    Examples
    --------
    >>> is_grad_enabled()
    True
    """
    return _mode.grad

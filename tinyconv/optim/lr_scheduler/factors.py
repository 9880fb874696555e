"""Schedules that multiply the rate: up or down a line, a power of what remains, or a function of one's own."""

from __future__ import annotations

from ...errors import refusal
from ..optimizer import Optimizer
from .base import LRScheduler, _is_finite, _not_negative, _OfFunctions, _positive_int

__all__ = ["ConstantLR", "LinearLR", "MultiplicativeLR", "PolynomialLR"]


class MultiplicativeLR(_OfFunctions):
    """Multiply the present learning rate by a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    lr_lambda : callable or list of callable
        ``lr_lambda(epoch)`` gives the factor; a list has one function per group.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If the list has not one function per group.
    TypeError
        If something in it cannot be called.

    Notes
    -----
    The functions are not part of ``state_dict()``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=0.5)
    >>> scheduler = tc.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def get_lr(self) -> list[float]:
        """Give the present rates times the functions' values."""
        return self.present_lrs() if self._is_first() else self._times_functions(self.present_lrs())


class ConstantLR(LRScheduler):
    """The first learning rate times `factor` for `total_iters` epochs, then the first rate itself.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    factor : float
        In (0, 1].
    total_iters : int
        Epochs with the lower rate.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If `factor` is not in (0, 1], or `total_iters` not a positive integer.

    Notes
    -----
    PyTorch takes ``factor=0`` and fails at the epoch that divides by it; here it is refused at once.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = tc.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5] [0.5] [1.0] [1.0]
    """

    _starts_from_base = True

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1):
        self.factor = _fraction("factor", factor)
        self.total_iters = _positive_int("total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates: lowered at the first epoch, raised again at the last."""
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self.present_lrs()]
        if self.last_epoch == self.total_iters:
            return [lr * (1.0 / self.factor) for lr in self.present_lrs()]
        return self.present_lrs()


class LinearLR(LRScheduler):
    """A line from `start_factor` to `end_factor` times the first learning rate, in `total_iters` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    start_factor : float
        In (0, 1].
    end_factor : float
        In [0, 1].
    total_iters : int
        Epochs until `end_factor`.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If a factor is not in its range, or `total_iters` not a positive integer.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = tc.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5] [0.75] [1.0] [1.0]
    """

    _starts_from_base = True

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        self.start_factor = _fraction("start_factor", start_factor)
        self.end_factor = _fraction("end_factor", end_factor, zero=True)
        self.total_iters = _positive_int("total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates moved on along the line."""
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self.present_lrs()]
        if self._is_first() or self.last_epoch > self.total_iters:
            return self.present_lrs()
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        factor = max(0.0, 1.0 + rise / before)  # rounding may lead a line that ends at 0 to -1e-17
        return [lr * factor for lr in self.present_lrs()]


class PolynomialLR(LRScheduler):
    """The first learning rate times a power of the part of `total_iters` that remains; then 0.

    At epoch ``t`` the factor is ``(1 - t / total_iters) ** power``.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    total_iters : int
        Epochs until 0.
    power : float
        1 is a line.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If `total_iters` is not a positive integer, or `power` not a number >= 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = tc.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=2)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0] [0.5] [0.0]
    """

    _starts_from_base = True

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1):
        self.total_iters = _positive_int("total_iters", total_iters)
        self.power = _not_negative("power", power)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates times the power of what remains now by what remained before."""
        if self._is_first() or self.last_epoch > self.total_iters:
            return self.present_lrs()
        now, before = 1.0 - self.last_epoch / self.total_iters, 1.0 - (self.last_epoch - 1) / self.total_iters
        return [lr * (now / before) ** self.power for lr in self.present_lrs()]


def _fraction(name: str, value: float, zero: bool = False) -> float:
    """A factor up to 1; 0 only where no later rate divides by it."""
    if not _is_finite(value) or not 0 <= value <= 1 or (value == 0 and not zero):
        raise refusal("schedule.fraction", name=name, value=value, bracket="[" if zero else "(")
    return value

"""Schedules that go round: the cosine wave with restarts, and the triangle."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import refusal
from ..optimizer import Optimizer
from .base import (
    LRScheduler,
    _check_optimizer,
    _choice,
    _is_finite,
    _not_negative,
    _per_group,
    _positive,
    _positive_int,
    _set_in_groups,
    _set_momentum,
    _switch,
)

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR"]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Half a cosine wave down from the first learning rate to `eta_min`, again and again.

    At :math:`T_{cur}` epochs after the last restart the rate is
    :math:`\eta_{min} + \frac12 (\eta_0 - \eta_{min}) (1 + \cos(\pi T_{cur} / T_i))`.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    T_0 : int
        Epochs until the first restart.
    T_mult : int
        Each wave is so many times as long as the one before.
    eta_min : float
        The lowest rate.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If `T_0` or `T_mult` is not a positive integer, or `eta_min` not a number >= 0.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017
    (arXiv:1608.03983).

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = tc.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.50 1.00 0.50
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1):
        self.T_0 = self.T_i = _positive_int("T_0", T_0)
        self.T_mult = _positive_int("T_mult", T_mult)
        self.eta_min = _not_negative("eta_min", eta_min)
        self.T_cur: float = 0
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the rates at the present place of the wave."""
        self._find_place(self.last_epoch)
        return self._wave()

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to `epoch`, which may lie between two: ``epoch + batch / batches``.

        Raises
        ------
        ValueError
            If `epoch` is not a number >= 0.
        """
        if epoch is None:
            super().step()
            return
        if not _is_finite(epoch) or epoch < 0:
            raise refusal("schedule.restart_epoch", value=epoch)
        self._step_count += 1
        self.last_epoch = math.floor(epoch)
        self._find_place(epoch)
        for group, lr in zip(self.optimizer.param_groups, self._wave()):
            group["lr"] = lr
        self._last_lr = self.present_lrs()

    def _find_place(self, epoch: float) -> None:
        """How far into which wave an epoch lies."""
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
            return
        self.T_cur, self.T_i = epoch, self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult

    def _wave(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        self._check_count(len(self.base_lrs))
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CyclicLR(LRScheduler):
    """Up from `base_lr` to `max_lr` and down again, in a line; momentum goes the other way.  Step after every batch.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    base_lr, max_lr : float or list of float
        The lowest and the highest rate, of all groups or of each.
    step_size_up : int
        Steps up.
    step_size_down : int or None
        Steps down; None: as many as up.
    mode : str
        ``"triangular"``: each cycle is as high; ``"triangular2"``: half as high as the one before; ``"exp_range"``:
        the height is times ``gamma ** step``.
    gamma : float
        Of ``"exp_range"``.
    scale_fn : callable or None
        A function of the cycle (from 1) or the step, whose value is times the height; `mode` is not looked at then.
    scale_mode : str
        What `scale_fn` gets: ``"cycle"`` or ``"iterations"``.
    cycle_momentum : bool
        Also move momentum (or the first beta) from `max_momentum` to `base_momentum` and back?
    base_momentum, max_momentum : float or list of float
        The lowest and the highest momentum.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the optimizer has no momentum to cycle.

    References
    ----------
    L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017 (arXiv:1506.01186).

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedules = tc.optim.lr_scheduler
    >>> scheduler = schedules.CyclicLR(optimizer, base_lr=1.0, max_lr=2.0, step_size_up=2, cycle_momentum=False)
    >>> for _ in range(5):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0] [1.5] [2.0] [1.5] [1.0]
    """

    _not_saved = ("optimizer", "_scale_fn")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ):
        _check_optimizer(optimizer)
        base_lrs = [_not_negative("base_lr", lr) for lr in _per_group("base_lr", base_lr, optimizer)]
        self.max_lrs = [_positive("max_lr", lr) for lr in _per_group("max_lr", max_lr, optimizer)]
        up = _positive_int("step_size_up", step_size_up)
        down = up if step_size_down is None else _positive_int("step_size_down", step_size_down)
        self.total_size, self.step_ratio = float(up + down), up / (up + down)
        self.mode = mode if scale_fn is not None else _choice("mode", mode, "triangular", "triangular2", "exp_range")
        self.gamma = _not_negative("gamma", gamma)
        if scale_fn is not None and not callable(scale_fn):
            raise refusal("schedule.no_function", value=scale_fn)
        self._scale_fn = scale_fn
        self.scale_mode = _choice("scale_mode", scale_mode, "cycle", "iterations")
        self.cycle_momentum = _switch("cycle_momentum", cycle_momentum)
        if self.cycle_momentum:
            self._take_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs):
                group["lr"] = lr
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _take_momentum(self, optimizer: Optimizer, base: Any, highest: Any, begins: bool) -> None:
        if not any(name in optimizer.defaults for name in ("momentum", "betas")):
            raise refusal("schedule.no_momentum", optimizer=type(optimizer).__name__)
        self.base_momentums = [_not_negative("base_momentum", m) for m in _per_group("base_momentum", base, optimizer)]
        self.max_momentums = [_not_negative("max_momentum", m) for m in _per_group("max_momentum", highest, optimizer)]
        if begins:
            _set_in_groups(optimizer, {"base_momentum": self.base_momentums, "max_momentum": self.max_momentums})

    def get_lr(self) -> list[float]:
        """Give the rates at the present place of the cycle, and set the momentum."""
        height = self._height()
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums):
                _set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs)]

    def _height(self) -> float:
        """How far up between the lowest and the highest rate, with the scale of this cycle or step."""
        turns = self.last_epoch / self.total_size
        cycle = math.floor(1 + turns)
        x = 1.0 + turns - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        return height * self._scale(cycle)

    def _scale(self, cycle: int) -> float:
        if self._scale_fn is not None:
            return self._scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "triangular2":
            return 1 / 2.0 ** (cycle - 1)
        return self.gamma**self.last_epoch if self.mode == "exp_range" else 1.0

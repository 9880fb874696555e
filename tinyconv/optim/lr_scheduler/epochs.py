"""Schedules by the number of epochs, and the one cycle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ...errors import refusal
from ..optimizer import Optimizer
from .base import (
    LRScheduler,
    _check_optimizer,
    _epochs,
    _is_finite,
    _not_negative,
    _OfFunctions,
    _positive,
    _positive_int,
    _set_in_groups,
    _set_momentum,
    _switch,
    _total_steps,
)

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LambdaLR", "MultiStepLR", "OneCycleLR", "StepLR"]


class LambdaLR(_OfFunctions):
    """The first learning rate times a function of the epoch.

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
    >>> warm_up = tc.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: min(1.0, (epoch + 1) / 5))
    >>> warm_up.get_last_lr()
    [0.1]
    """

    def get_lr(self) -> list[float]:
        """Give each base rate times its function's value."""
        return self._times_functions(self.base_lrs)


class StepLR(LRScheduler):
    """Multiply the learning rate by `gamma` every `step_size` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    step_size : int
        Epochs between two changes.
    gamma : float
        The factor.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If `step_size` is not a positive integer, or `gamma` not a number >= 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=8.0)
    >>> scheduler = tc.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [8.0] [8.0] [4.0] [4.0]
    """

    _starts_from_base = True

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        self.step_size = _positive_int("step_size", step_size)
        self.gamma = _not_negative("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates, times gamma at every step_size-th epoch."""
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self.present_lrs()
        return [lr * self.gamma for lr in self.present_lrs()]


class MultiStepLR(LRScheduler):
    """Multiply the learning rate by `gamma` at each of the given epochs.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    milestones : iterable of int
        The epochs; one given twice counts twice.
    gamma : float
        The factor.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If a milestone is not an integer, or `gamma` not a number >= 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=8.0)
    >>> scheduler = tc.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [8.0] [4.0] [4.0] [2.0]
    """

    _starts_from_base = True

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        self.milestones = _epochs(milestones)
        self.gamma = _not_negative("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates, times gamma for each milestone at this epoch."""
        times = self.milestones.count(self.last_epoch)
        return [lr * self.gamma**times if times else lr for lr in self.present_lrs()]


class ExponentialLR(LRScheduler):
    """Multiply the learning rate by `gamma` every epoch.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    gamma : float
        The factor.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If `gamma` is not a number >= 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=8.0)
    >>> scheduler = tc.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [4.0]
    """

    _starts_from_base = True

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = _not_negative("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates times gamma."""
        if self._is_first():
            return self.present_lrs()
        return [lr * self.gamma for lr in self.present_lrs()]


class CosineAnnealingLR(LRScheduler):
    r"""Half a cosine wave down from the first learning rate to `eta_min` in `T_max` epochs.

    At epoch :math:`t` the rate is
    :math:`\eta_{min} + \frac12 (\eta_0 - \eta_{min}) (1 + \cos(\pi t / T_{max}))`;
    after `T_max` it rises again.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    T_max : int
        Epochs until the lowest rate.
    eta_min : float
        The lowest rate.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If `T_max` is not a positive integer, or `eta_min` not a number >= 0.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017
    (arXiv:1608.03983); only the annealing, without the restarts.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = tc.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> for _ in range(3):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.50 0.00
    """

    _starts_from_base = True

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ):
        self.T_max = _positive_int("T_max", T_max)
        self.eta_min = _not_negative("eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the present rates moved on along the wave."""
        if self._is_first():
            if self.last_epoch == 0:
                return self.present_lrs()
            return [self._wave(base, self.last_epoch) for base in self.base_lrs]
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the last height was 0
            return [self._first_rise(lr, base) for lr, base in zip(self.present_lrs(), self.base_lrs)]
        return [self._next(lr) for lr in self.present_lrs()]

    def _wave(self, base: float, epoch: int) -> float:
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * epoch / self.T_max)) / 2

    def _first_rise(self, lr: float, base: float) -> float:
        return lr + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2

    def _next(self, lr: float) -> float:
        """Scale the present height above `eta_min` as the wave does from the last epoch to this."""
        now, before = (1 + math.cos(math.pi * epoch / self.T_max) for epoch in (self.last_epoch, self.last_epoch - 1))
        return self.eta_min + (lr - self.eta_min) * now / before


class OneCycleLR(LRScheduler):
    """Up to a high learning rate and down to almost none, once; momentum goes the other way.

    The rate goes from ``max_lr / div_factor`` to `max_lr` during the first `pct_start` of all steps,
    then to ``max_lr / div_factor / final_div_factor``.  Call ``step()`` after every batch.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates, and momentum or first beta, are set.
    max_lr : float or list of float
        The highest learning rate; a list has one per group.
    total_steps : int, optional
        Number of batches in all; or give `epochs` and `steps_per_epoch`, and it is their product.
    epochs, steps_per_epoch : int, optional
        See `total_steps`.
    pct_start : float
        The part of the steps spent going up, in [0, 1].
    anneal_strategy : {'cos', 'linear'}
        The form of the curve between two turning points.
    cycle_momentum : bool
        Also lower the momentum from `max_momentum` to `base_momentum` while the rate rises, and back.
    base_momentum, max_momentum : float or list of float
        The lowest and the highest momentum (Adam: first beta).
    div_factor, final_div_factor : float
        See above.
    three_phase : bool
        Come down to the first rate as fast as it went up, then to the last rate.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    ValueError
        If an argument is out of its range, momentum is to be cycled but the optimizer has none, or
        ``step()`` is called more than `total_steps` times.

    References
    ----------
    L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
    Learning Rates", 2017 (arXiv:1708.07120).

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0, momentum=0.9)
    >>> scheduler = tc.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> for _ in range(9):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.04 0.52 1.00 0.95 0.81 0.61 0.39 0.19 0.05
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        _check_optimizer(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not _is_finite(pct_start) or not 0 <= pct_start <= 1:
            raise refusal("schedule.pct_start", value=pct_start)
        if anneal_strategy not in ("cos", "linear"):
            raise refusal("schedule.anneal_strategy", value=anneal_strategy)
        self.pct_start, self.three_phase = pct_start, _switch("three_phase", three_phase)
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, _switch("cycle_momentum", cycle_momentum)
        if cycle_momentum and not {"momentum", "betas"} & set(optimizer.defaults):
            raise refusal("schedule.no_momentum", optimizer=type(optimizer).__name__)
        if last_epoch == -1:
            down, far_down = _positive("div_factor", div_factor), _positive("final_div_factor", final_div_factor)
            levels = {"max_lr": max_lr}
            if cycle_momentum:
                levels |= {"max_momentum": max_momentum, "base_momentum": base_momentum}
            _set_in_groups(optimizer, levels)
            for group in optimizer.param_groups:
                group["initial_lr"] = group["max_lr"] / down
                group["min_lr"] = group["initial_lr"] / far_down
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Give the rates of this step, and set the groups' momentum."""
        if self.last_epoch > self.total_steps:
            raise refusal("schedule.too_many_steps", step=self.last_epoch, total=self.total_steps)
        levels = {*_RATE.values(), *(_MOMENTUM.values() if self.cycle_momentum else ())}
        set_up = [group for group in self.optimizer.param_groups if levels <= set(group)]
        self._check_count(len(set_up))
        start, end, fraction = self._position()
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[_RATE[start]], group[_RATE[end]], fraction))
            if self.cycle_momentum:
                momentum = self._between(group[_MOMENTUM[start]], group[_MOMENTUM[end]], fraction)
                _set_momentum(group, momentum)
        return rates

    def _turning_points(self) -> list[tuple[float, str]]:
        """The step at which each level is reached."""
        up = self.pct_start * self.total_steps - 1
        end = (self.total_steps - 1, "last")
        if self.three_phase:
            return [(0, "first"), (up, "peak"), (2 * up, "first"), end]
        return [(0, "first"), (up, "peak"), end]

    def _position(self) -> tuple[str, str, float]:
        """The levels before and after the present step, and how far between them it is (0 to 1)."""
        points = self._turning_points()
        for (start, level), (end, next_level) in pairwise(points):
            if self.last_epoch <= end or next_level == "last":
                fraction = (self.last_epoch - start) / (end - start) if end > start else 1.0
                return level, next_level, fraction
        raise AssertionError("the last turning point has no end")

    def _between(self, start: float, end: float, fraction: float) -> float:
        if self.anneal_strategy == "linear":
            return start + (end - start) * fraction
        return end + (start - end) / 2 * (1 + math.cos(math.pi * fraction))


_RATE = {"first": "initial_lr", "peak": "max_lr", "last": "min_lr"}
_MOMENTUM = {"first": "max_momentum", "peak": "base_momentum", "last": "max_momentum"}

"""The schedule that listens: a lower rate when a measured value no longer gets better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...errors import refusal
from ..optimizer import Optimizer
from .base import LRScheduler, _check_optimizer, _choice, _is_finite, _is_whole, _not_negative, _per_group

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiply the learning rate by `factor` when a value has not become better for more than `patience` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    mode : str
        ``"min"``: lower is better, as of a loss; ``"max"``: higher is, as of an accuracy.
    factor : float
        In [0, 1).
    patience : int
        Epochs without progress that are let pass.
    threshold : float
        By how much a value must be better than the best to count.
    threshold_mode : str
        ``"rel"``: by that part of the best; ``"abs"``: by that amount.
    cooldown : int
        Epochs after a change in which nothing is counted.
    min_lr : float or list of float
        The lowest rate, of all groups or of each.
    eps : float
        A change that is not greater is not made.

    Raises
    ------
    ValueError
        If an argument is out of its range, or `min_lr` has not one rate per group.

    Examples
    --------
    >>> import tinyconv as tc
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = tc.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ):
        _check_optimizer(optimizer)
        if not _is_finite(factor) or not 0 <= factor < 1:
            raise refusal("schedule.plateau_factor", value=factor)
        self.optimizer = optimizer
        self.factor = factor
        self.min_lrs = [_not_negative("min_lr", lr) for lr in _per_group("min_lr", min_lr, optimizer)]
        self.default_min_lr: Any = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.patience = _count("patience", patience)
        self.cooldown = _count("cooldown", cooldown)
        self.eps = _not_negative("eps", eps)
        self.mode = _choice("mode", mode, "min", "max")
        self.threshold = _not_negative("threshold", threshold)
        self.threshold_mode = _choice("threshold_mode", threshold_mode, "rel", "abs")
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self._last_lr = self.present_lrs()

    @property
    def in_cooldown(self) -> bool:
        """Was the rate changed so lately that nothing is counted?"""
        return self.cooldown_counter > 0

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take the epoch's value, and lower the rates if it has stayed for too long.

        Parameters
        ----------
        metrics : float or Tensor
            A number, or a tensor of one element.
        """
        current = float(metrics)
        self.last_epoch += 1
        if self._is_better(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self.present_lrs()

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        step = sign * self.threshold
        bar = self.best * (1.0 + step) if self.threshold_mode == "rel" else self.best + step
        return value > bar if self.mode == "max" else value < bar

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if self.default_min_lr is not None:
            self.min_lrs = [self.default_min_lr] * len(groups)  # a group may have come later
        self._check_count(len(self.min_lrs))
        for group, lowest in zip(groups, self.min_lrs):
            lr = max(group["lr"] * self.factor, lowest)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr


def _count(name: str, value: int) -> int:
    if not _is_whole(value) or value < 0:
        raise refusal("schedule.count", name=name, value=value)
    return int(value)

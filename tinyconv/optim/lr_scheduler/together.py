"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ...errors import refusal
from ..optimizer import Optimizer
from .base import LRScheduler, _check_last_epoch, _check_optimizer, _epochs
from .plateau import ReduceLROnPlateau

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Together(LRScheduler):
    """Several schedules of one optimizer."""

    _not_saved = ("optimizer", "_schedulers")
    _schedulers: list[LRScheduler]

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        own = type(self).__name__
        if not isinstance(schedulers, (list, tuple)) or not schedulers:
            raise refusal("schedule.no_schedulers", own, given=schedulers)
        for index, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler) or isinstance(scheduler, ReduceLROnPlateau):
                raise refusal("schedule.no_member", own, index=index, kind=type(scheduler).__name__)
        self.optimizer = optimizer if optimizer is not None else schedulers[0].optimizer
        _check_optimizer(self.optimizer)
        for index, scheduler in enumerate(schedulers):
            if scheduler.optimizer is not self.optimizer:
                raise refusal("schedule.other_optimizer", own, index=index, kind=type(scheduler).__name__)
        self._schedulers = list(schedulers)

    def _undo(self) -> None:
        for scheduler in self._schedulers:
            scheduler._undo()

    def state_dict(self) -> dict[str, Any]:
        """Give one's own numbers, and the members' states as a list."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave."""
        states = state_dict.get("_schedulers", ())
        if len(states) != len(self._schedulers):
            raise refusal("schedule.members", type(self).__name__, count=len(self._schedulers), given=len(states))
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_schedulers"})
        for scheduler, state in zip(self._schedulers, states):
            scheduler.load_state_dict(state)


class SequentialLR(_Together):
    """One schedule after the other: the next comes in at each milestone, at its own epoch 0.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose learning rates are set.
    schedulers : list of LRScheduler
        In their order.
    milestones : list of int
        The epochs at which the second, the third, ... begin.
    last_epoch : int
        -1 to begin.

    Raises
    ------
    ValueError
        If there is no schedule, one is another optimizer's, or the milestones are not one fewer.
    TypeError
        If something is no schedule, or one that needs a value at each step (:class:`ReduceLROnPlateau`).

    Examples
    --------
    >>> import tinyconv as tc
    >>> schedules = tc.optim.lr_scheduler
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> warm_up = schedules.ConstantLR(optimizer, factor=0.1, total_iters=2)
    >>> decay = schedules.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = schedules.SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [0.1] [0.1] [1.0] [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ):
        _check_optimizer(optimizer)
        _check_last_epoch(last_epoch)
        self._take(schedulers, optimizer)
        self._milestones = _epochs(milestones)
        if len(self._milestones) != len(self._schedulers) - 1:
            raise refusal("schedule.sequence", schedulers=len(self._schedulers), milestones=len(self._milestones))
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]  # what the members' constructors did is undone
        self._undo()
        self._begin()
        self.last_epoch = last_epoch + 1

    def _begin(self) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:
        """Go on to the next epoch, with the schedule whose time it is."""
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            scheduler._restart()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Together):
    """All schedules at each step, one upon the other: their factors multiply.

    Parameters
    ----------
    schedulers : list of LRScheduler
        In their order.
    optimizer : Optimizer or None
        None: the first schedule's.

    Raises
    ------
    ValueError
        If there is no schedule, or one is another optimizer's.
    TypeError
        If something is no schedule, or one that needs a value at each step (:class:`ReduceLROnPlateau`).

    Examples
    --------
    >>> import tinyconv as tc
    >>> schedules = tc.optim.lr_scheduler
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> halves = schedules.ExponentialLR(optimizer, gamma=0.5)
    >>> quarter = schedules.StepLR(optimizer, step_size=2, gamma=0.25)
    >>> scheduler = schedules.ChainedScheduler([halves, quarter])
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0] [0.5] [0.0625]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        self._take(schedulers, optimizer)
        self._last_lr = self.present_lrs()

    def _begin(self) -> None:
        for scheduler in self._schedulers:
            scheduler._begin()
        self._last_lr = self.present_lrs()

    def step(self) -> None:
        """Let each schedule make its step."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.present_lrs()

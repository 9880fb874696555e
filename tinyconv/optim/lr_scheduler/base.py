"""The base of all schedules, and what they ask of their arguments."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...errors import phrase, refusal
from ..optimizer import Optimizer, check_switches

__all__ = ["LRScheduler"]


class LRScheduler:
    """The base of all schedules.  A subclass writes :meth:`get_lr`.

    Parameters
    ----------
    optimizer : Optimizer
        The one whose groups' ``"lr"`` is set.
    last_epoch : int
        -1 to begin; another number to go on from there, with an optimizer whose state was loaded.

    Attributes
    ----------
    last_epoch : int
        Number of ``step()`` calls so far.
    base_lrs : list of float
        Each group's learning rate at the beginning.

    Raises
    ------
    KeyError
        If `last_epoch` is not -1 and the groups have no ``"initial_lr"``.
    ValueError
        If :meth:`get_lr` gives not one finite number per group: it knows nothing of a group that was added later.

    Examples
    --------
    >>> import tinyconv as tc
    >>> class HalveLR(tc.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2 if self.last_epoch > 0 else lr for lr in self.present_lrs()]
    >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=0.8)
    >>> scheduler = HalveLR(optimizer)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.4]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        _check_optimizer(optimizer)
        _check_last_epoch(last_epoch)
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise refusal("schedule.no_initial_lr", index=index, last_epoch=last_epoch)
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._advance()

    def present_lrs(self) -> list[float]:
        """Give the optimizer's learning rates as they are now, one per group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        """Compute the learning rates of epoch ``last_epoch`` from those of the epoch before."""
        raise refusal("class.must_define", owner=type(self).__name__, method="get_lr(self)")

    def get_last_lr(self) -> list[float]:
        """Give the learning rates set last, one per group."""
        return list(self._last_lr)

    def step(self) -> None:
        """Go on to the next epoch, and set its learning rates.

        Warns
        -----
        UserWarning
            If the optimizer has not made a step: the first rate would be skipped.
        """
        if self._step_count == 1 and self.optimizer._step_count == 0:
            warnings.warn(phrase("schedule.before_optimizer"), UserWarning, stacklevel=2)
        self._advance()

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        self._set_rates()

    def _set_rates(self) -> None:
        rates = self.get_lr()
        self._check_rates(rates)
        for group, lr in zip(self.optimizer.param_groups, rates):
            group["lr"] = lr
        self._last_lr = self.present_lrs()

    def _undo(self) -> None:
        """Take the constructor's step back; :meth:`_begin` makes it anew."""
        self.last_epoch -= 1

    def _begin(self) -> None:
        self._step_count = 0
        self._advance()

    def _restart(self) -> None:
        """Come in at epoch 0 after another schedule: from the first rates, or from the present ones."""
        self.last_epoch = 0
        self._step_count += 1
        if self._starts_from_base:
            self._step_count = 1
            for group, lr in zip(self.optimizer.param_groups, self.base_lrs):
                group["lr"] = lr
        self._set_rates()

    def _check_rates(self, rates: Sequence[Any]) -> None:
        """Refuse rates for fewer groups than there are, and what is no rate."""
        self._check_count(len(rates))
        for index, rate in enumerate(rates):
            if not _is_finite(rate):
                raise refusal("schedule.rate", type(self).__name__, rate=rate, index=index, epoch=self.last_epoch)

    def _check_count(self, known: int) -> None:
        """Refuse to leave a group without a rate: one that was added later, or is missing in a loaded state."""
        count = len(self.optimizer.param_groups)
        if known != count:
            raise refusal("schedule.group_added", type(self).__name__, known=known, count=count)

    def _is_first(self) -> bool:
        """Is this the rate that the constructor sets?"""
        return self._step_count == 1

    def state_dict(self) -> dict[str, Any]:
        """Give everything but the optimizer and functions, as plain numbers and lists.

        Examples
        --------
        >>> import tinyconv as tc
        >>> optimizer = tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=0.8)
        >>> tc.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5).state_dict()
        {'gamma': 0.5, 'base_lrs': [0.8], 'last_epoch': 0, '_step_count': 1, '_last_lr': [0.8]}
        """
        state = {key: value for key, value in vars(self).items() if key not in self._not_saved}
        return {key: list(value) if isinstance(value, list) else value for key, value in state.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave.  The optimizer's own state holds the rates: load it too."""
        unknown = sorted(set(state_dict) - set(vars(self)))
        if unknown:
            raise refusal("schedule.state", schedule=type(self).__name__, unknown=", ".join(unknown))
        for key, value in state_dict.items():
            setattr(self, key, list(value) if isinstance(value, list) else value)

    _not_saved: tuple[str, ...] = ("optimizer",)
    _starts_from_base = False


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class _OfFunctions(LRScheduler):
    """A schedule whose factors are functions of the epoch, one per group; they are not saved."""

    _not_saved = ("optimizer", "lr_lambdas")

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ):
        _check_optimizer(optimizer)
        self.lr_lambdas = _per_group("lr_lambda", lr_lambda, optimizer)
        for function in self.lr_lambdas:
            if not callable(function):
                raise refusal("schedule.no_function", value=function)
        super().__init__(optimizer, last_epoch)

    def _times_functions(self, rates: Sequence[float]) -> list[float]:
        factors = [function(self.last_epoch) for function in self.lr_lambdas]
        # a factor that is no number stands as a rate, to be refused: the function forgot its return
        return [rate * f if _is_finite(f) else f for rate, f in zip(rates, factors)]


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise refusal("schedule.no_optimizer", kind=type(optimizer).__name__)


def _positive_int(name: str, value: Any) -> int:
    if not _is_whole(value) or value <= 0:
        raise refusal("schedule.positive_int", name=name, value=value)
    return int(value)


def _check_last_epoch(value: Any) -> None:
    if not _is_whole(value) or value < -1:
        raise refusal("schedule.last_epoch", value=value)


def _epochs(milestones: Any) -> list[int]:
    """The milestones, sorted."""
    if not isinstance(milestones, Iterable):
        raise refusal("schedule.milestones", value=milestones)
    epochs = list(milestones)
    if not all(map(_is_whole, epochs)):
        raise refusal("schedule.milestones", value=epochs)
    return sorted(int(epoch) for epoch in epochs)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return isinstance(value, numbers.Real) and math.isfinite(value)


def _not_negative(name: str, value: Any) -> float:
    if not _is_finite(value) or value < 0:
        raise refusal("schedule.not_negative", name=name, value=value)
    return value


def _positive(name: str, value: Any) -> float:
    if not _is_finite(value) or value <= 0:
        raise refusal("schedule.positive", name=name, value=value)
    return value


def _switch(name: str, value: Any) -> bool:
    check_switches({name: value}, name)
    return value


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        return _positive_int("total_steps", total_steps)
    if epochs is None or steps_per_epoch is None:
        raise refusal("schedule.total_steps")
    return _positive_int("epochs", epochs) * _positive_int("steps_per_epoch", steps_per_epoch)


def _set_in_groups(optimizer: Optimizer, levels: dict[str, Any]) -> None:
    """Write these options into the groups, once all of them are known to be right."""
    per_group = {name: _per_group(name, value, optimizer) for name, value in levels.items()}
    for name, values in per_group.items():
        for value in values:
            _not_negative(name, value)
    for name, values in per_group.items():
        for group, value in zip(optimizer.param_groups, values):
            group[name] = value


def _per_group(name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """One value per parameter group, from a list of them or from one for all."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise refusal("schedule.per_group", count=count, name=name, given=len(value))
    return list(value)


def _choice(name: str, value: Any, *choices: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise refusal("schedule.choice", name=name, value=value, choices=", ".join(map(repr, choices)))
    return value

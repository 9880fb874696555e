"""An optimiser whose step learns from the batches of all ranks."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any

from ..autograd import enable_grad
from ..errors import refusal
from ..optim.optimizer import Optimizer
from ..tensor import Tensor
from .communicator import Communicator, create_communicator
from .packing import GradientPack
from .parameters import agree_on_layout, agree_on_values

__all__ = ["DistributedOptimizer"]


class DistributedOptimizer(Optimizer):
    r"""Averages the gradients over all ranks, then lets another optimiser take its step.

    Rank r's loss is the mean over its own :math:`n_r` samples, its gradient :math:`g_r`.  Every rank then
    steps by the gradient of the mean over all samples,

    .. math:: g = \frac{\sum_r n_r g_r}{\sum_r n_r},

    which is what one process would have computed on the whole batch.  A step costs one Allreduce of all
    gradients in one buffer, and on a GPU one copy to the host and one back.

    Parameters
    ----------
    optimizer : Optimizer
        The rule, with the same parameters in the same order on every rank.
    comm : Communicator, optional
        Among whom; everybody by default.

    Notes
    -----
    Options, ``state_dict``, ``load_state_dict`` and ``param_groups`` are those of `optimizer`; a learning-rate
    schedule may be given either.  All ranks compute the same step from the same bits, so parameters stay
    equal without being sent again.  A parameter without a gradient on any rank is left alone.

    Raises
    ------
    RuntimeError
        On every rank, if the parameters differ between ranks in number, shape, dtype or values (found at the
        first step), some ranks give `samples` and others do not, or a rank's gradients hold an infinity or a NaN.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([3.0], requires_grad=True)
    >>> optimizer = tc.distributed.DistributedOptimizer(tc.optim.SGD([w], lr=0.1), tc.distributed.Communicator())
    >>> (w * w).sum().backward()
    >>> optimizer.step(samples=1)
    >>> w.detach()
    tensor([2.4000])
    """

    def __init__(self, optimizer: Optimizer, comm: Communicator | None = None):
        if not isinstance(optimizer, Optimizer):
            raise refusal("distributed.no_optimizer", kind=type(optimizer).__name__)
        self.optimizer, self.comm = optimizer, comm or create_communicator()
        self._pack: GradientPack | None = None
        self._averaged = False

    def __getattr__(self, name: str) -> Any:
        """What is not defined here is the wrapped optimiser's: param_groups, state, defaults."""
        if name == "optimizer":  # not set yet: unpickling and copying ask before __init__
            raise AttributeError(name)
        return getattr(self.optimizer, name)

    def average_gradients(self, samples: float | None = None) -> None:
        """Make every gradient the mean over all ranks (collective); the next :meth:`step` will not do so again.

        For what must see the mean, such as clipping::

            loss.backward()
            optimizer.average_gradients(samples=len(images))
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

        Parameters
        ----------
        samples : int, optional
            As in :meth:`step`.
        """
        _check_samples(samples)
        if self.comm.size > 1 or samples == 0:
            pack = self._current_pack()
            total = self.comm.allreduce_sum(pack.pack(samples))
            pack.check(total)
            pack.unpack(total)
        self._averaged = True

    def step(self, closure: Callable[[], Any] | None = None, samples: float | None = None) -> Any:
        """Average the gradients unless that is done, and change the parameters (collective).

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew, gradients included; called first.
        samples : int, optional
            How many samples this rank's loss is the mean of; 0 where the rank has none, whose gradients are
            then not looked at.  Without it all ranks count the same, which is right for equal batches only.

        Returns
        -------
        object
            What `closure` returned, or None.

        Raises
        ------
        ValueError
            If `samples` is negative or not finite.
        RuntimeError
            If no rank has a sample, ranks disagree about what they do, or a gradient of one is not finite.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
            self._averaged = False
        if not self._averaged:
            self.average_gradients(samples)
        elif samples is not None:
            raise refusal("distributed.weighed")
        self._averaged = False
        self.optimizer.step()
        return loss

    def _current_pack(self) -> GradientPack:
        """The pack of the parameters as they are now; ranks compare them when they are new."""
        if self._pack is None:
            params = list(self._params())
            names = self._names(params)
            agree_on_layout(self.comm, params, names)
            pack = GradientPack(params, self.comm.cuda_aware, self.comm.rank, self.comm.size)
            agree_on_values(self.comm, pack.checksums(), names)
            self._pack = pack
        return self._pack

    def _names(self, params: list[Tensor]) -> list[str]:
        names = [name for group in self.param_groups for name in group.get("param_names", ())]
        return names if len(names) == len(params) else [f"parameter {i}" for i in range(len(params))]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters."""
        self._averaged = False
        self.optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, on every rank the same: the next step compares them (collective)."""
        self.optimizer.add_param_group(param_group)
        self._pack = None

    def state_dict(self) -> dict[str, Any]:
        """Give the wrapped optimiser's state, the same on every rank."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load the wrapped optimiser's state; do it on every rank."""
        self.optimizer.load_state_dict(state_dict)

    def __repr__(self) -> str:
        return f"DistributedOptimizer({self.optimizer!r}, {self.comm!r})"


def _check_samples(samples: float | None) -> None:
    if samples is None:
        return
    if isinstance(samples, bool) or not isinstance(samples, numbers.Real):
        raise refusal("distributed.samples_no_number", samples=samples, kind=type(samples).__name__)
    if not 0 <= samples < math.inf:
        raise refusal("distributed.samples_negative", samples=samples)

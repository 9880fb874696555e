"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels.scratch import scratch_like
from .optimizer import Optimizer, check_not_negative, check_numbers, check_switches, given
from .rules import add_scaled, decayed_gradient, each_piece

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, optionally with (Nesterov) momentum.

    With the gradient :math:`g`, learning rate :math:`\gamma`, momentum :math:`\mu`, dampening
    :math:`\tau` and weight decay :math:`\lambda`, one step is

    .. math::
        g &\leftarrow g + \lambda p \\
        b &\leftarrow \mu b + (1 - \tau) g \qquad (b \leftarrow g \text{ at the first step}) \\
        p &\leftarrow p - \gamma b, \quad \text{or with Nesterov momentum} \quad p - \gamma (g + \mu b)

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Learning rate.
    momentum, dampening, weight_decay : float
        As above.
    nesterov : bool
        Look ahead along the momentum; needs ``momentum > 0`` and no dampening.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in
    deep learning", ICML 2013, for Nesterov momentum in this form.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = tc.optim.SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w.detach()
    tensor([ 0.4600, -0.4600])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float =
        0, nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        differentiable: bool = False, fused: bool | None = None,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(options, lr="optim.learning_rate", momentum="optim.momentum")
        check_not_negative(options, weight_decay="optim.weight_decay")
        check_numbers(options, "dampening")
        check_switches(options, "nesterov", "maximize")
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise refusal("optim.nesterov", momentum=options["momentum"], dampening=options["dampening"])

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        lr, weight_decay = float(options["lr"]), float(options["weight_decay"])
        first = "momentum_buffer" not in state
        buffers = []
        if options["momentum"]:
            if first:
                state["momentum_buffer"] = get_array_module(param).empty_like(param)
            buffers = [state["momentum_buffer"]]

        def update(p: Array, g: Array, *buffer: Array) -> None:
            direction = decayed_gradient(p, g, weight_decay, options["maximize"])
            for b in buffer:  # one array, or none without momentum
                direction = self._with_momentum(b, direction, first, options)
            add_scaled(p, direction, -lr)

        each_piece(update, param, grad, *buffers)

    def _with_momentum(self, buffer: Array, g: Array, first: bool, options: Mapping[str, Any]) -> Array:
        momentum = float(options["momentum"])
        if first:
            buffer[...] = g
        else:
            buffer *= momentum
            add_scaled(buffer, g, 1 - float(options["dampening"]))
        if not options["nesterov"]:
            return buffer
        xp = get_array_module(buffer)
        ahead = xp.multiply(buffer, momentum, out=scratch_like("ahead", buffer))
        return xp.add(ahead, g, out=ahead)

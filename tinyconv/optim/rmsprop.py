"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..kernels.scratch import scratch_like
from .optimizer import Optimizer, check_not_negative, check_switches, given
from .rules import add_quotient, add_scaled, average_squares, averages, decayed_gradient, each_piece, move_average

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    r"""RMSprop: the gradient divided by the root of a running mean of its square.

    .. math::
        g &\leftarrow g + \lambda p, \qquad v \leftarrow \alpha v + (1 - \alpha) g^2 \\
        \bar g &\leftarrow \bar g + (1 - \alpha)(g - \bar g),
            \qquad \tilde v = v - \bar g^2 \text{ if centered, else } v \\
        b &\leftarrow \mu b + g / (\sqrt{\tilde v} + \epsilon), \qquad p \leftarrow p - \gamma b

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Learning rate.
    alpha : float
        How much of the running mean is kept in a step.
    eps : float
        Keeps the divisor away from 0.
    weight_decay : float
        Adds ``weight_decay * p`` to the gradient (L2 penalty).
    momentum : float
        :math:`\mu` above.
    centered : bool
        Divide by an estimate of the gradient's standard deviation instead.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    G. Hinton, "Neural Networks for Machine Learning", lecture 6, 2012.  A. Graves, "Generating
    Sequences With Recurrent Neural Networks", 2013 (arXiv:1308.0850), for the centered form.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.RMSprop([w], lr=0.05)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([  0.5000, -99.5000])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(
            options,
            lr="optim.learning_rate",
            eps="optim.epsilon",
            momentum="optim.momentum",
            weight_decay="optim.weight_decay",
            alpha="optim.alpha",
        )
        check_switches(options, "centered", "maximize")

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        names = ["square_avg"]
        if options["centered"]:
            names.append("grad_avg")
        if options["momentum"] > 0:
            names.append("momentum_buffer")
        state["step"] = state.get("step", 0) + 1

        def update(p: Array, g: Array, *rest: Array) -> None:
            self._update_piece(p, g, dict(zip(names, rest)), options)

        each_piece(update, param, grad, *averages(state, names, param))

    def _update_piece(self, p: Array, g: Array, means: dict[str, Array], options: Mapping[str, Any]) -> None:
        xp = get_array_module(p)
        lr, alpha, weight_decay = (float(options[name]) for name in ("lr", "alpha", "weight_decay"))
        g = decayed_gradient(p, g, weight_decay, options["maximize"])
        average_squares(means["square_avg"], g, alpha)
        divisor = scratch_like("divisor", p)
        if options["centered"]:
            mean = means["grad_avg"]
            move_average(mean, g, 1 - alpha)
            xp.multiply(mean, mean, out=divisor)
            xp.subtract(means["square_avg"], divisor, out=divisor)
            xp.sqrt(divisor, out=divisor)
        else:
            xp.sqrt(means["square_avg"], out=divisor)
        divisor += float(options["eps"])
        if "momentum_buffer" in means:
            buffer = means["momentum_buffer"]
            buffer *= float(options["momentum"])
            add_quotient(buffer, g, divisor, 1.0)
            add_scaled(p, buffer, -lr)
        else:
            add_quotient(p, g, divisor, -lr)

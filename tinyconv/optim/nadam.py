"""NAdam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..kernels.scratch import scratch_like
from .adam import check_betas
from .optimizer import Optimizer, check_not_negative, check_switches, given
from .rules import (
    add_quotient,
    average_squares,
    averages,
    decayed_gradient,
    each_piece,
    move_average,
    split_decay,
)

__all__ = ["NAdam"]


class NAdam(Optimizer):
    r"""NAdam: Adam that looks ahead along its momentum, as Nesterov's does.

    .. math::
        g &\leftarrow g + \lambda p, \qquad \mu_t = \beta_1 \left(1 - \tfrac{1}{2}\, 0.96^{t \psi}\right),
            \qquad \pi_t = \mu_1 \mu_2 \cdots \mu_t \\
        m &\leftarrow m + (1 - \beta_1) (g - m), \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \frac{\gamma}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
            \left(\frac{1 - \mu_t}{1 - \pi_t}\, g + \frac{\mu_{t+1}}{1 - \pi_{t+1}}\, m\right)

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Learning rate.
    betas : (float, float)
        How much of each running mean is kept in a step, each in [0, 1).
    eps : float
        Keeps the divisor away from 0.
    weight_decay : float
        Adds ``weight_decay * p`` to the gradient (L2 penalty).
    momentum_decay : float
        :math:`\psi` above: how fast the momentum grows to :math:`\beta_1`.
    decoupled_weight_decay : bool
        Shrink the parameters apart from the gradient instead, as :class:`AdamW` does.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    T. Dozat, "Incorporating Nesterov Momentum into Adam", ICLR workshop 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.NAdam([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([  0.4718, -99.4718])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(options, lr="optim.learning_rate", eps="optim.epsilon", weight_decay="optim.weight_decay")
        check_not_negative(options, momentum_decay="optim.momentum_decay")
        check_switches(options, "maximize", "decoupled_weight_decay")
        check_betas(options)

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        lr, eps, weight_decay, decay = (
            float(options[name]) for name in ("lr", "eps", "weight_decay", "momentum_decay")
        )
        beta1, beta2 = (float(beta) for beta in options["betas"])
        state["step"] = step = state.get("step", 0) + 1
        now, ahead = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        state["mu_product"] = product = state.get("mu_product", 1.0) * now
        of_grad, of_mean = (1 - now) / (1 - product), ahead / (1 - product * ahead)
        shrink, penalty = split_decay(lr, weight_decay, options["decoupled_weight_decay"])
        xp = get_array_module(param)

        def update(p: Array, g: Array, mean: Array, squares: Array) -> None:
            if shrink != 1:
                p *= shrink
            g = decayed_gradient(p, g, penalty, options["maximize"])
            move_average(mean, g, 1 - beta1)
            average_squares(squares, g, beta2)
            step_along = xp.multiply(g, of_grad, out=scratch_like("gradient", p))
            step_along += xp.multiply(mean, of_mean, out=scratch_like("term", p))
            divisor = xp.sqrt(squares, out=scratch_like("divisor", p))
            divisor /= math.sqrt(1 - beta2**step)
            divisor += eps
            add_quotient(p, step_along, divisor, -lr)

        each_piece(update, param, grad, *averages(state, ["exp_avg", "exp_avg_sq"], param))

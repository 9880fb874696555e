"""RAdam."""

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
    add_scaled,
    average_squares,
    averages,
    decayed_gradient,
    each_piece,
    move_average,
    split_decay,
)

__all__ = ["RAdam"]


class RAdam(Optimizer):
    r"""RAdam: Adam that warms up by itself, dividing by the mean square once it has seen enough of it.

    .. math::
        g &\leftarrow g + \lambda p, \qquad m \leftarrow m + (1 - \beta_1) (g - m),
            \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \rho_\infty &= \frac{2}{1 - \beta_2} - 1, \qquad
            \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t} \\
        p &\leftarrow p - \frac{\gamma\, m}{1 - \beta_1^t} \cdot \begin{cases}
            \sqrt{\dfrac{(\rho_t - 4)(\rho_t - 2) \rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2) \rho_t}}\,
            \dfrac{\sqrt{1 - \beta_2^t}}{\sqrt{v} + \epsilon} & \rho_t > 5 \\ 1 & \text{else} \end{cases}

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
    L. Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", ICLR 2020 (arXiv:1908.03265).

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()  # the first ones go along the mean of the gradient
    >>> w.detach()
    tensor([  0.8000, -80.0000])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(options, lr="optim.learning_rate", eps="optim.epsilon", weight_decay="optim.weight_decay")
        check_switches(options, "maximize", "decoupled_weight_decay")
        check_betas(options)

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        lr, eps, weight_decay = (float(options[name]) for name in ("lr", "eps", "weight_decay"))
        beta1, beta2 = (float(beta) for beta in options["betas"])
        state["step"] = step = state.get("step", 0) + 1
        scale, rectification = -lr / (1 - beta1**step), _rectification(beta2, step)
        shrink, penalty = split_decay(lr, weight_decay, options["decoupled_weight_decay"])
        xp = get_array_module(param)

        def update(p: Array, g: Array, mean: Array, squares: Array) -> None:
            if shrink != 1:
                p *= shrink
            g = decayed_gradient(p, g, penalty, options["maximize"])
            move_average(mean, g, 1 - beta1)
            average_squares(squares, g, beta2)
            if rectification is None:
                add_scaled(p, mean, scale)
                return
            divisor = xp.sqrt(squares, out=scratch_like("divisor", p))
            divisor += eps
            add_quotient(p, mean, divisor, scale * rectification * math.sqrt(1 - beta2**step))

        each_piece(update, param, grad, *averages(state, ["exp_avg", "exp_avg_sq"], param))


def _rectification(beta2: float, step: int) -> float | None:
    """The factor for how well the mean of squares is known at a step; None where too few are in it."""
    most = 2 / (1 - beta2) - 1
    seen = most - 2 * step * beta2**step / (1 - beta2**step)
    if seen <= 5:
        return None
    return math.sqrt((seen - 4) * (seen - 2) * most / ((most - 4) * (most - 2) * seen))

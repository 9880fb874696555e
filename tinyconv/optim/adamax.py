"""Adamax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..kernels.scratch import scratch_like
from .adam import check_betas
from .optimizer import Optimizer, check_not_negative, check_switches, given
from .rules import add_quotient, averages, decayed_gradient, each_piece, move_average

__all__ = ["Adamax"]


class Adamax(Optimizer):
    r"""Adamax: Adam with the largest recent gradient in the place of the root of the mean square.

    .. math::
        g &\leftarrow g + \lambda p, \qquad m \leftarrow \beta_1 m + (1 - \beta_1) g,
            \qquad u \leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        p &\leftarrow p - \frac{\gamma}{1 - \beta_1^t} \frac{m}{u}

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Learning rate.
    betas : (float, float)
        How much is kept of the mean and of the largest gradient.
    eps : float
        Keeps the divisor away from 0.
    weight_decay : float
        Adds ``weight_decay * p`` to the gradient (L2 penalty).
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 7.1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.Adamax([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([  0.5000, -99.5000])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 2e-3, betas: Sequence[float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False,
        differentiable: bool = False, capturable: bool = False,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(options, lr="optim.learning_rate", eps="optim.epsilon", weight_decay="optim.weight_decay")
        check_betas(options)
        check_switches(options, "maximize")

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        xp = get_array_module(param)
        lr, eps, weight_decay = (float(options[name]) for name in ("lr", "eps", "weight_decay"))
        beta1, beta2 = (float(beta) for beta in options["betas"])
        state["step"] = state.get("step", 0) + 1
        lr /= 1 - beta1 ** state["step"]

        def update(p: Array, g: Array, mean: Array, largest: Array) -> None:
            g = decayed_gradient(p, g, weight_decay, options["maximize"])
            move_average(mean, g, 1 - beta1)
            size = xp.abs(g, out=scratch_like("divisor", p))
            size += eps
            largest *= beta2
            xp.maximum(largest, size, out=largest)
            size[...] = largest
            add_quotient(p, mean, size, -lr)

        each_piece(update, param, grad, *averages(state, ["exp_avg", "exp_inf"], param))

"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels.scratch import scratch_like
from .optimizer import Optimizer, check_not_negative, check_switches, given
from .rules import add_scaled, average_squares, averages, decayed_gradient, each_piece

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    r"""Adadelta: steps as large as the recent ones, measured by the recent gradients.

    .. math::
        g &\leftarrow g + \lambda p, \qquad v \leftarrow \rho v + (1 - \rho) g^2 \\
        d &= g \sqrt{u + \epsilon} / \sqrt{v + \epsilon}, \qquad u \leftarrow \rho u + (1 - \rho) d^2,
            \qquad p \leftarrow p - \gamma d

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Scales the step.
    rho : float
        How much of the running means is kept in a step.
    eps : float
        Lets the first steps begin, and keeps the divisor away from 0.
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
    M. D. Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701, 2012.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.Adadelta([w], eps=1.0)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ -0.6903, -96.8381])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False,
        differentiable: bool = False,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(options, lr="optim.learning_rate", eps="optim.epsilon", weight_decay="optim.weight_decay")
        check_not_negative(options, rho="optim.decay_rate")
        if float(options["rho"]) > 1:
            raise refusal("optim.rho", "Adadelta", rho=options["rho"])
        check_switches(options, "maximize")

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        xp = get_array_module(param)
        lr, rho, eps, weight_decay = (float(options[name]) for name in ("lr", "rho", "eps", "weight_decay"))
        state["step"] = state.get("step", 0) + 1

        def update(p: Array, g: Array, squares: Array, steps: Array) -> None:
            g = decayed_gradient(p, g, weight_decay, options["maximize"])
            average_squares(squares, g, rho)
            step = xp.divide(steps + eps, squares + eps, out=scratch_like("divisor", p))
            xp.sqrt(step, out=step)
            step *= g
            average_squares(steps, step, rho)
            add_scaled(p, step, -lr)

        each_piece(update, param, grad, *averages(state, ["square_avg", "acc_delta"], param))

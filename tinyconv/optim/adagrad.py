"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..kernels.scratch import scratch_like
from .optimizer import Optimizer, check_not_negative, check_switches, given
from .rules import add_quotient, decayed_gradient, each_piece

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    r"""Adagrad: the gradient divided by the root of the sum of all its squares so far.

    .. math::
        g &\leftarrow g + \lambda p, \qquad s \leftarrow s + g^2 \\
        p &\leftarrow p - \frac{\gamma}{1 + (t - 1) \eta} \, \frac{g}{\sqrt s + \epsilon}

    at step :math:`t`, with :math:`\eta` the `lr_decay`.

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Learning rate.
    lr_decay : float
        :math:`\eta` above.
    weight_decay : float
        Adds ``weight_decay * p`` to the gradient (L2 penalty).
    initial_accumulator_value : float
        Where :math:`s` starts.
    eps : float
        Keeps the divisor away from 0.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", JMLR 12, 2011.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([  0.9000, -99.9000])
    """

    @checked
    def __init__(
        self, params: Any, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ):  # fmt: skip
        super().__init__(params, given(locals()))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(
            options,
            lr="optim.learning_rate",
            lr_decay="optim.lr_decay",
            weight_decay="optim.weight_decay",
            initial_accumulator_value="optim.initial_accumulator",
            eps="optim.epsilon",
        )
        check_switches(options, "maximize")

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        xp = get_array_module(param)
        if not state:
            state["step"] = 0
            state["sum"] = xp.full_like(param, float(options["initial_accumulator_value"]))
        weight_decay = float(options["weight_decay"])
        lr = float(options["lr"]) / (1 + state["step"] * float(options["lr_decay"]))
        state["step"] += 1

        def update(p: Array, g: Array, squares: Array) -> None:
            g = decayed_gradient(p, g, weight_decay, options["maximize"])
            divisor = xp.multiply(g, g, out=scratch_like("divisor", p))
            squares += divisor
            xp.sqrt(squares, out=divisor)
            divisor += float(options["eps"])
            add_quotient(p, g, divisor, -lr)

        each_piece(update, param, grad, state["sum"])

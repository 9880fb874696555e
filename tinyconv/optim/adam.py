"""Adam and AdamW."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from ..arguments import checked
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels import cuda
from ..kernels.scratch import scratch_like
from .optimizer import Optimizer, check_not_negative, check_switches, given, number_of
from .rules import (
    add_quotient,
    average_squares,
    averages,
    decayed_gradient,
    each_piece,
    move_average,
    split_decay,
)

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    r"""Adam: steps scaled by running means of the gradient and of its square.

    .. math::
        g &\leftarrow g + \lambda p \\
        m &\leftarrow m + (1 - \beta_1) (g - m), \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \gamma\,
            \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Both means start at 0; the divisions by :math:`1 - \beta^t` at step :math:`t` correct for that.

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr : float
        Learning rate, about the size of the first steps.
    betas : tuple of float
        How much of each running mean is kept in a step, each in [0, 1).
    eps : float
        Keeps the divisor away from 0.
    weight_decay : float
        Adds ``weight_decay * p`` to the gradient (L2 penalty).  :class:`AdamW` is usually better.
    amsgrad : bool
        Divide by the largest :math:`v` so far instead of the present one.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015 (arXiv:1412.6980).
    S. J. Reddi, S. Kale, S. Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, for AMSGrad.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = tc.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([  0.9000, -99.9000])
    """

    _decoupled_weight_decay = False

    @checked
    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):  # fmt: skip
        if decoupled_weight_decay:
            raise refusal("optim.decoupled", "Adam")
        options = given(locals())
        del options["decoupled_weight_decay"]
        super().__init__(params, options)

    def _check_options(self, options: Mapping[str, Any]) -> None:
        check_not_negative(options, lr="optim.learning_rate", eps="optim.epsilon")
        check_not_negative(options, weight_decay="optim.weight_decay")
        check_switches(options, "amsgrad", "maximize")
        check_betas(options)

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        state["step"] = step = state.get("step", 0) + 1
        names = ["exp_avg", "exp_avg_sq"]
        if options["amsgrad"]:
            names.append("max_exp_avg_sq")
        arrays = [param, grad, *averages(state, names, param)]
        if cuda.in_place_available_for(*arrays):
            self._update_on_gpu(arrays, step, options)
        else:
            self._update_on_host(arrays, step, options)

    def _update_on_gpu(self, arrays: list[Array], step: int, options: Mapping[str, Any]) -> None:
        param, grad, mean, squares, *largest = arrays
        rates = {name: options[name] for name in ("lr", "betas", "eps", "weight_decay", "maximize")}
        decoupled = self._decoupled_weight_decay
        most = largest[0] if largest else None
        cuda.adam_step(param, grad, mean, squares, most, step=step, decoupled=decoupled, **rates)

    def _update_on_host(self, arrays: list[Array], step: int, options: Mapping[str, Any]) -> None:
        lr, eps, weight_decay = (float(options[name]) for name in ("lr", "eps", "weight_decay"))
        beta1, beta2 = (float(beta) for beta in options["betas"])
        shrink, penalty = split_decay(lr, weight_decay, self._decoupled_weight_decay)
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step

        def update(p: Array, g: Array, mean: Array, squares: Array, *largest: Array) -> None:
            if shrink != 1:
                p *= shrink
            g = decayed_gradient(p, g, penalty, options["maximize"])
            move_average(mean, g, 1 - beta1)
            average_squares(squares, g, beta2)
            xp = get_array_module(p)
            for maximum in largest:  # AMSGrad: one array, else none
                squares = xp.maximum(maximum, squares, out=maximum)
            divisor = xp.sqrt(squares, out=scratch_like("divisor", p))
            divisor /= math.sqrt(correction2)
            divisor += eps
            add_quotient(p, mean, divisor, -lr / correction1)

        each_piece(update, *arrays)


class AdamW(Adam):
    r"""Adam with decoupled weight decay: parameters shrink apart from the gradient.

    Before :class:`Adam`'s step without weight decay, :math:`p \leftarrow (1 - \gamma \lambda)\, p`,
    so that the decay is not divided by the running mean of squares.

    Parameters
    ----------
    params : iterable
        Tensors, ``(name, Tensor)`` pairs, or dicts of groups (see :class:`Optimizer`).
    lr, betas, eps, amsgrad, maximize
        As in :class:`Adam`.
    weight_decay : float
        :math:`\lambda` above.

    Raises
    ------
    ValueError
        If an option is out of its range, or `params` is empty.

    References
    ----------
    I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019 (arXiv:1711.05101).

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([10.0], requires_grad=True)
    >>> (0 * w).sum().backward()
    >>> tc.optim.AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.detach()
    tensor([9.5000])
    """

    _decoupled_weight_decay = True

    @checked
    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ):  # fmt: skip
        super().__init__(params, **given(locals()))


def check_betas(options: Mapping[str, Any]) -> None:
    """Raise unless ``betas`` are two numbers in [0, 1).

    Examples
    --------
    >>> check_betas({"betas": (0.9, 0.999)})
    """
    betas = options["betas"]
    if not isinstance(betas, Sequence) or len(betas) != 2 or isinstance(betas, str):
        raise refusal("optim.betas", betas=betas)
    for index, beta in enumerate(betas):
        if not isinstance(number_of(beta), numbers.Real) or not 0.0 <= float(beta) < 1.0:
            raise refusal("optim.beta", index=index, beta=beta)

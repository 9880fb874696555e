"""Prove a gradient: hold what ``backward`` computes against differences of the function's values.

The outputs are projected on a fixed random direction v, ``L(x) = <v, f(x)>``, so one backward pass gives
the analytic gradient ``dL/dx``; each of its elements is compared with the central difference
``(L(x + eps) - L(x - eps)) / (2 eps)``.  A wrong gradient is caught with probability one, because a random v
cannot hide a wrong row of the Jacobian.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autograd import grad, no_grad
from .backend import asnumpy
from .errors import phrase, refusal
from .errors.kinds import GradcheckError
from .tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Check first derivatives of `func` at `inputs`.

    Every input Tensor with ``requires_grad`` is checked, element by element:
    ``|analytic - numeric| <= atol + rtol*|numeric|``.

    Where the slopes to the left and to the right differ (a kink, as relu has at 0, or a tie of a
    maximum) the derivative does not exist; any value between the two slopes is a subgradient, and is
    accepted.  A jump (as ``sign`` has at 0) is not: choose inputs away from it.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns a Tensor or a tuple of Tensors (integer ones are ignored).
    inputs : Tensor or sequence
        Use float64: with float32 the differences drown in rounding, and a warning says so.
    eps : float
        The step of the difference.
    raise_exception : bool
        Raise at a mismatch, or return False.
    nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode, masked
        Change nothing here: every element is checked, always.
    check_batched_grad, check_batched_forward_grad, check_forward_ad, check_backward_ad
        There is one way to a gradient here, backward; to ask for another raises.

    Returns
    -------
    bool
        True when every element agrees.

    Raises
    ------
    GradcheckError
        Saying which input, which element, and both values.
    ValueError
        If no input requires grad, no output depends on one, or another way than backward is to be checked.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([0.5, -2.0], dtype=tc.float64, requires_grad=True)
    >>> tc.gradcheck(lambda x: x * x.exp(), x)
    True
    """
    _only_backward(
        "gradcheck", check_batched_grad=check_batched_grad, check_batched_forward_grad=check_batched_forward_grad,
        check_forward_ad=check_forward_ad, check_backward_ad=not check_backward_ad,
    )  # fmt: skip
    arguments = _arguments(inputs)
    outputs = _float_outputs(func(*arguments))
    if not any(out.requires_grad for out in outputs):
        raise refusal("gradcheck.no_output", "gradcheck")
    mismatch = _mismatch(func, arguments, eps, atol, rtol)
    if mismatch and raise_exception:
        raise mismatch
    return mismatch is None


def _only_backward(caller: str, **asked: bool) -> None:
    for name, other_way in asked.items():
        if other_way:
            raise refusal("gradcheck.other_way", caller, name=name)


def _arguments(inputs: Tensor | Sequence[Any]) -> list[Any]:
    arguments = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [a for a in arguments if isinstance(a, Tensor) and a.requires_grad]
    if not checked:
        raise refusal("gradcheck.no_input")
    _warn_if_coarse(checked)
    return arguments


def _mismatch(
    func: Callable[..., Any], arguments: Sequence[Any], eps: float, atol: float, rtol: float
) -> Exception | None:
    """The error that tells the first wrong element of a gradient, if there is one."""
    checked = [i for i, a in enumerate(arguments) if isinstance(a, Tensor) and a.requires_grad]
    # a leaf of its own for every input: their graphs must not reach back into the caller's
    leaves = [Tensor._of(a.array.copy(), a.requires_grad) if isinstance(a, Tensor) else a for a in arguments]
    outputs = _float_outputs(func(*leaves))
    directions = _directions(outputs)
    analytic = _analytic(outputs, directions, [leaves[i] for i in checked])
    for position, gradient in zip(checked, analytic):
        mismatch = _compare(func, leaves, position, gradient, directions, eps, atol, rtol)
        if mismatch:
            return mismatch
    return None


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Check second derivatives: :func:`gradcheck` of the map from inputs and output gradients to input gradients.

    The other parameters, and the errors, are those of :func:`gradcheck`.

    Parameters
    ----------
    grad_outputs : Tensor or sequence of Tensor, optional
        One for each float output, of its shape; by default drawn.
    gen_non_contig_grad_outputs : bool
        Changes nothing here.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([0.5, -2.0], dtype=tc.float64, requires_grad=True)
    >>> tc.gradgradcheck(lambda x: x**3, x)
    True
    """
    _only_backward(
        "gradgradcheck", check_batched_grad=check_batched_grad, check_fwd_over_rev=check_fwd_over_rev,
        check_rev_over_rev=not check_rev_over_rev,
    )  # fmt: skip
    arguments = _arguments(inputs)
    checked = [i for i, a in enumerate(arguments) if isinstance(a, Tensor) and a.requires_grad]
    with no_grad():
        outputs = _float_outputs(func(*arguments))
    given = [grad_outputs] if isinstance(grad_outputs, Tensor) else grad_outputs
    seeds = [Tensor._of(v.array, requires_grad=True) for v in given or _directions(outputs)]
    if [seed.shape for seed in seeds] != [out.shape for out in outputs]:
        raise refusal(
            "gradcheck.seeds", "gradgradcheck", given=[s.shape for s in seeds], expected=[o.shape for o in outputs]
        )

    def first_derivative(*args: Any) -> tuple[Tensor, ...]:
        values, weights = args[: len(arguments)], args[len(arguments) :]
        used = [(out, w) for out, w in zip(_float_outputs(func(*values)), weights) if out.requires_grad]
        gradients = grad(
            [out for out, _ in used],
            [values[i] for i in checked],
            [w for _, w in used],
            create_graph=True,
            allow_unused=True,
        )
        # a gradient without a graph is held against the differences too: they must be 0
        return tuple(g for g in gradients if g is not None)

    mismatch = _mismatch(first_derivative, [*arguments, *seeds], eps, atol, rtol)
    if mismatch and raise_exception:
        raise refusal("gradcheck.second_derivative", mismatch=mismatch) from mismatch
    return mismatch is None


def _warn_if_coarse(tensors: Sequence[Tensor]) -> None:
    for tensor in tensors:
        if tensor.dtype != np.float64:
            warnings.warn(phrase("gradcheck.coarse", input=tensor), stacklevel=4)


def _float_outputs(result: Any) -> list[Tensor]:
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    return [out for out in outputs if isinstance(out, Tensor) and out.dtype.kind == "f"]


def _directions(outputs: Sequence[Tensor]) -> list[Tensor]:
    """Fixed random weights, none of them near 0, on the outputs' device."""
    random = np.random.default_rng(1)
    directions = []
    for out in outputs:
        weights = random.uniform(0.5, 1.5, out.shape) * random.choice([-1.0, 1.0], out.shape)
        directions.append(Tensor._of(out.device.asarray(np.asarray(weights, dtype=out.dtype))))
    return directions


def _analytic(outputs: Sequence[Tensor], directions: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[np.ndarray]:
    used = [(out, v) for out, v in zip(outputs, directions) if out.requires_grad]
    gradients = grad([o for o, _ in used], leaves, [v for _, v in used], allow_unused=True)
    return [
        np.zeros(leaf.shape) if g is None else np.asarray(asnumpy(g.array), dtype=np.float64)
        for g, leaf in zip(gradients, leaves)
    ]


def _compare(
    func: Callable[..., Any],
    leaves: Sequence[Any],
    position: int,
    analytic: np.ndarray,
    directions: Sequence[Tensor],
    eps: float,
    atol: float,
    rtol: float,
) -> Exception | None:
    """The error that tells the first element that is wrong, if there is one."""
    device = leaves[position].device
    point = np.array(asnumpy(leaves[position].array))

    def projected(index: tuple[int, ...], step: float) -> float:
        moved = point.copy()
        moved[index] += step
        arguments = list(leaves)
        arguments[position] = Tensor._of(device.asarray(moved), requires_grad=True)  # func may call grad() itself
        values = _float_outputs(func(*arguments))
        return sum(
            float(np.sum(np.asarray(asnumpy(out.array), np.float64) * asnumpy(v.array)))
            for out, v in zip(values, directions)
        )

    for index in np.ndindex(point.shape):
        up, down = projected(index, eps), projected(index, -eps)
        numeric = (up - down) / (2 * eps)
        if abs(analytic[index] - numeric) <= atol + rtol * abs(numeric):
            continue
        here = projected(index, 0.0)
        slopes = (here - down) / eps, (up - here) / eps
        allowed = _subgradients(*slopes, eps, atol, rtol)
        if allowed and allowed[0] <= analytic[index] <= allowed[1]:
            continue
        hint = phrase("gradcheck.slopes", left=slopes[0], right=slopes[1]) if allowed else ""
        return refusal(
            "gradcheck.mismatch", "gradcheck", position=position, shape=point.shape, index=index, value=point[index],
            analytic=analytic[index], numeric=numeric, difference=abs(analytic[index] - numeric), atol=atol, rtol=rtol,
            hint=hint,
        )  # fmt: skip
    return None


def _subgradients(left: float, right: float, eps: float, atol: float, rtol: float) -> tuple[float, float] | None:
    """Bounds of a right gradient where the slopes differ: at a kink, but not at a jump, or a smooth place (None)."""
    low, high = sorted((left, right))
    margin = atol + rtol * max(abs(low), abs(high))
    return (low - margin, high + margin) if margin < high - low < 1e-3 / eps else None

"""Derivatives of the functions on tensors, to second order, against differences of values, on every device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device

Case = tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]

M = (2, 3)  # not square


def _at(*places: int) -> Callable[[Any], tc.Tensor]:
    """Integers on the device of another tensor."""
    return lambda x: tc.tensor(list(places)).to(x.device)


def _cells(x: tc.Tensor) -> tc.Tensor:
    return tc.tensor([[0, 2, 0], [1, 1, 2]]).to(x.device)


def _mask(x: tc.Tensor) -> tc.Tensor:
    return tc.tensor([[True, False, True], [False, True, True]]).to(x.device)


def _inside(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of what was brought into (-0.9, 0.9)."""
    return lambda x: function(x.tanh() * 0.9)


def _above(function: Callable[[Any], Any], least: float) -> Callable[[Any], Any]:
    """The function of what was brought above a number."""
    return lambda x: function(x * x + least)


ONE_BY_ONE: dict[str, Case] = {
    **{name: (getattr(tc, name), (M,)) for name in ("sinh", "cosh", "asinh", "atan", "exp2", "reciprocal", "frac")},
    **{name: (getattr(tc, name), (M,)) for name in ("floor", "ceil", "trunc", "round", "nan_to_num")},
    **{name: (_inside(getattr(tc, name)), (M,)) for name in ("tan", "asin", "acos", "atanh")},
    **{name: (_above(getattr(tc, name), 0.5), (M,)) for name in ("log2", "log10")},
    "acosh": (_above(tc.acosh, 1.5), (M,)),
    **{name: (getattr(tc, name), (M, (3,))) for name in ("atan2", "hypot")},
    "fmod by a number": (lambda x: tc.fmod(x, 0.75), (M,)),
    "fmod": (lambda x, y: tc.fmod(x * 2, y * y + 0.5), (M, M)),
    "round to decimals": (lambda x: x + tc.round(x, decimals=1), (M,)),
    "where of a tensor": (lambda x, y: x.where(_mask(x), y), (M, M)),
}

PRODUCTS: dict[str, Case] = {
    "mm": (tc.mm, (M, (3, 4))),
    "bmm": (tc.bmm, ((2, 2, 3), (2, 3, 1))),
    "mv": (tc.mv, (M, (3,))),
    "dot": (tc.dot, ((3,), (3,))),
    "outer": (tc.outer, ((2,), (3,))),
    "rsub": (lambda x, y: tc.rsub(x, y, alpha=2.5), (M, M)),
    "addmm": (lambda a, b, c: tc.addmm(a, b, c, beta=0.5, alpha=-2.0), ((4,), M, (3, 4))),
    "baddbmm": (lambda a, b, c: tc.baddbmm(a, b, c, beta=-0.5, alpha=2.0), ((1, 4), (2, 2, 3), (2, 3, 4))),
    "addcmul": (lambda a, b, c: tc.addcmul(a, b, c, value=-0.5), (M, (3,), M)),
    "addcdiv": (lambda a, b, c: tc.addcdiv(a, b, c, value=-0.5), (M, (3,), M)),
    "lerp": (tc.lerp, (M, M, M)),
    "lerp by a number": (lambda a, b: tc.lerp(a, b, 0.3), (M, M)),
    "tensordot": (lambda a, b: tc.tensordot(a, b, ([0, 2], [1, 0])), ((2, 3, 4), (4, 2, 5))),
    "cdist": (tc.cdist, (M, (4, 3))),
    "cdist of p = 1": (lambda a, b: tc.cdist(a, b, 1.0), (M, (4, 3))),
    "cdist of p = 3": (lambda a, b: tc.cdist(a, b, 3.0), (M, (4, 3))),
    "cdist of p = inf": (lambda a, b: tc.cdist(a, b, float("inf")), (M, (4, 3))),
    "dist": (tc.dist, (M, M)),
    "kron": (tc.kron, (M, (3, 2))),
    "trace": (tc.trace, (M,)),
    **{
        f"einsum {equation}": (lambda *x, equation=equation: tc.einsum(equation, *x), shapes)
        for equation, shapes in {
            "ij,jk->ik": (M, (3, 4)), "ij,ij->": (M, M), "ij->j": (M,), "ii->i": ((3, 3),),
            "...ij,jk": ((2, 2, 3), (3, 2)), "ab,cb,cd->ad": (M, (4, 3), (4, 2)), "ij,j->i": (M, (1,)),
        }.items()
    },
}  # fmt: skip

RUNNING_AND_SORTED: dict[str, Case] = {
    "cumsum": (lambda x: tc.cumsum(x, 1), (M,)),
    "cumprod": (lambda x: tc.cumprod(x, 1), ((2, 5),)),
    "cumprod with zeros": (lambda x: tc.cumprod(x * _mask(x), 1), (M,)),
    "cummax": (lambda x: tc.cummax(x, 1).values, ((2, 5),)),
    "cummin": (lambda x: tc.cummin(x, 0).values, ((5, 2),)),
    "sort": (lambda x: tc.sort(x, 0, descending=True).values, ((4, 2),)),
    "topk": (lambda x: tc.topk(x, 2, largest=False).values, ((2, 4),)),
    "kthvalue": (lambda x: tc.kthvalue(x, 2, 1).values, (M,)),
    "median": (tc.median, (M,)),
    "median along": (lambda x: tc.median(x, 1).values, (M,)),
    "mode": (lambda x: tc.mode(x, 1).values, (M,)),
    **{
        f"quantile {how}": (lambda x, how=how: tc.quantile(x, 0.3, 1, interpolation=how), ((2, 5),))
        for how in ("linear", "lower", "higher", "midpoint", "nearest")
    },
}

GATHERED: dict[str, Case] = {
    "gather": (lambda x: tc.gather(x, 1, _cells(x)), (M,)),
    "scatter": (lambda x, y: tc.scatter(x, 0, _at(1, 0, 1)(x).reshape(1, 3), y), (M, M)),
    "scatter a number": (lambda x: tc.scatter(x, 1, _cells(x)[:, :1], 2.0), (M,)),
    "scatter_add": (lambda x, y: tc.scatter_add(x, 1, _cells(x), y), (M, M)),
    "index_select": (lambda x: tc.index_select(x, 1, _at(2, 0, 2)(x)), (M,)),
    "index_add": (lambda x, y: tc.index_add(x, 1, _at(2, 2)(x), y, alpha=-3), (M, (2, 2))),
    "index_copy": (lambda x, y: tc.index_copy(x, 1, _at(2, 0)(x), y), (M, (2, 2))),
    "index_fill": (lambda x: tc.index_fill(x, 1, _at(2)(x), 2.0), (M,)),
    "index_put": (lambda x, y: tc.index_put(x, (_at(1, 0)(x),), y), (M, M)),
    "index_put added": (lambda x, y: tc.index_put(x, (_at(1, 1)(x),), y, accumulate=True), (M, M)),
    "masked_select": (lambda x: tc.masked_select(x, _mask(x)), (M,)),
    "masked_scatter": (lambda x, y: tc.masked_scatter(x, _mask(x), y), (M, (5,))),
    "take": (lambda x: tc.take(x, _at(5, -1, 0)(x)), (M,)),
}

REARRANGED: dict[str, Case] = {
    "repeat": (lambda x: x.repeat(2, 1, 2), (M,)),
    "tile": (lambda x: tc.tile(x, (2,)), (M,)),
    "repeat_interleave": (lambda x: tc.repeat_interleave(x, 2, 1), (M,)),
    "repeat_interleave by counts": (lambda x: tc.repeat_interleave(x, _at(2, 0, 1)(x), 1), (M,)),
    "broadcast_to": (lambda x: tc.broadcast_to(x, (2, 3)), ((3,),)),
    "broadcast_tensors": (lambda x, y: tc.broadcast_tensors(x, y)[1], (M, (3,))),
    "meshgrid": (lambda x, y: tc.meshgrid(x, y, indexing="xy")[0], ((2,), (3,))),
    "roll": (lambda x: tc.roll(x, (1, -1), (0, 1)), (M,)),
    "movedim": (lambda x: tc.movedim(x, 0, -1), ((2, 3, 4),)),
    "swapaxes": (lambda x: tc.swapaxes(x, 0, 1), (M,)),
    "ravel": (tc.ravel, (M,)),
    "fliplr": (tc.fliplr, (M,)),
    "flipud": (tc.flipud, (M,)),
    "rot90": (tc.rot90, (M,)),
    "select": (lambda x: tc.select(x, 1, -1), (M,)),
    "narrow": (lambda x: tc.narrow(x, 1, 1, 2), (M,)),
    "unbind": (lambda x: tc.unbind(x, 1)[2], (M,)),
    "hstack": (lambda x, y: tc.hstack([x, y]), (M, (2, 1))),
    "vstack": (lambda x, y: tc.vstack([x, y]), (M, (3,))),
    "dstack": (lambda x, y: tc.dstack([x, y]), (M, M)),
    "column_stack": (lambda x, y: tc.column_stack([x, y]), (M, (2,))),
    "diagonal": (lambda x: tc.diagonal(x, 1), (M,)),
    "diagonal of stacks": (lambda x: tc.diagonal(x, -1, 2, 0), ((2, 3, 4),)),
    "diag_embed": (lambda x: tc.diag_embed(x, -1, 0, 2), (M,)),
    "diag": (lambda x: tc.diag(x, -1), ((3,),)),
    "diag of a matrix": (lambda x: tc.diag(x, 1), (M,)),
    "tril": (lambda x: tc.tril(x, -1), (M,)),
    "triu": (lambda x: tc.triu(x, 1), (M,)),
}

STATISTICS: dict[str, Case] = {
    "aminmax": (lambda x: tc.aminmax(x, dim=1).max, (M,)),
    "nansum": (lambda x: tc.nansum(x, 1), (M,)),
    "nanmean": (lambda x: tc.nanmean(x, 0), (M,)),
    "std_mean": (lambda x: tc.add(*tc.std_mean(x, 1)), (M,)),
    "var_mean": (lambda x: tc.add(*tc.var_mean(x, 1)), (M,)),
}

PUT_TOGETHER: dict[str, Case] = {
    "inner": (tc.inner, (M, (4, 3))),
    "addmv": (lambda a, m, v: tc.addmv(a, m, v, beta=0.5, alpha=-2.0), ((1,), M, (3,))),
    "addr": (lambda a, v, w: tc.addr(a, v, w, beta=-0.5, alpha=2.0), ((3,), (2,), (3,))),
    "addbmm": (lambda a, b, c: tc.addbmm(a, b, c, beta=2.0, alpha=-1.0), ((4,), (2, 2, 3), (2, 3, 4))),
    "cross": (tc.cross, (M, M)),
    "cross along": (lambda a, b: tc.cross(a, b, 0), ((3, 2), (3, 1))),
    "block_diag": (tc.block_diag, (M, (2,), (3, 1))),
    "cartesian_prod": (tc.cartesian_prod, ((2,), (3,))),
    "combinations": (lambda x: tc.combinations(x, 2, True), ((4,),)),
    "vander": (tc.vander, ((4,),)),
    "tensor_split": (lambda x: tc.tensor_split(x, 2, 1)[0], ((2, 5),)),
    "hsplit": (lambda x: tc.hsplit(x, (1, 2))[1], (M,)),
    "vsplit": (lambda x: tc.vsplit(x, 2)[1], (M,)),
    "diff": (lambda x, y: tc.diff(x, 2, prepend=y), (M, (2, 1))),
    "logaddexp": (tc.logaddexp, (M, (3,))),
    "float_power": (lambda x: tc.float_power(x, 3), (M,)),
    "erfc": (tc.erfc, (M,)),
    "deg2rad": (tc.deg2rad, (M,)),
    "logit": (lambda x: tc.logit(x.sigmoid() * 0.8 + 0.1), (M,)),
    "rad2deg": (lambda x: tc.rad2deg(x * 0.02), (M,)),
    "clamp_min": (lambda x: tc.clamp_min(x, 0.5), (M,)),
    "clamp_max": (tc.clamp_max, (M, M)),
    "cov": (tc.cov, ((2, 4),)),
    "cov of weights": (lambda x, w: tc.cov(x, aweights=w * w), (M, (3,))),
    "corrcoef": (lambda x: tc.corrcoef(x)[0, 1:], ((3, 5),)),
}

WINDOWS: dict[str, Case] = {
    **{
        f"grid_sample, {padding}": (
            lambda x, g, p=padding: tc.nn.functional.grid_sample(x, g * 0.17, padding_mode=p),
            ((2, 1, 3, 2), (2, 1, 3, 2)),
        )
        for padding in ("zeros", "border", "reflection")
    },
    "grid_sample of volumes": (
        lambda x, g: tc.nn.functional.grid_sample(x, g * 0.1), ((1, 2, 2, 3, 2), (1, 1, 1, 2, 3)),
    ),
    "grid_sample, nearest": (
        lambda x, g: tc.nn.functional.grid_sample(x, g * 0.17, "nearest"), ((2, 1, 3, 2), (2, 1, 3, 2)),
    ),
    "affine_grid": (lambda theta: tc.nn.functional.affine_grid(theta, (2, 1, 2, 3)), ((2, 2, 3),)),
    "Tensor.unfold": (lambda x: x.unfold(1, 3, 2), ((2, 6),)),
}  # fmt: skip

CASES = WINDOWS | PUT_TOGETHER | ONE_BY_ONE | PRODUCTS | RUNNING_AND_SORTED | GATHERED | REARRANGED | STATISTICS


def _apart(rng: np.random.Generator, shapes: tuple[tuple[int, ...], ...]) -> list[np.ndarray]:
    """Numbers of both signs, no two of all closer than 0.1, none near 0 or a step of a rounding."""
    counts = [int(np.prod(shape)) for shape in shapes]
    signs = rng.choice([-1.0, 1.0], sum(counts))
    numbers = rng.permutation(signs * (0.363 + 0.11 * np.arange(sum(counts))))
    return [part.reshape(shape) for part, shape in zip(np.split(numbers, np.cumsum(counts)[:-1]), shapes)]


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name: str, device: Device):
    function, shapes = CASES[name]
    rng = np.random.default_rng(7)
    inputs = [tc.tensor(values, device=device, requires_grad=True) for values in _apart(rng, shapes)]
    # squared, so that the second derivative of what is linear is looked at too
    assert tc.gradcheck(lambda *x: function(*x) ** 2, inputs)
    assert tc.gradgradcheck(lambda *x: function(*x) ** 2, inputs)

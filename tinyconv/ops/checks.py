"""What several operations ask of their arguments.

Each check is silent, or raises what the catalogue (:mod:`tinyconv.errors.texts`) says in its case; `function` is the
operation's name as the user wrote it.  What a dtype must be stands with the dtypes, in :mod:`tinyconv.ops.dtype`.
"""

from __future__ import annotations

from ..autograd import Tensor
from ..errors import phrase, refusal
from .dtype import require_float

__all__ = [
    "batched", "check_bias", "check_channels", "check_groups", "check_same_size", "check_weight",
]  # fmt: skip


def check_same_size(input: Tensor, target: Tensor, function: str) -> None:
    """Refuse two Tensors of unlike shapes, and an input of no floats."""
    require_float(input, function)
    if input.shape != target.shape:
        raise refusal("loss.size", function, input=input, target=target)


def batched(x: Tensor, ndim: int, function: str) -> tuple[Tensor, bool]:
    """Give unbatched input ``(C, *D)``, of floats, a batch dimension; tell whether it had one."""
    require_float(x, function)
    if x.ndim == ndim + 2:
        return x, True
    if x.ndim == ndim + 1:
        return x.unsqueeze(0), False
    ranks = {"unbatched": ndim + 1, "batched": ndim + 2}
    axes = ", ".join("DHW"[-ndim:] if ndim > 1 else "L")
    raise refusal("input.batch", function, function=function, size=list(x.shape), axes=axes, **ranks)


def check_weight(weight: Tensor, ndim: int, function: str) -> None:
    """Refuse a convolution's weight that is no Tensor of floats with `ndim` spatial axes."""
    require_float(weight, function)
    if weight.ndim != ndim + 2 or 0 in weight.array.shape[2:]:
        raise refusal("conv.weight", function, ndim=ndim + 2, size=list(weight.shape))


def check_channels(x: Tensor, weight: Tensor, expected: int, groups: int, function: str) -> None:
    """Refuse an input without the channels that the weight expects."""
    channels = x.array.shape[1]
    if channels == expected:
        return
    last = x.ndim == 4 and x.shape[-1] == expected
    hint = phrase("conv.use_permute") if last else phrase("conv.use_channels", channels=channels)
    sizes = {"weight": list(weight.shape), "size": list(x.shape)}
    numbers = {"groups": groups, "expected": expected, "channels": channels, "share": expected // groups}
    raise refusal("conv.channels", function, hint=hint, **sizes, **numbers)


def check_groups(in_channels: int, out_channels: int, groups: int, function: str, *, of_weight: bool = False) -> None:
    """Refuse groups that do not divide the channels.

    Raises
    ------
    ValueError
        Showing the remainders, and the numbers of groups that would do.
    RuntimeError
        In its place, with `of_weight`: as in PyTorch, a layer's arguments are values, and arrays that do not fit
        meet a RuntimeError.
    """
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if groups < 1 or channels % groups:
            fits = [g for g in range(1, min(in_channels, out_channels) + 1) if in_channels % g == out_channels % g == 0]
            rest = f"{channels} = {channels // groups}*{groups} + {channels % groups}" if groups > 0 else "groups >= 1"
            given = {"name": name, "channels": channels, "groups": groups, "rest": rest, "fits": fits}
            raise refusal("conv.weight_groups" if of_weight else "conv.groups", function, **given)


def check_bias(bias: Tensor | None, channels: int, weight: Tensor, function: str) -> None:
    """Refuse a bias that has not one number per output channel."""
    if bias is not None and bias.array.shape != (channels,):
        sizes = {"weight": list(weight.shape), "size": list(bias.shape)}
        raise refusal("conv.bias", function, channels=channels, **sizes)

"""Normalisation: one primitive under batch, layer, group and instance norm."""

from __future__ import annotations

import functools

from ..arguments import Size, checked
from ..autograd import Operation, Tensor, is_grad_enabled, no_grad, unbroadcast, whole
from ..backend import Array
from ..errors import phrase, refusal
from ..kernels.normalize import normalize as normalize_arrays
from ..kernels.normalize import normalize_gradients
from .dtype import require_float
from .elementwise import add
from .reduction import count
from .reduction import mean as mean_

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm"]


class Normalize(Operation):
    """``y = z*weight + bias`` with ``z = (x - mean)*s``, ``s = 1/sqrt(var + eps)``; also gives mean and var.

    With ``h = g*weight`` and n elements per mean (means are over the same dimensions)::

        gx = s*(h - z*mean(h*z) - mean(h)) + g_mean/n + g_var*2*(x - mean)/n
        gweight = sum(g*z),    gbias = sum(g)

    Saving the outputs mean and var ties them into the graph, so the formula can itself be differentiated.
    """

    __slots__ = ()
    _materializes = False  # mean and var seldom have a gradient

    def forward(
        self, x: Array, weight: Array | None, bias: Array | None, dims: tuple[int, ...], eps: float
    ) -> tuple[Array, Array, Array]:
        y, mean, var = normalize_arrays(x, weight, bias, dims, eps)
        self.keep(mean=mean, var=var, sizes=next((p.shape for p in (weight, bias) if p is not None), None))
        return y, mean, var

    def vjp(
        self, g: tuple[Tensor | None, ...], x: Tensor, weight: Tensor | None, mean: Tensor, var: Tensor,
        sizes: tuple[int, ...] | None, dims: tuple[int, ...], eps: float,
    ) -> tuple[Tensor | None, ...]:  # fmt: skip
        g_y, g_mean, g_var = g
        gx = gweight = gbias = None
        if g_y is not None:
            gx, gweight, gbias = _gradients(g_y, x, weight, sizes, mean, var, dims, eps)
        n = count(x.shape, dims)
        terms = [] if gx is None else [gx]
        if g_mean is not None:
            terms.append((g_mean * (1.0 / n)).expand(x.shape))
        if g_var is not None:
            terms.append(g_var * (2.0 / n) * (x - mean))
        return functools.reduce(add, terms), gweight, gbias, None, None


def _gradients(
    g: Tensor, x: Tensor, weight: Tensor | None, sizes: tuple[int, ...] | None, mean: Tensor, var: Tensor,
    dims: tuple[int, ...], eps: float,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Those of x, weight and bias: by one kernel, or, where they are recorded, in Tensor operations."""
    if not is_grad_enabled():
        factor = None if weight is None else weight.array
        arrays = normalize_gradients(g.array, x.array, factor, sizes, mean.array, var.array, dims, eps)
        return tuple(None if array is None else Tensor._of(array) for array in arrays)
    s = (var + eps).rsqrt()
    z = (x - mean) * s
    h = g if weight is None else g * weight
    gx = s * (h - z * mean_(h * z, dims, keepdim=True) - mean_(h, dims, keepdim=True))
    return (gx, None, None) if sizes is None else (gx, unbroadcast(g * z, sizes), unbroadcast(g, sizes))


def normalize(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, dims: tuple[int, ...], eps: float, function: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Give ``z*weight + bias`` of `x` over `dims`, and mean and var, which keep these dimensions as 1.

    `weight` and `bias` have as many dimensions as `x`, of its lengths or 1.

    Raises
    ------
    RuntimeError
        For integer input, or when there is nothing to take a mean of.
    """
    require_float(x, function)
    if count(x.shape, dims) == 0:
        raise refusal("norm.empty", function, dims=dims, x=x)
    return Normalize.apply(x, weight, bias, dims, eps)


def reshaped(parameter: Tensor | None, shape: tuple[int, ...]) -> Tensor | None:
    """The parameter, if there is one, in a shape that meets its dimensions of the input."""
    return None if parameter is None else parameter.reshape(shape)


def per_channel(x: Tensor) -> tuple[int, ...]:
    """The shape in which one number per channel meets ``(N, C, *)``."""
    return (1, x.shape[1]) + (1,) * (x.ndim - 2)


def _check_affine(x: Tensor, function: str, **parameters: Tensor | None) -> None:
    """Refuse an input without a channel axis, and parameters that have not one element per channel."""
    if x.ndim < 2:
        raise refusal("norm.no_channels", function, x=x)
    for name, p in parameters.items():
        if p is not None and p.shape != (x.shape[1],):
            raise refusal("norm.parameter", function, name=name, channels=x.shape[1], x=x, count=p.numel())


@checked
@whole
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of ``(N, C, *)`` over batch and space.

    In training the batch's own mean and (biased) variance are used, and the running ones move towards
    them by `momentum`, the variance in its unbiased form; otherwise the running ones are used.  An empty batch
    moves nothing.

    Raises
    ------
    ValueError
        In training, for a single value per channel, or an `eps` that is not positive.
    RuntimeError
        If a parameter does not have one element per channel.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.batch_norm(tc.tensor([[1.0], [3.0]]), training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    _check_affine(input, "batch_norm", running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if eps <= 0 if training else eps < 0:
        bound = phrase("norm.positive") if training else phrase("norm.not_negative")
        raise refusal("norm.eps", "batch_norm", bound=bound, eps=eps)
    shape = per_channel(input)
    if not training:
        if running_mean is None or running_var is None:
            raise refusal("norm.no_running", "batch_norm")
        require_float(input, "batch_norm")
        scale = (running_var + eps).rsqrt()
        scale = scale if weight is None else scale * weight  # before it meets the input: one pass less
        z = (input - running_mean.reshape(shape)) * scale.reshape(shape)
        return z if bias is None else z + bias.reshape(shape)
    dims = (0, *range(2, input.ndim))
    n = count(input.shape, dims)
    if n == 1:
        raise refusal("norm.one_value", "batch_norm", size=list(input.shape))
    if n == 0:
        require_float(input, "batch_norm")
        return Normalize.apply(input, reshaped(weight, shape), reshaped(bias, shape), dims, eps)[0]
    y, mean, var = normalize(input, reshaped(weight, shape), reshaped(bias, shape), dims, eps, "batch_norm")
    _update_running(running_mean, running_var, mean, var, n, momentum)
    return y


def _update_running(
    running_mean: Tensor | None, running_var: Tensor | None, mean: Tensor, var: Tensor, n: int, momentum: float
) -> None:
    """Move the running values towards a batch's, ``(1 or N, C, 1, ...)``, the variance of `n` values unbiased."""
    with no_grad():
        for running, batch in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
            if running is not None:
                running.copy_(running * (1.0 - momentum) + batch.mean(0).reshape(-1) * momentum)


@checked
@whole
def layer_norm(
    input: Tensor,
    normalized_shape: Size,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise over the last dimensions, whose sizes are `normalized_shape`.

    Raises
    ------
    RuntimeError
        If the input does not end in `normalized_shape`.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.layer_norm(tc.tensor([[1.0, 3.0]]), (2,), eps=0.0)
    tensor([[-1.,  1.]])
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if input.shape[input.ndim - len(shape) :] != shape or not shape:
        sizes = ", ".join(map(str, shape))
        raise refusal("norm.shape", "layer_norm", given=list(shape), sizes=sizes, size=list(input.shape))
    dims = tuple(range(input.ndim - len(shape), input.ndim))
    lengths = (1,) * (input.ndim - len(shape)) + shape
    return normalize(input, reshaped(weight, lengths), reshaped(bias, lengths), dims, eps, "layer_norm")[0]


@checked
@whole
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each sample's groups of channels over channels and space.

    Raises
    ------
    ValueError
        If the groups do not divide the channels.

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.group_norm(tc.tensor([[1.0, 3.0]]), 1, eps=0.0)
    tensor([[-1.,  1.]])
    """
    _check_affine(input, "group_norm", weight=weight, bias=bias)
    channels = input.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise refusal("norm.num_groups", "group_norm", size=list(input.shape), groups=num_groups)
    grouped = input.reshape((input.shape[0], num_groups, channels // num_groups) + input.shape[2:])
    sizes = (1, *grouped.shape[1:3]) + (1,) * (grouped.ndim - 3)
    dims = tuple(range(2, grouped.ndim))
    y, _, _ = normalize(grouped, reshaped(weight, sizes), reshaped(bias, sizes), dims, eps, "group_norm")
    return y.reshape(input.shape)


@checked
@whole
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each sample over space.

    Raises
    ------
    ValueError
        For a single cell per channel.

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization", arXiv:1607.08022, 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.instance_norm(tc.tensor([[[1.0, 3.0]]]), eps=0.0)
    tensor([[[-1.,  1.]]])
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    _check_affine(input, "instance_norm", weight=weight, bias=bias)
    dims = tuple(range(2, input.ndim))
    n = count(input.shape, dims)
    if n == 1:
        raise refusal("norm.one_cell", "instance_norm", size=list(input.shape))
    sizes = per_channel(input)
    y, mean, var = normalize(input, reshaped(weight, sizes), reshaped(bias, sizes), dims, eps, "instance_norm")
    _update_running(running_mean, running_var, mean, var, n, momentum)
    return y

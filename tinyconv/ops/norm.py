"""Normalisation: one primitive under batch, layer, group and instance norm."""

from __future__ import annotations

import functools

from ..arguments import Size, checked
from ..autograd import Operation, Tensor, is_grad_enabled, no_grad, whole
from ..backend import Array, get_array_module
from ..errors import phrase, refusal
from ..kernels.sums import add_up
from .dtype import require_float
from .elementwise import add
from .reduction import count
from .reduction import mean as mean_
from .shape import clone

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm"]


class Normalize(Operation):
    """``z = (x - mean) / sqrt(var + eps)`` over some dimensions; also gives mean and var.

    With ``s = 1/sqrt(var + eps)`` and n elements per mean (means are over the same dimensions)::

        gx = s*(g - mean(g) - z*mean(g*z)) + g_mean/n + g_var*2*z/(s*n)

    Saving the outputs z and var ties them into the graph, so the formula can itself be differentiated.
    For float16 mean and var are float32: the variance of 300 and -300 is beyond float16.
    """

    __slots__ = ()
    _materializes = False  # mean and var seldom have a gradient

    def forward(self, x: Array, dims: tuple[int, ...], eps: float) -> tuple[Array, Array, Array]:
        xp = get_array_module(x)
        n = count(x.shape, dims)
        mean = add_up(x, dims, keepdims=True) / n
        centred = x - mean
        var = xp.asarray(add_up(centred * centred, dims, keepdims=True) / n)
        centred *= 1.0 / xp.sqrt(var + var.dtype.type(eps))
        z = xp.asarray(centred.astype(x.dtype, copy=False))
        self.keep(z=z, var=var)
        return z, mean, var

    def grad_x(
        self, g: tuple[Tensor, ...], z: Tensor, var: Tensor, dims: tuple[int, ...], eps: float, shape: tuple[int, ...]
    ) -> Tensor:
        g_z, g_mean, g_var = g
        n = count(shape, dims)
        scale = (var + eps).rsqrt()
        terms = []
        if g_z is not None:
            terms.append(_back_through_z(g_z, z, scale, dims))
        if g_mean is not None:
            terms.append((g_mean * (1.0 / n)).expand(shape))
        if g_var is not None:
            terms.append(g_var * (2.0 / n) * z / scale)
        return functools.reduce(add, terms)


def _back_through_z(g: Tensor, z: Tensor, scale: Tensor, dims: tuple[int, ...]) -> Tensor:
    """``scale*(g - z*mean(g*z) - mean(g))``; all in one array's memory, unless it is recorded."""
    if is_grad_enabled():
        return scale * (g - z * mean_(g * z, dims, keepdim=True) - mean_(g, dims, keepdim=True))
    xp, n = get_array_module(g.array), count(g.shape, dims)
    gx = g.array * z.array
    xp.multiply(z.array, add_up(gx, dims, keepdims=True) / n, out=gx)
    xp.subtract(g.array, gx, out=gx)
    gx -= add_up(g.array, dims, keepdims=True) / n
    gx *= scale.array
    return Tensor._of(gx)


def normalize(x: Tensor, dims: tuple[int, ...], eps: float, function: str) -> tuple[Tensor, Tensor, Tensor]:
    """Give ``(z, mean, var)`` of `x` over `dims`; mean and var keep these dimensions as 1.

    Raises
    ------
    RuntimeError
        For integer input, or when there is nothing to take a mean of.
    """
    require_float(x, function)
    if count(x.shape, dims) == 0:
        raise refusal("norm.empty", function, dims=dims, x=x)
    return Normalize.apply(x, dims, eps)


def affine(z: Tensor, weight: Tensor | None, bias: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    """``z * weight + bias`` with both brought to `shape`."""
    if weight is not None:
        z = z * weight.reshape(shape)
    return z if bias is None else z + bias.reshape(shape)


def _per_channel(x: Tensor) -> tuple[int, ...]:
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
    shape = _per_channel(input)
    if not training:
        if running_mean is None or running_var is None:
            raise refusal("norm.no_running", "batch_norm")
        require_float(input, "batch_norm")
        scale = (running_var + eps).rsqrt()
        scale = scale if weight is None else scale * weight  # before it meets the input: one pass less
        return affine((input - running_mean.reshape(shape)) * scale.reshape(shape), None, bias, shape)
    dims = (0, *range(2, input.ndim))
    n = count(input.shape, dims)
    if n == 1:
        raise refusal("norm.one_value", "batch_norm", size=list(input.shape))
    if n == 0:
        require_float(input, "batch_norm")
        return affine(clone(input), weight, bias, shape)
    z, mean, var = normalize(input, dims, eps, "batch_norm")
    _update_running(running_mean, running_var, mean, var, n, momentum)
    return affine(z, weight, bias, shape)


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
    z, _, _ = normalize(input, dims, eps, "layer_norm")
    return affine(z, weight, bias, shape)


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
    z, _, _ = normalize(grouped, tuple(range(2, grouped.ndim)), eps, "group_norm")
    return affine(z.reshape(input.shape), weight, bias, _per_channel(input))


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
    z, mean, var = normalize(input, dims, eps, "instance_norm")
    _update_running(running_mean, running_var, mean, var, n, momentum)
    return affine(z, weight, bias, _per_channel(input))

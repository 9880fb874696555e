"""Batch normalisation over the batches of all ranks."""

from __future__ import annotations

from typing import Any

from ..autograd import Operation, no_grad
from ..backend import Array
from ..errors import refusal
from ..nn.module import Module
from ..nn.norm import _BatchNorm
from ..tensor import Tensor
from .communicator import Communicator, create_communicator

__all__ = ["SumOverRanks", "SyncBatchNorm", "convert_sync_batchnorm"]


class SumOverRanks(Operation):
    """``y = sum over ranks of x_r``, inside the graph (collective, and so is its backward).

    Every rank's loss depends on y, so x_r receives the gradients of all of them.  Rank s's gradient ``g_s``
    belongs to a mean over its ``n_s`` samples, and what is returned to rank r is taken as belonging to a mean
    over ``n_r``; the loss of all is the mean weighted by these numbers, hence::

        gx_r = (n_0 * g_0 + n_1 * g_1 + ...) / n_r

    Examples
    --------
    >>> import tinyconv as tc
    >>> SumOverRanks.apply(tc.ones(2), Communicator(), 3)
    tensor([1., 1.])
    """

    __slots__ = ()

    def forward(self, x: Array, comm: Communicator, samples: int) -> Array:  # noqa: D102
        return comm.allreduce_sum(x.copy())

    def grad_x(self, g: Tensor, comm: Communicator, samples: int) -> Tensor:  # noqa: D102
        total = SumOverRanks.apply(g * float(samples), comm, samples)
        # without samples there is nothing that the gradient could reach
        return total * (1.0 / samples) if samples else total * 0.0


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation of ``(N, C, *)`` by the mean and variance of all ranks' batches together.

    The plain ``BatchNorm`` layers use each rank's own, so that their result depends on the number of ranks;
    this one gives what a single process would compute on the whole batch.  It costs three small exchanges
    in forward and two in backward, in which every rank must take part: call the model, and backward, on an
    empty batch too (``(0, C, *)``).

    Parameters
    ----------
    num_features : int
        Channels.
    comm : Communicator, optional
        Among whom; everybody by default.
    eps, momentum, affine, track_running_stats, device, dtype, bias
        As in ``BatchNorm2d``.

    Notes
    -----
    Backward assumes what ``DistributedOptimizer.step(samples=...)`` does: that each rank's loss is the mean
    over the N samples of its batch.

    References
    ----------
    H. Zhang et al., "Context encoding for semantic segmentation", CVPR 2018, section 3.4.

    Examples
    --------
    >>> import tinyconv as tc
    >>> norm = tc.distributed.SyncBatchNorm(3, tc.distributed.Communicator())
    >>> x = tc.randn(4, 3, 5, 5)
    >>> bool((norm(x) - tc.nn.BatchNorm2d(3)(x)).abs().max() < 1e-5)
    True
    """

    _ndims = (2, 3, 4, 5)

    def __init__(
        self, num_features: int, comm: Communicator | None = None, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None, dtype: Any = None,
        *, bias: bool = True,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.comm = comm or create_communicator()

    def forward(self, input: Tensor) -> Tensor:
        """Normalise each channel over batch, space and ranks (collective in training)."""
        if not self.training and self.running_mean is not None:
            return super().forward(input)
        self._check(input, 1)
        samples, dims = input.shape[0], (0, *range(2, input.ndim))
        cells = sum(self.comm.allgather(input.numel() // self.num_features))
        if cells < 2:
            raise refusal("distributed.one_value", type(self).__name__, ranks=self.comm.size, cells=cells)
        shape = (1, self.num_features) + (1,) * (input.ndim - 2)
        x = input.float() if input.dtype == "float16" else input  # squares of float16 overflow
        mean = SumOverRanks.apply(x.sum(dims), self.comm, samples) * (1.0 / cells)
        centred = x - mean.reshape(shape)
        var = SumOverRanks.apply((centred * centred).sum(dims), self.comm, samples) * (1.0 / cells)
        if self.training:
            self._follow(mean.detach(), var.detach() * (cells / (cells - 1)))
        output = centred * (var + self.eps).rsqrt().reshape(shape)
        if self.weight is not None:
            output = output * self.weight.reshape(shape)
        if self.bias is not None:
            output = output + self.bias.reshape(shape)
        return output.to(input.dtype)

    def _follow(self, mean: Tensor, unbiased_var: Tensor) -> None:
        """Move the running values towards these."""
        momentum = self._next_momentum()
        with no_grad():
            for running, batch in ((self.running_mean, mean), (self.running_var, unbiased_var)):
                if running is not None:
                    running.copy_(running * (1.0 - momentum) + batch * momentum)


def convert_sync_batchnorm(model: Module, comm: Communicator | None = None) -> Module:
    """Replace every batch norm in a model by a :class:`SyncBatchNorm` with the same parameters.

    Make the optimiser before or after: parameters stay the same objects.

    Returns
    -------
    Module
        `model`, changed; the new layer if `model` itself is a batch norm.

    Examples
    --------
    >>> import tinyconv as tc
    >>> model = tc.nn.Sequential(tc.nn.Conv2d(1, 2, 3), tc.nn.BatchNorm2d(2))
    >>> tc.distributed.convert_sync_batchnorm(model, tc.distributed.Communicator())[1]
    SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """
    comm = comm or create_communicator()
    if isinstance(model, _BatchNorm):
        return _converted(model, comm)
    new = {
        m: _converted(m, comm)
        for m in model.modules()
        if isinstance(m, _BatchNorm) and not isinstance(m, SyncBatchNorm)
    }
    for module in list(model.modules()):
        for name, child in list(module._modules.items()):  # under every name: a shared layer stays one
            if child in new:
                setattr(module, name, new[child])
    return model


def _converted(layer: _BatchNorm, comm: Communicator) -> SyncBatchNorm:
    new = SyncBatchNorm(layer.num_features, comm, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
    for table in ("_parameters", "_buffers"):
        getattr(new, table).update(getattr(layer, table))
    new.training = layer.training
    return new

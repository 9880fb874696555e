"""One buffer for all gradients: a step then needs a single Allreduce, and a single trip through the host.

The buffer of a model with P parameters and n elements in all, among R ranks::

    [ samples | uncounted | idle | not_finite * R | has_gradient * P | gradient elements * n ]

Its sum over ranks holds all that is needed to finish: the total weight, which ranks have an infinity or a NaN (each
has a place of its own), and which parameters have a gradient on any rank.  Gradients are multiplied by the rank's
number of samples on the way in, and divided by the total on the way out, which makes the mean over the global batch
out of means over its parts:

    mean of all = (n_0 * mean_0 + n_1 * mean_1 + ...) / (n_0 + n_1 + ...)
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from ..backend import Array, asnumpy, get_array_module
from ..errors import refusal
from ..tensor import Tensor

__all__ = ["GradientPack"]

_SAMPLES, _UNCOUNTED, _IDLE, _NOT_FINITE = 0, 1, 2, 3  # places in the header; after the last come the flags


class GradientPack:
    """The packed gradients of some parameters.

    Parameters
    ----------
    params : list of Tensor
        All on one device, with float dtypes.
    on_device : bool
        Leave the buffer on the device, for an MPI library that can read it there.
    rank, ranks : int
        Whose gradients, among how many.

    Raises
    ------
    RuntimeError
        If the parameters are on several devices.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w = tc.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> pack = GradientPack([w])
    >>> pack.unpack(2 * pack.pack(samples=3))  # as if another rank had the same
    >>> w.grad
    tensor([2., 4.])
    """

    def __init__(self, params: list[Tensor], on_device: bool = False, rank: int = 0, ranks: int = 1):
        self.params, self.on_device = params, on_device
        self.rank, self.ranks, self.flags = rank, ranks, _NOT_FINITE + ranks
        self.device = params[0].device
        if any(p.device != self.device for p in params):
            places = sorted({str(p.device) for p in params})
            raise refusal("distributed.devices", devices=places)
        self.dtype = np.result_type(np.float32, *[p.dtype for p in params])  # float16 sums would overflow
        self.header = self.flags + len(params)
        self.size = self.header + sum(p.numel() for p in params)
        with self.device.use():
            self._buffer = self.device.xp.zeros(self.size, self.dtype)

    def pack(self, samples: float | None) -> Array:
        """Give the buffer, to be summed over the ranks: on the host, or on the device if MPI can read there."""
        weight = 1.0 if samples is None else float(samples)
        xp = self.device.xp
        with self.device.use():
            for param, part in self._parts(self._buffer):
                if param._grad is None or not weight:  # 0 * gradient could be NaN: the mean of nothing
                    part.fill(0)
                else:
                    xp.multiply(param._grad.array, weight, out=part, dtype=self.dtype)
        present = [param._grad is not None and weight > 0 for param in self.params]
        header = np.array([weight, samples is None, not any(present), *[0] * self.ranks, *present], self.dtype)
        buffer = self._buffer if self.on_device else asnumpy(self._buffer)
        with self.device.use():
            buffer[: self.header] = self.device.asarray(header) if self.on_device else header
            xp = get_array_module(buffer)
            buffer[_NOT_FINITE + self.rank] = ~xp.isfinite(buffer[self.header :]).all()
        return buffer

    def checksums(self) -> list[int]:
        """Give a number for each parameter's values, by one copy of all to the host."""
        with self.device.use():
            for param, part in self._parts(self._buffer):
                part[...] = param.array
        return [zlib.crc32(part.tobytes()) for _, part in self._parts(asnumpy(self._buffer))]

    def unpack(self, total: Array) -> None:
        """Make every ``.grad`` the mean that `total`, the sum of all ranks' buffers, stands for."""
        header = asnumpy(total[: self.header])
        weight, xp = float(header[_SAMPLES]), self.device.xp
        with self.device.use():
            for index, (param, part) in enumerate(self._parts(self.device.asarray(total))):
                if header[self.flags + index]:
                    mean = xp.empty(param.shape, param.dtype)
                    param._grad = Tensor._of(xp.divide(part, weight, out=mean, dtype=self.dtype))
                else:
                    param._grad = None

    def check(self, total: Array) -> None:
        """Raise, on every rank alike, if the ranks did not mean the same step, or some gradient is not finite."""
        weight, uncounted, idle, *not_finite = (float(value) for value in asnumpy(total[: self.flags]))
        ranks = self.ranks
        if 0 < uncounted < ranks:
            raise refusal("distributed.uncounted", uncounted=uncounted, ranks=ranks)
        if uncounted and 0 < idle < ranks:
            raise refusal("distributed.idle", idle=idle, ranks=ranks)
        if not weight:
            raise refusal("distributed.nothing")
        if any(not_finite):
            raise refusal("distributed.not_finite", which=[rank for rank, flag in enumerate(not_finite) if flag])

    def _parts(self, flat: Array) -> Iterator[tuple[Tensor, Array]]:
        """Each parameter, with its part of a buffer in the parameter's shape."""
        start = self.header
        for param in self.params:
            yield param, flat[start : start + param.numel()].reshape(param.shape)
            start += param.numel()

"""What a model costs: parameters, multiply-adds and memory, layer by layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import as_array, no_grad
from ..backend import Device
from ..errors import phrase
from ..kernels.geometry import Ints
from ..nn.conv import DeformConv2d, _Conv, _ConvTranspose
from ..nn.linear import Linear
from ..nn.module import Module
from ..tensor import Tensor
from .dry_run import Call, copy_of, dry_run
from .show import table_text
from .window import window_of

__all__ = ["LayerCost", "Summary", "summary"]


@dataclass(frozen=True)
class LayerCost:
    """One row of a summary: one call of a layer.

    Attributes
    ----------
    name, kind : str
        Where the layer is in the model, and its class.
    output_shape : tuple of int
        Of the result, with the batch.
    dtype : str
        Of the result.
    parameters : int
        Numbers the layer learns; 0 at the second call of a layer, and for parameters met before.
    multiply_adds : int
        Products that are added up, for the whole batch, on padding too.
    activation_bytes : int
        Memory of the result, 0 if it is a view of the input.  What an operation keeps for its derivative beside
        that (which cell won a maximum, a mask) is not counted.
    im2col_bytes : int
        Memory that im2col's columns would take for the whole batch (tinyconv makes them tile by tile instead).

    Examples
    --------
    >>> import tinyconv as tc
    >>> row = summary(tc.nn.Conv2d(64, 32, 3), (8, 64, 128, 128)).rows[0]
    >>> row.parameters, row.multiply_adds
    (18464, 2341011456)
    >>> round(row.im2col_bytes / 2**20), round(row.im2col_bytes_per_sample / 2**20, 1)
    (279, 34.9)
    """

    name: str
    kind: str
    output_shape: Ints
    dtype: str
    parameters: int
    multiply_adds: int
    activation_bytes: int
    im2col_bytes: int

    @property
    def im2col_bytes_per_sample(self) -> int:
        """Memory of one sample's columns."""
        return self.im2col_bytes // max(1, self.output_shape[0]) if self.im2col_bytes else 0


@dataclass(frozen=True)
class Summary:
    """A model's costs; ``print`` it.

    Attributes
    ----------
    rows : tuple of LayerCost
        In the order of the calls.
    trainable_parameters : int
        Of :attr:`parameters`, those that want gradients.

    Examples
    --------
    >>> from tinyconv import nn
    >>> model = nn.Sequential(nn.Conv2d(64, 64, 3, groups=64), nn.Conv2d(64, 32, 1))
    >>> print(summary(model, (8, 64, 128, 128)))
    layer  kind    output shape         parameters  multiply-adds  activation    im2col
    0      Conv2d  (8, 64, 126, 126)           640     73,156,608    31.0 MiB  279.1 MiB
    1      Conv2d  (8, 32, 126, 126)         2,080    260,112,384    15.5 MiB   31.0 MiB
    total                                    2,720    333,268,992    46.5 MiB  279.1 MiB (largest)
    """

    rows: tuple[LayerCost, ...]
    trainable_parameters: int

    @property
    def parameters(self) -> int:
        """Numbers that the model learns, shared ones once."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Of one forward of the batch."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all results, which the graph keeps until backward."""
        return sum(row.activation_bytes for row in self.rows)

    @property
    def im2col_bytes(self) -> int:
        """Of the layer whose columns would take the most; they are never there at the same time."""
        return max((row.im2col_bytes for row in self.rows), default=0)

    def __str__(self) -> str:
        head = phrase("explain.summary_head").split("|")
        whole = phrase("explain.whole_model")
        body = [
            [row.name or whole, row.kind, str(row.output_shape), f"{row.parameters:,}", f"{row.multiply_adds:,}",
             memory(row.activation_bytes), memory(row.im2col_bytes)]
            for row in self.rows
        ]  # fmt: skip
        sums = f"{self.parameters:,}", f"{self.multiply_adds:,}", memory(self.activation_bytes)
        total = [phrase("explain.total"), "", "", *sums, memory(self.im2col_bytes)]
        text = table_text([head, *body, total], right_aligned={3, 4, 5, 6})
        frozen = self.parameters - self.trainable_parameters
        text += phrase("explain.largest")
        return f"{text}\n{phrase('explain.frozen', frozen=frozen, parameters=self.parameters)}" if frozen else text


def memory(size: int) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> memory(0), memory(900), memory(292_626_432)
    ('-', '900 B', '279.1 MiB')
    """
    if size == 0:
        return "-"
    for unit, bytes_per_unit in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= bytes_per_unit:
            return f"{size / bytes_per_unit:.1f} {unit}"
    return f"{size} B"


def summary(model: Module, *inputs: Any) -> Summary:
    """Run a model once and list its layers with their costs.

    The run is a copy's: running statistics, lazy layers, mode, hooks and the random generator stay as they are.

    Parameters
    ----------
    model : Module
        Any; layers without layers below them are listed, each time they are called.  Work that a module does
        outside such layers, in functions, is not counted; its own parameters are.
    *inputs : Tensor, array or tuple of int
        What the model is called with; a shape stands for float32 zeros on the model's device.

    Returns
    -------
    Summary

    Examples
    --------
    >>> from tinyconv import nn
    >>> model = nn.Sequential(nn.Conv2d(None, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(None, 10))
    >>> costs = summary(model, (1, 1, 28, 28))
    >>> costs.parameters, model[0].in_channels is None
    (54170, True)
    """
    copied = copy_of(model)
    device = next((p.device for p in copied.parameters()), Device("cpu"))
    tensors = [_as_input(value, device) for value in inputs]
    with no_grad():
        calls = dry_run(copied, *tensors)
    counted: set[int] = set()
    rows = [_row(call, counted) for call in calls if call.is_leaf or _has_uncounted(call.source, counted)]
    trainable = sum(p.numel() for p in copied.parameters() if id(p) in counted and p.requires_grad)
    return Summary(tuple(rows), trainable)


def _as_input(value: Any, device: Device) -> Any:
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, (tuple, list)):
        return Tensor._of(device.asarray(np.zeros(tuple(value), np.float32)))
    return Tensor._of(as_array(value))


def _has_uncounted(module: Module, counted: set[int]) -> bool:
    return any(id(p) not in counted for p in module.parameters(recurse=False))


def _row(call: Call, counted: set[int]) -> LayerCost:
    parameters = 0
    for parameter in call.source.parameters(recurse=False):
        if id(parameter) not in counted:
            counted.add(id(parameter))
            parameters += parameter.numel()
    output = call.output
    work = (0, 0) if not (call.is_leaf and isinstance(call.input, Tensor)) else _work(call.source, call.input, output)
    shares = not call.is_leaf or (isinstance(call.input, Tensor) and _shares_memory(call.input, output))
    kept = 0 if shares else output.numel() * output.dtype.itemsize
    return LayerCost(call.name, call.kind, output.shape, str(output.dtype), parameters, work[0], kept, work[1])


def _shares_memory(a: Tensor, b: Tensor) -> bool:
    if a is b or a.array is b.array:
        return True
    on_host = isinstance(a.array, np.ndarray) and isinstance(b.array, np.ndarray)
    return on_host and bool(np.may_share_memory(a.array, b.array))


def _work(layer: Any, x: Tensor, y: Tensor) -> tuple[int, int]:
    """Multiply-adds, and bytes of im2col's columns, for a whole batch."""
    if isinstance(layer, Linear):
        return y.numel() * layer.weight.shape[1], 0
    if isinstance(layer, DeformConv2d):
        samples, places, columns = _batch(x, 2), math.prod(y.shape[-2:]), math.prod(layer.weight.shape[1:])
        return y.numel() * columns, samples * places * columns * layer.groups * x.dtype.itemsize
    if not isinstance(layer, (_Conv, _ConvTranspose)):
        return 0, 0
    n = layer._ndim
    window = window_of(layer, x.shape[x.ndim - n :])
    samples, places = _batch(x, n), math.prod(window.places)
    channels = layer.out_channels if window.transposed else layer.weight.shape[1] * layer.groups
    columns = channels * math.prod(window.kernel) * places
    return samples * places * layer.weight.numel(), samples * columns * x.dtype.itemsize


def _batch(x: Tensor, ndim: int) -> int:
    return x.shape[0] if x.ndim == ndim + 2 else 1

"""Running a copy of a model to watch its layers: the model itself is not touched.

The copy has no hooks, so none of the user's runs; it draws from a generator whose state is put back; and
its running statistics, its lazy layers that take shape, and its mode are the copy's own.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..backend import fork_rng
from ..kernels.geometry import pool_geometry
from ..nn.module import Module
from ..nn.norm import _RunningNorm
from ..nn.pooling import GlobalAvgPool, GlobalMaxPool, _AdaptiveMaxPool, _MaxPool
from ..ops.pool import WindowSum, adaptive_avg_pool
from ..tensor import Tensor

__all__ = ["Call", "copy_of", "dry_run", "probe_of"]


@dataclass(frozen=True)
class Call:
    """One call of a module.

    Attributes
    ----------
    name, kind : str
        The module's path in the model, and its class.
    source : Module
        The module that was called (of the copy).
    is_leaf : bool
        Whether it has no modules below it.
    depth : int
        How many modules it was called from within.
    input : object
        Its first argument.
    output : Tensor
        What it returned; the first Tensor of a tuple.

    Examples
    --------
    >>> import tinyconv as tc
    >>> call = dry_run(tc.nn.Sequential(tc.nn.ReLU()), tc.ones(2))[0]
    >>> call.name, call.kind, call.depth
    ('0', 'ReLU', 1)
    """

    name: str
    kind: str
    source: Module
    is_leaf: bool
    depth: int
    input: Any
    output: Tensor


def copy_of(model: Module) -> Module:
    """Copy a model, without its hooks and gradients, in evaluation mode.

    Examples
    --------
    >>> import tinyconv as tc
    >>> layer = tc.nn.Dropout()
    >>> copy_of(layer).training, layer.training
    (False, True)
    """
    # what is hooked in may hold on to anything: it is left out, not copied
    memo: dict[int, Any] = {}
    for module in model.modules():
        for table in (module._pre_hooks, module._hooks, module._backward_hooks):
            memo[id(table)] = {}
    return copy.deepcopy(model, memo).eval()


def dry_run(model: Module, *inputs: Any) -> list[Call]:
    """Run a copy's forward, and give the calls of its modules in the order in which they ended.

    Examples
    --------
    >>> import tinyconv as tc
    >>> [call.name for call in dry_run(tc.nn.Sequential(tc.nn.ReLU(), tc.nn.Tanh()), tc.ones(2))]
    ['0', '1', '']
    """
    calls: list[Call] = []
    open_calls: list[Module] = []
    handles = []
    for name, module in model.named_modules():
        handles.append(module.register_forward_pre_hook(lambda module, args: open_calls.append(module)))
        handles.append(module.register_forward_hook(_recorder(name, calls, open_calls)))
    try:
        with fork_rng():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def _recorder(name: str, calls: list[Call], open_calls: list[Module]) -> Callable[[Module, tuple, Any], None]:
    def record(module: Module, args: tuple, result: Any) -> None:
        open_calls.pop()
        output = next((r for r in result if isinstance(r, Tensor)), None) if isinstance(result, tuple) else result
        if isinstance(output, Tensor):
            is_leaf = not any(True for _ in module.children())
            first = args[0] if args else None
            calls.append(Call(name, type(module).__name__, module, is_leaf, len(open_calls), first, output))

    return record


def probe_of(model: Module, shape: tuple[int, ...]) -> Module:
    """Copy a model into one whose gradients show what is connected to what: see ``receptive_field``'s notes.

    Examples
    --------
    >>> import tinyconv as tc
    >>> float(probe_of(tc.nn.Conv1d(1, 1, 4), (1, 1, 4)).weight.array.min())
    0.25
    """
    probe = copy_of(model).cpu()
    with no_grad(), fork_rng():
        probe(Tensor._of(np.zeros(shape, np.float32)))  # lazy layers take shape
        probe.double()
        for module in probe.modules():
            if isinstance(module, (_MaxPool, _AdaptiveMaxPool, GlobalMaxPool)):
                object.__setattr__(module, "forward", functools.partial(_average, module))
            if isinstance(module, _RunningNorm) and module.running_mean is not None:
                module.running_mean.array[...] = 0
                module.running_var.array[...] = 1  # type: ignore[union-attr]
        for name, parameter in probe.named_parameters():
            parameter.requires_grad = True
            is_bias = name.rpartition(".")[2] == "bias"
            # means of what is read, so that no activation saturates
            parameter.array[...] = 0.0 if is_bias else 1.0 / max(1, math.prod(parameter.shape[1:]))
    return probe


def _average(pool: Any, x: Tensor) -> Tensor:
    """What a max pooling gives if all cells of a window count alike (up to a factor)."""
    if isinstance(pool, GlobalMaxPool):
        return GlobalAvgPool()(x)
    if isinstance(pool, _AdaptiveMaxPool):
        return adaptive_avg_pool(pool._ndim, x, pool.output_size)
    options = {name: value for name, value in pool._arguments().items() if name != "return_indices"}
    return WindowSum.apply(x, pool_geometry(x.shape[2:], **options))

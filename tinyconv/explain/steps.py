"""The backward pass, one operation at a time.

:func:`backward_steps` does what ``backward()`` does, with the engine's own parts and in the engine's own
order, but stops after every operation and shows it: the gradient that came in, the formula, and the
gradients that go on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd import Function, Operation, seed_gradient, set_grad_enabled, walk_order
from ..autograd.backward import _accumulate, _add, _checked, _finish
from ..backend import asnumpy, quiet
from ..errors import phrase
from ..nn.module import Module
from ..tensor import Tensor
from .formulas import formula_of

__all__ = ["BackwardSteps", "Step", "backward_steps"]


@dataclass(frozen=True)
class Step:
    """One operation of the backward pass, or the arrival at a leaf.

    Attributes
    ----------
    number : int
        Counted from 0, the operation that made the result.
    op : str
        The operation's name; ``'AccumulateGrad'`` when a gradient is added to a leaf's ``.grad``.
    formula : str
        What it computes, and from the incoming gradient ``g`` the gradient of each input.
    grad_out : tuple of (Tensor or None)
        The gradient of each of the operation's outputs: what came in.
    grad_in : tuple of (Tensor or None)
        The gradient of each argument: what goes on.  None for an argument that wants none.
    targets : tuple of str
        Per argument, where its gradient goes: ``'#3 Mul'``, or a leaf's name; empty if nowhere.
    where : str
        File, line and text of the forward call; only known for what was computed inside
        ``tc.detect_anomaly()``, else empty.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor(3.0, requires_grad=True)
    >>> step = next(backward_steps(x * x))
    >>> step.op, step.formula, step.grad_out[0].item(), [g.item() for g in step.grad_in]
    ('Mul', 'y = a*b;  ga = g*b, gb = g*a', 1.0, [3.0, 3.0])
    """

    number: int
    op: str
    formula: str
    grad_out: tuple[Tensor | None, ...]
    grad_in: tuple[Tensor | None, ...]
    targets: tuple[str, ...]
    where: str

    def __str__(self) -> str:
        lines = [f"#{self.number} {self.op}:  {self.formula}"]
        lines += [phrase("explain.step_at", where=self.where)] if self.where else []
        lines += [phrase("explain.step_in", grad=_show(grad)) for grad in self.grad_out]
        for grad, target in zip(self.grad_in, self.targets):
            if grad is not None:
                lines.append(phrase("explain.step_out", grad=_show(grad), target=target))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return _table([_row(self)])


def backward_steps(
    output: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool = False,
    model: Module | None = None,
    names: Mapping[str, Tensor] | None = None,
) -> BackwardSteps:
    """Walk back from `output` one operation at a time.

    When the iterator is exhausted, every ``.grad`` holds, bit for bit, what ``output.backward()`` would
    have left there.  If it is left before its end, the leaves it reached have their gradients and the
    part of the graph it passed is freed.

    Parameters
    ----------
    output : Tensor
        Where to start.
    gradient : Tensor, optional
        The gradient to start from; 1 for a scalar.
    retain_graph : bool
        Keep what the graph saved, to walk it again.
    model : Module, optional
        To call its parameters by their names.
    names : mapping of str to Tensor, optional
        Names for further leaves.

    Returns
    -------
    BackwardSteps
        An iterator of :class:`Step`; printed (or shown in a notebook), it lists the steps taken so far.

    Raises
    ------
    RuntimeError
        As ``backward()``: if there is no graph, or `output` is no scalar and `gradient` is missing.

    Examples
    --------
    >>> import tinyconv as tc
    >>> w, x = tc.tensor([2.0, 3.0], requires_grad=True), tc.tensor([5.0, 7.0])
    >>> for step in backward_steps((w * x).sum(), names={"w": w}):
    ...     print(step)
    #0 Sum:  y = sum(x over dims);  gx = g, repeated along those dims
        in    () 1
        out   (2,) [1 1]  to #1 Mul
    #1 Mul:  y = a*b;  ga = g*b, gb = g*a
        in    (2,) [1 1]
        out   (2,) [5 7]  to w
    #2 AccumulateGrad:  w.grad += g
        in    (2,) [5 7]
    >>> w.grad
    tensor([5., 7.])
    """
    seed = seed_gradient(output, gradient, "backward_steps")
    labels = {id(p): name for name, p in (model.named_parameters() if model is not None else ())}
    labels.update({id(tensor): name for name, tensor in (names or {}).items()})
    return BackwardSteps(output, seed, retain_graph, labels)


class BackwardSteps(Iterator[Step]):
    """The iterator that :func:`backward_steps` gives; it remembers, as text, the steps it has taken.

    Attributes
    ----------
    total : int
        How many steps there are: one per operation, and one per leaf.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor(3.0, requires_grad=True)
    >>> steps = backward_steps(x.exp().log(), names={"x": x})
    >>> _ = next(steps)
    >>> print(steps)
    step 1 of 3
    #0 Log:  y = log(x);  gx = g / x
        in    () 1
        out   () 0.0497871  to #1 Exp
    >>> [step.op for step in steps]
    ['Exp', 'AccumulateGrad']
    """

    def __init__(self, output: Tensor, seed: Tensor, retain_graph: bool, labels: Mapping[int, str]):
        root, index = output._place()
        order = walk_order([root])
        self.total = len(order)
        self._labels = labels
        self._taken: list[tuple[str, str]] = []  # per step, its text and its row of the HTML table
        self._numbers = {node: number for number, node in enumerate(order)}
        self._walk = self._steps(order, index, seed, retain_graph)

    def __next__(self) -> Step:
        step = next(self._walk)
        self._taken.append((str(step), _row(step)))
        return step

    def _steps(self, order: Sequence[Any], index: int, seed: Tensor, retain_graph: bool) -> Iterator[Step]:
        """Run the engine's walk, see :func:`~tinyconv.autograd.run_backward`, and pause after each node.

        Recording is off while a node runs, and as the caller has it in the pauses.
        """
        pending: dict[Any, dict[int, Tensor]] = {node: {} for node in order}
        _add(pending[order[0]], index, seed)
        for node in order:
            received = pending.pop(node)
            with set_grad_enabled(False), quiet():
                _finish(node, received)
                if isinstance(node, Operation):
                    step = self._operation(node, received)
                    for edge, gradient in zip(node.edges, step.grad_in):
                        if edge is not None and gradient is not None:
                            _add(pending[edge[0]], edge[1], gradient)
                    if not retain_graph:
                        node.release()
                else:
                    step = self._arrival(node, received)
            yield step

    def _arrival(self, leaf: Tensor, received: dict[int, Tensor]) -> Step:
        if received:
            _accumulate(leaf, received)
        formula = f"{self._name(leaf)}.grad += g"
        return Step(self._numbers[leaf], "AccumulateGrad", formula, (received.get(0),), (), (), "")

    def _operation(self, node: Operation, received: dict[int, Tensor]) -> Step:
        outputs = tuple(received.get(i) for i in range(1 if node._outputs is None else len(node._outputs)))
        gradients: Sequence[Any] = [None] * len(node.edges)
        if received:
            gradients = node.gradients(received, [edge is not None for edge in node.edges])
        inputs = tuple(
            None if edge is None or gradient is None else _checked(node, edge, gradient)
            for edge, gradient in zip(node.edges, gradients)
        )
        targets = tuple("" if edge is None else self._name(edge[0]) for edge in node.edges)
        own = phrase("explain.see_backward" if isinstance(node, Function) else "explain.see_gradient")
        formula = formula_of(type(node).__name__, own)
        where = _users_line(getattr(node, "_where", ""))
        return Step(self._numbers[node], type(node).__name__, formula, outputs, inputs, targets, where)

    def _name(self, target: Any) -> str:
        if isinstance(target, Operation):
            return f"#{self._numbers[target]} {type(target).__name__}"
        return self._labels.get(id(target), phrase("explain.leaf_of", shape=target.shape))

    def _place(self) -> str:
        return phrase("explain.step_of", count=len(self._taken), total=self.total)

    def __str__(self) -> str:
        return "\n".join([self._place(), *(text for text, _ in self._taken)])

    def _repr_html_(self) -> str:
        return f"<p>{self._place()}</p>" + _table([row for _, row in self._taken])


_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


def _users_line(stack: str) -> str:
    """The innermost line of a formatted stack that is not tinyconv's own; its outermost line if all are."""
    frames = re.findall(r'File "(.*?)", line (\d+), in .*\n(?:    (.*))?', stack)
    if not frames:
        return ""
    path, line, text = next((f for f in reversed(frames) if not f[0].startswith(_PACKAGE)), frames[0])
    return f"{Path(path).name}:{line}" + (f"  {text}" if text else "")


# ------------------------------------------------------------------------------ as text and HTML


def _show(grad: Tensor | None) -> str:
    """Shape and values, or their range where they are many."""
    if grad is None:
        return phrase("explain.none_arrived")
    values = asnumpy(grad.array)
    if values.size <= 8:
        with np.printoptions(precision=6, suppress=False, formatter={"float": "{:.6g}".format}):
            text = " ".join(str(values).split()).replace("[ ", "[")
    else:
        low, mean, high = (float(f(values)) for f in (np.min, np.mean, np.max))
        text = phrase("explain.range", low=low, high=high, mean=mean)
    return f"{tuple(grad.shape)} {text if values.ndim else format(float(values), '.6g')}"


def _row(step: Step) -> str:
    grads = "<br>".join(escape(_show(grad)) for grad in step.grad_out)
    sent = [f"{_show(g)} \u2192 {target}" for g, target in zip(step.grad_in, step.targets) if g is not None]
    cells = [
        f"#{step.number}",
        f"<b>{escape(step.op)}</b>" + (f"<br><small>{escape(step.where)}</small>" if step.where else ""),
        escape(step.formula).replace(";  ", "<br>"),
        grads,
        "<br>".join(map(escape, sent)),
    ]
    return "<tr>" + "".join(f'<td style="text-align:left;vertical-align:top">{cell}</td>' for cell in cells) + "</tr>"


def _table(rows: Sequence[str]) -> str:
    titles = phrase("explain.steps_head").split("|")
    head = "".join(f'<th style="text-align:left">{title}</th>' for title in titles)
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div style="overflow-x:auto"><table>{body}</table></div>'

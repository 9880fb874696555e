"""What common mistakes in a backward pass look like, each as a test that its consequence passes.

Every function below looks for one mistake.  It gets the experiment, the report of one input, and a
comparison with the check's tolerances, and gives a :class:`~tinyconv.explain.report.Cause` if the numbers
are what that mistake would make of them, else None.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..autograd import Operation, no_grad, walk_order
from ..autograd.backward import _checked
from ..backend import asnumpy
from ..errors import phrase
from ..tensor import Tensor
from .report import Cause, Experiment, GradcheckReport, InputReport

__all__ = ["likely_causes"]

Equal = Callable[[Any, Any], bool]


def likely_causes(experiment: Experiment, report: GradcheckReport, atol: float, rtol: float) -> list[Cause]:
    """Give the mistakes that would explain a failed report, the likeliest first.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv.explain.report import gradcheck_report
    >>> x = tc.tensor([1.0, 2.0], dtype=tc.float64, requires_grad=True)
    >>> print(gradcheck_report(lambda x: x * x.detach(), x).causes[0].name)
    missing factor
    """

    def equal(a: Any, b: Any) -> bool:
        return bool(np.all(np.abs(np.asarray(a) - b) <= atol + rtol * np.abs(b)))

    first = _of_the_whole(experiment, report, atol, rtol)
    if first:
        return [first]
    causes: dict[str, Cause] = {}
    for entry in report.inputs:
        if entry.wrong.any():
            for look in DETECTORS:
                cause = look(experiment, entry, equal)
                if cause:
                    causes.setdefault(cause.name, cause)
                    break  # the later detectors are less specific
    return list(causes.values()) or [_nothing_known(report)]


def _cause(told: str) -> Cause:
    """Give what a phrase of three lines tells: the mistake, the evidence and the fix."""
    return Cause(*told.split("\n"))


# ------------------------------------------------------------------------------ the whole check


def _of_the_whole(experiment: Experiment, report: GradcheckReport, atol: float, rtol: float) -> Cause | None:
    """What must be settled before single elements mean anything."""
    if report.error:
        return _failed_backward(report.error)
    position = experiment.checked[0]
    point = np.array(asnumpy(experiment.arguments[position].array))
    first, second = experiment.values(position, point), experiment.values(position, point)
    if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second)):
        return _cause(phrase("cause.random"))
    return _float32(experiment, atol, rtol)


def _failed_backward(error: Exception) -> Cause:
    told = getattr(error, "refusal", None)
    if told is not None and told.name == "autograd.gradient_shape":
        operation, got, expected = (told.values[name] for name in ("operation", "got", "expected"))
        lead = len(got) - len(expected)
        if lead >= 0 and all(n in (1, m) for n, m in zip(expected, got[lead:])):
            axes = (*range(lead), *(lead + i for i, n in enumerate(expected) if n != got[lead + i]))
            return _cause(phrase("cause.broadcast", expected=expected, got=got, operation=operation, axes=axes))
    name, fix = phrase("cause.fails").split("\n")
    return Cause(name, f"{type(error).__name__}: {error}", fix)


def _float32(experiment: Experiment, atol: float, rtol: float) -> Cause | None:
    narrow = [i for i in experiment.checked if experiment.arguments[i].dtype != np.float64]
    if not narrow:
        return None
    wide = [
        Tensor._of(a.array.astype(np.float64), a.requires_grad) if isinstance(a, Tensor) and a.dtype.kind == "f" else a
        for a in experiment.arguments
    ]
    again = Experiment(experiment.func, wide, experiment.eps)
    gradients, error = again.analytic()
    if error or any(again.compare(i, g, atol, rtol).wrong.any() for i, g in zip(again.checked, gradients)):
        return None
    dtype = experiment.arguments[narrow[0]].dtype
    return _cause(phrase("cause.rounding", dtype=dtype, eps=experiment.eps))


# ------------------------------------------------------------------------------ single inputs


def _jump(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    if not entry.jumps:
        return None
    index = entry.jumps[0]
    return _cause(
        phrase("cause.jump", position=entry.position, index=index, value=entry.point[index], eps=experiment.eps)
    )


def _not_a_number(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    bad = ~np.isfinite(entry.analytic)
    if not bad.any():
        return None
    index = tuple(map(int, np.argwhere(bad)[0]))
    return _cause(
        phrase(
            "cause.nonfinite",
            position=entry.position,
            index=index,
            value=entry.point[index],
            gradient=entry.analytic[index],
        )
    )


def _cut(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    if entry.received and np.any(entry.analytic):
        return None
    how = phrase("cause.zeros" if entry.received else "cause.never")
    return _cause(phrase("cause.cut", position=entry.position, how=how))


def _accumulation_of_uses(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """Walk back by hand, adding up honestly: is that what the differences say?"""
    parts = _contributions(experiment)[entry.position]
    if not parts or not equal(sum(parts), entry.numeric):
        return None
    alone = [k for k, part in enumerate(parts) if len(parts) > 1 and equal(entry.analytic, part)]
    detail = phrase("cause.kept", number=alone[-1] + 1) if alone else ""
    return _cause(phrase("cause.uses", position=entry.position, count=len(parts), detail=detail))


def _contributions(experiment: Experiment) -> dict[int, list[np.ndarray]]:
    """Per checked input, every gradient that the graph sends to it, by the plainest walk there is."""
    outputs = [(*o._place(), seed) for o, seed in zip(experiment.outputs, experiment.seeds) if o.requires_grad]
    order = walk_order(node for node, _, _ in outputs)
    arrived: dict[Any, dict[int, list[Tensor]]] = {node: {} for node in order}
    for node, index, seed in outputs:
        arrived[node].setdefault(index, []).append(seed)
    with no_grad():
        for node in order:
            if not isinstance(node, Operation) or not arrived[node]:
                continue
            sums = {index: sum(grads[1:], grads[0]) for index, grads in arrived[node].items()}
            gradients = node.gradients(sums, [edge is not None for edge in node.edges])
            for edge, gradient in zip(node.edges, gradients):
                if edge is not None and gradient is not None:
                    arrived[edge[0]].setdefault(edge[1], []).append(_checked(node, edge, gradient))
    return {
        i: [np.asarray(asnumpy(g.array), np.float64) for g in arrived.get(experiment.arguments[i], {}).get(0, [])]
        for i in experiment.checked
    }


def _factor(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """One number between analytic and numeric."""
    a, n = entry.analytic, entry.numeric
    factor = float(np.sum(a * n) / np.sum(n * n)) if np.any(n) else 0.0
    if not factor or not equal(a / factor, n):
        return None
    if np.isclose(factor, -1, rtol=1e-3):
        return _cause(phrase("cause.sign", position=entry.position))
    repeats = _times_broadcast(experiment, entry)
    if repeats > 1 and np.isclose(factor * repeats, 1, rtol=1e-3):
        return _cause(phrase("cause.mean_of_places", position=entry.position, repeats=repeats))
    return _cause(phrase("cause.factor", position=entry.position, factor=factor, missing=1 / factor))


def _times_broadcast(experiment: Experiment, entry: InputReport) -> int:
    """Over how many places an output may have spread this input; 1 if it is as large."""
    for out in experiment.directions:
        axes = _broadcast_axes(entry.point.shape, out.shape)
        if axes:
            return int(np.prod([out.shape[axis] for axis in axes]))
    return 1


def _broadcast_axes(small: tuple[int, ...], large: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of `large` along which `small` would be repeated; empty if it does not broadcast to it."""
    lead = len(large) - len(small)
    if lead < 0 or any(n not in (1, m) for n, m in zip(small, large[lead:])):
        return ()
    return tuple(i for i, m in enumerate(large) if m > 1 and (i < lead or small[i - lead] != m))


def _inner_derivative(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """A factor that is one of the tensors at hand, as the chain rule would bring in."""
    if entry.point.size < 2:
        return None
    for name, values in _tensors_at_hand(experiment, entry):
        try:
            shaped = np.broadcast_to(values, entry.point.shape)
        except ValueError:
            continue
        with np.errstate(all="ignore"):
            for power, text in ((1, name), (-1, phrase("cause.inverse", tensor=name))):
                product = entry.analytic * shaped**power
                if np.isfinite(product).all() and equal(product, entry.numeric):
                    return _cause(phrase("cause.inner", position=entry.position, tensor=text))
    return None


def _tensors_at_hand(experiment: Experiment, entry: InputReport) -> Iterator[tuple[str, np.ndarray]]:
    yield phrase("cause.the_input"), np.asarray(entry.point, np.float64)
    yield phrase("cause.twice_the_input"), 2.0 * entry.point
    for i, argument in enumerate(experiment.arguments):
        if isinstance(argument, Tensor) and i != entry.position and argument.dtype.kind == "f":
            yield phrase("cause.input", position=i), np.asarray(asnumpy(argument.array), np.float64)
    for i, out in enumerate(experiment.outputs):
        yield phrase("cause.output", position=i), np.asarray(asnumpy(out.array), np.float64)


def _flipped(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """The right gradient for a kernel turned around; or its own gradient turned around."""
    return _rearranged(
        experiment,
        entry,
        equal,
        lambda array: np.flip(array, tuple(range(2, array.ndim))) if array.ndim > 2 else None,
        phrase("cause.flipped"),
    )


def _transposed(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    def swap(array: np.ndarray) -> np.ndarray | None:
        return array.swapaxes(-1, -2) if array.ndim > 1 and array.shape[-1] == array.shape[-2] else None

    return _rearranged(experiment, entry, equal, swap, phrase("cause.transposed"))


def _rearranged(
    experiment: Experiment,
    entry: InputReport,
    equal: Equal,
    change: Callable[[np.ndarray], np.ndarray | None],
    told: str,
) -> Cause | None:
    name, how, fix = told.split("\n")
    own = change(entry.numeric)
    if own is not None and own.shape == entry.analytic.shape and equal(entry.analytic, own):
        return Cause(name, phrase("cause.right_but", position=entry.position, how=how), fix)
    for i, argument in enumerate(experiment.arguments):
        if i == entry.position or not isinstance(argument, Tensor) or argument.dtype.kind != "f":
            continue
        values = asnumpy(argument.array)
        changed = change(values)
        if changed is None or np.array_equal(changed, values):
            continue
        if equal(entry.analytic, experiment.numeric(entry.position, {i: np.ascontiguousarray(changed)})):
            return Cause(name, phrase("cause.right_for", position=entry.position, other=i, how=how), fix)
    return None


def _wrong_sum_axes(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """A bias, say: added along one axis of the output, and its gradient summed as if along another."""
    if entry.point.ndim != 1 or len(experiment.directions) != 1:
        return None
    (terms,), (v,) = entry.terms, experiment.directions
    slopes = [s for s in np.unique(np.round(terms / v.reshape(v.shape + (1,)), 6)) if s]
    if len(slopes) != 1:
        return None
    sums = {
        axis: tuple(i for i in range(v.ndim) if i != axis) for axis, n in enumerate(v.shape) if n == entry.point.size
    }
    right = next((axes for axes in sums.values() if equal(slopes[0] * v.sum(axes), entry.numeric)), None)
    for axes in sums.values():
        if right is not None and axes != right and equal(entry.analytic, slopes[0] * v.sum(axes)):
            return _cause(phrase("cause.axes", position=entry.position, axes=axes, right=right))
    return None


def _broadcast_pick(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """One place's gradient instead of the sum over all places that a value was spread to."""
    for out, terms in zip(experiment.directions, entry.terms):
        axes = _broadcast_axes(entry.point.shape, out.shape)
        ends = ((0, "cause.first"), (-1, "cause.last"))
        for place, which in ends if axes and len(experiment.directions) == 1 else ():
            key = tuple(place if i in axes else slice(None) for i in range(out.ndim))
            picked = terms[key]
            total = picked.sum(tuple(range(picked.ndim - entry.point.ndim)))
            if equal(entry.analytic, total):
                return _cause(phrase("cause.one_place", position=entry.position, axes=axes, which=phrase(which)))
    return None


def _accumulation_of_places(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """One of several contributions instead of their sum, as = leaves where += is due."""
    columns = []
    for terms in entry.terms:
        inner = terms.ndim - entry.point.ndim
        columns.append(terms.reshape((-1, entry.point.size)))
        if inner > 2:  # all channels of one window may have been summed before
            columns.append(terms.sum(1).reshape((-1, entry.point.size)))
    wrong = np.flatnonzero(entry.wrong)
    analytic = entry.analytic.reshape(-1)
    for table in columns:
        parts = [column[np.abs(column) > 1e-9] for column in table.T]
        shared = [i for i in wrong if len(parts[i]) > 1 and any(equal(analytic[i], part) for part in parts[i])]
        if len(shared) == len(wrong):
            index = tuple(map(int, np.unravel_index(wrong[0], entry.point.shape)))
            listed = ", ".join(f"{part:.4g}" for part in parts[wrong[0]])
            right, given = entry.numeric[index], entry.analytic[index]
            return _cause(
                phrase(
                    "cause.places",
                    position=entry.position,
                    index=index,
                    count=len(parts[wrong[0]]),
                    listed=listed,
                    right=right,
                    given=given,
                )
            )
    return None


def _missing_mean(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """A difference that is the same along an axis: what is missing went through a mean or a sum over it."""
    difference = entry.analytic - entry.numeric
    scale = np.abs(entry.numeric).max() + np.abs(difference).max()
    axes = [axis for axis, n in enumerate(difference.shape) if n > 1]
    for count in range(len(axes), 0, -1):
        for chosen in itertools.combinations(axes, count):
            level = difference.mean(chosen, keepdims=True)
            if np.abs(difference - level).max() <= 1e-4 * scale:
                unmoved = equal(entry.numeric.sum(chosen), 0.0)
                hint = phrase("cause.sums_to_zero") if unmoved else ""
                return _cause(phrase("cause.mean", position=entry.position, axes=chosen, hint=hint))
    return None


def _wrong_places(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """Right amounts in wrong cells: backward's window does not move as forward's."""
    shift = _shift_of(entry, equal)
    if shift:
        return _cause(phrase("cause.moved", position=entry.position, places=shift[1], axis=shift[0]))
    reached = np.any([np.any(np.abs(t) > 1e-9, tuple(range(t.ndim - entry.point.ndim))) for t in entry.terms], axis=0)
    missed, stray = reached & (entry.analytic == 0), ~reached & (np.abs(entry.analytic) > 1e-9)
    same_total = entry.point.ndim > 2 and equal(entry.analytic.sum(), entry.numeric.sum())
    if not (missed.any() or stray.any() or same_total):
        return None
    parts = [phrase("cause.missed", count=int(missed.sum()))] if missed.any() else []
    parts += [phrase("cause.stray", count=int(stray.sum()))] if stray.any() else []
    parts += [phrase("cause.same_total")] if same_total else []
    return _cause(phrase("cause.elsewhere", position=entry.position, findings=phrase("cause.and").join(parts)))


def _shift_of(entry: InputReport, equal: Equal) -> tuple[int, int] | None:
    for axis, n in enumerate(entry.point.shape):
        for step in [s for k in range(1, min(n - 1, 4)) for s in (k, -k)]:
            kept = [slice(None)] * entry.point.ndim
            kept[axis] = slice(step, None) if step > 0 else slice(None, step)
            moved = np.roll(entry.numeric, step, axis)[tuple(kept)]
            if equal(entry.analytic[tuple(kept)], moved) and np.any(np.abs(moved) > 1e-9):
                return axis, step
    return None


def _nothing_known(report: GradcheckReport) -> Cause:
    right = [entry.position for entry in report.inputs if not entry.wrong.any()]
    rest = phrase("cause.others_right", inputs=right) if right else ""
    return _cause(phrase("cause.unknown", rest=rest))


# from what leaves no doubt to what may have several reasons
DETECTORS: tuple[Callable[[Experiment, InputReport, Equal], Cause | None], ...] = (
    _jump,
    _not_a_number,
    _cut,
    _accumulation_of_uses,
    _flipped,
    _transposed,
    _wrong_sum_axes,
    _broadcast_pick,
    _factor,
    _inner_derivative,
    _accumulation_of_places,
    _missing_mean,
    _wrong_places,
)
